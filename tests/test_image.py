"""The only decoder: right pixels against golden values, hostile bytes to reasons."""

import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from pipeline.image import ImageError, decode, inspect

RED, WHITE = (200, 30, 60), (255, 255, 255)


def _bytes(image: Image.Image, format: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _png(width: int, height: int, *chunks: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + b"".join(chunks) + _chunk(b"IEND", b"")


def _corner(data: bytes) -> tuple[int, ...]:
    pixel = decode(data).getpixel((0, 0))
    assert isinstance(pixel, tuple)
    return pixel


def _near(pixel: tuple[int, ...], wanted: tuple[int, ...], within: int = 3) -> bool:
    return all(abs(have - want) <= within for have, want in zip(pixel, wanted, strict=True))


@pytest.mark.parametrize(
    ("image", "wanted"),
    [
        (Image.new("RGB", (8, 8), RED), RED),
        (Image.new("L", (8, 8), 77), (77, 77, 77)),
        (Image.new("1", (8, 8), 1), WHITE),
        (Image.new("LA", (8, 8), (0, 0)), WHITE),
        (Image.new("LA", (8, 8), (0, 128)), (127, 127, 127)),
        (Image.new("RGBA", (8, 8), (0, 0, 0, 0)), WHITE),
        (Image.new("RGBA", (8, 8), (*RED, 255)), RED),
        (Image.new("RGB", (8, 8), RED).quantize(4), RED),
    ],
    ids=["rgb", "grey", "one-bit", "clear grey", "half-clear grey", "clear", "opaque", "palette"],
)
def test_every_mode_gives_the_colour_that_a_viewer_shows(image: Image.Image, wanted: tuple[int, ...]) -> None:
    assert _near(_corner(_bytes(image)), wanted)


def test_a_palette_with_a_transparent_entry_lies_on_white() -> None:
    image = Image.new("P", (8, 8), 0)
    image.putpalette([0, 0, 0])
    assert _corner(_bytes(image, "GIF", transparency=0)) == WHITE


def test_sixteen_bits_of_grey_do_not_turn_white() -> None:
    image = Image.fromarray(np.full((8, 8), 0x4040, dtype=np.uint16))
    assert _near(_corner(_bytes(image)), (64, 64, 64))


def test_a_float_tiff_is_scaled_by_its_own_range() -> None:
    image = Image.fromarray(np.full((8, 8), 0.5, dtype=np.float32))
    assert _near(_corner(_bytes(image, "TIFF")), (128, 128, 128))


def test_a_cmyk_jpeg_is_not_inverted() -> None:
    image = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    red, green, blue = _corner(_bytes(image, "JPEG", quality=95))
    assert red > 200
    assert max(green, blue) < 60


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_exif_orientation_is_applied_once(orientation: int) -> None:
    upright = Image.new("RGB", (6, 4), "white")
    upright.putpixel((0, 0), (255, 0, 0))
    stored = upright.transpose(_INVERSE[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = _bytes(stored, "PNG", exif=exif)
    assert decode(data).tobytes() == upright.tobytes()
    assert (inspect(data).width, inspect(data).height) == (6, 4)


_INVERSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def test_a_colour_profile_is_converted_to_srgb() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    red_and_blue_swapped = profile.replace(b"rXYZ", b"?XYZ").replace(b"bXYZ", b"rXYZ").replace(b"?XYZ", b"bXYZ")
    data = _bytes(Image.new("RGB", (8, 8), RED), icc_profile=red_and_blue_swapped)
    assert _near(_corner(data), RED[::-1])


def test_a_broken_profile_leaves_the_plain_values() -> None:
    assert _corner(_bytes(Image.new("RGB", (8, 8), RED), icc_profile=b"no profile")) == RED


def test_of_an_animation_the_first_frame_counts() -> None:
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "lime", "blue")]
    data = _bytes(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert inspect(data).frames > 1
    assert _corner(data) == (255, 0, 0)


def test_a_jpeg_may_be_decoded_small_and_keeps_the_wanted_side() -> None:
    picture = decode(_bytes(Image.new("RGB", (1600, 1200), RED), "JPEG"), at_least=280)
    assert 280 <= min(picture.size) < 1200


def test_a_sliver_keeps_its_shape() -> None:
    assert decode(_bytes(Image.new("RGB", (1, 5000), RED))).size == (1, 5000)


def _jpeg() -> bytes:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    return _bytes(Image.fromarray(noise), "JPEG")


def _broken_crc() -> bytes:
    data = bytearray(_bytes(Image.new("RGB", (64, 64), RED)))
    data[data.index(b"IDAT") + 6] ^= 0xFF
    return bytes(data)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: b"", "empty"),
        (lambda: b"<!doctype html><html><body>404</body></html>", "not_image"),
        (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not_image"),
        (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not_image"),
        (lambda: b"8BPS\0\1" + bytes(100), "not_image"),
        (lambda: _jpeg()[:1000], "corrupt"),
        (_broken_crc, "corrupt"),
        (lambda: _png(30_000, 30_000, _chunk(b"IDAT", zlib.compress(bytes(1000)))), "too_many_pixels"),
        (lambda: _png(12_000, 10_000, _chunk(b"IDAT", zlib.compress(bytes(1000)))), "too_many_pixels"),
    ],
    ids=["empty", "html", "svg", "eps", "psd", "truncated", "crc", "900 megapixels", "120 megapixels"],
)
def test_hostile_bytes_are_refused_for_their_reason(make: Callable[[], bytes], reason: str) -> None:
    with pytest.raises(ImageError) as refusal:
        decode(make())
    assert refusal.value.reason == reason


def test_a_bomb_in_a_text_chunk_is_refused_or_ignored_without_its_size() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("comment", "x" * 80_000_000, zip=True)
    data = _bytes(Image.new("RGB", (8, 8), RED), pnginfo=text)
    assert _peak_growth_megabytes(data) < 70


GROWTH = """
import resource, sys
from pipeline.image import ImageError, decode
data = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    decode(data)
except ImageError:
    pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def _peak_growth_megabytes(data: bytes) -> int:
    child = subprocess.run([sys.executable, "-c", GROWTH], input=data, capture_output=True, check=True)
    return int(child.stdout)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.data())
def test_flipped_bytes_give_a_picture_or_a_reason_and_nothing_else(data: st.DataObject) -> None:
    format = data.draw(st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"]))
    content = bytearray(_bytes(Image.new("RGB", (16, 12), RED), format))
    for position in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=8)):
        content[position] = data.draw(st.integers(0, 255))
    try:
        assert decode(bytes(content)).mode == "RGB"
    except ImageError as refusal:
        assert refusal.reason in {"empty", "not_image", "corrupt", "too_many_pixels"}
