"""What a download comes to: an image's bytes, or why there is none; and images that are written inside their URL."""

import base64
import binascii
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

from pipeline.files import disk_errors
from pipeline.image import ImageError, inspect

MIN_SIDE = 8
"""A picture with a shorter side, in pixels, is a spacer or counts visitors."""


class FetchError(Exception):
    """A download that brought no image.

    `reason` is one short word: bad_scheme, bad_url, blocked_address, too_many_redirects, too_large, too_slow, deadline,
    connection, bad_answer, bad_encoding, tls, http_<status>, host_failing, robots, noai, too_small, or one of the
    decoder's: empty, not_image, needs_heic, too_many_pixels, corrupt. A `temporary` one may be tried again.
    """

    def __init__(self, reason: str, *, temporary: bool = False, wait_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.temporary = temporary
        self.wait_seconds = wait_seconds


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes of an image as the server sent them, its extension by content, and where they came from in the end.

    `etag` and `last_modified` are the server's validators as it wrote them (RFC 9110, 8.8), "" where it sent none.
    Width and height are the upright picture's; `dhash` is its difference hash, "" before it was decoded.
    """

    data: bytes
    extension: str
    final_url: str
    etag: str = ""
    last_modified: str = ""
    width: int = 0
    height: int = 0
    dhash: str = ""


def read_image(data: bytes, final_url: str) -> Fetched:
    """What the bytes are by their header, whatever the server called them; whether they decode is seen elsewhere.

    Raises FetchError; DiskError where the decoder cannot be loaded.
    """
    try:
        with disk_errors(Path(sys.executable)):  # a decoder that cannot be loaded
            facts = inspect(data)
    except ImageError as error:
        raise FetchError(error.reason) from error
    if min(facts.width, facts.height) < MIN_SIDE:
        raise FetchError("too_small")
    return Fetched(data, facts.extension, final_url, width=facts.width, height=facts.height)


def inline_bytes(url: str, max_size_bytes: int) -> bytes:
    """The bytes of a data: URL (RFC 2397). Raises FetchError."""
    head, comma, body = url[5:].partition(",")
    if not comma:
        raise FetchError("bad_url")
    if len(body) > 3 * max_size_bytes:  # %XX takes three characters a byte
        raise FetchError("too_large")
    try:
        plain = unquote_to_bytes(body)
        data = base64.b64decode(b"".join(plain.split()), validate=True) if head.lower().endswith(";base64") else plain
    except (binascii.Error, ValueError) as error:
        raise FetchError("bad_url") from error
    if len(data) > max_size_bytes:
        raise FetchError("too_large")
    return data
