"""The lines of metadata.jsonl: read as they were written, and refused where they are none of ours."""

import json
from dataclasses import asdict, fields, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_build import NAMES, add, picture, run

from pipeline.dataset import DatasetDir
from pipeline.errors import UnusableError
from pipeline.finished import FinishedPicture, metadata_bytes, open_curation, read_finished

PICTURE = FinishedPicture(
    f"A/{'a' * 64}.jpg", "A", "train", "a" * 64, "", "거리", "google", "https://e.org/1", "", "", "", "", 60, 40
)
reproducibly = settings(derandomize=True, deadline=None)


@pytest.fixture(scope="module")
def curated(tmp_path_factory: pytest.TempPathFactory) -> DatasetDir:
    dataset = DatasetDir(tmp_path_factory.mktemp("finished") / "trees")
    add(dataset, "A", [picture(seed) for seed in range(4)])
    add(dataset, "B", [picture(seed) for seed in range(10, 14)])
    run(dataset)
    return dataset


def copied(dataset: DatasetDir, folder: Path) -> DatasetDir:
    """The finished part of a dataset, to be damaged."""
    other = DatasetDir(folder / "copy")
    for path in [*dataset.root.glob("t*/**/*"), dataset.summary]:
        if path.is_file():
            target = other.root / path.relative_to(dataset.root)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    return other


@reproducibly
@given(st.text(st.characters(codec="utf-8")))
def test_a_line_is_one_line_whatever_a_title_holds(title: str) -> None:
    line = replace(PICTURE, title=title).line()
    assert line.splitlines() == [line[:-1]]
    assert FinishedPicture(**json.loads(line)).title == title


def test_half_a_character_does_not_stop_a_curation() -> None:
    assert b"?" in metadata_bytes([replace(PICTURE, title="\ud83d")])


def test_no_key_but_file_name_ends_as_hugging_face_s_file_names_do() -> None:
    names = [field.name for field in fields(FinishedPicture)]
    assert [name for name in names if name.endswith(("file_name", "file_names"))] == ["file_name"]


def test_a_curated_tree_is_read_as_it_was_written(curated: DatasetDir) -> None:
    pictures = read_finished(curated)
    assert len(pictures) == 8
    for split in ("train", "test"):
        assert metadata_bytes(one for one in pictures if one.split == split) == curated.metadata(split).read_bytes()  # type: ignore[arg-type]
    assert open_curation(curated).names == NAMES


@pytest.mark.parametrize(
    "changed",
    [
        {"file_name": "../../raw/secret.jpg"},
        {"file_name": f"B/{'a' * 64}.jpg"},
        {"file_name": f"A/{'a' * 64}.jpg/x"},
        {"sha256": "b" * 64},
        {"split": "test"},
        {"width": "60"},
        {"title": None},
    ],
    ids=str,
)
def test_a_line_that_names_another_file_or_another_type_is_refused(
    curated: DatasetDir, tmp_path: Path, changed: dict[str, object]
) -> None:
    dataset = copied(curated, tmp_path)
    path = dataset.metadata("train")
    path.write_text(json.dumps({**asdict(PICTURE), **changed}) + "\n")
    with pytest.raises(UnusableError, match=r"metadata\.jsonl.*pipeline curate"):
        read_finished(dataset)


@pytest.mark.parametrize("text", ["{}\n", "[]\n", "null\n", "\x00\n", "[" * 100_000])
def test_a_file_that_is_no_metadata_is_refused(curated: DatasetDir, tmp_path: Path, text: str) -> None:
    dataset = copied(curated, tmp_path)
    dataset.metadata("test").write_text(text)
    with pytest.raises(UnusableError, match="pipeline curate"):
        read_finished(dataset)


def test_a_picture_that_is_missing_or_a_link_is_named(curated: DatasetDir, tmp_path: Path) -> None:
    dataset = copied(curated, tmp_path)
    gone = min(dataset.images("train", "A").iterdir())
    gone.unlink()
    with pytest.raises(UnusableError, match=gone.name):
        read_finished(dataset)
    gone.symlink_to(dataset.summary)
    with pytest.raises(UnusableError, match=gone.name):
        read_finished(dataset)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"names": []}', "null"])
def test_a_dataset_json_of_somebody_else_is_refused(tmp_path: Path, text: str) -> None:
    dataset = DatasetDir(tmp_path)
    dataset.summary.write_text(text)
    with pytest.raises(UnusableError, match="pipeline curate"):
        open_curation(dataset)
