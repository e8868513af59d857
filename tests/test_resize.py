"""The finished pictures: right size, upright, plain, and always the same bytes."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from test_build import OPTIONS, add, content, run
from test_build import picture as raw

from curate.raw import RawFile
from curate.resize import Rendering, encode, encode_png, finished_size, preview, render, scale, thumbnail
from pipeline.dataset import DatasetDir
from pipeline.files import sha256_of


def stored(folder: Path, picture: Image.Image, **options: object) -> RawFile:
    buffer = io.BytesIO()
    picture.save(buffer, **({"format": "PNG"} | options))
    sha256 = sha256_of(buffer.getvalue())
    path = folder / sha256
    path.write_bytes(buffer.getvalue())
    return RawFile(sha256, path)


def noise(width: int, height: int) -> Image.Image:
    values = np.random.default_rng(1).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(values).resize((width, height), Image.Resampling.BICUBIC)


def opened(data: bytes, kind: str = "JPEG") -> Image.Image:
    return Image.open(io.BytesIO(data), formats=[kind])


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1000, 500), (200, 100)), ((500, 1000), (100, 200)), ((99, 300), (99, 300)), ((333, 101), (330, 100))],
)
def test_the_short_side_becomes_the_wanted_size_and_is_never_enlarged(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert finished_size(*size, 100) == expected


def test_the_finished_picture_has_the_wanted_size_and_no_metadata(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "at home"
    file = stored(tmp_path, noise(400, 200), format="JPEG", exif=exif)
    with opened(render(Rendering(file, 100, 200)).data) as picture:
        assert (picture.size, picture.mode, len(picture.getexif())) == ((100, 200), "RGB", 0)
        assert not {"exif", "icc_profile", "comment"} & set(picture.info)


def test_chroma_is_kept_at_full_resolution(tmp_path: Path) -> None:
    file = stored(tmp_path, noise(64, 64))
    with opened(render(Rendering(file, 64, 64)).data) as picture:
        assert [component[1:3] for component in picture.layer] == [(1, 1)] * 3  # type: ignore[attr-defined]


def test_a_small_picture_looks_like_the_large_one(tmp_path: Path) -> None:
    large = noise(800, 600)
    file = stored(tmp_path, large, format="JPEG", quality=95)
    with opened(render(Rendering(file, 133, 100)).data) as picture:
        expected = np.asarray(large.resize((133, 100), Image.Resampling.LANCZOS), dtype=float)
        assert np.abs(np.asarray(picture, dtype=float) - expected).mean() < 3


def test_the_same_bytes_give_the_same_jpeg(tmp_path: Path) -> None:
    rendering = Rendering(stored(tmp_path, noise(300, 300)), 100, 100)
    assert render(rendering) == render(rendering)


def test_a_file_that_changed_or_went_away_gives_a_reason_instead_of_a_picture(tmp_path: Path) -> None:
    file = stored(tmp_path, noise(50, 50))
    file.path.write_bytes(b"something else")
    assert render(Rendering(file, 50, 50)).reason == "changed"
    file.path.unlink()
    assert render(Rendering(file, 50, 50)).reason == "missing"


def test_a_thumbnail_fits_its_frame_and_is_empty_where_there_is_no_picture(tmp_path: Path) -> None:
    file = stored(tmp_path, noise(400, 100))
    with opened(thumbnail(file, size=160), "WEBP") as picture:
        assert picture.size == (160, 40)
    with opened(preview(file, 160)) as picture:
        assert picture.size == (160, 40)
    assert thumbnail(RawFile("0" * 64, tmp_path / "absent")) == b""
    assert preview(RawFile("0" * 64, tmp_path / "absent"), 160) == b""


def test_a_thumbnail_is_made_from_the_finished_picture_where_that_is_large_enough(tmp_path: Path) -> None:
    file = stored(tmp_path, noise(400, 300))
    green, small = tmp_path / "green", tmp_path / "small"
    green.write_bytes(encode(Image.new("RGB", (320, 240), (0, 200, 0))))
    small.write_bytes(encode(Image.new("RGB", (150, 112), (0, 200, 0))))
    with opened(thumbnail(file, size=160, finished=green), "WEBP") as picture:
        assert picture.size == (160, 120)
        assert abs(picture.convert("RGB").getpixel((80, 60))[1] - 200) < 5  # type: ignore[index,operator]
    assert thumbnail(file, size=160, finished=small) == thumbnail(file, size=160)


@pytest.mark.parametrize("most_bytes", [8000, 1500, 700])
def test_a_thumbnail_has_no_more_bytes_than_it_may(tmp_path: Path, most_bytes: int) -> None:
    assert 0 < len(thumbnail(stored(tmp_path, noise(600, 600)), most_bytes)) <= most_bytes


@pytest.mark.parametrize(
    ("size", "expected"),
    [((50, 25), (200, 100)), ((101, 303), (100, 300)), ((100, 999), (100, 999)), ((1, 4), (100, 400))],
)
def test_enlarged_where_asked_every_picture_has_the_wanted_short_side(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert finished_size(*size, 100, upscale=True) == expected


@settings(derandomize=True, deadline=None)
@given(st.integers(1, 10_000), st.integers(1, 10_000), st.integers(16, 1000), st.booleans())
def test_the_shape_is_kept_to_half_a_pixel_and_no_side_is_lost(
    width: int, height: int, size: int, upscale: bool
) -> None:
    made = finished_size(width, height, size, upscale=upscale)
    short = min(width, height)
    assert min(made) == (size if short > size or upscale else short)
    scale = min(made) / short
    assert abs(made[0] - width * scale) <= 0.5
    assert abs(made[1] - height * scale) <= 0.5


def test_a_png_has_every_pixel_of_the_scaled_picture_and_nothing_else(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "at home"
    file = stored(tmp_path, noise(60, 40), exif=exif)
    with opened(render(Rendering(file, 60, 40, "png")).data, "PNG") as picture:
        assert (picture.size, picture.mode, picture.info) == ((60, 40), "RGB", {})
        assert np.array_equal(np.asarray(picture), np.asarray(noise(60, 40)))


def test_what_a_picture_carries_beside_its_pixels_is_written_in_neither_format() -> None:
    picture = noise(32, 32)
    picture.info = {"comment": b"SECRET", "exif": b"Exif\0\0SECRET", "icc_profile": b"SECRET" * 40, "xmp": b"SECRET"}
    picture.info |= {"dpi": (72, 72), "Author": "SECRET", "transparency": (0, 0, 0)}
    for data in (encode(picture), encode_png(picture)):
        assert b"SECRET" not in data
        assert b"tRNS" not in data
    assert picture.info["comment"] == b"SECRET"


def test_a_large_picture_is_scaled_nearly_as_lanczos_alone_would() -> None:
    picture = noise(1600, 1200).resize((400, 300), Image.Resampling.BOX).resize((1600, 1200), Image.Resampling.BICUBIC)
    alone = np.asarray(picture.resize((400, 300), Image.Resampling.LANCZOS), dtype=float)
    error = np.asarray(scale(picture, 400, 300), dtype=float) - alone
    assert 10 * np.log10(255**2 / np.mean(error**2)) > 40


def test_at_quality_95_a_jpeg_differs_little_from_the_png(tmp_path: Path) -> None:
    file = stored(tmp_path, noise(300, 200))
    jpeg = np.asarray(opened(render(Rendering(file, 150, 100)).data), dtype=float)
    png = np.asarray(opened(render(Rendering(file, 150, 100, "png")).data, "PNG"), dtype=float)
    assert np.abs(jpeg - png).mean() < 1


def test_another_format_makes_every_picture_anew_and_the_old_ones_go(tmp_path: Path) -> None:
    dataset = DatasetDir(tmp_path / "trees")
    add(dataset, "A", [raw(seed) for seed in range(3)])
    add(dataset, "B", [raw(seed) for seed in range(10, 13)])
    run(dataset)
    run(dataset, replace(OPTIONS, format="png"))
    assert {path.suffix for path in dataset.root.glob("t*/?/*")} == {".png"}
    assert not run(dataset, replace(OPTIONS, format="png")).changed
    before = content(dataset)
    run(dataset)
    assert {path.suffix for path in dataset.root.glob("t*/?/*")} == {".jpg"}
    run(dataset, replace(OPTIONS, format="png"))
    assert content(dataset) == before


def test_small_images_are_enlarged_only_where_asked(tmp_path: Path) -> None:
    dataset = DatasetDir(tmp_path / "trees")
    add(dataset, "A", [raw(seed, 48, 36) for seed in range(3)])
    run(dataset)
    assert {opened(path.read_bytes()).size for path in dataset.root.glob("t*/?/*.jpg")} == {(48, 36)}
    run(dataset, replace(OPTIONS, upscale=True))
    assert {opened(path.read_bytes()).size for path in dataset.root.glob("t*/?/*.jpg")} == {(53, 40)}
