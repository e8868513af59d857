"""Which images look alike, which of them is kept, and which hang together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.records import ImageRecord, Measurement

_BLOCK = 1024


@dataclass(frozen=True, slots=True)
class Link:
    """Two images whose 64-bit perceptual hashes differ in `distance` bits; `first` < `second`."""

    first: str
    second: str
    distance: int


Neighbours = Mapping[str, Mapping[str, int]]
"""For each image the images linked to it, with the distance in bits."""


def find_links(hashes: Mapping[str, str], distance: int) -> list[Link]:
    """Every pair of images whose perceptual hashes (16 hex digits, by sha256) differ in at most `distance` bits.

    All pairs are compared, a block of rows at a time: 20,000 images take about a second and some 200 MB.
    """
    names = sorted(hashes)
    bits = np.array([int(hashes[name], 16) for name in names], dtype=np.uint64)
    links = []
    for start in range(0, len(names), _BLOCK):
        distances = np.bitwise_count(bits[start : start + _BLOCK, None] ^ bits[None, start:])
        for row, column in np.argwhere(np.triu(distances <= distance, k=1)).tolist():
            links.append(Link(names[start + row], names[start + column], int(distances[row, column])))
    return links


def neighbours_of(names: Iterable[str], links: Iterable[Link]) -> dict[str, dict[str, int]]:
    """The links as a table that is read from both ends. Links with an image outside `names` are left out."""
    table: dict[str, dict[str, int]] = {name: {} for name in names}
    for link in links:
        if link.first in table and link.second in table:
            table[link.first][link.second] = link.distance
            table[link.second][link.first] = link.distance
    return table


def by_quality(images: Iterable[tuple[ImageRecord, Measurement]]) -> list[str]:
    """The images, best first: more pixels, then more bytes, then the lesser sha256."""
    ranked = sorted(
        (-measurement.width * measurement.height, -image.size_bytes, image.sha256) for image, measurement in images
    )
    return [sha256 for _pixels, _bytes, sha256 in ranked]


def choose(ranked: Sequence[str], neighbours: Neighbours) -> dict[str, str]:
    """For each image the kept image that it is a copy of, or itself where it is kept.

    Best first, an image is a copy only when a *kept* image is linked to it; of several the nearest counts. Following
    links from copy to copy instead would reduce a street video, whose every frame resembles the next, to one frame.
    """
    kept: dict[str, str] = {}
    rank = {name: number for number, name in enumerate(ranked)}
    for name in ranked:
        originals = [other for other in neighbours[name] if kept.get(other) == other]
        nearest = min(originals, key=lambda other: (neighbours[name][other], rank[other]), default=name)
        kept[name] = nearest
    return kept
