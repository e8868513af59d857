"""The door of exports with pictures: a curated dataset -> a folder to share, in one of three forms. Never raw/."""

import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.card import FOLDERS, card, host_of
from pipeline.catalog import open_catalog
from pipeline.croissant import croissant
from pipeline.dataset import DatasetDir
from pipeline.errors import UsageError
from pipeline.files import TEMPORARY_PREFIX, disk_errors, lock, sync_files
from pipeline.finished import Curation, FinishedPicture, metadata_bytes, open_curation, read_finished
from pipeline.language import _
from pipeline.parquet import need_pyarrow, write_parquet
from pipeline.records import DOMAINS, SPLITS, Split
from pipeline.shards import write_shards

Pictures = Sequence[FinishedPicture]
_EXPORTED = re.compile(
    r"README\.md|croissant\.json|(train|test)(/metadata\.jsonl|/[AB]/[0-9a-f]{64}\.(jpg|png)|-[AB]-\d{6}\.tar|\.parquet)"
)


@dataclass(frozen=True, slots=True)
class PublishSummary:
    """What an export with pictures holds. `licensed`: of how many images a licence is known."""

    folder: str
    images: int
    licensed: int
    files: int
    size_bytes: int

    def text(self) -> str:
        """The closing lines of the command."""
        lines = [
            _(
                "{folder}: {images} images in {files} files, {size_bytes} bytes.",
                folder=self.folder,
                images=self.images,
                files=self.files,
                size_bytes=self.size_bytes,
            )
        ]
        if self.licensed < self.images:
            lines.append(
                _(
                    "Of {count} images no licence is known: ask before you share them, or share a recipe"
                    " (pipeline export --format recipe).",
                    count=self.images - self.licensed,
                )
            )
        return "\n".join(lines)


def publish(form: str, dataset: DatasetDir, output: Path) -> PublishSummary:
    """Write the finished pictures to a new folder `output`, whole or not at all, with a dataset card.

    `form` is "imagefolder" (the folders as they are), "webdataset" (tar shards by split and side) or "parquet" (a file
    for each split). `datasets.load_dataset(output)` reads each. Pictures come from train/ and test/ alone, so no place
    and no camera is in them, and of addresses only those on the web are told. An earlier export in the same place is
    replaced; the same dataset gives the same bytes. Raises UsageError where something else lies there, or a package is
    missing; DatasetLockedError, UnusableError, DiskError.
    """
    if form == "parquet":
        need_pyarrow()
    if not dataset.catalog.is_file():
        raise UsageError(_("{dataset}: no image to export. Collect some with `pipeline crawl`.", dataset=dataset.root))
    with lock(dataset.lock), open_catalog(dataset.catalog) as catalog, disk_errors(output):
        _refuse_strangers(output, dataset)
        curation = open_curation(dataset)
        pictures = [_shared(picture) for picture in read_finished(dataset)]
        files = _write_whole(output, lambda folder: _FORMS[form](dataset, pictures, curation, folder))
        catalog.exported(output.resolve().name, {picture.sha256 for picture in pictures})
        size_bytes = sum(path.stat().st_size for path in files)
    licensed = sum(bool(picture.licence) for picture in pictures)
    return PublishSummary(str(output), len(pictures), licensed, len(files), size_bytes)


def _refuse_strangers(output: Path, dataset: DatasetDir) -> None:
    place = output.resolve()
    if place.is_relative_to(dataset.root.resolve()):
        raise UsageError(_("--output {path}: lies inside the dataset. Name a folder outside of it.", path=output))
    is_free = not place.exists() and not output.is_symlink()
    if not is_free and (output.is_symlink() or not place.is_dir() or not all(map(_is_exported, _below(place)))):
        raise UsageError(
            _("--output {path}: holds something else than an earlier export. Name a new folder.", path=output)
        )


def _below(folder: Path) -> Iterator[str]:
    """Every file and link in a folder, from there."""
    return (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())


def _is_exported(name: str) -> bool:
    """Whether an export writes files of this name, so that a new one may take its place."""
    return _EXPORTED.fullmatch(name) is not None


def _shared(picture: FinishedPicture) -> FinishedPicture:
    """What is told of a picture elsewhere: addresses on the web, and no names of the user's own files."""
    image_url, page_url = (url if host_of(url) else "" for url in (picture.image_url, picture.page_url))
    return replace(picture, image_url=image_url, page_url=page_url)


def _write_whole(output: Path, write: Callable[[Path], None]) -> list[Path]:
    """Let `write` fill a new folder beside `output`, which then takes its place; returns its files."""
    place = output.resolve()
    made, aside = (place.parent / f"{TEMPORARY_PREFIX}{place.name}{end}" for end in ("", ".old"))
    for path in (made, aside):
        _remove(path)
    made.mkdir(parents=True)
    try:
        write(made)
        sync_files([path for path in sorted(made.rglob("*")) if path.is_file()])
    except BaseException:
        _remove(made)
        raise
    if place.exists():
        place.rename(aside)
    made.rename(place)
    sync_files([place])
    _remove(aside)
    return [path for path in sorted(place.rglob("*")) if path.is_file()]


def _remove(path: Path) -> None:
    """Delete a folder that an interrupted export left; a link in its place goes, and what it points to stays."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _imagefolder(dataset: DatasetDir, pictures: Pictures, curation: Curation, folder: Path) -> None:
    for split in SPLITS:
        for domain in DOMAINS:
            (folder / split / domain).mkdir(parents=True)
        (folder / split / "metadata.jsonl").write_bytes(metadata_bytes(_of(pictures, split)))
    for picture in pictures:
        shutil.copyfile(dataset.root / picture.place, folder / picture.place)
    (folder / "README.md").write_bytes(card(pictures, curation, FOLDERS, samples=True))
    (folder / "croissant.json").write_bytes(croissant(pictures, curation))


def _webdataset(dataset: DatasetDir, pictures: Pictures, curation: Curation, folder: Path) -> None:
    """Shards by split and side: an unpaired trainer reads A and B as two streams."""
    for split in SPLITS:
        for domain in DOMAINS:
            side = [picture for picture in _of(pictures, split) if picture.domain == domain]
            write_shards(dataset, side, folder, f"{split}-{domain}")
    tars: Mapping[Split, str] = {split: f"{split}-*.tar" for split in SPLITS}
    (folder / "README.md").write_bytes(card(pictures, curation, tars, packed=True))


def _parquet(dataset: DatasetDir, pictures: Pictures, curation: Curation, folder: Path) -> None:
    for split in SPLITS:
        if side := _of(pictures, split):
            write_parquet(dataset, side, folder / f"{split}.parquet")
    tables: Mapping[Split, str] = {split: f"{split}.parquet" for split in SPLITS}
    (folder / "README.md").write_bytes(card(pictures, curation, tables))


def _of(pictures: Pictures, split: Split) -> list[FinishedPicture]:
    return [picture for picture in pictures if picture.split == split]


_FORMS: Mapping[str, Callable[[DatasetDir, Pictures, Curation, Path], None]] = {
    "imagefolder": _imagefolder,
    "webdataset": _webdataset,
    "parquet": _parquet,
}
