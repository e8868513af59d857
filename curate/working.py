"""The one smaller copy of a picture that everything shares which needs no full size: averaging pixels takes time."""

from PIL import Image

SIDE = 800
"""The longer side is between this and twice this, in pixels; a picture that is no longer stays as it is."""


def working_copy(picture: Image.Image) -> Image.Image:
    """The picture with squares of a whole number of pixels averaged."""
    factor = max(picture.size) // SIDE
    return picture.reduce(factor) if factor > 1 else picture
