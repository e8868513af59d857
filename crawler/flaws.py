"""What is wrong with downloaded bytes; it runs in processes that may crash, so it imports little but the decoder."""

from pipeline.image import ImageError, decode

_LOOKED_AT = 32
"""JPEG is decoded at a fraction of its size, down to so many pixels a side: every byte of it is read all the same."""


def flaw(data: bytes) -> str:
    """Why these bytes are no picture that is worth keeping, "" for one that is.

    One of the decoder's reasons (`corrupt`: a truncated file too), or `placeholder` for a picture of a single colour.
    """
    try:
        picture = decode(data, at_least=_LOOKED_AT)
    except ImageError as error:
        return error.reason
    is_plain = all(low == high for low, high in picture.getextrema())  # type: ignore[misc]
    return "placeholder" if is_plain else ""
