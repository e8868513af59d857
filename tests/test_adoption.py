"""Raw files without a row are adopted, leftovers are cleared, links are left alone."""

import io
from pathlib import Path

import pytest
from PIL import Image

from pipeline.adoption import adopt_raw
from pipeline.catalog import open_catalog
from pipeline.dataset import DatasetDir
from pipeline.files import sha256_of
from pipeline.records import ImageRecord


@pytest.fixture
def dataset(tmp_path: Path) -> DatasetDir:
    return DatasetDir(tmp_path / "dataset")


def store(dataset: DatasetDir, data: bytes, name: str = "", folder: str = "") -> Path:
    sha256 = sha256_of(data)
    path = dataset.raw / (folder or sha256[:2]) / (name or f"{sha256}.jpg")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def adopted(dataset: DatasetDir) -> list[ImageRecord]:
    with open_catalog(dataset.catalog) as catalog:
        adopt_raw(dataset, catalog)
        return catalog.images()


def test_a_file_whose_name_is_its_hash_is_adopted(dataset: DatasetDir) -> None:
    store(dataset, b"picture")
    assert adopted(dataset) == [ImageRecord(sha256_of(b"picture"), "jpg", 7)]


def test_an_adopted_picture_s_size_is_known(dataset: DatasetDir) -> None:
    file = io.BytesIO()
    Image.new("RGB", (40, 30)).save(file, "PNG")
    store(dataset, file.getvalue())
    (record,) = adopted(dataset)
    assert (record.width, record.height) == (40, 30)


def test_adopting_again_finds_nothing_new(dataset: DatasetDir) -> None:
    store(dataset, b"picture")
    adopted(dataset)
    with open_catalog(dataset.catalog) as catalog:
        assert adopt_raw(dataset, catalog) == 0


def test_a_dataset_without_raw_files_has_nothing_to_adopt(dataset: DatasetDir) -> None:
    assert adopted(dataset) == []


@pytest.mark.parametrize(
    ("name", "folder"),
    [("cat.jpg", ""), (f"{sha256_of(b'other')}.jpg", ""), ("", "zz"), (f"{sha256_of(b'picture')}.JPG.exe", "")],
)
def test_a_file_that_is_not_what_its_name_says_is_ignored_and_stays(
    dataset: DatasetDir, name: str, folder: str
) -> None:
    path = store(dataset, b"picture", name, folder)
    assert adopted(dataset) == []
    assert path.exists()


def test_half_written_files_are_deleted(dataset: DatasetDir) -> None:
    paths = [store(dataset, b"half", ".tmp-abc", "ab"), store(dataset, b"half", ".tmp-abc", ".")]
    assert adopted(dataset) == []
    assert not any(path.exists() for path in paths)


def test_links_that_point_out_of_the_dataset_are_neither_followed_nor_deleted(
    dataset: DatasetDir, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / ".tmp-mine").write_bytes(b"mine")
    (outside / f"{sha256_of(b'picture')}.jpg").write_bytes(b"picture")
    dataset.raw.mkdir(parents=True)
    (dataset.raw / sha256_of(b"picture")[:2]).symlink_to(outside)
    (dataset.raw / "ab").mkdir()
    (dataset.raw / "ab" / ".tmp-link").symlink_to(outside / ".tmp-mine")
    assert adopted(dataset) == []
    assert (outside / ".tmp-mine").exists()
