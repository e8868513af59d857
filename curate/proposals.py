"""Which of many pictures are worth comparing: signatures -> pairs of which one may be a copy or a part of the other."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from curate.frequencies import (
    ORIENTATIONS,
    PARTS,
    Codes,
    Coefficients,
    Part,
    levelled,
    lowest,
    reoriented,
    signs,
    turned,
)
from curate.nearest import EXACT_BELOW, Rows, Table, near_pairs
from curate.signature import SIDE, Signature

_WIDEST = 16
_WIDEST_WHOLE = 20
"""Bits in which a picture and its copy's part may differ; of two whole pictures there are 94 times fewer pairs to be
wrong about."""
_STRONG = 32
_WIDEST_STRONG = 3
"""The same among the 32 strongest frequencies of the whole picture: those of a copy hardly ever change their sign."""
_ALIKE = 0.8
_ALIKE_WHOLE = 0.65
"""The least similarity. Of 320,000 pairs of distinct photos 3 reach 0.8, of 2,000 edited copies 98 in a hundred."""
_CERTAIN = 0.9
"""Similarity from which the proportions need not fit: somebody may have squeezed the picture."""
_PROPORTIONS = 0.25
"""By how much, in logarithms, the proportions of a part and of its copy may differ below that."""
_WEAK = 5
"""The bits of a code that are tried both ways in each table: those whose frequencies are nearest to zero."""
_MOST = 100
"""Proposals that a picture makes, the most similar ones: a video of 10,000 frames must not make 50 million pairs."""
_PICTURES_AT_ONCE = 4096
_PAIRS_TOGETHER = 4096


def _mask(places: range) -> np.uint64:
    return np.uint64(sum(1 << place for place in places))


_PART_TABLES = (_mask(range(20)), _mask(range(12, 32)), _mask(range(0, 40, 2)), _mask(range(1, 40, 2)))
_WHOLE_TABLES = (
    *_PART_TABLES,
    _mask(range(36, 58)),
    _mask(range(24, 44)),
    _mask(range(0, 60, 3)),
    _mask(range(1, 61, 3)),
)
_WHOLE = np.array([0])
_CUT = np.arange(1, len(PARTS))


@dataclass(frozen=True, slots=True)
class Proposal:
    """A pair worth a look, `first` < `second`, and how it seems to hang together.

    `part`, of the first picture where `part_of_first`, resembles the whole other picture in that orientation
    (`curate.frequencies.ORIENTATIONS`). `distance` counts the bits in which the signs of their lowest frequencies
    differ, of 63; `similarity` is the cosine of the angle between the levelled frequencies, at most 1.
    """

    first: str
    second: str
    part: Part
    part_of_first: bool
    orientation: int
    distance: int
    similarity: float


@dataclass(frozen=True, slots=True)
class _Batch:
    """Pairs by row: a part of picture `owner` against the whole picture `other` in an orientation."""

    owner: Rows
    part: Rows
    other: Rows
    orientation: Rows

    def only(self, chosen: NDArray[np.bool_] | Rows) -> "_Batch":
        return _Batch(self.owner[chosen], self.part[chosen], self.other[chosen], self.orientation[chosen])


@dataclass(frozen=True)
class _Gallery:
    """All pictures that are not flat, by name. `fresh` tells of which of them pairs are wanted."""

    names: list[str]
    pixels: NDArray[np.uint8]
    proportions: NDArray[np.float64]
    fresh: NDArray[np.bool_]

    @cached_property
    def codes(self) -> Codes:
        """(pictures, parts)."""
        return np.concatenate([np.stack([signs(lowest(some, part)) for part in PARTS], 1) for some in self._chunks()])

    @cached_property
    def turns(self) -> Codes:
        """The whole pictures' codes (pictures, orientations)."""
        return np.stack([signs(turned(self._whole, orientation)) for orientation in range(ORIENTATIONS)], axis=1)

    @cached_property
    def levels(self) -> Coefficients:
        """The whole pictures' levelled frequencies (pictures, 63)."""
        return levelled(self._whole)

    @cached_property
    def strong(self) -> Codes:
        """The bits of each picture's strongest frequencies (pictures, orientations)."""
        return np.stack(
            [_strongest(np.abs(reoriented(self.levels, orientation))) for orientation in range(ORIENTATIONS)], axis=1
        )

    @cached_property
    def _whole(self) -> Coefficients:
        return np.concatenate([lowest(some, PARTS[0]) for some in self._chunks()])

    def _chunks(self) -> Iterator[NDArray[np.uint8]]:
        for start in range(0, len(self.names), _PICTURES_AT_ONCE):
            yield self.pixels[start : start + _PICTURES_AT_ONCE]


def propose(signatures: Mapping[str, Signature], new: Collection[str]) -> list[Proposal]:
    """The pairs (by sha256) worth a look of which at least one is in `new`, in order, each at its most similar.

    Independent of the order of `signatures`. Flat pictures are in none. Takes some 5 kB of memory for each picture.
    """
    gallery = _gallery(signatures, set(new))
    best: dict[tuple[int, int], _Scored] = {}
    if gallery.fresh.any() and len(gallery.names) > 1:
        for batch in _gathered(_near(gallery, candidates) for candidates in _candidates(gallery)):
            _keep_best(best, _scored(gallery, batch))
    return [_proposal(gallery, scored) for scored in _most_similar(best)]


def _gallery(signatures: Mapping[str, Signature], new: set[str]) -> _Gallery:
    names = sorted(name for name, signature in signatures.items() if not signature.flat)
    chosen = [signatures[name] for name in names]
    pixels = np.frombuffer(b"".join(signature.pixels for signature in chosen), dtype=np.uint8)
    proportions = np.log([signature.width / signature.height for signature in chosen])
    fresh = np.array([name in new for name in names], dtype=bool)
    return _Gallery(names, pixels.reshape(-1, SIDE, SIDE), proportions, fresh)


def _strongest(sizes: Coefficients) -> Codes:
    """The places of the greatest sizes (n, 63) as bits (n,)."""
    places = np.argsort(-sizes, axis=1, kind="stable")[:, :_STRONG].astype(np.uint64)
    bits: Codes = np.bitwise_or.reduce(np.uint64(1) << places, axis=1)
    return bits


def _gathered(batches: Iterable[_Batch]) -> Iterator[_Batch]:
    """Small batches together: a thousand pairs are scored in the time of one."""
    waiting: list[_Batch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(len(one.owner) for one in waiting) >= _PAIRS_TOGETHER:
            yield _joined(waiting)
            waiting = []
    if waiting:
        yield _joined(waiting)


def _joined(batches: Sequence[_Batch]) -> _Batch:
    columns = zip(*((one.owner, one.part, one.other, one.orientation) for one in batches), strict=True)
    return _Batch(*map(np.concatenate, columns))


def _candidates(gallery: _Gallery) -> Iterator[_Batch]:
    """Pairs with a fresh picture whose codes agree in all of some bits; many of them come repeatedly."""
    fresh, stale = np.flatnonzero(gallery.fresh), np.flatnonzero(~gallery.fresh)
    everything = np.arange(len(gallery.names))
    for owner, other in near_pairs(gallery.codes[:, 0], fresh, EXACT_BELOW - 1):
        zeros = np.zeros_like(owner)
        yield _Batch(owner, zeros, other, zeros)
    for mask in _WHOLE_TABLES:
        yield from _matches(gallery, mask, everything, _WHOLE, fresh)
    for mask in _PART_TABLES:
        yield from _matches(gallery, mask, everything, _CUT, fresh)
        yield from _matches(gallery, mask, fresh, _CUT, stale)


def _matches(gallery: _Gallery, mask: np.uint64, owners: Rows, parts: Rows, others: Rows) -> Iterator[_Batch]:
    """The parts of `owners` that equal a whole picture of `others`, turned or not, in the mask's strong bits."""
    table = Table(gallery.codes[np.ix_(owners, parts)].ravel(), mask)
    for orientation in range(ORIENTATIONS):
        for start in range(0, len(others), _PICTURES_AT_ONCE):
            rows = others[start : start + _PICTURES_AT_ONCE]
            flips = _flips(np.abs(reoriented(gallery.levels[rows], orientation)), mask)
            for numbers, places in table.matches(gallery.turns[rows, orientation], flips):
                owner, part = owners[places // len(parts)], parts[places % len(parts)]
                batch = _Batch(owner, part, rows[numbers], np.full_like(numbers, orientation))
                yield batch.only(owner != batch.other)


def _flips(sizes: Coefficients, mask: np.uint64) -> Codes:
    """Every way of turning over those bits of the mask whose sizes (n, 63) are least: (n, 2 ** _WEAK)."""
    places = np.flatnonzero((mask >> np.arange(sizes.shape[1], dtype=np.uint64)) & np.uint64(1))
    weakest = places[np.argsort(sizes[:, places], axis=1, kind="stable")[:, :_WEAK]].astype(np.uint64)
    ways = ((np.arange(2**_WEAK)[:, None] >> np.arange(_WEAK)) & 1).astype(np.uint64)
    flips: Codes = (np.uint64(1) << weakest) @ ways.T
    return flips


def _near(gallery: _Gallery, batch: _Batch) -> _Batch:
    """Those of a batch that agree in enough bits."""
    differing = gallery.codes[batch.owner, batch.part] ^ gallery.turns[batch.other, batch.orientation]
    distance = np.bitwise_count(differing)
    near = np.flatnonzero(distance <= np.where(batch.part == 0, _WIDEST_WHOLE, _WIDEST))
    differing, distance, batch = differing[near], distance[near], batch.only(near)
    strong = np.bitwise_count(differing & gallery.strong[batch.other, batch.orientation])
    widest = np.where(batch.part == 0, 2 * _WIDEST_STRONG, _WIDEST_STRONG)
    return batch.only((strong <= widest) | (distance < EXACT_BELOW))


@dataclass(frozen=True, slots=True)
class _Scored:
    """A pair by row with its similarity."""

    owner: int
    part: int
    other: int
    orientation: int
    distance: int
    similarity: float

    @property
    def rank(self) -> tuple[float, int, int, int, int]:
        """Greater is better; of equals the whole before a part, the upright before a turned."""
        return self.similarity, -self.part, -self.orientation, -self.owner, -self.other


def _scored(gallery: _Gallery, batch: _Batch) -> list[_Scored]:
    """Those of a batch that are similar enough, each once."""
    table = np.stack([batch.part, batch.owner, batch.other, batch.orientation], axis=1)
    part, owner, other, orientation = np.unique(table, axis=0).T
    batch = _Batch(owner, part, other, orientation)
    similarity = np.empty(len(owner))
    for start in range(0, len(owner), _PICTURES_AT_ONCE):
        some = slice(start, start + _PICTURES_AT_ONCE)
        similarity[some] = _similarities(gallery, batch.only(np.arange(len(owner))[some]))
    distance = np.bitwise_count(gallery.codes[owner, part] ^ gallery.turns[other, orientation]).astype(np.int64)
    chosen = np.flatnonzero(_are_alike(gallery, batch, distance, similarity))
    columns = [values[chosen].tolist() for values in (owner, part, other, orientation, distance, similarity.round(3))]
    return [_Scored(*row) for row in zip(*columns, strict=True)]


def _similarities(gallery: _Gallery, batch: _Batch) -> NDArray[np.float64]:
    similarity = np.empty(len(batch.owner))
    for part in np.unique(batch.part):
        rows = np.flatnonzero(batch.part == part)
        levels = levelled(lowest(gallery.pixels[batch.owner[rows]], PARTS[part]))
        for orientation in np.unique(batch.orientation[rows]):
            chosen = batch.orientation[rows] == orientation
            others = reoriented(gallery.levels[batch.other[rows[chosen]]], int(orientation))
            similarity[rows[chosen]] = np.sum(levels[chosen] * others, axis=1)
    return similarity


def _are_alike(gallery: _Gallery, batch: _Batch, distance: Rows, similarity: NDArray[np.float64]) -> NDArray[np.bool_]:
    shapes = np.log([(part.columns[1] - part.columns[0]) / (part.rows[1] - part.rows[0]) for part in PARTS])
    of_part = gallery.proportions[batch.owner] + shapes[batch.part]
    of_other = gallery.proportions[batch.other] * np.where(batch.orientation & 4, -1, 1)
    fits = np.abs(of_part - of_other) <= _PROPORTIONS
    alike = similarity >= np.where(batch.part == 0, _ALIKE_WHOLE, _ALIKE)
    return (alike & fits) | (similarity >= _CERTAIN) | ((distance < EXACT_BELOW) & (similarity >= _ALIKE_WHOLE))


def _keep_best(best: dict[tuple[int, int], _Scored], found: list[_Scored]) -> None:
    for scored in found:
        pair = (min(scored.owner, scored.other), max(scored.owner, scored.other))
        known = best.get(pair)
        if known is None or scored.rank > known.rank:
            best[pair] = scored


def _most_similar(best: dict[tuple[int, int], _Scored]) -> list[_Scored]:
    """The pairs in order, without those that are not among the most similar ones of either picture."""
    counts: dict[int, int] = {}
    kept = []
    for pair in sorted(best, key=lambda pair: (-best[pair].similarity, pair)):
        if min(counts.get(row, 0) for row in pair) < _MOST:
            kept.append(pair)
            counts.update({row: counts.get(row, 0) + 1 for row in pair})
    return [best[pair] for pair in sorted(kept)]


def _proposal(gallery: _Gallery, scored: _Scored) -> Proposal:
    owner, other = gallery.names[scored.owner], gallery.names[scored.other]
    return Proposal(
        first=min(owner, other),
        second=max(owner, other),
        part=PARTS[scored.part],
        part_of_first=owner < other,
        orientation=scored.orientation,
        distance=scored.distance,
        similarity=scored.similarity,
    )
