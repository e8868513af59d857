"""Row C1 of FAULTS.md through the command: what curate refuses is named with its value, and nothing is written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_build import add, picture

from pipeline.dataset import DatasetDir


def curate(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    program = [sys.executable, "-c", "from pipeline.cli import main; main()", "curate", "--dataset", "./trees"]
    return subprocess.run([*program, *words], cwd=folder, capture_output=True, text=True, check=False)


def state(folder: Path) -> dict[str, bytes | None]:
    """Every path below, with its bytes; None for folders."""
    return {os.fspath(path.relative_to(folder)): _bytes(path) for path in folder.rglob("*")}


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


@pytest.fixture
def dataset(tmp_path: Path) -> DatasetDir:
    dataset = DatasetDir(tmp_path / "trees")
    add(dataset, "A", [picture(seed) for seed in range(3)])
    add(dataset, "B", [picture(seed) for seed in range(10, 13)])
    return dataset


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--split", "0"], "--split 0.0: must be above 0 and below 1"),
        (["--split", "1"], "--split 1.0: must be above 0 and below 1"),
        (["--split", "1.5"], "--split 1.5"),
        (["--split=-0.1"], "--split -0.1"),
        (["--split", "nan"], "--split nan"),
        (["--split", "inf"], "--split inf"),
        (["--split", "half"], "'half' is not a valid float"),
        (["--format", "webp"], "'webp' is not one of 'jpeg', 'png'"),
        (["--layout", "pix2pix"], "'pix2pix' is not one of 'plain', 'cyclegan'"),
        (["--size", "0"], "--size 0"),
    ],
)
@pytest.mark.usefixtures("dataset")
def test_a_value_that_cannot_be_meant_is_named_and_nothing_is_written(
    tmp_path: Path, words: list[str], named: str
) -> None:
    before = state(tmp_path)
    done = curate(tmp_path, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert named in done.stderr
    assert state(tmp_path) == before


@pytest.mark.parametrize("key", ["split = 0", "split = nan", "split = 'half'", "format = 'gif'", "layout = 1"])
@pytest.mark.usefixtures("dataset")
def test_a_value_of_the_recipe_is_named_with_its_file_and_key(tmp_path: Path, key: str) -> None:
    (tmp_path / "pipeline.toml").write_text(f"[curate]\n{key}\n")
    before = state(tmp_path)
    done = curate(tmp_path)
    assert done.returncode == 2
    assert "pipeline.toml" in done.stderr
    assert key.split(maxsplit=1)[0] in done.stderr
    assert state(tmp_path) == before


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ([picture(0)], "kept 0, rejected 1"),
        ([picture(0), picture(0, kind="PNG"), picture(0, kind="WEBP", quality=95)], "kept 0, rejected 3"),
        ([b"", b"<html>"], "kept 0, rejected 2 ("),
    ],
    ids=["one image", "all duplicates", "no picture"],
)
def test_too_little_to_split_is_refused_with_numbers_and_no_folder_is_made(
    tmp_path: Path, files: list[bytes], named: str
) -> None:
    add(DatasetDir(tmp_path / "trees"), "A", files)
    done = curate(tmp_path, "--min-size", "32")
    assert (done.returncode, done.stdout) == (2, "")
    assert named in done.stderr
    assert "pipeline crawl" in done.stderr
    assert {path.name for path in (tmp_path / "trees").iterdir()} <= {"catalog.sqlite", "raw", ".lock"}
