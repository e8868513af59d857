"""Letters that somebody wrote over a picture: marks that stand in a row, of one height and tone, and of many shapes."""

import cv2
import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.uint8]

_MOST_MARKS = 400
"""Foliage breaks into more marks than these; a page of so much text is found to be a graphic."""

_FEWEST_MARKS = 4
_LEAST_HEIGHT, _GREATEST_HEIGHT = 5, 48
_LINES_LOOKED_AT = 5
_STANDS_OUT = 110
"""Letters of any tone are that much lighter or darker than what is around them, in grey values."""

_WHITE, _BLACK, _STANDS_OUT_A_LITTLE = 200, 55, 30
"""Nearly white or black letters may stand out less: their tone parts them from what they touch, and white skies go."""

_OF_ANY_TONE = 2 / 3
"""What a mark of any tone counts beside a white or a black one: things that stand out stand in rows more often."""


def text(colour: Values, grey: Values) -> float:
    """How long a line of letters is, in letters; `colour` is (height, width, 3), `grey` (height, width) of the same.

    Windows, fences and roof tiles stand in rows, too, but one is like the next; the letters of a line are not.
    """
    red, green, blue = cv2.split(colour)
    white = cv2.inRange(cv2.min(cv2.min(red, green), blue), (_WHITE,), (255,))
    black = cv2.inRange(cv2.max(cv2.max(red, green), blue), (0,), (_BLACK,))
    return max(_line(grey, cv2.MORPH_TOPHAT, white), _line(grey, cv2.MORPH_BLACKHAT, black))


def _line(grey: Values, operation: int, solid: cv2.typing.MatLike) -> float:
    """The longest line of marks that are lighter than their surroundings (a top hat), or darker (a black hat)."""
    contrast = np.asarray(cv2.morphologyEx(grey, operation, np.ones((17, 17), np.uint8)), np.uint8)
    standing = cv2.inRange(contrast, (_STANDS_OUT + 1,), (255,))
    toned = cv2.bitwise_and(solid, cv2.inRange(contrast, (_STANDS_OUT_A_LITTLE,), (255,)))
    return max(_OF_ANY_TONE * _longest_line(_marks(grey, standing)), float(_longest_line(_marks(grey, toned))))


def _marks(grey: Values, mask: cv2.typing.MatLike) -> NDArray[np.float64]:
    """The mask's connected things that may be letters: rows of left, bottom, width, height, tone, fill; by left."""
    pixels = cv2.countNonZero(mask)
    if pixels < _FEWEST_MARKS * _LEAST_HEIGHT:
        return np.empty((0, 6))
    count, labels, stats = components(mask, pixels)
    left, top, width, height, area = stats.T.astype(np.float64)
    is_high = (height >= _LEAST_HEIGHT) & (height <= _GREATEST_HEIGHT)
    letter = is_high & (width >= 2) & (width <= 2 * height) & (area >= 0.2 * width * height)
    letter[0] = False  # the background
    if not _FEWEST_MARKS <= letter.sum() <= _MOST_MARKS:
        return np.empty((0, 6))
    marked = np.flatnonzero(mask)
    tone = np.bincount(labels.ravel()[marked], weights=grey.ravel()[marked], minlength=count) / area
    rows = np.stack([left, top + height, width, height, tone, area / (width * height)], axis=1)[letter]
    return np.asarray(rows[np.lexsort((top[letter], left[letter]))])


def components(mask: cv2.typing.MatLike, pixels: int) -> tuple[int, NDArray[np.integer], NDArray[np.int32]]:
    """How many things touch at sides or corners, the background counted; their labels; left, top, width, height, area.

    The labels have 16 bits where so many suffice, as always but in squares of noise: no two things are in one square
    of 2 x 2 pixels. (OpenCV's other algorithm, which it chooses by itself, takes nearly twice the time.)
    """
    most = min(pixels, -(-mask.shape[0] // 2) * -(-mask.shape[1] // 2))
    kind = cv2.CV_16U if most < np.iinfo(np.uint16).max else cv2.CV_32S
    found = cv2.connectedComponentsWithStatsWithAlgorithm(mask, 8, kind, cv2.CCL_SPAGHETTI)
    count, labels, stats, _centres = found
    return count, np.asarray(labels), np.asarray(stats)


def _longest_line(marks: NDArray[np.float64]) -> int:
    """How many marks the longest line has whose shapes differ as letters do, of the few longest lines; 0 for none."""
    if len(marks) < _FEWEST_MARKS:
        return 0
    lengths, before = _lines(marks)
    ends = np.argsort(-lengths, kind="stable")[:_LINES_LOOKED_AT]
    return max(int(lengths[end]) if _are_letters(marks[_members(end, before)]) else 0 for end in ends)


def _lines(marks: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of each mark the length of the longest line that ends in it, and the mark before it in that line (-1: none)."""
    follows = _follows(marks)
    lengths, before = np.ones(len(marks), np.int64), np.full(len(marks), -1)
    for number in range(1, len(marks)):
        earlier = np.flatnonzero(follows[:number, number])
        if len(earlier):
            before[number] = earlier[np.argmax(lengths[earlier])]
            lengths[number] = 1 + lengths[before[number]]
    return lengths, before


def _follows(marks: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether the column's mark may be the next letter after the row's: one baseline, near, of one height and tone."""
    left, bottom, width, height, tone, _fill = marks.T
    lower, higher = np.minimum.outer(height, height), np.maximum.outer(height, height)
    gap = left - (left + width)[:, None]  # from the row's mark to the column's
    follows = (np.abs(np.subtract.outer(bottom, bottom)) <= 0.2 * higher) & (higher <= 1.8 * lower)
    follows &= (gap >= -0.2 * lower) & (gap <= 1.2 * higher) & (np.abs(np.subtract.outer(tone, tone)) <= 30)
    return np.asarray(follows & (left > left[:, None]))


def _members(end: int, before: NDArray[np.int64]) -> list[int]:
    members = [int(end)]
    while before[members[-1]] >= 0:
        members.append(int(before[members[-1]]))
    return members


def _are_letters(line: NDArray[np.float64]) -> bool:
    """Letters differ in their proportions and in how much of their boxes they fill, and leave a good part free."""
    width, height, fill = line[:, 2], line[:, 3], line[:, 5]
    return bool(np.std(width / height) >= 0.1 and fill.mean() <= 0.75 and fill.std() >= 0.05)
