"""The finished pictures: right size, upright, plain, and always the same bytes."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from curate.measure import RawFile
from curate.resize import Rendering, finished_size, render, thumbnail
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


def opened(jpeg: bytes) -> Image.Image:
    return Image.open(io.BytesIO(jpeg), formats=["JPEG"])


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
    with opened(render(Rendering(file, 100, 200)).jpeg) as picture:
        assert (picture.size, picture.mode, len(picture.getexif())) == ((100, 200), "RGB", 0)
        assert not {"exif", "icc_profile", "comment"} & set(picture.info)


def test_chroma_is_kept_at_full_resolution(tmp_path: Path) -> None:
    file = stored(tmp_path, noise(64, 64))
    with opened(render(Rendering(file, 64, 64)).jpeg) as picture:
        assert [component[1:3] for component in picture.layer] == [(1, 1)] * 3  # type: ignore[attr-defined]


def test_a_small_picture_looks_like_the_large_one(tmp_path: Path) -> None:
    large = noise(800, 600)
    file = stored(tmp_path, large, format="JPEG", quality=95)
    with opened(render(Rendering(file, 133, 100)).jpeg) as picture:
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
    with opened(thumbnail(file, 160)) as picture:
        assert picture.size == (160, 40)
    assert thumbnail(RawFile("0" * 64, tmp_path / "absent")) == b""
