"""Which images are copies, which of them is kept, and which hang together."""

from collections.abc import Collection, Container, Iterable, Mapping, Sequence

from curate.scores import Looks
from pipeline.records import Comparison, ImageRecord, Kinship, Measurement

Neighbours = Mapping[str, Mapping[str, Comparison]]
"""For each image the images linked to it, with what comparing the two told."""

LINKING: tuple[Kinship, ...] = ("copy", "scene")
"""What links two images: neither may train where the other tests."""


def neighbours_of(
    names: Collection[str], comparisons: Iterable[Comparison], kinds: Sequence[Kinship] = LINKING
) -> dict[str, dict[str, Comparison]]:
    """The links of these kinds, among `names` only, as a table that is read from both ends."""
    table: dict[str, dict[str, Comparison]] = {name: {} for name in names}
    for link in comparisons:
        if link.kind in kinds and link.first in table and link.second in table:
            table[link.first][link.second] = link
            table[link.second][link.first] = link
    return table


def by_quality(images: Iterable[tuple[ImageRecord, Measurement]]) -> list[str]:
    """The images, best first: more real detail, then more pixels, then more bytes, then the lesser sha256."""
    return [image.sha256 for image, measurement in sorted(images, key=lambda pair: _rank(*pair))]


def real_pixels(measurement: Measurement) -> float:
    """The pixels that a picture could be shrunk to without a loss: an enlarged thumbnail has those of the thumbnail."""
    return measurement.width * measurement.height * Looks(*measurement.looks).resolution ** 2


def _rank(image: ImageRecord, measurement: Measurement) -> tuple[float, int, int, str]:
    pixels = measurement.width * measurement.height
    return -real_pixels(measurement), -pixels, -image.size_bytes, image.sha256


def choose(ranked: Sequence[str], copies: Neighbours, wanted: Container[str] = ()) -> dict[str, str]:
    """For each image the kept image that it is a copy of, or itself where it is kept.

    Best first, an image is a copy only when a *kept* image is linked to it as one; of several the most similar counts.
    Following links from copy to copy instead would reduce a street video, whose every frame resembles the next, to one.
    What is `wanted` is kept whatever it is a copy of.
    """
    kept: dict[str, str] = {}
    rank = {name: number for number, name in enumerate(ranked)}
    for name in ranked:
        originals = [] if name in wanted else [other for other in copies[name] if kept.get(other) == other]
        kept[name] = min(originals, key=lambda other: (-copies[name][other].score, rank[other]), default=name)
    return kept
