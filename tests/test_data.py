"""Folders of images -> batches: layouts, bad files, randomness."""

import io
import logging
import sqlite3
import zipfile
from contextlib import closing
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from trainings import dataset, picture, tiny

from pipeline.errors import UnusableError
from pipeline.files import sha256_of
from pipeline.progress import Silent
from train import data
from train.data import Batches, Pictures, image_files, load_pictures, scaled, tell_kept
from train.options import TrainOptions


def loaded(root: Path, options: TrainOptions | None = None) -> Pictures:
    with image_files(root, "train") as files:
        return load_pictures(root, options or tiny(), files, Silent())


def names(root: Path) -> tuple[list[str], list[str]]:
    with image_files(root, "train") as files:
        return [file.name for file in files["A"]], [file.name for file in files["B"]]


@pytest.mark.parametrize("folders", [("train/A", "train/B"), ("trainA", "trainB"), ("x/train/A", "x/train/B"),
                                     ("x/trainA", "x/trainB")])  # fmt: skip
def test_images_are_found_in_every_usual_layout(tmp_path: Path, folders: tuple[str, str]) -> None:
    dataset(tmp_path, 2, 1, folders)

    assert names(tmp_path) == (["000.png", "001.png"], ["000.png"])


@pytest.mark.parametrize("prefix", ["", "inner/"])
def test_a_zip_archive_gives_the_same_pictures_as_its_folder(tmp_path: Path, prefix: str) -> None:
    root = dataset(tmp_path / "set")
    archive = tmp_path / "set.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for path in sorted(root.rglob("*.png")):
            zipped.write(path, prefix + path.relative_to(root).as_posix())
        zipped.writestr("__MACOSX/train/A/x.png", b"")

    one, other = loaded(root), loaded(archive)

    assert one.identities() == other.identities()
    assert all(np.array_equal(x.pixels, y.pixels) for x, y in zip(one.a + one.b, other.a + other.b, strict=True))


def test_a_dataset_that_was_not_curated_to_the_end_is_refused_with_the_remedy(tmp_path: Path) -> None:
    dataset(tmp_path)
    with closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as connection:
        connection.execute("PRAGMA user_version = 1")

    with pytest.raises(UnusableError, match="pipeline curate"):
        names(tmp_path)
    (tmp_path / "dataset.json").write_text("{}")
    assert names(tmp_path)[0]


@pytest.mark.parametrize("inside", [[], ["one", "two"]])
def test_a_folder_without_one_clear_set_is_refused(tmp_path: Path, inside: list[str]) -> None:
    for name in inside:
        dataset(tmp_path / name, 1, 1)

    with pytest.raises(UnusableError, match="two" if inside else "train/A"):
        names(tmp_path)


def test_a_missing_folder_and_a_file_that_is_no_archive_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"no archive")

    for name in ("absent", "file"):
        with pytest.raises(UnusableError, match=name):
            names(tmp_path / name)


def test_every_kind_of_picture_is_loaded_and_bad_files_are_skipped_counted_and_named_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = dataset(tmp_path, 1, 1)
    for mode in ("L", "P", "RGBA", "CMYK", "I;16"):
        converted = picture(5).convert("L").convert("I").convert(mode) if mode == "I;16" else picture(5).convert(mode)
        converted.save(root / "train/A" / f"{mode[0]}{len(mode)}.{'tif' if mode in ('CMYK', 'I;16') else 'png'}")
    (root / "train/A/page.jpg").write_text("<html>")
    (root / "train/A/cut.png").write_bytes((root / "train/A/000.png").read_bytes()[:300])
    (root / "train/B/empty.png").touch()

    with caplog.at_level(logging.WARNING):
        pictures = loaded(root)

    assert (len(pictures.a), len(pictures.b), pictures.skipped) == (6, 1, 3)
    assert [sum(name in line for line in caplog.messages) for name in ("page.jpg", "cut.png", "empty.png")] == [1, 1, 1]


def test_a_domain_without_any_usable_image_is_refused(tmp_path: Path) -> None:
    root = dataset(tmp_path, 2, 0)
    (root / "train/B/broken.jpg").write_bytes(b"\xff\xd8")

    with pytest.raises(UnusableError, match="domain B"):
        loaded(root)


def test_an_image_is_known_by_its_name_where_that_is_a_sha256_else_by_its_bytes(tmp_path: Path) -> None:
    root = dataset(tmp_path, 1, 1)
    (root / "train/A/000.png").rename(root / "train/A" / f"{'ab' * 32}.png")

    assert loaded(root).identities() == [
        ("A", "ab" * 32),
        ("B", sha256_of((root / "train/B/000.png").read_bytes())),
    ]


@pytest.mark.parametrize("size", [(40, 100), (100, 40), (40, 40), (9, 30), (3000, 45)])
def test_a_picture_is_scaled_by_its_shorter_side_and_keeps_its_shape(size: tuple[int, int]) -> None:
    buffer = io.BytesIO()
    picture(1, size).save(buffer, "PNG")

    height, width, channels = scaled(buffer.getvalue(), 36).shape

    assert (min(height, width), channels) == (36, 3)
    assert width / height == pytest.approx(size[0] / size[1], rel=0.03)


def test_batches_are_squares_of_the_asked_size_between_minus_one_and_one(tmp_path: Path) -> None:
    batches = Batches(loaded(dataset(tmp_path)), tiny(batch_size=3))

    for real in batches.at(5):
        assert real.shape == (3, 3, 32, 32)
        assert -1 <= real.min() < real.max() <= 1


def test_black_and_white_become_minus_one_and_one(tmp_path: Path) -> None:
    root = dataset(tmp_path, 1, 1)
    Image.new("RGB", (40, 40), "white").save(root / "train/A/000.png")
    Image.new("RGB", (40, 40), "black").save(root / "train/B/000.png")

    real_a, real_b = Batches(loaded(root), tiny()).at(0)

    assert real_a.unique().tolist() == [1.0]
    assert real_b.unique().tolist() == [-1.0]


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_any_number_of_workers_gives_the_same_batches_from_any_step(tmp_path: Path, workers: int) -> None:
    pictures = loaded(dataset(tmp_path))
    expected = [Batches(pictures, tiny()).at(step) for step in range(7, 20)]

    loader = Batches(pictures, tiny(num_workers=workers)).from_step(7)
    found = list(islice(loader, 13))
    loader.close()

    assert all(
        torch.equal(x, y) for one, other in zip(expected, found, strict=True) for x, y in zip(one, other, strict=True)
    )


def test_each_domain_shows_all_its_images_once_a_turn_whatever_the_other_has(tmp_path: Path) -> None:
    root = dataset(tmp_path, 6, 4)
    for shade, path in enumerate(sorted(root.rglob("*.png"))):
        Image.new("RGB", (40, 40), (20 * shade,) * 3).save(path)
    batches = Batches(loaded(root), tiny())
    shades = [[round(float(real.mean()), 2) for real in batches.at(step)] for step in range(12)]

    of_a, of_b = zip(*shades, strict=True)
    assert [len(set(of_a[:6])), len(set(of_a[6:])), len(set(of_b[:4])), len(set(of_b[4:8]))] == [6, 6, 4, 4]
    assert of_a[:6] != of_a[6:] or of_b[:4] != of_b[4:8]


def test_a_domain_of_one_image_can_be_trained_on(tmp_path: Path) -> None:
    batches = Batches(loaded(dataset(tmp_path, 1, 3)), tiny(batch_size=2))

    assert batches.at(4)[0].shape == (2, 3, 32, 32)
    assert batches.epoch_steps == 2


def test_pictures_beyond_the_memory_are_decoded_again_and_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = dataset(tmp_path)
    expected = Batches(loaded(root), tiny()).at(3)
    monkeypatch.setattr(data, "CACHE_BYTES", 0)

    pictures = loaded(root)

    assert all(picture.pixels is None for picture in pictures.a + pictures.b)
    assert all(torch.equal(x, y) for x, y in zip(expected, Batches(pictures, tiny()).at(3), strict=True))


def test_how_many_images_are_kept_decoded_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    root = dataset(tmp_path, 3, 2)
    with caplog.at_level(logging.INFO, logger="train"):
        tell_kept(loaded(root))
        monkeypatch.setattr(data, "CACHE_BYTES", 10_000)  # two of 43 x 36 pixels
        tell_kept(loaded(root))

    whole, some = caplog.messages
    assert whole == "All 5 images are kept decoded in memory: 1 MB."
    assert some.startswith("2 images are kept decoded in memory: 1 MB; 3 more would not fit")


def test_a_file_that_goes_bad_while_training_is_replaced_by_its_neighbour_and_named_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    root = dataset(tmp_path, 2, 1)
    monkeypatch.setattr(data, "CACHE_BYTES", 0)
    batches = Batches(loaded(root), tiny())
    (root / "train/A/000.png").write_bytes(b"gone")

    with caplog.at_level(logging.WARNING):
        for step in range(6):
            batches.at(step)

    assert sum("000.png" in line for line in caplog.messages) == 1
