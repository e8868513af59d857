"""Which of many 64-bit codes are equal or nearly so: joins over sorted codes, in numpy, with bounded memory."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint64]
Rows = NDArray[np.int64]

_BANDS = 4
_BAND_BITS = 16
EXACT_BELOW = 2 * _BANDS
"""Codes that differ in fewer bits than this have a 16-bit band with at most one differing bit: none is missed."""
_PROBES_AT_ONCE = 2**21
_PAIRS_AT_ONCE = 2**22


def near_pairs(codes: Codes, queries: Rows, distance: int) -> Iterator[tuple[Rows, Rows]]:
    """The pairs (row of `queries`, other row) of codes at most `distance` < EXACT_BELOW bits apart, in batches.

    A pair of two queries comes twice, and a pair may come once for each band. Raises ValueError for wider distances.
    """
    if not 0 <= distance < EXACT_BELOW:
        raise ValueError(f"The search is exact for distances from 0 to {EXACT_BELOW - 1}, not for {distance}.")
    for band in range(_BANDS):
        mask = np.uint64(((1 << _BAND_BITS) - 1) << (band * _BAND_BITS))
        flips = np.array([0, *(1 << (band * _BAND_BITS + bit) for bit in range(_BAND_BITS))], dtype=np.uint64)
        table = Table(codes, mask)
        for numbers, rows in table.matches(codes[queries], np.broadcast_to(flips, (len(queries), len(flips)))):
            first = queries[numbers]
            near = (np.bitwise_count(codes[first] ^ codes[rows]) <= distance) & (first != rows)
            yield first[near], rows[near]


class Table:
    """Codes sorted by some of their bits, to find those that equal a code, or a variant of it, in these bits."""

    def __init__(self, codes: Codes, mask: np.uint64) -> None:
        self._mask = mask
        keys = codes & mask
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]

    def matches(self, codes: Codes, flips: Codes) -> Iterator[tuple[Rows, Rows]]:
        """In batches, the pairs (number of the code, row of the table) equal in the table's bits.

        `flips` (n, m) holds m variants for each code: the bits to be turned over before looking.
        """
        step = max(1, _PROBES_AT_ONCE // flips.shape[1])
        for start in range(0, len(codes), step):
            probes = (codes[start : start + step, None] ^ flips[start : start + step]) & self._mask
            by_key = np.argsort(probes, axis=None)
            keys = probes.ravel()[by_key]  # sorted, the search walks through memory in one direction
            low = np.searchsorted(self._keys, keys, "left")
            counts = np.searchsorted(self._keys, keys, "right") - low
            hit = np.flatnonzero(counts)
            yield from self._spread(by_key[hit] // flips.shape[1] + start, low[hit], counts[hit])

    def _spread(self, numbers: Rows, low: Rows, counts: Rows) -> Iterator[tuple[Rows, Rows]]:
        """Every row of every run [low, low + count) beside the number of its code, not too many at once."""
        ends = np.cumsum(counts)
        start = 0
        while start < len(counts):
            before = int(ends[start - 1]) if start else 0
            stop = max(start + 1, int(np.searchsorted(ends, before + _PAIRS_AT_ONCE)))
            chosen = slice(start, stop)
            total = int(ends[stop - 1]) - before
            offsets = np.arange(total) - np.repeat(ends[chosen] - counts[chosen] - before, counts[chosen])
            yield (
                np.repeat(numbers[chosen], counts[chosen]),
                self._order[np.repeat(low[chosen], counts[chosen]) + offsets],
            )
            start = stop
