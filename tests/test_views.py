"""Views of a dataset: other trainers find trainA and its like, and nothing of the user's is touched."""

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from test_build import OPTIONS, add, picture, run

from curate.views import show_views, views_stand
from pipeline.dataset import DatasetDir
from pipeline.errors import UsageError
from pipeline.forget import forget
from train.data import image_files

CYCLEGAN = replace(OPTIONS, layout="cyclegan")
VIEWS = {"trainA": "train/A", "trainB": "train/B", "testA": "test/A", "testB": "test/B"}


@pytest.fixture
def dataset(tmp_path: Path) -> DatasetDir:
    dataset = DatasetDir(tmp_path / "trees")
    add(dataset, "A", [picture(seed) for seed in range(4)])
    add(dataset, "B", [picture(seed) for seed in range(10, 14)])
    return dataset


@pytest.fixture
def no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that knows no symbolic links, as FAT."""

    def refuse(*_arguments: object, **_options: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "symlink", refuse)


def shown(root: Path) -> dict[str, list[str]]:
    return {view: sorted(path.name for path in (root / view).iterdir()) for view in VIEWS}


def finished(root: Path) -> dict[str, list[str]]:
    return {view: sorted(path.name for path in (root / folder).iterdir()) for view, folder in VIEWS.items()}


def test_the_views_are_relative_links_that_show_what_the_folders_hold(dataset: DatasetDir) -> None:
    run(dataset, CYCLEGAN)
    assert {view: (dataset.root / view).readlink().as_posix() for view in VIEWS} == VIEWS
    assert shown(dataset.root) == finished(dataset.root)
    assert sum(len(names) for names in shown(dataset.root).values()) == 8


def test_the_views_show_what_came_later_and_survive_a_move_and_a_copy(dataset: DatasetDir, tmp_path: Path) -> None:
    run(dataset, CYCLEGAN)
    add(dataset, "A", [picture(30), picture(31)], query="new")
    run(dataset, CYCLEGAN)
    assert shown(dataset.root) == finished(dataset.root)
    for copy, links in ((tmp_path / "linked", True), (tmp_path / "followed", False)):
        shutil.copytree(dataset.root, copy, symlinks=links)
    moved = dataset.root.rename(tmp_path / "moved")
    assert shown(moved) == shown(tmp_path / "linked") == shown(tmp_path / "followed") == finished(moved)


def test_without_the_layout_the_views_go_again(dataset: DatasetDir) -> None:
    run(dataset, CYCLEGAN)
    assert not run(dataset, CYCLEGAN).changed
    assert run(dataset).changed
    assert not [view for view in VIEWS if os.path.lexists(dataset.root / view)]
    assert not run(dataset).changed
    assert dataset.counts()["train"] == {"A": 3, "B": 3}


def test_a_view_that_was_deleted_comes_back(dataset: DatasetDir) -> None:
    run(dataset, CYCLEGAN)
    (dataset.root / "testB").unlink()
    assert run(dataset, CYCLEGAN).changed
    assert shown(dataset.root) == finished(dataset.root)


@pytest.mark.usefixtures("no_links")
def test_where_the_disk_knows_no_links_the_views_are_folders_that_keep_up(dataset: DatasetDir) -> None:
    run(dataset, CYCLEGAN)
    assert not (dataset.root / "trainA").is_symlink()
    assert not run(dataset, CYCLEGAN).changed
    add(dataset, "A", [picture(30)], query="new")
    run(dataset, CYCLEGAN)
    assert shown(dataset.root) == finished(dataset.root)
    run(dataset)
    assert not [view for view in VIEWS if (dataset.root / view).exists()]


@pytest.mark.usefixtures("no_links")
def test_a_forgotten_image_goes_from_views_that_are_folders_too(dataset: DatasetDir, tmp_path: Path) -> None:
    run(dataset, CYCLEGAN)
    name = shown(dataset.root)["trainA"][0]
    forget([name.partition(".")[0]], dataset, tmp_path / "runs")
    assert not list(dataset.root.rglob(name))


def test_a_folder_of_the_user_s_that_is_called_like_a_view_is_refused_and_stays(dataset: DatasetDir) -> None:
    mine = dataset.root / "trainA" / "holiday.jpg"
    mine.parent.mkdir()
    mine.write_bytes(b"mine")
    with pytest.raises(UsageError, match="trainA"):
        run(dataset, CYCLEGAN)
    assert not dataset.summary.exists()
    assert run(dataset).changed
    assert not run(dataset).changed
    assert mine.read_bytes() == b"mine"


def test_a_link_of_the_user_s_to_elsewhere_is_refused_and_stays(dataset: DatasetDir, tmp_path: Path) -> None:
    (dataset.root / "testA").symlink_to(tmp_path)
    with pytest.raises(UsageError, match="testA"):
        run(dataset, CYCLEGAN)
    run(dataset)
    assert (dataset.root / "testA").readlink() == tmp_path


VICTIM = """
import os, signal, sys
from pathlib import Path
from curate.views import show_views
from pipeline.dataset import DatasetDir

last, touched = int(sys.argv[2]), 0

def watch(event, arguments):
    global touched
    if event in ("os.symlink", "os.rename", "os.remove"):
        touched += 1
        if touched == last:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(watch)
show_views(DatasetDir(Path(sys.argv[1])), "cyclegan")
"""


@pytest.mark.parametrize("last", [1, 2, 5, 8])
def test_killed_while_it_makes_the_views_the_next_curation_makes_them(dataset: DatasetDir, last: int) -> None:
    run(dataset)
    words = [sys.executable, "-c", VICTIM, str(dataset.root), str(last)]
    assert subprocess.run(words, check=False).returncode == -signal.SIGKILL
    run(dataset, CYCLEGAN)
    assert shown(dataset.root) == finished(dataset.root)
    assert [path.name for path in dataset.root.iterdir() if path.name.startswith(".build-")] == []


@pytest.mark.parametrize("follow", [False, True], ids=["links", "copies"])
def test_a_mailed_tree_with_its_views_and_no_catalogue_trains(
    dataset: DatasetDir, tmp_path: Path, follow: bool
) -> None:
    run(dataset, CYCLEGAN)
    mailed = tmp_path / "mailed"
    shutil.copytree(dataset.root, mailed, symlinks=not follow, ignore=shutil.ignore_patterns("catalog*", "raw"))
    with image_files(mailed, "train") as files:
        assert {domain: len(found) for domain, found in files.items()} == {"A": 3, "B": 3}


def test_showing_twice_changes_nothing(dataset: DatasetDir) -> None:
    run(dataset, CYCLEGAN)
    before = (dataset.root / "trainA").lstat().st_ino
    show_views(dataset, "cyclegan")
    assert views_stand(dataset, "cyclegan")
    assert (dataset.root / "trainA").lstat().st_ino == before
