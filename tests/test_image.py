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
        (Image.new("RGBA", (8, 8), (*RED, 102)), (233, 165, 177)),
        (Image.new("RGBA", (8, 8), (*RED, 1)), (255, 254, 254)),
        (Image.new("RGBA", (8, 8), (*RED, 254)), (200, 31, 61)),
        (Image.new("RGB", (8, 8), RED).quantize(4), RED),
    ],
    ids=[
        "rgb",
        "grey",
        "one-bit",
        "clear grey",
        "half-clear grey",
        "clear",
        "opaque",
        "half-clear",
        "nearly clear",
        "nearly opaque",
        "palette",
    ],
)
def test_every_mode_gives_the_colour_that_a_viewer_shows(image: Image.Image, wanted: tuple[int, ...]) -> None:
    assert _near(_corner(_bytes(image)), wanted)


def _tiff_with_alpha(kind: int, *pixel: int) -> bytes:
    """One RGBA pixel; the alpha is associated (1: the colours were multiplied by it) or not (2)."""
    entries = [(256, 4, 1, 1), (257, 4, 1, 1), (258, 3, 4, 134), (259, 3, 1, 1), (262, 3, 1, 2), (273, 4, 1, 142)]
    entries += [(277, 3, 1, 4), (278, 4, 1, 1), (279, 4, 1, 4), (338, 3, 1, kind)]
    directory = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    head = b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + directory + bytes(4)
    return head + struct.pack("<4H", 8, 8, 8, 8) + bytes(pixel)


@pytest.mark.parametrize(
    ("kind", "pixel", "wanted"),
    [
        (2, (100, 50, 0, 100), (194, 175, 155)),
        (1, (100, 50, 0, 100), (255, 205, 155)),
        (1, (100, 100, 100, 255), (100, 100, 100)),
        (1, (0, 0, 0, 0), WHITE),
        (1, (200, 0, 0, 100), (255, 155, 155)),
        (1, (200, 30, 60, 0), WHITE),
        (1, (1, 0, 0, 1), (255, 254, 254)),
    ],
    ids=["not multiplied", "multiplied", "opaque", "clear", "brighter than its alpha", "clear, but red", "the least"],
)
def test_colours_that_were_multiplied_by_their_alpha_are_so_only_once(
    kind: int, pixel: tuple[int, ...], wanted: tuple[int, ...]
) -> None:
    assert _near(_corner(_tiff_with_alpha(kind, *pixel)), wanted, within=1)


@pytest.mark.parametrize(("alpha", "wanted"), [(255, RED), (0, WHITE), (102, (233, 165, 177))])
def test_a_palette_beside_an_alpha_channel_lies_on_white(alpha: int, wanted: tuple[int, ...]) -> None:
    image = Image.new("PA", (8, 8), (0, alpha))
    image.putpalette([*RED, 0, 0, 0])
    assert _near(_corner(_bytes(image, "TIFF")), wanted, within=1)


def test_a_palette_with_a_transparent_entry_lies_on_white() -> None:
    image = Image.new("P", (8, 8), 0)
    image.putpalette([0, 0, 0])
    assert _corner(_bytes(image, "GIF", transparency=0)) == WHITE


def _plain_png(depth: int, colour_type: int, pixel: bytes, *chunks: bytes) -> bytes:
    """One pixel, written by hand: Pillow writes neither 16 bits of colour nor tRNS for them."""
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, depth, colour_type, 0, 0, 0))
    rest = (*chunks, _chunk(b"IDAT", zlib.compress(b"\0" + pixel)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(rest)


def _clear(*values: int) -> bytes:
    return _chunk(b"tRNS", struct.pack(f">{len(values)}H", *values))


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (_plain_png(1, 0, b"\x80"), WHITE),
        (_plain_png(1, 0, b"\0"), (0, 0, 0)),
        (_plain_png(2, 0, b"\x40"), (85, 85, 85)),
        (_plain_png(4, 0, b"\x40"), (68, 68, 68)),
        (_plain_png(16, 0, b"\x40\x40"), (64, 64, 64)),
        (_plain_png(16, 4, b"\x80\x00\x80\x00"), (191, 191, 191)),
        (_plain_png(16, 2, b"\x10\x80\x20\x80\x30\x80"), (16, 32, 48)),
        (_plain_png(16, 6, b"\x80\x00\x00\x00\xff\xff\x80\x00"), (191, 127, 255)),
        (_plain_png(1, 0, b"\0", _clear(0)), WHITE),
        (_plain_png(8, 0, b"\x10", _clear(0x10)), WHITE),
        (_plain_png(8, 0, b"\x11", _clear(0x10)), (17, 17, 17)),
        (_plain_png(16, 0, b"\x10\x00", _clear(0x1000)), WHITE),
        (_plain_png(16, 0, b"\x10\x01", _clear(0x1000)), (16, 16, 16)),
        (_plain_png(8, 2, b"\x10\x20\x30", _clear(0x10, 0x20, 0x30)), WHITE),
        (_plain_png(8, 2, b"\x10\x20\x31", _clear(0x10, 0x20, 0x30)), (16, 32, 49)),
        (_plain_png(16, 2, b"\x10\0\x20\0\x30\0", _clear(0x1000, 0x2000, 0x3000)), WHITE),
        (_plain_png(8, 3, b"\0", _chunk(b"PLTE", bytes(RED)), _chunk(b"tRNS", b"\x66")), (233, 165, 177)),
        (_plain_png(8, 3, b"\1", _chunk(b"PLTE", bytes(3) + bytes(RED)), _chunk(b"tRNS", b"\0")), RED),
    ],
)
def test_each_kind_of_png_gives_its_golden_colour(data: bytes, wanted: tuple[int, ...]) -> None:
    assert _near(_corner(data), wanted, within=1)


def _tiff_of(mode: str, values: "np.ndarray[tuple[int, ...], np.dtype[np.generic]]", **options: object) -> bytes:
    return _bytes(Image.frombytes(mode, values.shape[::-1], values.tobytes()), "TIFF", **options)


_RAMP = np.arange(16).reshape(4, 4)


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (_tiff_of("I;16", (_RAMP * 4369).astype("<u2")), _RAMP * 17),
        (_tiff_of("I;16B", (_RAMP * 4369).astype(">u2")), _RAMP * 17),
        (_tiff_of("I;16", (_RAMP * 4369).astype("<u2"), tiffinfo={262: 0}), 255 - _RAMP * 17),
        (_tiff_of("I", (_RAMP * 4369).astype("<i4")), _RAMP * 17),
        (_tiff_of("I", (_RAMP * 17).astype("<i4")), _RAMP * 17),
        (_tiff_of("I", (_RAMP * 100_000_000).astype("<i4")), _RAMP * 17),
        (_tiff_of("I", ((_RAMP - 1) * 17).astype("<i4")), np.maximum(_RAMP - 1, 0) * 17),
        (_tiff_of("F", (_RAMP / 15).astype("<f4")), _RAMP * 17),
        (_tiff_of("F", (_RAMP * 17).astype("<f4")), _RAMP * 17),
        (_tiff_of("F", (_RAMP * 4369).astype("<f4")), _RAMP * 17),
        (_tiff_of("F", (_RAMP / 5).astype("<f4")), _RAMP * 17),
        (_tiff_of("F", np.where(_RAMP == 15, np.inf, _RAMP / 15).astype("<f4")), _RAMP * 17),
        (_tiff_of("F", np.where(_RAMP == 3, np.nan, _RAMP / 15).astype("<f4")), np.where(_RAMP == 3, 0, _RAMP * 17)),
        (_tiff_of("F", np.full((4, 4), np.nan, "<f4")), _RAMP * 0),
    ],
    ids=[
        "16 bits",
        "16 bits, big-endian",
        "16 bits, 0 is white",
        "32 bits up to 65535",
        "32 bits up to 255",
        "32 bits",
        "below zero",
        "floats up to 1",
        "floats up to 255",
        "floats up to 65535",
        "floats up to 3",
        "infinite",
        "no number",
        "no number at all",
    ],
)
def test_deep_greys_are_scaled_by_value_and_do_not_turn_white(data: bytes, wanted: np.ndarray) -> None:  # type: ignore[type-arg]
    grey = np.asarray(decode(data)).astype(float)
    assert (grey[..., 0] == grey[..., 1]).all()
    assert np.abs(grey[..., 0] - wanted).max() <= 1


def test_a_large_deep_grey_is_the_same_in_every_strip() -> None:
    values = (np.arange(1500 * 900, dtype=np.int64) % 65536).astype("<u2").reshape(900, 1500)
    grey = np.asarray(decode(_tiff_of("I;16", values)))[..., 0]
    assert (np.abs(grey - values / 257.0) <= 0.51).all()


@pytest.mark.parametrize(
    ("ink", "wanted"),
    [
        ((0, 0, 0, 0), WHITE),
        ((0, 0, 0, 255), (0, 0, 0)),
        ((0, 255, 255, 0), (255, 0, 0)),
        ((255, 0, 0, 0), (0, 255, 255)),
        ((64, 128, 0, 128), (95, 63, 127)),
    ],
)
def test_cmyk_means_ink_in_whichever_way_it_is_stored(ink: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    image = Image.new("CMYK", (16, 16), ink)
    inverted = _bytes(image, "JPEG", quality=100)
    for data in (inverted, _without_adobe(inverted), _ycck(ink), _bytes(image, "TIFF")):
        assert _near(_corner(data), wanted)


def _without_adobe(jpeg: bytes) -> bytes:
    """The JPEG with no APP14 segment. Browsers take its values for inverted all the same, and so does whoever put it
    on the web."""
    start = jpeg.index(b"\xff\xee\0\x0eAdobe")
    return jpeg[:start] + jpeg[start + 16 :]


def _ycck(ink: tuple[int, ...]) -> bytes:
    """Adobe's other CMYK: the inks as YCbCr, the black as it is (transform 2 of the APP14 segment)."""
    luma, blue, red = Image.new("RGB", (1, 1), ink[:3]).convert("YCbCr").getpixel((0, 0))  # type: ignore[misc]
    stored = Image.new("CMYK", (16, 16), (255 - luma, 255 - blue, 255 - red, ink[3]))
    data = bytearray(_bytes(stored, "JPEG", quality=100))
    data[data.index(b"Adobe") + 11] = 2
    return bytes(data)


def _scene() -> Image.Image:
    """Unlike itself however it is turned; its edges lie on the blocks of every codec."""
    scene = Image.new("RGB", (96, 64), "white")
    scene.paste((255, 0, 0), (0, 0, 32, 32))
    scene.paste((0, 0, 255), (64, 32, 96, 64))
    return scene


_WRITERS: dict[str, dict[str, object]] = {
    "PNG": {},
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"lossless": True},
    "TIFF": {},
    "TIFF of strips": {"compression": "tiff_lzw"},
    "AVIF": {"quality": 95, "subsampling": "4:4:4", "speed": 10},
    "HEIF": {"quality": 95, "chroma": 444},
}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("writer", _WRITERS)
def test_the_exif_orientation_is_applied_once(writer: str, orientation: int) -> None:
    """AVIF and HEIC hold the rotation in their container; Pillow and libheif write it there."""
    if writer == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = _bytes(_stored(orientation), writer.split(maxsplit=1)[0], exif=exif.tobytes(), **_WRITERS[writer])
    assert _is_the_scene(decode(data))
    assert (inspect(data).width, inspect(data).height) == (96, 64)


def _stored(orientation: int) -> Image.Image:
    return _scene().transpose(_INVERSE[orientation]) if orientation > 1 else _scene()


def _is_the_scene(picture: Image.Image) -> bool:
    if picture.size != (96, 64):
        return False
    return bool(np.abs(np.asarray(picture).astype(int) - np.asarray(_scene())).max() <= 8)


def test_a_heic_that_is_turned_by_its_container_is_not_turned_by_its_exif_again() -> None:
    """As telephones write it: irot in the container, and the same orientation once more in EXIF."""
    pytest.importorskip("pillow_heif").register_heif_opener()
    exif = Image.Exif()
    exif[0x0112] = 6
    data = _bytes(_stored(6), "HEIF", exif=exif.tobytes(), **_WRITERS["HEIF"])
    assert b"irot" in data
    assert b"Exif" in data
    assert _is_the_scene(decode(data))


def test_exif_behind_the_pixels_of_a_png_counts_too() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = _bytes(_stored(6))
    late = data[:-12] + _chunk(b"eXIf", exif.tobytes()[6:]) + data[-12:]
    assert _is_the_scene(decode(late))
    assert (inspect(late).width, inspect(late).height) == (96, 64)


@pytest.mark.parametrize("exif", [b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\x7f", b"Exif\0\0" + bytes(40)])
def test_a_broken_exif_block_leaves_the_picture_as_it_lies(exif: bytes) -> None:
    assert _is_the_scene(decode(_bytes(_scene(), "JPEG", exif=exif, **_WRITERS["JPEG"])))


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_is_none(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert _is_the_scene(decode(_bytes(_scene(), "JPEG", exif=exif, **_WRITERS["JPEG"])))


_INVERSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


# Colorants in the connection space (D50) and exponent of the usual spaces; None is the curve of sRGB.
_SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410))
_DISPLAY_P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
_ADOBE_RGB = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))


def _profile(space: bytes, *tags: tuple[bytes, bytes], connection: bytes = b"XYZ ") -> bytes:
    """An ICC profile (ICC.1:2001-04) of the tags that make colours, and no other."""
    kind = b"prtr" if space == b"CMYK" else b"mntr"
    header = bytearray(128)
    header[8:12], header[12:16], header[16:20], header[20:24] = b"\2\x10\0\0", kind, space, connection
    header[36:40], header[68:80] = b"acsp", _fixed(0.9642, 1.0, 0.8249)
    place, table, contents = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, content in tags:
        table += struct.pack(">4sII", name, place + len(contents), len(content))
        contents += content + bytes(-len(content) % 4)
    header[0:4] = struct.pack(">I", place + len(contents))
    return bytes(header) + table + contents


def _fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(*values)


def _gamma(exponent: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(exponent * 256))


def _srgb_curve() -> bytes:
    values = np.linspace(0, 1, 1024)
    light = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return b"curv\0\0\0\0" + struct.pack(">I", 1024) + np.round(light * 65535).astype(">u2").tobytes()


def _rgb_profile(colorants: tuple[tuple[float, float, float], ...], curve: bytes) -> bytes:
    white = (b"wtpt", _xyz(0.9642, 1.0, 0.8249))
    primaries = [(name, _xyz(*colorant)) for name, colorant in zip((b"rXYZ", b"gXYZ", b"bXYZ"), colorants, strict=True)]
    return _profile(b"RGB ", white, *primaries, *((name, curve) for name in (b"rTRC", b"gTRC", b"bTRC")))


def _grey_profile(curve: bytes) -> bytes:
    return _profile(b"GRAY", (b"wtpt", _xyz(0.9642, 1.0, 0.8249)), (b"kTRC", curve))


def _cmyk_profile() -> bytes:
    """A press whose cyan ink is red and whose others are black: no viewer takes its values for what they are not."""
    straight = bytes(range(256))
    red, white, black = (138, 208, 195), (255, 128, 128), (0, 128, 128)  # Lab in 8 bits: a and b are offset by 128
    corners = [
        black if inks & 0b0111 else red if inks & 0b1000 else white for inks in range(16)
    ]  # cyan is the slowest of the table's axes
    table = b"mft1\0\0\0\0\4\3\2\0" + _fixed(1, 0, 0, 0, 1, 0, 0, 0, 1) + 4 * straight
    table += b"".join(map(bytes, corners)) + 3 * straight
    return _profile(b"CMYK", (b"wtpt", _xyz(0.9642, 1.0, 0.8249)), (b"A2B0", table), connection=b"Lab ")


@pytest.mark.parametrize(
    ("profile", "colour", "wanted"),
    [
        (_rgb_profile(_SRGB, _srgb_curve()), RED, RED),
        (_rgb_profile(_DISPLAY_P3, _srgb_curve()), (200, 100, 50), (215, 95, 31)),
        (_rgb_profile(_DISPLAY_P3, _srgb_curve()), (128, 128, 128), (128, 128, 128)),
        (_rgb_profile(_DISPLAY_P3, _srgb_curve()), (0, 255, 0), (0, 255, 0)),
        (_rgb_profile(_ADOBE_RGB, _gamma(2.19921875)), (200, 100, 50), (227, 100, 42)),
        (_rgb_profile(_SRGB, _gamma(1.0)), (64, 64, 64), (137, 137, 137)),
    ],
    ids=["sRGB", "Display P3", "Display P3, grey", "Display P3, beyond sRGB", "Adobe RGB", "linear"],
)
def test_a_colour_profile_is_converted_to_srgb(
    profile: bytes, colour: tuple[int, int, int], wanted: tuple[int, int, int]
) -> None:
    image = Image.new("RGB", (16, 16), colour)
    palette, clear = image.quantize(4), image.convert("RGBA")
    clear.putpixel((15, 15), (0, 0, 0, 0))
    for data in (
        _bytes(image, icc_profile=profile),
        _bytes(image, "JPEG", quality=100, subsampling=0, icc_profile=profile),
        _bytes(image, "WEBP", lossless=True, icc_profile=profile),
        _bytes(image, "TIFF", icc_profile=profile),
        _bytes(image, "AVIF", quality=100, subsampling="4:4:4", speed=10, icc_profile=profile),
        _bytes(palette, icc_profile=profile),
        _bytes(clear, icc_profile=profile),
    ):
        assert _near(_corner(data), wanted)


def test_alpha_over_white_stays_white_in_every_profile() -> None:
    image = Image.new("RGBA", (8, 8), (10, 200, 10, 0))
    assert _corner(_bytes(image, icc_profile=_rgb_profile(_DISPLAY_P3, _gamma(1.0)))) == WHITE


@pytest.mark.parametrize("mode", ["L", "LA", "1", "I;16"])
def test_a_grey_profile_counts_for_every_grey(mode: str) -> None:
    profile = _grey_profile(_gamma(1.0))
    value, wanted = {"L": (64, 137), "LA": ((64, 255), 137), "1": (1, 255), "I;16": (64 * 257, 137)}[mode]
    data = _bytes(Image.new(mode, (8, 8), value), icc_profile=profile)
    assert _near(_corner(data), (wanted,) * 3)


def test_the_profile_of_a_press_says_what_its_inks_look_like() -> None:
    for ink, wanted in (((255, 0, 0, 0), (254, 8, 9)), ((0, 0, 0, 0), WHITE), ((0, 255, 0, 0), (0, 0, 0))):
        data = _bytes(Image.new("CMYK", (16, 16), ink), "JPEG", quality=100, icc_profile=_cmyk_profile())
        assert _near(_corner(data), wanted, within=8)


@pytest.mark.parametrize(
    "profile",
    [
        b"no profile",
        _grey_profile(_gamma(1.0)),
        _rgb_profile(_DISPLAY_P3, _gamma(2.2))[:200],
        _rgb_profile(_DISPLAY_P3, b"curv" + bytes(4) + b"\xff\xff\xff\xff"),
        _profile(b"RGB "),
        _profile(b"Lab "),
        _cmyk_profile(),
    ],
    ids=["words", "of grey", "cut off", "endless curve", "empty", "Lab", "of a press"],
)
def test_a_profile_that_is_broken_or_foreign_leaves_the_plain_values(profile: bytes) -> None:
    image = Image.new("RGB", (16, 16), RED)
    assert _corner(_bytes(image, icc_profile=profile)) == RED
    assert _near(_corner(_bytes(image, "JPEG", quality=100, subsampling=0, icc_profile=profile)), RED)


def test_a_lab_tiff_is_converted() -> None:
    lab = ImageCms.profileToProfile(
        Image.new("RGB", (8, 8), RED), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    assert lab is not None
    assert _near(_corner(_bytes(lab, "TIFF")), RED)


def test_of_an_animation_the_first_frame_counts() -> None:
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "lime", "blue")]
    data = _bytes(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert inspect(data).animated
    assert _corner(data) == (255, 0, 0)


@pytest.mark.parametrize("at_least", [1, 31, 280, 601, 1199, 1200, 5000])
def test_a_jpeg_may_be_decoded_small_and_keeps_the_wanted_side(at_least: int) -> None:
    picture = decode(_bytes(Image.new("RGB", (1600, 1200), RED), "JPEG"), at_least=at_least)
    assert min(at_least, 1200) <= min(picture.size)
    assert min(picture.size) < max(2 * at_least, 151) or picture.size == (1600, 1200)  # halves, and 1/8 at the least


@pytest.mark.parametrize("size", [(1, 5000), (5000, 1), (7, 3000), (65, 63)])
def test_a_jpeg_of_any_shape_may_be_decoded_small(size: tuple[int, int]) -> None:
    picture = decode(_bytes(Image.new("RGB", size, RED), "JPEG"), at_least=4)
    assert min(picture.size) >= min(4, *size)
    assert (picture.width < picture.height) == (size[0] < size[1])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_what_is_decoded_small_is_the_whole_decoded_and_made_small(mode: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = _stored(orientation)
    large = stored.resize((8 * stored.width, 8 * stored.height)).convert(mode)
    data = _bytes(large, "JPEG", quality=95, exif=exif)
    small, whole = decode(data, at_least=64), decode(data).resize((96, 64), Image.Resampling.BOX)
    assert small.size == (96, 64)
    assert np.abs(np.asarray(small).astype(int) - np.asarray(whole)).max() <= 8


def test_of_an_mpo_the_first_picture_counts_and_it_may_be_decoded_small() -> None:
    other = Image.new("RGB", (320, 240), "blue")
    data = _bytes(Image.new("RGB", (320, 240), RED), "MPO", save_all=True, append_images=[other])
    assert inspect(data).extension == "jpg"
    assert not inspect(data).animated
    for picture in (decode(data), decode(data, at_least=60)):
        assert _near(picture.getpixel((9, 9)), RED)  # type: ignore[arg-type]
    assert decode(data, at_least=60).size == (80, 60)


def test_a_heic_is_decoded_whole_and_not_replaced_by_its_thumbnail() -> None:
    pytest.importorskip("pillow_heif").register_heif_opener()
    data = _bytes(Image.new("RGB", (512, 384), RED), "HEIF", thumbnails=[64])
    assert decode(data, at_least=32).size == (512, 384)


def test_without_the_extra_a_heic_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
    for attempt in (inspect, decode):
        with pytest.raises(ImageError, match=r"unpaired\[heic\]") as refusal:
            attempt(b"\0\0\0\x1cftypheic\0\0\0\0mif1heicmiaf" + bytes(100))
        assert refusal.value.reason == "needs_heic"


@pytest.mark.parametrize("brands", [b"mif1\0\0\0\0mif1avifmiaf", b"avif\0\0\0\0avifmif1heic", b"qt  \0\0\0\0qt  "])
def test_what_may_be_avif_or_a_film_needs_no_heic(brands: bytes) -> None:
    with pytest.raises(ImageError) as refusal:
        decode(struct.pack(">I", 8 + len(brands)) + b"ftyp" + brands + bytes(100))
    assert refusal.value.reason == ("not_image" if brands.startswith(b"qt") else "corrupt")


def test_an_avif_under_a_general_brand_is_decoded() -> None:
    data = _bytes(Image.new("RGB", (64, 64), RED), "AVIF", quality=90, speed=10)
    assert inspect(data.replace(b"ftypavif", b"ftypmif1", 1)).format == "AVIF"


def test_a_sliver_keeps_its_shape() -> None:
    assert decode(_bytes(Image.new("RGB", (1, 5000), RED))).size == (1, 5000)


def _jpeg() -> bytes:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    return _bytes(Image.fromarray(noise), "JPEG")


def _broken_crc() -> bytes:
    data = bytearray(_bytes(Image.new("RGB", (64, 64), RED)))
    data[data.index(b"IDAT") + 6] ^= 0xFF
    return bytes(data)


def _wrong_crc() -> bytes:
    """Pixels that unpack without complaint, and are not what was written."""
    pixels = zlib.compress(64 * b"\0" + 64 * 64 * b"\1\2\3", 0)
    good = _chunk(b"IDAT", pixels)
    return _png(64, 64, good[:-4] + struct.pack(">I", zlib.crc32(good[4:-4]) ^ 1))


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: b"", "empty"),
        (lambda: b"<!doctype html><html><body>404</body></html>", "not_image"),
        (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not_image"),
        (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not_image"),
        (lambda: b"8BPS\0\1" + bytes(100), "not_image"),
        (lambda: _jpeg()[:1000], "corrupt"),
        (lambda: _jpeg()[:20], "corrupt"),
        (lambda: _bytes(Image.new("RGB", (64, 64), RED))[:20], "corrupt"),
        (lambda: _bytes(Image.new("RGB", (64, 64), RED))[:-1], "corrupt"),
        (_broken_crc, "corrupt"),
        (_wrong_crc, "corrupt"),
        (lambda: _plain_png(8, 3, b"\0"), "corrupt"),
        (lambda: _png(30_000, 30_000, _chunk(b"IDAT", zlib.compress(bytes(1000)))), "too_many_pixels"),
        (lambda: _png(12_000, 10_000, _chunk(b"IDAT", zlib.compress(bytes(1000)))), "too_many_pixels"),
    ],
    ids=[
        "empty",
        "html",
        "svg",
        "eps",
        "psd",
        "truncated",
        "JPEG's head",
        "PNG's head",
        "but a byte",
        "crc",
        "pixels that are not what was written",
        "no palette",
        "900 megapixels",
        "120 megapixels",
    ],
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
