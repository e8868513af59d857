"""Which images of a crawl look like one that was there before: counted for the user, decided by the curation."""

from collections import defaultdict
from collections.abc import Iterable

from pipeline.records import ImageRecord

MAX_DISTANCE = 3
"""Bits of 64 in which the difference hashes of near-duplicates differ at the most: re-encoded and resized copies do."""
_BANDS = 4
"""Of 4 bands of 16 bits, 3 differing bits leave one equal: so the few images that share a band are all to be compared
(pigeonhole; Norouzi, Punjani and Fleet, arXiv 1307.2982)."""
_BAND_BITS = 16
_FEWEST_BITS = 6
"""A hash with fewer rises or falls is that of a plain ground with a sign on it: equal ones say nothing."""


class Likenesses:
    """The images of a dataset so far, by their difference hashes."""

    def __init__(self, images: Iterable[ImageRecord] = ()) -> None:
        self._known: set[str] = set()
        self._by_band: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for image in images:
            self.add(image)

    def add(self, image: ImageRecord) -> bool:
        """Whether an image that was not there yet looks like one that was."""
        if image.sha256 in self._known:
            return False
        self._known.add(image.sha256)
        bits = int(image.dhash or "0", 16)
        if not _FEWEST_BITS <= bits.bit_count() <= 64 - _FEWEST_BITS:
            return False
        keys = [(band, bits >> _BAND_BITS * band & 0xFFFF) for band in range(_BANDS)]
        is_like = any((bits ^ other).bit_count() <= MAX_DISTANCE for key in keys for other in self._by_band[key])
        for key in keys:
            self._by_band[key].append(bits)
        return is_like
