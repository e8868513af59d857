"""Bytes -> what they are, and the upright sRGB picture, or a reason: the only decoder; all stages use it."""

import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageCms, ImageOps

if TYPE_CHECKING:
    import numpy as np

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "MPO")
"""The formats that are decoded. EPS would run a program, SVG would fetch addresses; both are refused as not_image."""

EXTENSIONS = {
    "JPEG": "jpg",
    "MPO": "jpg",
    "PNG": "png",
    "WEBP": "webp",
    "GIF": "gif",
    "BMP": "bmp",
    "TIFF": "tif",
    "AVIF": "avif",
}

MAX_PIXELS = 100_000_000
"""The largest picture that is decoded: 100 million pixels take 300 MB as RGB. A 120-megapixel PNG can be 48 kB long."""

_ORIENTATION = 0x0112
_DECODER_ERRORS = (
    OSError,  # truncated files and UnidentifiedImageError among them
    ValueError,  # bombs in text chunks, impossible sizes
    TypeError,
    SyntaxError,  # broken PNG chunks
    NotImplementedError,
    EOFError,
    IndexError,
    KeyError,
    OverflowError,
    ZeroDivisionError,
    MemoryError,
    Image.DecompressionBombError,
)
"""What Pillow raises on hostile files, collected over thousands of them; each becomes a reason."""


class ImageError(Exception):
    """These bytes give no picture. `reason` is one of: empty, not_image, too_many_pixels, corrupt."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What the header says: the format, its file extension, and the size in pixels of the upright picture."""

    format: str
    extension: str
    width: int
    height: int
    frames: int


def inspect(data: bytes) -> ImageFacts:
    """What `data` is, by its content and not by its name, without decoding the pixels. Raises ImageError."""
    with _open(data) as image:
        width, height = image.size
        if _orientation(image) >= 5:
            width, height = height, width
        return ImageFacts(image.format or "", EXTENSIONS[image.format or ""], width, height, _frames(image))


def decode(data: bytes, *, at_least: int = 0) -> Image.Image:
    """The picture: upright, sRGB, 8-bit RGB, of an animation the first frame, alpha laid over white.

    `at_least` > 0 lets JPEG decode at a fraction of its size (libjpeg's scaled DCT) whose shorter side is still at
    least so many pixels; 0 decodes whole. Raises ImageError.
    """
    with _open(data) as image, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns about odd metadata; the pixels decide here
        try:
            if image.format == "PNG":
                _verify_checksums(data)
            if at_least:
                _draft(image, at_least)
            orientation = _orientation(image)
            image.load()
            picture = _to_srgb(image)
            return _upright(picture, orientation)
        except _DECODER_ERRORS as error:
            raise ImageError("corrupt", f"{type(error).__name__}: {error}"[:200]) from error


def flatten(image: Image.Image) -> Image.Image:
    """Any mode to RGB by value: alpha over white, 16 bits and floats scaled and never clipped to white."""
    if image.mode == "RGB":
        return image
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return Image.fromarray(_eight_bits(image)).convert("RGB")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    return image.convert("RGB")


def _open(data: bytes) -> Image.Image:
    if not data:
        raise ImageError("empty")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image = Image.open(io.BytesIO(data), formats=FORMATS)
        except Image.DecompressionBombError as error:
            raise ImageError("too_many_pixels", str(error)) from error
        except _DECODER_ERRORS as error:
            raise ImageError("not_image", f"{type(error).__name__}: {error}"[:200]) from error
    if image.width * image.height > MAX_PIXELS:
        raise ImageError("too_many_pixels", f"{image.width} x {image.height} > {MAX_PIXELS}")
    return image


def _verify_checksums(data: bytes) -> None:
    """Raise for a PNG whose chunks do not match their CRC: loading its pixels alone would show noise in silence."""
    with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
        image.verify()


def _draft(image: Image.Image, at_least: int) -> None:
    scale = at_least / min(image.size)
    if scale < 1:
        image.draft(
            image.mode if image.mode in ("L", "RGB") else None,
            (round(image.width * scale), round(image.height * scale)),
        )


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except _DECODER_ERRORS:
        return 1  # a broken EXIF block says nothing about the pixels
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _frames(image: Image.Image) -> int:
    """1 for a still picture, 2 for anything animated: counting 10,000 frames would decode them."""
    return 2 if getattr(image, "is_animated", False) else 1


def _to_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK", "L"):
        return flatten(image)
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if image.mode == "RGBA":
            image = flatten(image)
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return flatten(image)  # a broken or foreign profile: the plain values are the best guess, as in browsers
    return converted if converted is not None else flatten(image)


def _upright(picture: Image.Image, orientation: int) -> Image.Image:
    bare = Image.frombytes("RGB", picture.size, picture.tobytes())
    if orientation == 1:
        return bare
    bare.getexif()[_ORIENTATION] = orientation
    return ImageOps.exif_transpose(bare)


def _eight_bits(image: Image.Image) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    import numpy as np  # half the start of a process that decodes, which hardly ever meets such an image

    values = np.asarray(image, dtype=np.float64)
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    top = _white_of(image, values)
    return np.clip(values * (255.0 / top) + 0.5, 0, 255).astype(np.uint8)


def _white_of(image: Image.Image, values: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> float:
    """The value that means white: by the mode where it is sure, else the least range that holds every value."""
    if image.mode.startswith("I;16"):
        return 65535.0
    largest = float(values.max(initial=0.0))
    return next((top for top in (1.0, 255.0, 65535.0) if largest <= top), largest)
