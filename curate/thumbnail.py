"""A picture small, grey and without the even border around it: what all comparing of pictures starts from."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Grey = NDArray[np.uint8]
"""A grey picture, (height, width), 0-255."""

_EVEN = 10
"""Grey levels by which the pixels of a border may differ: JPEG leaves a few, a cloudless sky has more."""
_STEP = 12
"""Grey levels by which the picture must stand out from the border's last row, at a tenth of the pixels at least."""
_LARGEST_BORDER = 0.4
"""Of a side: what lies deeper is no border. Two of them leave a fifth of the picture."""


def thumbnail(picture: Image.Image, side: int) -> Image.Image:
    """The picture with its longer side at `side` pixels at most (never enlarged), even borders cut off."""
    small = shrunk(picture, side)
    return small.crop(inside(np.asarray(small.convert("L"))))


def inside(grey: Grey) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what lies within even borders of any brightness (frames, letterboxes)."""
    height, width = grey.shape
    top, bottom = _border(grey), height - _border(grey[::-1])
    left, right = _border(grey[top:bottom].T), width - _border(grey[top:bottom, ::-1].T)
    return left, top, right, bottom


def shrunk(picture: Image.Image, side: int) -> Image.Image:
    """The picture with its longer side at `side` pixels at most.

    In two steps: averaging whole squares of pixels is ten times as fast as a filter over all of them.
    """
    factor = max(1, max(picture.size) // (2 * side))
    small = picture.reduce(factor) if factor > 1 else picture
    scale = side / max(picture.size)
    if scale >= 1:
        return small
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return small.resize(size, Image.Resampling.HAMMING)


def _border(grey: Grey) -> int:
    """Rows from the top that are one even colour and end in a step. 0 where the evenness fades out, as a sky does."""
    rows = grey[: int(len(grey) * _LARGEST_BORDER)].astype(np.int16)
    if len(rows) < 2:
        return 0
    colour = np.median(rows[0])
    strays = np.mean(np.abs(rows - colour) > _EVEN, axis=1) > 0.01
    even = int(strays.argmax()) if strays.any() else 0
    if not even or even + 1 >= len(rows):
        return 0
    stands_out = np.abs(rows[even : even + 2] - rows[even - 1]).max(axis=0) >= _STEP
    if np.mean(stands_out) < 0.1:
        return 0
    # the row in which border and picture mix belongs to neither
    return even + 1 if np.abs(rows[even] - rows[even + 1]).mean() > _STEP / 2 else even
