"""Every path of datasets/<name>."""

from pathlib import Path

import pytest

from pipeline.dataset import DatasetDir
from pipeline.errors import UsageError

SHA256 = "ab" * 32


def test_a_name_is_a_folder_under_datasets() -> None:
    assert DatasetDir.named("street2blossom").root == Path("datasets/street2blossom")


@pytest.mark.parametrize("path", ["./here", "/somewhere/else", "a/b"])
def test_what_has_a_separator_is_a_path(path: str) -> None:
    assert DatasetDir.named(path).root == Path(path)


@pytest.mark.parametrize("name", ["", ".", "..", "a\0b"])
def test_a_name_that_cannot_be_a_folder_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="--dataset"):
        DatasetDir.named(name)


def test_a_raw_file_lies_under_the_first_two_digits_of_its_hash(tmp_path: Path) -> None:
    assert DatasetDir(tmp_path).raw_file(SHA256, "jpg") == tmp_path / "raw" / "ab" / f"{SHA256}.jpg"


@pytest.mark.parametrize("name", ["../../etc/passwd", "AB" * 32, "ab" * 31, ""])
def test_what_is_no_hash_never_becomes_a_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a sha256"):
        DatasetDir(tmp_path).raw_file(name, "jpg")


def test_counts_are_those_of_the_folders_and_0_without_them(tmp_path: Path) -> None:
    dataset = DatasetDir(tmp_path)
    folder = dataset.images("train", "A")
    folder.mkdir(parents=True)
    (folder / "one.jpg").write_bytes(b"")
    assert dataset.counts() == {"train": {"A": 1, "B": 0}, "test": {"A": 0, "B": 0}}
