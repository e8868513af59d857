"""Exports with pictures: what other tools read in them, the same bytes every time, whole or absent, and no place."""

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet
import pytest
from loads import Loader, Rows, start
from PIL import Image
from test_build import NAMES, OPTIONS, add, picture, run
from test_export import with_place

from pipeline.catalog import open_catalog
from pipeline.dataset import DatasetDir
from pipeline.errors import DatasetLockedError, UnusableError, UsageError
from pipeline.files import lock, sha256_of
from pipeline.finished import read_finished
from pipeline.forget import forget
from pipeline.publish import publish
from pipeline.records import Candidate, ImageRecord, Source
from pipeline.shards import write_shards

FORMS = ("imagefolder", "webdataset", "parquet")


def made(root: Path) -> DatasetDir:
    dataset = DatasetDir(root)
    add(dataset, "A", [picture(seed) for seed in range(8)])
    add(dataset, "B", [picture(seed) for seed in range(10, 18)])
    run(dataset, replace(OPTIONS, layout="cyclegan"))
    return dataset


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> DatasetDir:
    """Twelve pictures train and four test, with everything beside them that a dataset may hold."""
    dataset = made(tmp_path_factory.mktemp("publish") / "test trees")
    dataset.layouts.mkdir()
    (dataset.layouts / "train.png").write_bytes(picture(99, kind="PNG"))
    return dataset


@pytest.fixture(scope="module")
def loader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loader]:
    with start(tmp_path_factory.mktemp("huggingface")) as program:
        yield Loader(program)


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_holds(rows: Rows, dataset: DatasetDir) -> None:
    """Both splits, all pictures once, each with its domain and its size, and no test picture in train."""
    expected = {one.sha256: one for one in read_finished(dataset)}
    assert {split: len(part) for split, part in rows.items()} == {"train": 12, "test": 4}
    assert {row["sha256"] for part in rows.values() for row in part} == set(expected)
    for split, part in rows.items():
        for row in part:
            one = expected[row["sha256"]]
            assert (split, row["split"], row["domain"], row["title"]) == (one.split, one.split, one.domain, one.title)
            assert row["decoded"] == [row["width"], row["height"]] == [one.width, one.height]


def test_a_dataset_s_folder_loads_as_it_is(dataset: DatasetDir, loader: Loader) -> None:
    assert_holds(loader.load(str(dataset.root)), dataset)


def test_a_dataset_s_folder_loads_as_an_imagefolder(dataset: DatasetDir, loader: Loader) -> None:
    assert_holds(loader.load("imagefolder", data_dir=str(dataset.root)), dataset)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_loads_in_hugging_face_with_both_splits(
    dataset: DatasetDir, loader: Loader, tmp_path: Path, form: str
) -> None:
    publish(form, dataset, tmp_path / "out")
    assert_holds(loader.load(str(tmp_path / "out")), dataset)


def test_a_parquet_file_loads_without_its_folder(dataset: DatasetDir, loader: Loader, tmp_path: Path) -> None:
    publish("parquet", dataset, tmp_path / "out")
    rows = loader.load("parquet", data_files=str(tmp_path / "out" / "test.parquet"))
    assert {tuple(row["decoded"]) for row in rows["train"]} == {(60, 40)}  # one file without a split is "train" there


def test_an_exported_imagefolder_trains_and_croissant_is_right_for_it(dataset: DatasetDir, tmp_path: Path) -> None:
    publish("imagefolder", dataset, tmp_path / "out")
    exported = DatasetDir(tmp_path / "out")
    assert exported.counts() == dataset.counts()
    described = json.loads(exported.croissant.read_bytes())["distribution"]
    hashes = {one["contentUrl"]: one["sha256"] for one in described if "contentUrl" in one}
    assert all(sha256_of((exported.root / name).read_bytes()) == digest for name, digest in hashes.items())


def test_shards_hold_a_picture_and_its_line_under_one_key(dataset: DatasetDir, tmp_path: Path) -> None:
    publish("webdataset", dataset, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").glob("*.tar")) == [
        f"{split}-{domain}-000000.tar" for split in ("test", "train") for domain in "AB"
    ]
    with tarfile.open(tmp_path / "out" / "train-B-000000.tar") as shard:
        members = shard.getmembers()
        keys = [member.name.partition(".")[0] for member in members]
        assert keys[::2] == keys[1::2] == sorted(set(keys))
        assert {(one.mtime, one.uid, one.gid, one.uname, one.mode) for one in members} == {(0, 0, 0, "", 0o644)}
        file = shard.extractfile(members[1])
        assert file is not None
        assert json.load(file)["domain"] == "B"


def test_a_full_shard_is_followed_by_another_and_every_sample_is_whole(dataset: DatasetDir, tmp_path: Path) -> None:
    pictures = [one for one in read_finished(dataset) if one.split == "train"]
    files = write_shards(dataset, pictures, tmp_path, "all", shard_bytes=5_000)
    names = []
    for path in files:
        with tarfile.open(path) as shard:
            names += shard.getnames()
    assert len(files) > 2
    assert names == [f"{one.sha256}.{kind}" for one in pictures for kind in ("jpg", "json")]


def test_a_parquet_file_has_the_bytes_and_every_column_with_its_type(dataset: DatasetDir, tmp_path: Path) -> None:
    publish("parquet", dataset, tmp_path / "out")
    table = pyarrow.parquet.read_table(tmp_path / "out" / "train.parquet")
    assert {str(table.schema.field(name).type) for name in ("title", "licence", "domain")} == {"string"}
    first = table.to_pylist()[0]
    assert first["image"]["bytes"] == (dataset.split_dir("train") / first["image"]["path"]).read_bytes()
    assert "file_name" not in first


@pytest.mark.parametrize("form", FORMS)
def test_the_same_dataset_gives_the_same_bytes_and_the_earlier_export_makes_room(
    dataset: DatasetDir, tmp_path: Path, form: str
) -> None:
    summary = publish(form, dataset, tmp_path / "out")
    before = content(tmp_path / "out")
    assert publish(form, dataset, tmp_path / "out") == summary
    publish(form, dataset, tmp_path / "other")
    assert content(tmp_path / "out") == content(tmp_path / "other") == before
    assert (summary.images, summary.licensed, summary.files) == (16, 0, len(before))
    assert summary.size_bytes == sum(map(len, before.values()))
    assert {path.name for path in tmp_path.iterdir()} == {"out", "other"}


def test_one_form_takes_the_place_of_another(dataset: DatasetDir, tmp_path: Path) -> None:
    publish("webdataset", dataset, tmp_path / "out")
    publish("parquet", dataset, tmp_path / "out")
    assert set(content(tmp_path / "out")) == {"README.md", "train.parquet", "test.parquet"}


@pytest.mark.parametrize("name", ["notes.txt", "train/A/me.jpg", ".git/config", "train/A/deep/x.jpg"])
def test_a_folder_with_anything_else_in_it_is_refused_and_stays(dataset: DatasetDir, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    publish("imagefolder", dataset, out)
    (out / name).parent.mkdir(parents=True, exist_ok=True)
    (out / name).write_bytes(b"mine")
    before = content(out)
    with pytest.raises(UsageError, match=r"--output.*new folder"):
        publish("parquet", dataset, out)
    assert content(out) == before


def test_a_dataset_is_never_taken_for_an_earlier_export(dataset: DatasetDir, tmp_path: Path) -> None:
    other = made(tmp_path / "other")
    before = content(other.root)
    with pytest.raises(UsageError, match="--output"):
        publish("imagefolder", dataset, other.root)
    assert content(other.root) == before


@pytest.mark.parametrize("inside", ["", "export", "train", "train/A"])
def test_inside_the_dataset_nothing_is_exported(dataset: DatasetDir, inside: str) -> None:
    before = content(dataset.root)
    with pytest.raises(UsageError, match="inside the dataset"):
        publish("imagefolder", dataset, dataset.root / inside)
    assert set(content(dataset.root)) == set(before)


def test_a_link_or_a_file_in_the_place_is_refused(dataset: DatasetDir, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "file").write_bytes(b"mine")
    for name in ("link", "file"):
        with pytest.raises(UsageError, match=name):
            publish("imagefolder", dataset, tmp_path / name)


VICTIM = """
import os, signal, sys
from pathlib import Path
from pipeline.dataset import DatasetDir
from pipeline.publish import publish

out, last, touched = sys.argv[2], int(sys.argv[3]), 0

def watch(event, arguments):
    global touched
    changes = event in ("os.rename", "os.mkdir", "os.remove", "os.rmdir")
    if changes or event == "open" and isinstance(arguments[0], (str, Path)) and "out" in str(arguments[0]):
        touched += 1
        if touched == last:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(watch)
publish("imagefolder", DatasetDir(Path(sys.argv[1])), Path(out))
print(touched)
"""


def export_in_a_child(dataset: DatasetDir, out: Path, last: int = 0) -> "subprocess.CompletedProcess[str]":
    """Export in a process that kills itself at its `last`-th change of a file (0: never) and else says how many."""
    words = [sys.executable, "-c", VICTIM, str(dataset.root), str(out), str(last)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_an_export_that_is_killed_is_whole_or_absent_and_the_next_one_clears_up(
    dataset: DatasetDir, tmp_path: Path
) -> None:
    whole = int(export_in_a_child(dataset, tmp_path / "whole" / "out").stdout)
    expected = content(tmp_path / "whole" / "out")
    out = tmp_path / "killed" / "out"
    for last in (1, whole // 3, whole - 3, whole - 1):
        assert export_in_a_child(dataset, out, last).returncode == -9
        assert not out.exists() or content(out) == expected
    publish("imagefolder", dataset, out)
    assert content(out) == expected
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_where_photos_were_taken_is_in_no_export(tmp_path: Path) -> None:
    """Photos with a GPS position, a camera's name, and names of the user's own files."""
    dataset = DatasetDir(tmp_path / "trees")
    with open_catalog(dataset.catalog) as catalog:
        for seed in range(6):
            photo = with_place(picture(seed), "JPEG")
            candidate = Candidate("AB"[seed % 2], "folder", "", seed, f"file:///photos/SECRETPLACE{seed}.jpg")  # type: ignore[arg-type]
            path = dataset.raw_file(sha256_of(photo), "jpg")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(photo)
            catalog.see([candidate])
            catalog.settle(
                [Source(candidate, "fetched", sha256=path.stem)], [ImageRecord(path.stem, "jpg", len(photo))]
            )
    for kind in ("jpeg", "png"):
        run(dataset, replace(OPTIONS, format=kind))
        for form in FORMS:
            summary = publish(form, dataset, tmp_path / kind / form)
            assert summary.images == 6
    secrets = (b"SECRETCAMERA", b"SECRETPLACE", b"Exif\0", b"eXIf", b"raw/")
    made = [path for path in tmp_path.rglob("*") if path.is_file() and dataset.root not in path.parents]
    assert len(made) > 12
    assert [(path.name, word) for path in made for word in secrets if word in path.read_bytes()] == []
    finished = [path for split in ("train", "test") for path in dataset.root.glob(f"{split}/?/*.png")]
    for path in finished:
        with Image.open(path) as image:
            assert (image.info, len(image.getexif())) == ({}, 0)
    assert len(finished) == 6


@pytest.mark.parametrize("form", FORMS)
def test_forget_names_the_exports_that_hold_an_image(tmp_path: Path, form: str) -> None:
    dataset = made(tmp_path / "trees")
    publish(form, dataset, tmp_path / "shared")
    name = read_finished(dataset)[0].sha256
    assert forget([name], dataset, tmp_path / "runs").exports == ("shared",)
    summary = publish(form, dataset, tmp_path / "shared")
    assert summary.images == 15
    assert not any(name.encode() in data for data in content(tmp_path / "shared").values())
    with open_catalog(dataset.catalog) as catalog:
        assert catalog.exports_of([name]) == []


def test_what_cannot_be_exported_is_refused_with_the_remedy_and_leaves_nothing(tmp_path: Path) -> None:
    dataset = DatasetDir(tmp_path / "trees")
    out = tmp_path / "out"
    with pytest.raises(UsageError, match="pipeline crawl"):
        publish("imagefolder", dataset, out)
    add(dataset, "A", [picture(seed) for seed in range(3)])
    with pytest.raises(UnusableError, match="pipeline curate"):
        publish("imagefolder", dataset, out)
    run(dataset)
    with lock(dataset.lock), pytest.raises(DatasetLockedError):
        publish("imagefolder", dataset, out)
    min(dataset.images("train", "A").iterdir()).unlink()
    with pytest.raises(UnusableError, match="pipeline curate"):
        publish("imagefolder", dataset, out)
    assert {path.name for path in tmp_path.iterdir()} == {"trees"}


def test_parquet_without_its_package_is_an_error_that_names_it(
    dataset: DatasetDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(UsageError, match=r"unpaired\[parquet\]"):
        publish("parquet", dataset, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_leaves_nothing_behind(
    dataset: DatasetDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "copyfile", _full)
    with pytest.raises(Exception, match="disk is full"):
        publish("imagefolder", dataset, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def _full(*_arguments: object) -> None:
    raise OSError(28, os.strerror(28))


def test_the_command_writes_beside_the_user_and_says_so_as_json(dataset: DatasetDir, tmp_path: Path) -> None:
    program = [sys.executable, "-c", "from pipeline.cli import main; main()"]
    words = ["export", "--format", "webdataset", "--dataset", str(dataset.root), "--json"]
    done = subprocess.run([*program, *words], cwd=tmp_path, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert (told["folder"], told["images"]) == ("test trees.webdataset", 16)
    assert (tmp_path / told["folder"] / "README.md").is_file()
    again = subprocess.run([*program, *words[:-1]], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "16 images" in again.stdout
    assert "no licence is known" in again.stdout
    assert io.StringIO(again.stdout).readline().startswith("test trees.webdataset")
    assert NAMES["A"] in (tmp_path / told["folder"] / "README.md").read_text("utf-8")
