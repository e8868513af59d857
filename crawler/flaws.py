"""What downloaded bytes show; it runs in processes that may crash, so it imports little but the decoder."""

from dataclasses import dataclass

from PIL import Image

from pipeline.image import ImageError, decode

_LOOKED_AT = 32
"""JPEG is decoded at a fraction of its size, down to so many pixels a side: every byte of it is read all the same."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Why the bytes are no picture that is worth keeping, "" for one that is, and then the picture's `difference_hash`.

    `flaw` is one of the decoder's reasons (`corrupt`: a truncated file too), or `placeholder` for a single colour.
    """

    flaw: str
    dhash: str = ""


def find_flaw(data: bytes) -> Finding:
    """Decode a picture to its end, as small as its format allows."""
    try:
        picture = decode(data, at_least=_LOOKED_AT)
    except ImageError as error:
        return Finding(error.reason)
    is_plain = all(low == high for low, high in picture.getextrema())  # type: ignore[misc]
    return Finding("placeholder") if is_plain else Finding("", difference_hash(picture))


def difference_hash(picture: Image.Image) -> str:
    """Where the picture grows brighter from left to right, on a grid of 9 x 8, as 64 bits in 16 hex digits.

    It is `imagehash.dhash` of what the decoder gave, written out: loading numpy would take longer than decoding.
    """
    grey = picture.convert("L").resize((9, 8), Image.Resampling.LANCZOS).tobytes()
    rises = (grey[9 * row + column + 1] > grey[9 * row + column] for row in range(8) for column in range(8))
    return f"{int(''.join('01'[rise] for rise in rises), 2):016x}"
