"""Bytes -> what they are, and the upright sRGB picture, or a reason: the only decoder; all stages use it."""

import errno
import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageCms, UnidentifiedImageError

from pipeline.language import _

if TYPE_CHECKING:
    import numpy as np

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
"""What is decoded without an extra (JPEG opens MPO, too). EPS would run a program, SVG would fetch addresses; both are
refused as not_image."""

EXTENSIONS = {
    "JPEG": "jpg",
    "MPO": "jpg",
    "PNG": "png",
    "WEBP": "webp",
    "GIF": "gif",
    "BMP": "bmp",
    "TIFF": "tif",
    "AVIF": "avif",
    "HEIF": "heic",
}

NEEDS_HEIC = "needs_heic"
"""The reason that is none any more once the extra `heic` is installed."""

MAX_PIXELS = 100_000_000
"""The largest picture that is decoded: 100 million pixels take 400 MB, on the way up to 1.6 GB (alpha, floats, WebP). A
120-megapixel PNG can be 48 kB long."""

_ORIENTATION = 0x0112
_PHOTOMETRIC, _WHITE_IS_ZERO = 0x0106, 0
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture of this EXIF orientation upright (Exif 2.32, tag 0x0112)."""

_AVIF_BRANDS = frozenset((b"avif", b"avis"))
_HEIC_BRANDS = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1", b"mif2")
)
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_CHUNKS = frozenset((b"IHDR", b"PLTE", b"tRNS", b"iCCP", b"eXIf", b"IDAT"))
"""What makes a PNG's picture. The others hold texts, times and later frames, and may be bombs."""
_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
_SIGNATURES = (b"\xff\xd8\xff", _PNG, b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*")
_PROFILE_BYTES = 1 << 20
_STRIP_PIXELS = 1_000_000

_DECODER_ERRORS = (
    OSError,  # truncated files and UnidentifiedImageError among them
    ValueError,  # bombs in text chunks, impossible sizes
    TypeError,
    SyntaxError,  # broken PNG chunks
    NotImplementedError,
    EOFError,
    IndexError,
    KeyError,
    AttributeError,
    AssertionError,
    RuntimeError,  # libheif
    OverflowError,
    ZeroDivisionError,
    MemoryError,
    struct.error,
    Image.DecompressionBombError,
    ImageCms.PyCMSError,
)
"""What Pillow raises on hostile files, collected over thousands of them; each becomes a reason."""


_OURS = (errno.EMFILE, errno.ENFILE)
"""What no bytes are guilty of: the decoder's own module, loaded when it is first needed, could not be opened."""


class ImageError(Exception):
    """These bytes give no picture. `reason` is one of: empty, not_image, needs_heic, too_many_pixels, corrupt."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What the header says: format, file extension, size in pixels of the upright picture, and whether it moves."""

    format: str
    extension: str
    width: int
    height: int
    animated: bool


def load_decoders() -> None:
    """Load what decodes each format now: one that is first needed where no file can be opened is never there again."""
    Image.init()


def inspect(data: bytes) -> ImageFacts:
    """What `data` is, by its content and not by its name, without decoding the pixels.

    Raises ImageError; OSError where this process may open no more files.
    """
    with _open(data) as image, _reasons("corrupt"):
        width, height = image.size
        if _orientation(image) >= 5:
            width, height = height, width
        return ImageFacts(image.format or "", EXTENSIONS[image.format or ""], width, height, _is_animated(image, data))


def decode(data: bytes, *, at_least: int = 0) -> Image.Image:
    """The picture: upright, sRGB, 8-bit RGB, of an animation the first frame, alpha laid over white.

    `at_least` > 0 lets JPEG decode at a fraction of its size (libjpeg's scaled DCT) whose shorter side is still at
    least so many pixels; 0 decodes whole. Raises ImageError; OSError where this process may open no more files.
    """
    with _open(data) as image, _reasons("corrupt"):
        if at_least:
            _draft(image, at_least)
        image.load()
        return _upright(_to_srgb(image), _orientation(image))


def decode_layers(data: bytes) -> tuple[Image.Image, Image.Image | None]:
    """The picture as `decode` gives it, but with its own colours where it is half clear, and its alpha (L), if any.

    White lies only where nothing shows at all: what is stored there is often rubbish. Raises as `decode` does.
    """
    with _open(data) as image, _reasons("corrupt"):
        image.load()
        orientation = _orientation(image)
        picture, alpha = _opaque(image)
        picture = _converted(picture, image.info.get("icc_profile") or b"")
        if alpha is None:
            return _upright(picture, orientation), None
        picture.paste((255, 255, 255), mask=alpha.point(lambda value: 0 if value else 255))
        return _upright(picture, orientation), _upright(alpha, orientation)


def _open(data: bytes) -> Image.Image:
    if not data:
        raise ImageError("empty")
    is_heic = _is_heic(data)
    if is_heic and not reads_heic():
        raise ImageError(NEEDS_HEIC, _('HEIC needs the extra "heic": pip install "unpaired[heic]"'))
    with _reasons("corrupt" if is_heic or _is_signed(data) else "not_image"):
        content = _png_picture(data) if data.startswith(_PNG) else data
        image: Image.Image = Image.open(io.BytesIO(content), formats=("HEIF",) if is_heic else FORMATS)
    if image.width * image.height > MAX_PIXELS:
        raise ImageError("too_many_pixels", f"{image.width} x {image.height} > {MAX_PIXELS}")
    return image


@contextmanager
def _reasons(reason: str) -> Iterator[None]:
    """Turn whatever a decoder raises into an ImageError, and keep its warnings quiet: the pixels decide here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except Image.DecompressionBombError as error:
            raise ImageError("too_many_pixels", str(error)) from error
        except UnidentifiedImageError as error:
            raise ImageError(reason) from error  # its text is the address of a buffer
        except _DECODER_ERRORS as error:
            if isinstance(error, OSError) and error.errno in _OURS:
                raise
            raise ImageError(reason, f"{type(error).__name__}: {error}"[:200]) from error


def _is_signed(data: bytes) -> bool:
    """Whether the first bytes promise a format that is decoded; if it then does not open, it is corrupt."""
    return data.startswith(_SIGNATURES) or data[8:12] == b"WEBP" or bool(_brands(data) & _AVIF_BRANDS)


def _is_heic(data: bytes) -> bool:
    """Whether this is HEIF with HEVC inside; the general brand `mif1` stands on AVIF files, too."""
    brands = _brands(data)
    return bool(brands & _HEIC_BRANDS) and not brands & _AVIF_BRANDS


def _brands(data: bytes) -> frozenset[bytes]:
    """What an ISO base media file calls itself (ISO/IEC 14496-12, 4.3); empty for any other file."""
    if data[4:8] != b"ftyp":
        return frozenset()
    end = min(int.from_bytes(data[:4], "big"), 256)
    return frozenset((data[8:12], *(data[place : place + 4] for place in range(16, end, 4))))


def reads_heic() -> bool:
    """Teach Pillow HEIC, and say whether that is possible: the extra `heic` may not be installed.

    The rotation of a HEIC lies in the container and is applied by the decoder, which then says 1 in EXIF.
    """
    if "HEIF" in Image.OPEN:
        return True
    try:
        import pillow_heif
    except ImportError:
        return False
    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
    return True


def _png_picture(data: bytes) -> bytes:
    """The PNG without what is not its picture; EXIF, which may come last, before the pixels.

    Raises ValueError for a chunk that does not match its CRC: loading its pixels would show noise in silence.
    """
    chunks = [chunk for name, chunk in _png_chunks(data) if name in _PNG_CHUNKS and _is_modest(name, chunk)]
    chunks.sort(key=lambda chunk: bytes(chunk[4:8]) == b"IDAT")
    return b"".join((_PNG, *chunks, _PNG_END))


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Name and bytes of each chunk before the end (PNG, third edition, 5.3), the name and CRC included.

    Raises ValueError for a file that is cut off.
    """
    view, place = memoryview(data), len(_PNG)
    while (name := data[place + 4 : place + 8]) != b"IEND" or place + 12 > len(data):
        end = place + 12 + int.from_bytes(view[place : place + 4], "big")
        if end > len(data):
            raise ValueError(f"{len(data)} bytes, and the chunk {name!r} ends at {end}")
        chunk = view[place:end]
        if name in _PNG_CHUNKS and zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:], "big"):
            raise ValueError(f"the CRC of the chunk {name!r} at byte {place}")
        yield name, chunk
        place = end


def _is_modest(name: bytes, chunk: memoryview) -> bool:
    """Whether this is no colour profile that Pillow would refuse together with the picture: 1 MB is its limit."""
    if name != b"iCCP":
        return True
    packed = bytes(chunk[8:-4]).partition(b"\0")[2][1:]
    try:
        return len(zlib.decompressobj().decompress(packed, _PROFILE_BYTES + 1)) <= _PROFILE_BYTES
    except zlib.error:
        return False


def _draft(image: Image.Image, at_least: int) -> None:
    """Only for JPEG: a HEIC would be replaced by whatever thumbnail it brings along."""
    scale = at_least / min(image.size)
    if scale < 1 and image.format in ("JPEG", "MPO"):
        image.draft(None, (round(image.width * scale), round(image.height * scale)))


def _orientation(image: Image.Image) -> int:
    """How the stored pixels lie, 1 (upright) to 8; 1 for TIFF, whose pixels and size Pillow has turned already."""
    if image.format == "TIFF":
        return 1
    try:
        value = Image.Image.getexif(image).get(_ORIENTATION, 1)  # PNG's own would decode the pixels
    except _DECODER_ERRORS:
        return 1  # a broken EXIF block says nothing about the pixels
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _is_animated(image: Image.Image, data: bytes) -> bool:
    """Whether frames follow in time; TIFF's pages and the pictures of an MPO do not."""
    if image.format == "PNG":
        return any(name == b"acTL" and int.from_bytes(chunk[8:12], "big") > 1 for name, chunk in _png_chunks(data))
    try:
        return image.format in ("GIF", "WEBP", "AVIF") and bool(getattr(image, "is_animated", False))
    except _DECODER_ERRORS:
        return False  # a broken second frame says nothing about the first


def _to_srgb(image: Image.Image) -> Image.Image:
    picture, alpha = _opaque(image)
    picture = _converted(picture, image.info.get("icc_profile") or b"")
    if alpha is not None:
        picture.paste((255, 255, 255), mask=ImageChops.invert(alpha))
    return picture


def _opaque(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The colours as L, RGB or CMYK of 8 bits, by value, and the alpha (L) if anything is transparent."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _eight_bits(image)
    if image.has_transparency_data:
        _narrow_transparency(image)
        with_alpha = image.convert("LA" if image.mode in ("1", "L", "LA") else "RGBA")
        alpha = with_alpha.getchannel("A")
        is_opaque = alpha.getextrema() == (255, 255)
        return with_alpha.convert(with_alpha.mode[:-1]), None if is_opaque else alpha
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB"), None


def _narrow_transparency(image: Image.Image) -> None:
    """The clear colour of a PNG with 16 bits a channel, in the 8 bits that Pillow keeps of its pixels."""
    clear = image.info.get("transparency")
    if image.mode == "RGB" and isinstance(clear, tuple) and max(clear) > 255:
        image.info["transparency"] = tuple(value >> 8 for value in clear)


def _converted(picture: Image.Image, profile: bytes) -> Image.Image:
    """sRGB from the profile's colours. A broken or foreign profile leaves the plain values, as browsers do."""
    try:
        transform = _transform(profile, picture.mode) if profile else None
    except (ImageCms.PyCMSError, OSError, ValueError):
        transform = None
    if transform is None:
        return picture.convert("RGB") if picture.mode != "RGB" else picture
    if picture.mode == "RGB":
        ImageCms.applyTransform(picture, transform, inPlace=True)
        return picture
    return ImageCms.applyTransform(picture, transform) or picture


@lru_cache(maxsize=8)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From a profile's colours to sRGB; None where they are sRGB already, as in most photos that carry one."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    return None if mode == "RGB" and _changes_nothing(transform) else transform


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    steps = range(0, 256, 15)
    probe = Image.frombytes("RGB", (18, 324), bytes(v for r in steps for g in steps for b in steps for v in (r, g, b)))
    changed = ImageCms.applyTransform(probe, transform)
    return changed is not None and all(high <= 1 for _low, high in ImageChops.difference(probe, changed).getextrema())  # type: ignore[misc]


def _upright(picture: Image.Image, orientation: int) -> Image.Image:
    """The picture turned, and free of the file's metadata: a plain Image that shares the pixels where it can.

    (Image.copy would double the memory, and cost as much as a tenth of decoding.)
    """
    turn = _TURNS.get(orientation)
    bare = picture._new(picture.im) if turn is None else picture.transpose(turn)
    bare.info = {}
    return bare


def _eight_bits(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Values of 16 bits, 32 bits or floats as L, scaled and never clipped to white; the alpha of a PNG's tRNS chunk."""
    import numpy as np  # half the start of a process that decodes, which hardly ever meets such an image

    values = np.asarray(image)
    white = _white_of(image, values)
    grey = np.empty(values.shape, dtype=np.uint8)
    rows = max(1, _STRIP_PIXELS // image.width)
    for row in range(0, image.height, rows):  # 64-bit floats of the whole would take 800 MB
        strip = np.nan_to_num(values[row : row + rows].astype(np.float64), nan=0.0, posinf=white, neginf=0.0)
        grey[row : row + rows] = np.clip(strip * (255.0 / white) + 0.5, 0, 255)
    if _is_negative(image):
        np.subtract(255, grey, out=grey)
    clear = image.info.get("transparency")
    alpha = Image.fromarray(np.where(values == clear, 0, 255).astype(np.uint8)) if isinstance(clear, int) else None
    return Image.fromarray(grey), alpha


def _white_of(image: Image.Image, values: "np.ndarray[tuple[int, ...], np.dtype[np.generic]]") -> float:
    """The value that means white: by the mode where it is sure, else the least usual range that holds every value.

    Floats a little above 1 are light that a lamp or the sun sent (as HDR files have it), not values of 255.
    """
    import numpy as np

    if image.mode.startswith("I;16"):
        return 65535.0
    largest = float(np.max(values, where=np.isfinite(values), initial=0.0))
    if image.mode == "F" and 1.0 < largest <= 16.0:
        return largest
    return next((white for white in (1.0, 255.0, 65535.0) if largest <= white), largest)


def _is_negative(image: Image.Image) -> bool:
    """TIFF may store 0 as white; Pillow turns only 8 bits round."""
    return getattr(image, "tag_v2", {}).get(_PHOTOMETRIC) == _WHITE_IS_ZERO
