"""A raw image -> the finished picture that trains: upright sRGB, its short side at the wanted size, as JPEG."""

import io
from dataclasses import dataclass

from PIL import Image

from curate.measure import RawFile
from pipeline.image import ImageError, decode

JPEG_QUALITY = 95
"""With chroma at full resolution: blossoms are fine pink detail, which 4:2:0 would blur into the branches."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """A picture to be made: from which file, and its width and height in pixels."""

    file: RawFile
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Rendered:
    """The JPEG of a picture, or the reason why there is none."""

    sha256: str
    reason: str
    jpeg: bytes = b""


def finished_size(width: int, height: int, size: int) -> tuple[int, int]:
    """Width and height in pixels of the finished picture: the short side becomes `size`, smaller ones stay."""
    short = min(width, height)
    if short <= size:
        return width, height
    return max(size, round(width * size / short)), max(size, round(height * size / short))


def render(rendering: Rendering) -> Rendered:
    """Make the finished picture. The same bytes give the same JPEG, which holds no EXIF. Raises OSError."""
    try:
        picture = decode(rendering.file.read(), at_least=2 * min(rendering.width, rendering.height))
    except ImageError as error:
        return Rendered(rendering.file.sha256, error.reason)
    return Rendered(rendering.file.sha256, "", encode(shrink(picture, rendering.width, rendering.height)))


def thumbnail(file: RawFile, size: int = 160) -> bytes:
    """A small JPEG for the report, its long side at most `size` pixels; no bytes where there is no picture."""
    try:
        picture = decode(file.read(), at_least=size)
    except ImageError:
        return b""
    picture.thumbnail((size, size), Image.Resampling.LANCZOS)
    return encode(picture, quality=75)


def shrink(picture: Image.Image, width: int, height: int) -> Image.Image:
    if picture.size == (width, height):
        return picture
    return picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)


def encode(picture: Image.Image, quality: int = JPEG_QUALITY) -> bytes:
    """The picture as a plain baseline JPEG, chroma at full resolution."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()
