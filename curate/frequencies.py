"""A signature -> the lowest frequencies of the picture in its 8 orientations and of its parts, as signs and sizes.

The cosine transform is kept in whole numbers that doubles hold exactly, so that the sign of a frequency, and with it
every hash, is the same on every machine, whatever the order in which its linear algebra adds.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from curate.signature import SIDE

Codes = NDArray[np.uint64]
Coefficients = NDArray[np.float64]

ORIENTATIONS = 8
"""Orientation `t` is the picture turned over its diagonal where t & 4, then top to bottom where t & 2, then left to
right where t & 1: every turn and mirroring there is."""

_LOWEST = 8
_PRECISION = 2**16
_STEP = 0.08
"""Of a side: how far the edges of neighbouring parts lie apart. A crop is then at most 0.04 off a part at each edge."""
_LARGEST_CUT = 0.24
_LARGEST_CUT_OF_ONE_SIDE = 0.32

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Part:
    """A rectangle of a picture; the edges as shares of its height and width."""

    rows: Span
    columns: Span

    @property
    def is_whole(self) -> bool:
        return self.rows == self.columns == (0, 1)


def _spans(largest_cut: float) -> list[Span]:
    cuts = [step * _STEP for step in range(round(largest_cut / _STEP) + 1)]
    return [(near, 1 - far) for near in cuts for far in cuts if near + far <= largest_cut + 1e-9]


def _length(span: Span) -> float:
    return span[1] - span[0]


def _parts() -> tuple[Part, ...]:
    """The whole first; crops that keep the proportions but for one step; crops of one side alone."""
    both = _spans(_LARGEST_CUT)
    alike = [Part(rows, columns) for rows in both for columns in both if abs(_length(rows) - _length(columns)) < 0.09]
    one = [span for span in _spans(_LARGEST_CUT_OF_ONE_SIDE) if _length(span) < 1]
    sides = [Part((0, 1), span) for span in one] + [Part(span, (0, 1)) for span in one]
    return tuple(dict.fromkeys([Part((0, 1), (0, 1)), *alike, *sides]))


PARTS = _parts()


def waves(span: Span) -> Coefficients:
    """The 8 lowest cosines over a span of the picture's side, averaged over each of its pixels, in whole numbers.

    (8, 32). Integrated instead of sampled, so that a span may begin and end within a pixel.
    """
    start, end = span
    edges = np.clip(np.linspace(0, 1, SIDE + 1), start, end)
    angles = np.pi * (edges - start) / (end - start)
    rows = [(edges - start) / (end - start)]
    rows += [np.sin(number * angles) / (np.pi * number) for number in range(1, _LOWEST)]
    return np.round(np.diff(np.array(rows), axis=1) * _PRECISION)


def lowest(pixels: NDArray[np.uint8], part: Part) -> Coefficients:
    """The 64 lowest frequencies (n, 8, 8) of one part of pictures (n, 32, 32)."""
    levels = pixels.astype(np.float64) - 128
    return waves(part.rows) @ levels @ waves(part.columns).T


def turned(coefficients: Coefficients, orientation: int) -> Coefficients:
    """The frequencies (..., 8, 8) of the picture in another orientation: a transpose and changes of sign."""
    odd = np.where(np.arange(_LOWEST) % 2, -1.0, 1.0)
    values = np.swapaxes(coefficients, -1, -2) if orientation & 4 else coefficients
    if orientation & 2:
        values = values * odd[:, None]
    return values * odd if orientation & 1 else values


@cache
def rising() -> NDArray[np.intp]:
    """The places of the 63 frequencies without the mean in an 8 x 8 block laid flat, the lowest first."""
    rows, columns = np.mgrid[:_LOWEST, :_LOWEST]
    height = rows + columns + 0.01 * np.maximum(rows, columns)
    return np.argsort(height.ravel(), kind="stable")[1:]


def signs(coefficients: Coefficients) -> Codes:
    """The signs of the 63 frequencies (..., 8, 8) as a number each: bit 0 is the lowest frequency, bit 63 is clear."""
    flat = coefficients.reshape(*coefficients.shape[:-2], -1)[..., rising()] > 0
    padded = np.concatenate([flat, np.zeros((*flat.shape[:-1], 1), dtype=bool)], axis=-1)
    packed = np.packbits(padded, axis=-1, bitorder="little")
    return np.ascontiguousarray(packed).view("<u8")[..., 0].astype(np.uint64)


def levelled(coefficients: Coefficients) -> Coefficients:
    """The 63 frequencies (..., 63) weighted so that in photos each counts alike, as vectors of length 1.

    Amplitudes of natural pictures fall with the frequency (measured on 1,600 photos: to the power of -1.12); without
    the weights two pictures with a bright sky would resemble each other.
    """
    rows, columns = np.mgrid[:_LOWEST, :_LOWEST]
    weights = np.hypot(rows, columns).ravel()[rising()] ** 1.12
    values = coefficients.reshape(*coefficients.shape[:-2], -1)[..., rising()] * weights
    lengths: Coefficients = np.linalg.norm(values, axis=-1, keepdims=True)
    levels: Coefficients = values / np.maximum(lengths, 1e-9)
    return levels


def reoriented(levels: Coefficients, orientation: int) -> Coefficients:
    """What `levelled` gives of the picture in another orientation, from what it gives of the picture as it is."""
    places, factors = _reorientations()[orientation]
    moved: Coefficients = levels[..., places] * factors
    return moved


@cache
def _reorientations() -> tuple[tuple[NDArray[np.intp], Coefficients], ...]:
    """For each orientation where each of the 63 values comes from, and its factor, 1 or -1."""
    numbers = np.zeros(_LOWEST * _LOWEST)
    numbers[rising()] = np.arange(1, _LOWEST * _LOWEST)
    block = numbers.reshape(_LOWEST, _LOWEST)
    moved = [turned(block, orientation).ravel()[rising()] for orientation in range(ORIENTATIONS)]
    return tuple((np.abs(values).astype(np.intp) - 1, np.sign(values)) for values in moved)
