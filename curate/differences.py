"""Two aligned views -> what of one the other does not explain: content that moved, and what only one of them has."""

from dataclasses import dataclass
from functools import reduce
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.alignment import Alignment, Floats, Mask, correlation, warped

_BLUR = 1.5
"""Pixels by which both are smoothed before their levels are compared: JPEG, noise and sharpening live below that."""
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_BLOCK = 16
_TERMS = 16
_LEAST_TEXTURE = 4.0
"""Squared grey levels a pixel in every direction, from which a block has a corner to tell its place by."""
_LEAST_FIT = 0.8
_LEAST_GAIN = 0.05
_LEAST_MASS = 100.0
"""Grey levels summed over a spot's pixels, beyond the tolerance, from which the spot counts."""

Rows = NDArray[np.float64]
"""Numbers of blocks: (blocks,), or (blocks, pixels)."""


@dataclass(frozen=True, slots=True)
class Motion:
    """How far textured 16 x 16 blocks lie from where the alignment says, in pixels of the coarser picture: the
    `median`, and `most`, within which 9 of 10 lie. `blocks` counts them; with none the distances are 0."""

    blocks: int
    median: float
    most: float


@dataclass(frozen=True, slots=True)
class Change:
    """What is left between two views when one is turned into the other's place and colours: spots that differ.

    - `noise`: the typical difference of grey levels outside of them, after smoothing.
    - `share`: how much of the overlap the spots cover; `spots` counts them.
    - `through`: the correlation of fine detail within them: near 1 where something see-through lies over it.
    - `sided`: from 0 to 1, whether all differences are brighter or all are darker.
    - `owned`: from 0.5 to 1, whether all spots stand out of the same one of the two pictures.
    - `edge`: from 0 to 1, that picture's part of the steepness along the edges of the spots.
    - `steepness`: grey levels a pixel, which one in ten of the spots' pixels exceeds in that picture.
    - `one_colour`, `two_colours`: the share of the spots' pixels in its commonest colours there.
    - `vivid`: whether the commonest is white or strongly coloured.
    - `motion`: how far the rest moved; lettering drawn over a picture moves with nothing.
    """

    noise: float
    share: float
    spots: int
    through: float
    sided: float
    owned: float
    edge: float
    steepness: float
    one_colour: float
    two_colours: float
    vivid: bool
    motion: Motion


def _motion(guess: "_Guess", inside: Mask) -> Motion:
    """How far the content of blocks is off: about 0 in a copy, whatever was done to its colours; in two frames of a
    video things at different depths move apart (a least-squares shift of each block, Lucas and Kanade 1981)."""
    expected, seen = guess.explained @ _LUMA, guess.picture @ _LUMA
    down, across = np.gradient(expected)
    whole = _in_blocks(inside).all(axis=1)
    fixed, moved, across, down = (_in_blocks(levels)[whole].astype(float) for levels in (expected, seen, across, down))
    cornered = _least_texture(across, down) >= _LEAST_TEXTURE
    shifts = _shifts(*(levels[cornered] for levels in (fixed, moved, across, down)))
    if not len(shifts):
        return Motion(0, 0.0, 0.0)
    return Motion(len(shifts), float(np.median(shifts)), float(np.percentile(shifts, 90)))


def _in_blocks(levels: NDArray[Any]) -> NDArray[Any]:
    """The whole blocks of a picture (height, width) as rows of pixels (blocks, pixels)."""
    rows, columns = levels.shape[0] // _BLOCK, levels.shape[1] // _BLOCK
    whole = levels[: rows * _BLOCK, : columns * _BLOCK]
    return whole.reshape(rows, _BLOCK, columns, _BLOCK).swapaxes(1, 2).reshape(rows * columns, _BLOCK**2)


def _least_texture(across: Rows, down: Rows) -> Rows:
    """The lesser eigenvalue of each block's structure tensor: without texture in two directions nothing tells."""
    a, b, c = (across**2).mean(axis=1), (across * down).mean(axis=1), (down**2).mean(axis=1)
    least: Rows = (a + c) / 2 - np.hypot((a - c) / 2, b)
    return least


def _shifts(fixed: Rows, moved: Rows, across: Rows, down: Rows) -> Rows:
    """How many pixels each block (blocks, pixels) is off, without those that do not fit at all."""
    fixed = fixed - fixed.mean(axis=1, keepdims=True)
    columns = np.stack([fixed, np.ones_like(fixed), across, down], axis=-1)
    turned = columns.swapaxes(1, 2)
    solution = np.linalg.pinv(turned @ columns, hermitian=True) @ (turned @ moved[..., None])
    gain, right, below = solution[:, 0, 0], solution[:, 2, 0], solution[:, 3, 0]
    fits = (_correlations((columns @ solution)[..., 0], moved) >= _LEAST_FIT) & (np.abs(gain) > _LEAST_GAIN)
    return np.hypot(right[fits], below[fits]) / np.abs(gain[fits])


def _correlations(first: Rows, second: Rows) -> Rows:
    one, other = first - first.mean(axis=1, keepdims=True), second - second.mean(axis=1, keepdims=True)
    length = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    shares: Rows = (one * other).sum(axis=1) / np.where(length > 0, length, 1)
    return shares


def _blurred(levels: Floats, sigma: float) -> Floats:
    return np.asarray(cv2.GaussianBlur(levels, (0, 0), sigma), dtype=np.float32)


def _moved(alignment: Alignment) -> tuple[Floats, Mask]:
    """The moved picture in the fixed one's place, and where both are, without the rim that a blur mixes."""
    height, width = alignment.fixed.height, alignment.fixed.width
    levels, inside = warped(alignment.moved.colours, alignment.matrix, height, width)
    rim = np.ones((5, 5), np.uint8)
    within = cv2.erode(inside.astype(np.uint8), rim, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return levels, np.asarray(within, dtype=bool)


def change(alignment: Alignment) -> Change | None:
    """What differs, or None where too little of the pictures can be compared."""
    guess, inside = _better_guess(alignment)
    if guess is None:
        return None
    excess = _excess(guess, inside)
    count, labels, boxes, _centres = cv2.connectedComponentsWithStats((excess > 0).astype(np.uint8))
    masses = np.bincount(labels.ravel(), excess.ravel(), count)
    masses[0] = 0
    large = np.flatnonzero(masses >= _LEAST_MASS)
    places = (masses >= _LEAST_MASS)[labels]
    if not len(large):
        return Change(guess.noise, 0.0, 0, 1.0, 1.0, 1.0, 0.5, 0.0, 1.0, 1.0, False, _motion(guess, inside))
    edges = np.array([_edge_share(*_spot(labels, int(spot), boxes[spot]), guess) for spot in large])
    weights = masses[large] / masses[large].sum()
    seen_owns = float(weights[edges > 0.5].sum())
    owner = guess.sharp if seen_owns >= 0.5 else guess.source
    colours = _commonest(owner[places])
    difference = (guess.picture @ _LUMA - guess.explained @ _LUMA)[places]
    return Change(
        noise=guess.noise,
        share=float(places.sum() / inside.sum()),
        spots=len(large),
        through=_through(guess, places),
        sided=float(abs(difference.sum()) / np.abs(difference).sum()),
        owned=max(seen_owns, 1 - seen_owns),
        edge=float(weights @ (edges if seen_owns >= 0.5 else 1 - edges)),
        steepness=float(np.percentile(_slopes(owner @ _LUMA)[places], 90)),
        one_colour=colours[0].share,
        two_colours=colours[0].share + colours[1].share,
        vivid=_is_vivid(colours[0].level),
        motion=_motion(guess, inside & ~places),
    )


@dataclass(frozen=True, slots=True)
class _Guess:
    """A picture (height, width, 3), and the same as the other one explains it. `sharp` and `source` are the two as
    they were before smoothing."""

    picture: Floats
    explained: Floats
    sharp: Floats
    source: Floats
    noise: float
    contrast: float


@dataclass(frozen=True, slots=True)
class _Fit:
    """How a smoothed picture explains another one (height, width, 3): by `weights` (16, 3) of its terms."""

    source: Floats
    target: Floats
    weights: Rows
    noise: float
    contrast: float


def _better_guess(alignment: Alignment) -> tuple[_Guess | None, Mask]:
    """Of two directions the one that explains more (grey levels follow from colours, not the other way round)."""
    sharp_fixed = alignment.fixed.colours.astype(np.float32)
    sharp_moved, inside = _moved(alignment)
    fixed, moved = _blurred(sharp_fixed, _BLUR), _blurred(sharp_moved, _BLUR)
    fits = [_fitted(fixed, moved, inside), _fitted(moved, fixed, inside)]
    fit = min((one for one in fits if one), key=lambda one: one.noise / one.contrast, default=None)
    if fit is None:
        return None, inside
    source, target = (sharp_fixed, sharp_moved) if fit.source is fixed else (sharp_moved, sharp_fixed)
    terms = _terms(fit.source)
    explained = np.clip(terms.reshape(_TERMS, -1).T @ fit.weights.astype(np.float32), 0, 255)
    explained = explained.reshape(target.shape)
    return _Guess(fit.target, explained, target, source, fit.noise, fit.contrast), inside


def _fitted(source: Floats, target: Floats, inside: Mask) -> _Fit | None:
    """`target` as a smooth function of the colours of `source` and of the place, fitted to the greater part of it.

    Sixteen terms: what tinting, greying, gamma, contrast and a vignette do. What they cannot explain stands out. Every
    second row and column is enough.
    """
    some, within = target[::2, ::2], inside[::2, ::2]
    low, high = (reduce(bound, (some[..., band] for band in range(3))) for bound in (np.minimum, np.maximum))
    usable = np.flatnonzero(within & (low > 3) & (high < 252))
    if len(usable) < 200:
        usable = np.flatnonzero(within)
    if len(usable) < 200:
        return None
    terms = _terms(source, step=2).reshape(_TERMS, -1)[:, usable]
    weights, noise = _robust_fit(terms.T.astype(np.float64), some.reshape(-1, 3)[usable].astype(np.float64))
    return _Fit(source, target, weights, noise, float((target @ _LUMA)[inside].std()) + 1)


def _robust_fit(inputs: Rows, outputs: Rows) -> tuple[Rows, float]:
    """Least squares over those that fit, in five rounds: weights (16, 3) from inputs (n, 16) to outputs (n, 3), and
    the typical miss in grey levels."""
    luma = _LUMA.astype(np.float64)
    greys = outputs @ luma
    both = np.concatenate([inputs, outputs], axis=1)
    of_all = products = both.T @ both
    for trimmed in range(5):
        weights = np.linalg.solve(products[:_TERMS, :_TERMS] + 1e-3 * np.eye(_TERMS), products[:_TERMS, _TERMS:])
        misses = np.abs(greys - inputs @ (weights @ luma))
        noise = float(np.median(misses)) * 1.48 + 0.5
        left_out = misses >= 2.5 * noise if trimmed else misses > np.quantile(misses, 0.75)
        others = both.take(np.flatnonzero(left_out), axis=0)
        products = of_all - others.T @ others
    return weights, noise


def _terms(source: Floats, step: int = 1) -> Floats:
    """The terms (16, height, width) at each `step`th row and column of a picture."""
    y, x = (np.linspace(-1, 1, length, dtype=np.float32)[::step] for length in source.shape[:2])
    y, x = y[:, None], x[None, :]
    colours = source[::step, ::step] / 255 - 0.5
    grey = colours @ _LUMA
    bands = [np.ascontiguousarray(colours[..., band]) for band in range(3)]
    terms = [1, *bands, *(band * band for band in bands), grey * grey * grey]
    terms += [x, y, x * x, y * y, x * y, grey * x, grey * y, grey * (x * x + y * y)]
    made = np.empty((_TERMS, *grey.shape), np.float32)
    for place, term in zip(made, terms, strict=True):
        place[:] = term
    return made


def _excess(guess: _Guess, inside: Mask) -> Floats:
    """By how many grey levels the pictures differ beyond noise, half a pixel of unevenness, and clipping."""
    seen, expected = guess.picture @ _LUMA, guess.explained @ _LUMA
    down, across = np.gradient(expected)
    edge = cv2.dilate(np.hypot(across, down), np.ones((3, 3), np.uint8))
    excess = np.abs(seen - expected) - (6 + 2 * guess.noise + 0.6 * edge)
    clipped = ((seen < 6) & (expected < 14)) | ((seen > 249) & (expected > 241))
    return np.where(inside & ~clipped, np.maximum(excess, 0), 0).astype(np.float32)


def _slopes(levels: Floats) -> Floats:
    down, across = np.gradient(levels)
    return np.asarray(np.hypot(across, down), dtype=np.float32)


def _spot(labels: NDArray[Any], spot: int, box: NDArray[Any]) -> tuple[NDArray[np.uint8], tuple[slice, slice]]:
    """A spot's pixels in a window with some room around its box (left, top, width, height, area), and the window."""
    left, top, width, height = (int(number) for number in box[:4])
    window = np.s_[max(0, top - 4) : top + height + 4, max(0, left - 4) : left + width + 4]
    return (labels[window] == spot).astype(np.uint8), window


def _edge_share(shape: NDArray[np.uint8], window: tuple[slice, slice], guess: _Guess) -> float:
    """Around a spot, the steepness of the picture in that of both: where it is more than half, the spot is its."""
    ring = cv2.dilate(shape, np.ones((5, 5), np.uint8)) > cv2.erode(shape, np.ones((3, 3), np.uint8))
    if not ring.any():
        return 0.5
    steep = [float(_slopes(levels[window] @ _LUMA)[ring].mean()) for levels in (guess.picture, guess.explained)]
    return steep[0] / (sum(steep) + 1e-6)


def _through(guess: _Guess, places: Mask) -> float:
    core = np.asarray(cv2.erode(places.astype(np.uint8), np.ones((3, 3), np.uint8)), dtype=bool)
    core = core if core.sum() > 50 else places
    greys = [levels @ _LUMA for levels in (guess.picture, guess.explained)]
    detail = [(grey - _blurred(grey, 3))[core] for grey in greys]
    return correlation(*detail)


@dataclass(frozen=True, slots=True)
class _Colour:
    """A colour (3,) and the share of pixels within 15 levels of it."""

    level: Floats
    share: float


def _commonest(colours: Floats) -> list[_Colour]:
    """The two commonest colours of pixels (n, 3), the second among those that the first does not cover."""
    left = colours
    found: list[_Colour] = []
    for _turn in range(2):
        if not len(left):
            found.append(_Colour(found[0].level, 0.0))
            break
        bins = (left // 16).astype(np.int64) @ np.array([400, 20, 1])
        values, counts = np.unique(bins, return_counts=True)
        centre = left[bins == values[counts.argmax()]].mean(axis=0)
        near = np.linalg.norm(left - centre, axis=1) < 15
        found.append(_Colour(centre, float(near.sum() / len(colours))))
        left = left[~near]
    return found


def _is_vivid(colour: Floats) -> bool:
    return bool(colour.max() - colour.min() >= 76 or colour.min() >= 235)
