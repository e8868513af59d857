"""Other names for the finished folders, where other trainers look for them: trainA, trainB, testA, testB."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from curate.swap import BUILD_PREFIX, link_or_copy, remove
from pipeline.dataset import DatasetDir
from pipeline.errors import UsageError
from pipeline.files import disk_errors, sync_files
from pipeline.language import _
from pipeline.records import DOMAINS, SPLITS

CYCLEGAN = "cyclegan"
_OURS = re.compile(r"[0-9a-f]{64}\.(jpg|png)")


def refuse_strangers(dataset: DatasetDir) -> None:
    """Raise UsageError for a trainA, trainB, testA or testB that no curation made; nothing of it is touched."""
    with disk_errors(dataset.root):
        for view, target in _views(dataset):
            if os.path.lexists(view) and not _is_ours(view, target):
                raise UsageError(
                    _("{path}: not made by a curation. Move it away, or leave out --layout cyclegan.", path=view)
                )


def show_views(dataset: DatasetDir, layout: str) -> None:
    """Make the views that a layout asks for, and take away those that it does not; call it after the swap.

    A view is one relative link, trainA -> train/A, so that it holds whatever the folder holds, and stays right when
    the dataset is copied or moved. Where the disk knows no such links the view is a folder of hard links or copies.
    Raises UsageError as `refuse_strangers` does where a view is asked for; DiskError.
    """
    if layout == CYCLEGAN:
        refuse_strangers(dataset)
    with disk_errors(dataset.root):
        for view, target in _views(dataset):
            if layout == CYCLEGAN and not _stands(dataset, view, target):
                _show(dataset, view, target)
            elif layout != CYCLEGAN and os.path.lexists(view) and _is_ours(view, target):
                remove(view)
        sync_files([dataset.root])


def views_stand(dataset: DatasetDir, layout: str) -> bool:
    """Whether there is nothing to do for `show_views`."""
    for view, target in _views(dataset):
        if layout == CYCLEGAN and not _stands(dataset, view, target):
            return False
        if layout != CYCLEGAN and os.path.lexists(view) and _is_ours(view, target):
            return False
    return True


def _views(dataset: DatasetDir) -> Iterator[tuple[Path, Path]]:
    """Each view and, relative to the dataset's root, the folder that it shows."""
    for split in SPLITS:
        for domain in DOMAINS:
            yield dataset.view(split, domain), dataset.images(split, domain).relative_to(dataset.root)


def _stands(dataset: DatasetDir, view: Path, target: Path) -> bool:
    if view.is_symlink():
        return view.readlink() == target
    if not view.is_dir():
        return False
    shown = {path.name: path for path in (dataset.root / target).iterdir()}
    return {path.name for path in view.iterdir()} == set(shown) and all(
        _equal(view / name, path) for name, path in shown.items()
    )


def _equal(copy: Path, original: Path) -> bool:
    return copy.samefile(original) or copy.read_bytes() == original.read_bytes()


def _is_ours(view: Path, target: Path) -> bool:
    """A link as we make it, or a folder that holds nothing but finished pictures, by their names."""
    if view.is_symlink():
        return view.readlink() == target
    return view.is_dir() and all(
        _OURS.fullmatch(path.name) and path.is_file() and not path.is_symlink() for path in view.iterdir()
    )


def _show(dataset: DatasetDir, view: Path, target: Path) -> None:
    """The view is made under a name that an interrupted curation's successor clears away, then takes its place."""
    made = dataset.root / f"{BUILD_PREFIX}{view.name}"
    remove(made)
    try:
        made.symlink_to(target, target_is_directory=True)
    except OSError:
        _fill(made, dataset.root / target)
    remove(view)
    made.rename(view)


def _fill(made: Path, folder: Path) -> None:
    made.mkdir()
    for path in sorted(folder.iterdir()):
        link_or_copy(path, made / path.name)
