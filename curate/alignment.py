"""Two views -> how one lies in the other: features or the proposal's guess, then the last fraction of a pixel."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.proposals import Proposal
from curate.view import Features, View

Matrix = NDArray[np.float64]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

_RATIO = 0.8
"""Lowe 2004, section 7.1: a match must be this much nearer than the second best."""
_INLIER_PIXELS = 2.5
_FEWEST_MATCHES = 6
_LARGEST_SCALE = 6.0
_LARGEST_SQUEEZE = 1.6
"""Scales that no copy has: what lies beyond is a wrong match."""
_ROUNDS = 25
_LEAST_OVERLAP = 0.2
_SAME_PIXELS = 1.0
_RIM = 3
_SEED = 20


@dataclass(frozen=True, slots=True)
class Alignment:
    """`matrix` (3, 3) takes pixels (x, y, 1) of `moved` into `fixed`, the coarser of the two pictures.

    `correlation` is that of the grey levels where both lie, at most 1; `misfit` the typical difference of fine detail
    in grey levels, which something drawn over one of them does not change; `inliers` how many features agree on the
    place, 0 where they were not asked. `fixed_share` and `moved_share` say how much of the content of each picture (of
    its slopes: even borders and skies hardly count) lies within the other.
    """

    fixed: View
    moved: View
    matrix: Matrix
    correlation: float
    misfit: float
    inliers: int
    fixed_share: float
    moved_share: float

    @property
    def contained(self) -> float:
        """How much of the picture that shows less lies in the other."""
        return max(self.fixed_share, self.moved_share)


def alignments(first: View, second: View, proposal: Proposal | None = None) -> Iterator[Alignment]:
    """The ways in which the views may lie in each other, mirrored or not, the cheapest to find first; perhaps none.

    `proposal` names `first` first; its guess needs no features. The same results, in every bit, for (second, first)
    with the names changed over.
    """
    guess = None if proposal is None else _guess(first, second, proposal)
    if _order(second) < _order(first):
        first, second = second, first
        guess = None if guess is None else _inverse(guess)
    tried: list[tuple[Matrix, Alignment]] = []
    for matrix, inliers in _starts(first, second, guess):
        known = [found for other, found in tried if _is_near(matrix, other, second)]
        if known:
            yield replace(known[0], inliers=inliers)
            continue
        refined = [(each, _measured(first, second, each, inliers)) for each in _refinements(first, second, matrix)]
        found = [(each, alignment) for each, alignment in refined if alignment is not None]
        if found:
            tried.append(min(found, key=lambda pair: pair[1].misfit))
            yield tried[-1][1]


def place_in(first: View, found: Alignment) -> tuple[float, ...]:
    """Where the other whole picture lies in the `first`, as `Comparison.place` has it: six numbers."""
    is_fixed = found.fixed is first
    second, matrix = (found.moved, found.matrix) if is_fixed else (found.fixed, _inverse(found.matrix))
    shares = _shares(first) @ matrix @ _inverse(_shares(second))
    return tuple(round(float(number), 5) for number in shares[:2].ravel())


def warped(picture: NDArray[np.uint8], matrix: Matrix, height: int, width: int) -> tuple[Floats, Mask]:
    """A picture's levels moved by `matrix` into a frame of that size, and where there are any."""
    size = (width, height)
    levels = cv2.warpAffine(picture.astype(np.float32), matrix[:2], size, flags=cv2.INTER_LINEAR)
    inside = cv2.warpAffine(np.full(picture.shape[:2], 255, np.uint8), matrix[:2], size, flags=cv2.INTER_LINEAR)
    return np.asarray(levels, dtype=np.float32), np.asarray(inside == 255)


def correlation(first: Floats, second: Floats) -> float:
    """The correlation of two sets of levels, from -1 to 1; 0 where one of them is even."""
    one, other = first - first.mean(dtype=np.float64), second - second.mean(dtype=np.float64)
    length = float(np.sqrt(np.sum(one * one) * np.sum(other * other)))
    return float(np.sum(one * other)) / length if length > 0 else 0.0


def _order(view: View) -> tuple[int, bytes]:
    return view.colours.size, view.colours.tobytes()


def _starts(first: View, second: View, guess: Matrix | None) -> Iterator[tuple[Matrix, int]]:
    """Matrices from `second` into `first`, and the number of features that agree."""
    if guess is not None:
        yield guess, 0
    for mirrored in (False, True):
        start = _by_features(first.features, second.features.mirrored(second.width) if mirrored else second.features)
        if start is not None:
            matrix, inliers = start
            yield (matrix @ _mirror(second.width) if mirrored else matrix), inliers


def _is_near(matrix: Matrix, other: Matrix, view: View) -> bool:
    """Whether two matrices take the corners of a view to the same places but for one pixel."""
    corners = np.array([[x, y, 1.0] for x in (0, view.width) for y in (0, view.height)]).T
    return bool(np.abs((matrix - other) @ corners)[:2].max() < _SAME_PIXELS)


def _by_features(fixed: Features, moved: Features) -> tuple[Matrix, int] | None:
    rows, others = _matches(fixed.descriptors, moved.descriptors)
    if len(rows) < _FEWEST_MATCHES:
        return None
    cv2.setRNGSeed(_SEED)
    found, inliers = cv2.estimateAffine2D(
        moved.points[others], fixed.points[rows], ransacReprojThreshold=_INLIER_PIXELS, confidence=0.999
    )
    if found is None:
        return None
    return np.vstack([np.asarray(found, dtype=np.float64), [[0.0, 0.0, 1.0]]]), int(np.sum(inliers))


def _matches(fixed: Floats, moved: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of descriptors that are each other's nearest, and clearly nearer than the second."""
    if len(fixed) < 2 or len(moved) < 2:
        return np.empty(0, np.intp), np.empty(0, np.intp)
    # descriptors are 128 whole numbers up to 255: all sums of their products are exact below 2^24, whatever the order
    squares = fixed @ (-2 * moved.T)
    squares += np.sum(fixed**2, axis=1)[:, None]
    squares += np.sum(moved**2, axis=1)
    everywhere, nearest = np.arange(len(fixed)), squares.argmin(axis=1)
    mutual = squares.argmin(axis=0)[nearest] == everywhere
    least = squares[everywhere, nearest].astype(np.float64)
    squares[everywhere, nearest] = np.inf
    rows = np.flatnonzero(mutual & (least < _RATIO**2 * squares.min(axis=1)))
    return rows, nearest[rows]


def _mirror(width: int) -> Matrix:
    return np.array([[-1.0, 0, width - 1], [0, 1, 0], [0, 0, 1]])


def _guess(first: View, second: View, proposal: Proposal) -> Matrix:
    """The proposal's part as a matrix from `second` into `first`."""
    owner, other = (first, second) if proposal.part_of_first else (second, first)
    matrix, width, height = np.eye(3), other.width, other.height
    if proposal.orientation & 4:
        matrix, width, height = np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 1]]), height, width
    if proposal.orientation & 2:
        matrix = np.array([[1.0, 0, 0], [0, -1, height - 1], [0, 0, 1]]) @ matrix
    if proposal.orientation & 1:
        matrix = _mirror(width) @ matrix
    (top, bottom), (left, right) = proposal.part.rows, proposal.part.columns
    across, down = (right - left) * owner.width / width, (bottom - top) * owner.height / height
    shift_x, shift_y = left * owner.width + across / 2 - 0.5, top * owner.height + down / 2 - 0.5
    matrix = np.array([[across, 0, shift_x], [0, down, shift_y], [0, 0, 1]]) @ matrix
    return matrix if proposal.part_of_first else _inverse(matrix)


def _refinements(first: View, second: View, matrix: Matrix) -> Iterator[Matrix]:
    """The matrix, and what moving it until the grey levels agree best makes of it (Evangelidis and Psarakis 2008)."""
    if not _is_sound(matrix):
        return
    yield matrix
    inverse = _inverse(matrix)[:2].astype(np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _ROUNDS, 1e-5)
    try:
        greys = first.grey.astype(np.float32), second.grey.astype(np.float32)
        _correlation, better = cv2.findTransformECC(*greys, inverse, cv2.MOTION_AFFINE, criteria)
    except cv2.error:
        return  # it says so when the pictures have nothing in common there
    refined = np.vstack([np.asarray(better, dtype=np.float64), [[0.0, 0.0, 1.0]]])
    if abs(np.linalg.det(refined[:2, :2])) > 1e-6:
        yield _inverse(refined)


def _inverse(matrix: Matrix) -> Matrix:
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def _shares(view: View) -> Matrix:
    """From a view's pixels, of which the first has its middle at 0, into shares of the whole picture."""
    left, top, right, bottom = view.box
    across, down = (right - left) / view.width, (bottom - top) / view.height
    return np.array([[across, 0, left + across / 2], [0, down, top + down / 2], [0, 0, 1]])


def _is_sound(matrix: Matrix) -> bool:
    large, small = np.linalg.svd(matrix[:2, :2], compute_uv=False)
    return bool(small > 1 / _LARGEST_SCALE and large < _LARGEST_SCALE and large / small < _LARGEST_SQUEEZE)


def _measured(first: View, second: View, matrix: Matrix, inliers: int) -> Alignment | None:
    """The alignment of `second` in `first`, or the other way round where `second` is the coarser."""
    if not _is_sound(matrix):
        return None
    if abs(float(np.linalg.det(matrix[:2, :2]))) > 1.0:
        first, second, matrix = second, first, _inverse(matrix)
    levels, inside = warped(second.grey, matrix, first.height, first.width)
    _levels, covered = warped(first.grey, _inverse(matrix), second.height, second.width)
    fixed_share, moved_share = _share_of_content(first.grey, inside), _share_of_content(second.grey, covered)
    if max(fixed_share, moved_share) < _LEAST_OVERLAP or not inside.any():
        return None
    alike = correlation(first.grey[inside].astype(np.float32), levels[inside])
    misfit = float(np.median(np.abs(_detail(first.grey) - _detail(levels))[inside]))
    return Alignment(first, second, matrix, alike, misfit, inliers, fixed_share, moved_share)


def _detail(grey: NDArray[np.uint8] | Floats) -> Floats:
    levels = grey.astype(np.float32)
    return np.asarray(cv2.GaussianBlur(levels, (0, 0), 1) - cv2.GaussianBlur(levels, (0, 0), 4), dtype=np.float32)


def _share_of_content(grey: NDArray[np.uint8], inside: Mask) -> float:
    """How much of a picture's slopes lies inside; the outermost pixels, which rounding takes or leaves, count not."""
    levels = grey.astype(np.float32)
    slopes = np.minimum(np.abs(cv2.Sobel(levels, cv2.CV_32F, 1, 0)) + np.abs(cv2.Sobel(levels, cv2.CV_32F, 0, 1)), 40)
    rim = slice(_RIM, -_RIM)
    content = slopes[rim, rim].astype(np.float64)
    return float(content[inside[rim, rim]].sum() / max(1.0, content.sum()))
