"""The decoder against files that were made, or broken, to hurt it: a picture or a reason, in bounded memory."""

import hashlib
import io
import os
import random
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.image import EXTENSIONS, ImageError, decode, inspect
from pipeline.workers import CrashedError, ProcessExecutor, finished

REASONS = {"empty", "not_image", "needs_heic", "too_many_pixels", "corrupt"}
RED = (200, 30, 60)
MUTANTS = 500
"""So many broken files are made of every kind of file; they take a quarter of a millisecond each."""
PILLOW_TESTS = Path(os.environ.get("UNPAIRED_PILLOW_TESTS", "absent"))
"""The folder Tests/images of Pillow's source distribution, where somebody has it."""


def written(image: Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IEND", b"")


def photo(width: int = 64, height: int = 48) -> Image.Image:
    noise = np.random.default_rng(0).integers(0, 256, (height // 4, width // 4, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


def zeros(size: int) -> bytes:
    """So many zero bytes, deflated: a thousandth of their size."""
    return zlib.compress(bytes(size), 9)


def png_of_400_megapixels() -> bytes:
    return png(20_000, 20_000, chunk(b"IDAT", zeros(47_000_000)))


def png_of_120_megapixels() -> bytes:
    return png(12_000, 10_000, chunk(b"IDAT", zeros(12_000 * 10_000 // 3)))


def png_with_a_large_text() -> bytes:
    return png(
        1, 1, chunk(b"zTXt", b"comment\0\0" + zeros(200_000_000)), chunk(b"IDAT", zlib.compress(b"\0" + bytes(3)))
    )


def png_with_a_large_profile() -> bytes:
    return png(1, 1, chunk(b"iCCP", b"icc\0\0" + zeros(200_000_000)), chunk(b"IDAT", zlib.compress(b"\0" + bytes(3))))


def gif_of_10_000_frames() -> bytes:
    first, second = Image.new("RGB", (256, 256), RED), Image.new("RGB", (256, 256), "blue")
    one = written(first, "GIF")
    two = written(first, "GIF", save_all=True, append_images=[second], loop=0)
    start = two.rindex(b"\x21\xf9\x04")  # the control block of the second frame
    assert len(two) > len(one)
    return two[:start] + 9_999 * two[start:-1] + two[-1:]


def apng_of_10_000_frames() -> bytes:
    pixels = zlib.compress(256 * (b"\0" + 256 * bytes(RED)))

    def control(number: int) -> bytes:
        return chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, 256, 256, 0, 0, 1, 10, 0, 0))

    later = (
        control(number) + chunk(b"fdAT", struct.pack(">I", number + 1) + pixels) for number in range(1, 2 * 9_999, 2)
    )
    start = (chunk(b"acTL", struct.pack(">II", 10_000, 0)), control(0), chunk(b"IDAT", pixels))
    return png(256, 256, *start, *later)


def webp_of_10_000_frames() -> bytes:
    first, second = Image.new("RGB", (256, 256), RED), Image.new("RGB", (256, 256), "blue")
    data = written(first, "WEBP", lossless=True, save_all=True, append_images=[second])
    start = data.rindex(b"ANMF")
    body = data[8:start] + 9_999 * data[start:]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def tiff(*entries: tuple[int, int, int, int], next_directory: int = 0, tail: bytes = b"") -> bytes:
    """Little-endian, of one directory of (tag, type, count, value)."""
    directory = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + directory + struct.pack("<I", next_directory) + tail


def tiff_of(width: int, height: int, *entries: tuple[int, int, int, int], **options: int) -> bytes:
    """RGB of 8 bits, whose one strip is said to be at 4096 and 4 GB long."""
    usual = {
        256: (256, 4, 1, width),
        257: (257, 4, 1, height),
        258: (258, 3, 1, 8),
        259: (259, 3, 1, 1),
        262: (262, 3, 1, 1),
        273: (273, 4, 1, 4096),
        278: (278, 4, 1, height),
        279: (279, 4, 1, 0xFFFFFFFF),
    }
    return tiff(*(usual | {entry[0]: entry for entry in entries}).values(), **options)  # type: ignore[arg-type]


BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "400 megapixels in 48 kB": (png_of_400_megapixels, "too_many_pixels"),
    "120 megapixels": (png_of_120_megapixels, "too_many_pixels"),
    "a text of 200 MB": (png_with_a_large_text, ""),
    "a profile of 200 MB": (png_with_a_large_profile, ""),
    "10,000 frames of GIF": (gif_of_10_000_frames, ""),
    "10,000 frames of APNG": (apng_of_10_000_frames, ""),
    "10,000 frames of WebP": (webp_of_10_000_frames, ""),
    "TIFF of 900 megapixels": (lambda: tiff_of(30_000, 30_000), "too_many_pixels"),
    "TIFF, deflated": (lambda: tiff_of(9_000, 9_000, (259, 3, 1, 8)), "corrupt"),
    "TIFF of tiles of 4 GB": (
        lambda: tiff_of(64, 64, (259, 3, 1, 5), (322, 4, 1, 2**31 - 16), (323, 4, 1, 2**31 - 16), (324, 4, 1, 0)),
        "corrupt",
    ),
    "TIFF whose tag has 4 billion values": (lambda: tiff_of(64, 64, (258, 3, 0xFFFFFFFF, 8)), "corrupt"),
    "TIFF of endless pages": (lambda: tiff_of(64, 64, next_directory=8), "corrupt"),
}
"""What is made, and the reason for which it is refused, or "" where its first picture is good."""

PEAK = """
import resource, sys, types
from pathlib import Path
from pipeline.image import ImageError, decode, inspect
decode(Path(sys.argv[1]).read_bytes())  # the decoder's own memory, and the plugins'
data = Path(sys.argv[2]).read_bytes()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
reason = ""
try:
    inspect(data)
    decode(data)
except ImageError as error:
    reason = error.reason
print(reason or "picture", (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def outcome_and_growth(data: bytes, folder: Path) -> tuple[str, int]:
    """The reason (or "picture") and by how many megabytes the memory of a process of its own grew at most."""
    plain, hostile = folder / "plain", folder / "hostile"
    plain.write_bytes(written(photo(), "JPEG"))
    hostile.write_bytes(data)
    child = subprocess.run(
        [sys.executable, "-c", PEAK, plain, hostile], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
    )
    reason, growth = child.stdout.split()
    return reason.decode(), int(growth)


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_no_memory(name: str, tmp_path: Path) -> None:
    make, wanted = BOMBS[name]
    reason, megabytes = outcome_and_growth(make(), tmp_path)
    assert reason == (wanted or "picture")
    assert megabytes < 100


def test_the_largest_picture_that_is_allowed_takes_its_pixels_and_little_more(tmp_path: Path) -> None:
    data = written(Image.new("L", (10_000, 10_000)), "JPEG")  # 100 MB of grey, 400 MB of RGB
    reason, megabytes = outcome_and_growth(data, tmp_path)
    assert reason == "picture"
    assert megabytes < 600


@pytest.mark.parametrize("make", [gif_of_10_000_frames, apng_of_10_000_frames, webp_of_10_000_frames])
def test_of_ten_thousand_frames_the_first_is_used_and_the_facts_say_so(make: Callable[[], bytes]) -> None:
    data = make()
    assert inspect(data).animated
    assert max(abs(a - b) for a, b in zip(decode(data).getpixel((9, 9)), RED, strict=True)) <= 4  # type: ignore[arg-type]


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "BMP", "WEBP", "GIF"])
def test_a_still_picture_is_not_called_animated(format: str) -> None:
    assert not inspect(written(photo(), format)).animated


def test_the_pages_of_a_tiff_are_no_animation() -> None:
    data = written(photo(), "TIFF", save_all=True, append_images=[photo()])
    assert not inspect(data).animated


POLYGLOTS: dict[str, tuple[bytes, bytes]] = {
    "JPEG and ZIP": (b"", b"PK\x03\x04" + bytes(200)),
    "JPEG and HTML": (b"", b"<html><script>alert(1)</script></html>"),
    "JPEG and a film, as telephones write": (b"", b"\0\0\0\x18ftypmp42" + bytes(500)),
}


@pytest.mark.parametrize("name", POLYGLOTS)
def test_of_a_polyglot_only_the_picture_is_taken(name: str) -> None:
    before, behind = POLYGLOTS[name]
    plain = written(photo(), "JPEG")
    assert decode(before + plain + behind).tobytes() == decode(plain).tobytes()


@pytest.mark.parametrize(
    "before",
    [b"%PDF-1.4\n", b"<svg>", b"#!/bin/sh\n", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"8BPS\0\1", b"PK\3\4", b"\x7fELF"],
    ids=lambda before: before[:4].decode("latin-1").strip(),
)
def test_a_polyglot_that_starts_as_something_else_is_no_image(before: bytes) -> None:
    with pytest.raises(ImageError) as refusal:
        decode(before + written(photo(), "JPEG"))
    assert refusal.value.reason == "not_image"


def test_nothing_of_the_file_but_its_pixels_stays_on_the_picture() -> None:
    exif = Image.Exif()
    exif[0x010E] = "a street with a name"
    data = written(photo(), "JPEG", exif=exif, comment=b"a comment")
    again = written(decode(data), "PNG") + written(decode(data), "TIFF") + written(decode(data), "JPEG")
    assert b"street" not in again
    assert b"comment" not in again


# ------ every format, cut, flipped and spliced


def specimens() -> dict[str, bytes]:
    """A small file of every kind that has a decoder or a branch of its own."""
    colour = photo()
    grey, indexed, clear = colour.convert("L"), colour.quantize(16), colour.convert("RGBA")
    clear.putalpha(grey)
    frames = {"save_all": True, "append_images": [photo().rotate(180), photo().rotate(90)]}
    exif = Image.Exif()
    exif[0x0112] = 6
    sixteen = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    files = {
        "jpeg": written(colour, "JPEG", exif=exif),
        "progressive": written(colour, "JPEG", progressive=True),
        "cmyk": written(colour.convert("CMYK"), "JPEG"),
        "mpo": written(colour, "MPO", **frames),
        "png": written(clear, "PNG", exif=exif),
        "png16": written(sixteen, "PNG"),
        "indexed": written(indexed, "PNG", transparency=3),
        "apng": written(colour, "PNG", **frames),
        "gif": written(indexed, "GIF", **frames),
        "webp": written(clear, "WEBP", exif=exif),
        "lossless": written(clear, "WEBP", lossless=True),
        "moving": written(clear, "WEBP", **frames),
        "bmp": written(colour, "BMP"),
        "bmp8": written(indexed, "BMP"),
        "tiff": written(colour, "TIFF", exif=exif),
        "lzw": written(clear, "TIFF", compression="tiff_lzw"),
        "deflate": written(sixteen, "TIFF", compression="tiff_adobe_deflate"),
        "jpeg in tiff": written(colour, "TIFF", compression="jpeg"),
        "fax": written(colour.convert("1"), "TIFF", compression="group4"),
        "float": written(grey.convert("F"), "TIFF"),
        "avif": written(clear, "AVIF", speed=10, exif=exif),
        "film": written(colour, "AVIF", speed=10, **frames),
    }
    return files | heic_specimens(clear, exif)


def heic_specimens(clear: Image.Image, exif: Image.Exif) -> dict[str, bytes]:
    try:
        import pillow_heif
    except ImportError:
        return {}
    pillow_heif.register_heif_opener()
    return {"heic": written(clear, "HEIF", exif=exif.tobytes()), "grey heic": written(clear.convert("L"), "HEIF")}


def mutants(kind: str, count: int) -> Iterator[bytes]:
    """So many files made from one by a seeded hand: bytes flipped, cut off, cut out, doubled, mixed with others."""
    files = specimens()
    names = sorted(files)
    chance = random.Random(kind)
    for _number in range(count):
        data = bytearray(files[kind])
        for _change in range(chance.choice((1, 1, 2, 5, 20))):
            change(data, files[chance.choice(names)], chance)
        yield bytes(data)


def change(data: bytearray, other: bytes, chance: random.Random) -> None:
    # headers are worth more blows than pixels
    place = chance.randrange(min(len(data), chance.choice((32, 256, len(data) or 1))) or 1)
    end = min(len(data), place + chance.choice((1, 4, 64, 1024)))
    match chance.randrange(7):
        case 0:
            data[place : place + 1] = bytes([chance.randrange(256)])
        case 1:
            data[place : place + 4] = chance.choice(
                (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\x80\0\0\0")
            )
        case 2:
            del data[chance.randrange(len(data) + 1) :]
        case 3:
            del data[place:end]
        case 4:
            data[place:place] = data[place:end]
        case 5:
            start = chance.randrange(len(other))
            data[place:end] = other[start : start + end - place]
        case _:
            data[place : place + 1] = bytes([data[place] ^ (1 << chance.randrange(8))]) if data else b""


def fates_of_mutants(kind: str, count: int) -> dict[str, int]:
    """How many mutants met which fate; whatever is no ImageError escapes, and crosses the pipe as an OSError."""
    fates: dict[str, int] = {}
    for number, data in enumerate(mutants(kind, count)):
        try:
            fate = fate_of(data)
        except BaseException as error:
            raise OSError(f"{kind}, mutant {number}, {hashlib.sha256(data).hexdigest()}: {error!r}") from error
        fates[fate] = fates.get(fate, 0) + 1
    return fates


def fate_of(data: bytes) -> str:
    """ "picture" or the reason; the facts of a picture that decodes must not be refused."""
    with Path(os.devnull).open("w") as silence:
        os.dup2(silence.fileno(), 2)  # libtiff talks
    try:
        picture = decode(data, at_least=16)
    except ImageError as error:
        return error.reason
    assert picture.mode == "RGB"
    assert min(picture.size) > 0
    assert inspect(data).extension in EXTENSIONS.values()
    return "picture"


def test_thousands_of_broken_files_of_every_format_give_a_picture_or_a_reason() -> None:
    kinds = sorted(specimens())
    with ProcessExecutor(timeout_seconds=60) as executor:
        fates = {kind: executor.submit(fates_of_mutants, kind, MUTANTS) for kind in kinds}
        counts = {kind: fate.result() for kind, fate in fates.items()}
    assert {reason for count in counts.values() for reason in count} <= REASONS | {"picture"}
    assert all(sum(count.values()) == MUTANTS > count.get("picture", 0) for count in counts.values())


def test_every_specimen_itself_is_a_picture() -> None:
    assert {name: fate for name, data in specimens().items() if (fate := plain_fate(data)) != "picture"} == {}


def plain_fate(data: bytes) -> str:
    try:
        return "picture" if decode(data).size in ((64, 48), (48, 64)) else "another size"
    except ImageError as error:
        return str(error)


# ------ whole folders


def fate_of_file(path: Path) -> str:
    return fate_of(path.read_bytes())


def fate_in_the_run(future: "Future[str]") -> str:
    try:
        return future.result()
    except CrashedError:
        return "crashed"


def fates_of_folder(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    with ProcessExecutor(timeout_seconds=30) as executor:
        return {path.name: fate_in_the_run(future) for path, future in finished(executor, fate_of_file, files)}


def test_a_folder_of_torture_passes_in_one_run_with_a_fate_for_each(tmp_path: Path) -> None:
    files = {name.replace(" ", "_"): data for name, data in specimens().items()}
    files |= {f"truncated_{name}": data[: len(data) // 2] for name, data in files.items()}
    files |= {f"headless_{name}": data[len(data) // 3 :] for name, data in files.items()}
    files |= {"empty.jpg": b"", "page.jpg": b"<!doctype html><p>404", "drawing.svg": b"<svg/>", "zeros.png": bytes(999)}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    fates = fates_of_folder(tmp_path)
    assert set(fates) == set(files)
    assert set(fates.values()) <= REASONS | {"picture"}
    assert fates["empty.jpg"] == "empty"
    assert fates["page.jpg"] == fates["drawing.svg"] == "not_image"
    assert all(fates[name.replace(" ", "_")] == "picture" for name in specimens())


@pytest.mark.skipif(not PILLOW_TESTS.is_dir(), reason="UNPAIRED_PILLOW_TESTS names no folder")
def test_all_images_of_pillows_own_tests_pass_in_one_run_with_a_fate_for_each() -> None:
    fates = fates_of_folder(PILLOW_TESTS)
    counts = {fate: list(fates.values()).count(fate) for fate in sorted(set(fates.values()))}
    assert set(counts) <= REASONS | {"picture"}, counts
    assert counts["picture"] > 400, counts
