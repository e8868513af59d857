"""What happens to a photo: it is refused or waits its turn, is made upright and small enough, and is translated."""

import io
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from werkzeug.exceptions import (
    HTTPException,
    NotFound,
    RequestEntityTooLarge,
    ServiceUnavailable,
    UnprocessableEntity,
    UnsupportedMediaType,
)

from pipeline.files import disk_errors
from pipeline.image import NEEDS_HEIC, ImageError, decode, inspect
from pipeline.language import _
from train.memory import is_out_of_memory
from train.translator import Translator, translate_image

MOST_BYTES = 32 * 1024 * 1024
MOST_PIXELS = 50_000_000
"""What a phone takes; the largest photo is decoded in 150 MB."""

MOST_WAITING = 4
"""Photos that wait for the one in work; each is held in the memory, and who comes later is told to come again."""

_QUALITY = 92
_MOST_SIDE = 65_500
"""A JPEG's sides have 16 bits, of which libjpeg leaves 36 unused."""

_RETRY_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Made:
    """A photo and its translation as JPEGs of one size, without metadata; `original` is the size of what was sent."""

    before: bytes
    after: bytes
    width: int
    height: int
    original: tuple[int, int]
    seconds: float


class Studio:
    """The generators by their ways, "a2b" and "b2a", of which one photo at a time goes through one. Any thread may ask.

    Photos are scaled down to `longest_side` pixels, 0 for their own size.
    """

    def __init__(self, translators: Mapping[str, Translator], device: torch.device, longest_side: int) -> None:
        self.translators = translators
        self.translated = 0
        self._device = device
        self._longest_side = longest_side
        self._places = threading.BoundedSemaphore(1 + MOST_WAITING)
        self._turn = threading.Lock()

    def translate(self, data: bytes, way: str) -> Made:
        """A photo's bytes, translated. Nothing of it is kept.

        Raises an HTTPException, with words for who sent it: no such way, no picture, too large, too many wait.
        """
        if way not in self.translators:
            raise NotFound(_("There is no such direction."))
        original = _size_of(data)
        if not self._places.acquire(blocking=False):
            raise ServiceUnavailable(
                _("{count} photos wait already. Try again in a moment.", count=MOST_WAITING), retry_after=_RETRY_SECONDS
            )
        try:
            with self._turn:
                return self._translated(data, original, self.translators[way])
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            raise RequestEntityTooLarge(_("The memory is not enough for this picture. Send a smaller one.")) from error
        finally:
            self._places.release()

    def _translated(self, data: bytes, original: tuple[int, int], translator: Translator) -> Made:
        started = time.monotonic()
        picture = photo_of(data, original, self._longest_side)
        after = translate_image(translator, picture, self._device)
        self.translated += 1
        return Made(jpeg(picture), jpeg(after), *picture.size, original, time.monotonic() - started)


def _size_of(data: bytes) -> tuple[int, int]:
    """The upright size that a picture says it has. Raises an HTTPException for what is none, or too large."""
    try:
        with disk_errors(Path("photo")):
            facts = inspect(data)
    except ImageError as error:
        raise refusal(error) from error
    if facts.width * facts.height > MOST_PIXELS:
        raise _too_many_pixels()
    return facts.width, facts.height


def photo_of(data: bytes, size: tuple[int, int], longest_side: int) -> Image.Image:
    """The upright RGB picture, which says it has this size, scaled down to `longest_side` pixels, 0 for none.

    Raises an HTTPException for a damaged one.
    """
    factor = min(1.0, min(longest_side or _MOST_SIDE, _MOST_SIDE) / max(size))
    wanted = max(1, round(size[0] * factor)), max(1, round(size[1] * factor))
    try:
        with disk_errors(Path("photo")):
            picture = decode(data, at_least=0 if factor == 1 else min(wanted))
    except ImageError as error:
        raise refusal(error) from error
    return picture if factor == 1 else picture.resize(wanted, Image.Resampling.LANCZOS, reducing_gap=3)


def jpeg(picture: Image.Image) -> bytes:
    """A JPEG of the pixels alone."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()


def refusal(error: ImageError) -> HTTPException:
    """What is said to who sent bytes that give no picture."""
    if error.reason == NEEDS_HEIC:
        return UnsupportedMediaType(error.detail)
    if error.reason == "too_many_pixels":
        return _too_many_pixels()
    if error.reason == "corrupt":
        return UnprocessableEntity(_("The picture is damaged."))
    return UnsupportedMediaType(_("This is no picture that can be read: JPEG, PNG, WebP, AVIF, GIF, BMP, TIFF."))


def too_many_bytes() -> HTTPException:
    return RequestEntityTooLarge(_("The file is too large. At most {count} MB are taken.", count=MOST_BYTES // 2**20))


def _too_many_pixels() -> HTTPException:
    most = MOST_PIXELS // 1_000_000
    return RequestEntityTooLarge(_("The picture is too large. At most {count} million pixels are taken.", count=most))
