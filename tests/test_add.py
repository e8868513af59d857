"""The user's own photos."""

import io
import sys
import unicodedata
from pathlib import Path

import pytest
from PIL import Image

from crawler.folder import add
from pipeline.catalog import open_catalog
from pipeline.dataset import DatasetDir
from pipeline.errors import NoResultsError, UsageError
from pipeline.files import sha256_of
from pipeline.progress import Silent
from pipeline.records import Source


def jpeg(shade: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (30, 20), (shade, 90, 120)).save(file, "JPEG")
    return file.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "내 사진"
    (place / "2024").mkdir(parents=True)
    (place / unicodedata.normalize("NFD", "거리.JPG")).write_bytes(jpeg(1))
    (place / "2024" / "a&b.jpg").write_bytes(jpeg(2))
    (place / "notes.txt").write_text("no image")
    (place / ".hidden.jpg").write_bytes(jpeg(3))
    return place


@pytest.fixture
def dataset(tmp_path: Path) -> DatasetDir:
    return DatasetDir(tmp_path / "data")


def sources(dataset: DatasetDir) -> dict[str, Source]:
    with open_catalog(dataset.catalog) as catalog:
        return {source.candidate.title: source for source in catalog.sources()}


def test_photos_are_copied_to_raw_and_the_folder_stays_as_it_is(folder: Path, dataset: DatasetDir) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    summary = add(folder, "A", dataset, progress=Silent())
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert {path.stem for path in dataset.raw.glob("*/*")} == {sha256_of(jpeg(1)), sha256_of(jpeg(2))}
    assert (summary.images, summary.queries[0].fetched, summary.queries[0].failed) == (2, 2, {"not_image": 1})


def test_the_catalogue_keeps_the_names_in_nfc_and_nothing_of_the_machine(folder: Path, dataset: DatasetDir) -> None:
    add(folder, "B", dataset, progress=Silent())
    found = sources(dataset)
    assert set(found) == {"거리.JPG", "a&b.jpg", "notes.txt"}
    candidate = found["a&b.jpg"].candidate
    assert (candidate.domain, candidate.engine, candidate.query) == ("B", "folder", "")
    assert candidate.image_url == f"file:///%EB%82%B4%20%EC%82%AC%EC%A7%84/2024/a%26b.jpg#{sha256_of(jpeg(2))[:12]}"


def test_a_folder_that_was_added_before_brings_nothing_new(folder: Path, dataset: DatasetDir) -> None:
    add(folder, "A", dataset, progress=Silent())
    row = add(folder, "A", dataset, progress=Silent()).queries[0]
    assert (row.fetched, row.known, row.images) == (0, 2, 2)


def test_a_heic_that_could_not_be_read_is_added_once_the_decoder_is_installed(
    folder: Path, dataset: DatasetDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pillow_heif").register_heif_opener()
    Image.new("RGB", (64, 48), "pink").save(folder / "b.heic")
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "pillow_heif", None)
        without.delitem(Image.OPEN, "HEIF")
        first = add(folder, "A", dataset, progress=Silent()).queries[0]
    second = add(folder, "A", dataset, progress=Silent()).queries[0]
    assert first.failed == {"not_image": 1, "needs_heic": 1}
    assert (second.failed, second.fetched, second.known) == ({"not_image": 1}, 1, 2)


def test_a_file_that_changed_is_another_image_and_the_old_one_keeps_its_source(
    folder: Path, dataset: DatasetDir
) -> None:
    add(folder, "A", dataset, progress=Silent())
    (folder / "2024" / "a&b.jpg").write_bytes(jpeg(9))
    assert add(folder, "A", dataset, progress=Silent()).images == 3
    with open_catalog(dataset.catalog) as catalog:
        assert {source.sha256 for source in catalog.sources() if source.sha256} == {
            image.sha256 for image in catalog.images()
        }


def test_the_dataset_inside_the_folder_is_not_added_to_itself(folder: Path) -> None:
    dataset = DatasetDir(folder / "datasets" / "x")
    add(folder, "A", dataset, progress=Silent())
    assert add(folder, "A", dataset, progress=Silent()).images == 2


def test_one_photo_in_both_domains_has_a_source_in_each(folder: Path, dataset: DatasetDir) -> None:
    add(folder, "A", dataset, progress=Silent())
    assert add(folder, "B", dataset, progress=Silent()).images == 2
    with open_catalog(dataset.catalog) as catalog:
        assert {source.candidate.domain for source in catalog.sources()} == {"A", "B"}


def test_a_folder_without_images_has_no_results(tmp_path: Path, dataset: DatasetDir) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(NoResultsError, match="empty"):
        add(empty, "A", dataset, progress=Silent())


def test_what_is_no_folder_is_named(tmp_path: Path, dataset: DatasetDir) -> None:
    with pytest.raises(UsageError, match="gone"):
        add(tmp_path / "gone", "A", dataset, progress=Silent())
    assert not dataset.root.exists()
