"""The proof that train and test are apart: the smallest distance between an image of one and an image of the other."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curate.duplicates import Neighbours
from pipeline.language import _
from pipeline.records import Split

Codes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Separation:
    """How far train and test are apart.

    `bits`: the smallest distance between the perceptual hashes (`imagehash.phash`, 64 bits) of a train and a test
    image, which are `train` and `test`, the first such pair by sha256; None and "" where a side is empty. `linked`:
    how many pairs that were found to show the same scene lie on both sides; a split that may be trusted has none.
    """

    bits: int | None
    train: str
    test: str
    linked: int

    def text(self) -> str:
        """The line of proof in the curation's summary."""
        if self.bits is None:
            return _("Train and test cannot be compared: one of them is empty.")
        return _(
            "Nearest images of train and test: {bits} of 64 bits apart (pHash), {train} and {test}. Linked pairs on"
            " both sides: {linked}.",
            bits=self.bits,
            train=self.train[:12],
            test=self.test[:12],
            linked=self.linked,
        )


def separation(phashes: Mapping[str, str], sides: Mapping[str, Split], links: Neighbours) -> Separation:
    """Compare every train image with every test image; `sides` names the kept ones, `phashes` has 16 hex digits each.

    100,000 images, a tenth of them test, take about a second: one test image is compared with all of train at once.
    """
    train, test = (sorted(name for name, side in sides.items() if side == wanted) for wanted in ("train", "test"))
    linked = sum(sides.get(other) == "test" for name in train for other in links.get(name, ()))
    if not train or not test:
        return Separation(None, "", "", linked)
    bits, row, column = _nearest(_codes(phashes, train), _codes(phashes, test))
    return Separation(bits, train[row], test[column], linked)


def _codes(phashes: Mapping[str, str], names: list[str]) -> Codes:
    return np.array([int(phashes[name], 16) for name in names], dtype=np.uint64)


def _nearest(train: Codes, test: Codes) -> tuple[int, int, int]:
    """The smallest distance in bits and its first pair: (bits, row of train, row of test)."""
    best = (65, 0, 0)
    for column, code in enumerate(test):
        distances = np.bitwise_count(train ^ code)
        row = int(distances.argmin())
        best = min(best, (int(distances[row]), row, column))
    return best
