"""A new tree takes the place of the old one whole, or not at all, however often it is interrupted.

A tree is built in `.build-tree`; `dataset.json` comes into it last and says that it is complete. From then on the swap
can only go forward: the root's dataset.json is removed, the old train/ and test/ are renamed to `.old-*`, the new ones
renamed into their place, and dataset.json moves up last. Before that moment whatever was built is thrown away.
Links are never followed: one that lies where we write or delete is removed itself, and what it points to stays.
"""

import os
import shutil
from pathlib import Path

from pipeline.dataset import DatasetDir
from pipeline.files import disk_errors, sync_files, write_atomically
from pipeline.records import SPLITS, Split

BUILD_PREFIX = ".build-"
OLD_PREFIX = ".old-"


def build_dir(dataset: DatasetDir) -> DatasetDir:
    """The folder in which the next tree grows; it has the same shape as the dataset."""
    return DatasetDir(dataset.root / f"{BUILD_PREFIX}tree")


def pictures_dir(dataset: DatasetDir) -> Path:
    """Where finished pictures wait for the tree that is built next, each under its sha256."""
    return dataset.root / f"{BUILD_PREFIX}pictures"


def finish_or_undo(dataset: DatasetDir) -> None:
    """Bring an interrupted swap to its end, or clear away what a killed command had built. Raises DiskError."""
    with disk_errors(dataset.root):
        build = build_dir(dataset)
        if build.summary.is_file() and not build.root.is_symlink():
            _go_forward(dataset, build)
        for path in sorted(dataset.root.iterdir()):
            if path.name.startswith((BUILD_PREFIX, OLD_PREFIX)):
                remove(path)


def commit(dataset: DatasetDir, summary: bytes) -> None:
    """Put the tree that was built in the place of the old one; `summary` becomes dataset.json. Raises DiskError."""
    build = build_dir(dataset)
    with disk_errors(dataset.root):
        sync_files(_unsynced(dataset, build))
        write_atomically(build.summary, summary)
    finish_or_undo(dataset)


def _unsynced(dataset: DatasetDir, build: DatasetDir) -> list[Path]:
    """The new tree's folders, and those of its files that the old tree, which was made to last, does not have."""
    if not dataset.summary.is_file():
        return sorted(build.root.rglob("*"))
    lasting = {_identity(path) for split in SPLITS for path in dataset.split_dir(split).rglob("*")}
    return [path for path in sorted(build.root.rglob("*")) if path.is_dir() or _identity(path) not in lasting]


def _identity(path: Path) -> tuple[int, int]:
    """What two names of one file have in common."""
    status = path.lstat()
    return status.st_dev, status.st_ino


def _go_forward(dataset: DatasetDir, build: DatasetDir) -> None:
    dataset.summary.unlink(missing_ok=True)
    for split in SPLITS:
        if build.split_dir(split).is_dir():
            _exchange(dataset, build, split)
    sync_files([dataset.root])
    build.summary.replace(dataset.summary)
    sync_files([dataset.root])


def _exchange(dataset: DatasetDir, build: DatasetDir, split: Split) -> None:
    target, aside = dataset.split_dir(split), dataset.root / f"{OLD_PREFIX}{split}"
    if os.path.lexists(target):
        remove(aside)
        target.rename(aside)
    build.split_dir(split).rename(target)


def remove(path: Path) -> None:
    """Delete a file, a link (not what it points to) or a whole folder; nothing happens where there is none."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def link_or_copy(source: Path, target: Path) -> None:
    """Give a finished file a second name; where the file system knows no hard links, a second copy. Raises OSError."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copyfile(source, target, follow_symlinks=False)
