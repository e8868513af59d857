"""Two copies laid over each other as comparing them found them: mirrored, cropped, turned or bordered ones too."""

import numpy as np
from PIL import Image

from curate.alignment import alignments, warped
from curate.raw import RawFile
from curate.resize import encode
from curate.view import SIDE, View, view_of
from pipeline.image import ImageError, decode


def frame(file: RawFile) -> bytes:
    """A picture as it is compared, without its borders: a JPEG of at most 320 pixels; else no bytes. OSError."""
    view = _view(file)
    return encode(Image.fromarray(view.colours)) if view else b""


def laid_over(file: RawFile, other: RawFile) -> bytes:
    """The other picture moved to where it lies in the first one's frame; no bytes where that is not found. OSError."""
    first, second = _view(file), _view(other)
    best = max(alignments(first, second), key=lambda one: one.correlation, default=None) if first and second else None
    if first is None or second is None or best is None:
        return b""
    matrix = best.matrix if best.fixed is first else np.asarray(np.linalg.inv(best.matrix), dtype=np.float64)
    levels, _inside = warped(second.colours, matrix, first.height, first.width)
    return encode(Image.fromarray(levels.clip(0, 255).astype("uint8")))


def _view(file: RawFile) -> View | None:
    try:
        return view_of(decode(file.read(), at_least=SIDE))
    except ImageError:
        return None
