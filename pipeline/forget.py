"""Removes images from a dataset for good: files, rows, report; what stays is hashes, so that they never come back."""

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.card import is_card
from pipeline.catalog import Catalog, open_catalog
from pipeline.dataset import DatasetDir
from pipeline.errors import DatasetLockedError, UsageError
from pipeline.files import TEMPORARY_PREFIX, disk_errors, lock, sync_files, write_atomically
from pipeline.language import _
from pipeline.records import DOMAINS, SPLITS, Source
from pipeline.tombstones import Tombstone, address_mark, host_mark, marks_of_addresses

_SHA256 = re.compile(r"[0-9a-f]{64}")
_HOST = re.compile(r"[^\s/\\:@?#\[\]]+")

FinishSwap = Callable[[DatasetDir], None]
"""Brings an interrupted swap of the curation to its end; the curation knows how."""


@dataclass(frozen=True, slots=True)
class ForgetSummary:
    """What was forgotten. `images`: the sha256 of what these targets led to, also where an earlier call removed it.

    `sources` and `files` count what was removed now. `copies`: kept images of which a forgotten one was a rejected
    copy; they stay. `runs` and `exports` used a forgotten image; they are outside the dataset and stay as they are.
    """

    images: tuple[str, ...]
    sources: int
    files: int
    copies: tuple[str, ...]
    runs: tuple[str, ...]
    exports: tuple[str, ...]

    def text(self) -> str:
        """What was done, and what is left for the user to do."""
        lines = [
            _(
                "Forgotten: {images} images; {sources} addresses and {files} files removed.",
                images=len(self.images),
                sources=self.sources,
                files=self.files,
            ),
        ]
        if not self.sources and not self.files:
            lines.append(_("Nothing of it was in the dataset any more; no crawl will bring it."))
        if self.copies:
            lines.append(_("Kept images look like a forgotten one: {copies}", copies=", ".join(self.copies)))
        if self.runs:
            lines.append(_("Runs that were trained on it: {runs}", runs=", ".join(self.runs)))
        if self.exports:
            lines.append(_("Exports that hold it: {exports}", exports=", ".join(self.exports)))
        if self.files:
            lines.append(_("`pipeline curate` brings the report up to date."))
        return "\n".join(lines)


def forget(
    targets: Sequence[str], dataset: DatasetDir, runs_dir: Path, *, finish_swap: FinishSwap = lambda _dataset: None
) -> ForgetSummary:
    """Remove every image that came from an address, a page or a host (and those below it), or has this sha256.

    Images that were rejected as copies of such an image go too, so that none takes its place. The tombstones are
    written first, and everything after that follows from them: killed at any moment and run again, it ends the same.
    Kept layout pages, the report and the card are removed with it, as they quote what was found. Raises UsageError for
    a target that is none, or where there is no dataset; DatasetLockedError, UnusableError, DiskError.
    """
    wanted = [read_target(text) for text in targets]
    if not dataset.root.is_dir():
        raise UsageError(_("{dataset}: no such dataset. Collect one with `pipeline crawl`.", dataset=dataset.root))
    with lock(dataset.lock), open_catalog(dataset.catalog) as catalog:
        finish_swap(dataset)
        sources, copies = _bury(wanted, catalog)
        files = clear_files(dataset, catalog)
        if not catalog.scrub():
            raise DatasetLockedError(
                _("{dataset}: another program reads the catalogue. Close it, then run again.", dataset=dataset.root)
            )
        images = catalog.forgotten_images({target.mark for target in wanted})
        exports = tuple(catalog.exports_of(images))
    return ForgetSummary(tuple(sorted(images)), sources, files, copies, tuple(_runs_with(runs_dir, images)), exports)


@dataclass(frozen=True, slots=True)
class Target:
    """What a person wants forgotten: its mark says which addresses, host names or images are meant."""

    mark: str
    is_image: bool = False


def read_target(text: str) -> Target:
    """A sha256, an address (with ://), or a host name. Raises UsageError for anything else."""
    plain = text.strip()
    if _SHA256.fullmatch(plain.lower()):
        return Target(plain.lower(), is_image=True)
    if "://" in plain:
        return Target(address_mark(plain))
    if _HOST.fullmatch(plain.strip(".")):
        return Target(host_mark(plain))
    raise UsageError(
        _("{target}: give an image's or page's address, a host name such as example.org, or a sha256.", target=text)
    )


def _bury(wanted: Sequence[Target], catalog: Catalog) -> tuple[int, tuple[str, ...]]:
    """Replace the rows of all that is meant by tombstones; returns how many sources went, and the copies that stay."""
    sources = list(catalog.sources())
    meant = _meant(wanted, sources)
    led_to = {target: _images_meant(target, meant[target], catalog) for target in wanted}
    images = set().union(*led_to.values())
    named = {source for target in wanted for source in meant[target]}
    buried = [source for source in sources if source.sha256 in images or source in named]
    copies = {verdict.other for verdict in catalog.verdicts() if verdict.sha256 in images} - images - {""}
    marks = {Tombstone(target.mark, one) for target in wanted for one in _led_to(target, led_to[target], catalog)}
    catalog.forget(images, buried, {*marks, *_marks_of(buried), *(Tombstone(one, one) for one in images)})
    return len(buried), tuple(sorted(copies))


def _meant(wanted: Sequence[Target], sources: Iterable[Source]) -> dict[Target, list[Source]]:
    """For each target the sources that have such an address."""
    meant: dict[Target, list[Source]] = {target: [] for target in wanted}
    for source in sources:
        candidate = source.candidate
        marks = marks_of_addresses((candidate.image_url, candidate.page_url, source.final_url))
        for target, named in meant.items():
            if target.mark in marks:
                named.append(source)
    return meant


def _images_meant(target: Target, sources: Iterable[Source], catalog: Catalog) -> set[str]:
    named = {source.sha256 for source in sources if source.sha256}
    return _with_copies(named | ({target.mark} if target.is_image else set()), catalog)


def _with_copies(images: set[str], catalog: Catalog) -> set[str]:
    """The images and all that were rejected for being copies of one of them, and the copies of those."""
    verdicts = catalog.verdicts()
    found = set(images)
    while more := {verdict.sha256 for verdict in verdicts if verdict.other in found} - found:
        found |= more
    return found


def _led_to(target: Target, images: set[str], catalog: Catalog) -> set[str]:
    """The images, else those of an earlier call, else "": a mark that led to none."""
    return images or catalog.forgotten_images({target.mark}) or {""}


def _marks_of(sources: Iterable[Source]) -> Iterator[Tombstone]:
    for source in sources:
        for url in (source.candidate.image_url, source.final_url):
            if url:
                yield Tombstone(address_mark(url), source.sha256)


def clear_files(dataset: DatasetDir, catalog: Catalog) -> int:
    """Remove every file of a forgotten image and every line about one; returns how many images' files went.

    Metadata first, dataset.json last; each is whole or absent at every moment. Raises DiskError.
    """
    forgotten = catalog.forgotten_images()
    for split in SPLITS:
        _clear_metadata(dataset.metadata(split), forgotten)
    with disk_errors(dataset.root):
        removed = sum(_remove(path) for path in _image_files(dataset) if path.name.split(".")[0] in forgotten)
        for path in _half_written(dataset):
            _remove(path)
        _clear_report(dataset, forgotten)
        _clear_papers(dataset)
        for path in _plain_files(dataset.layouts):
            _remove(path)
        sync_files([folder for folder in _folders(dataset) if folder.is_dir()])
    _correct_summary(dataset, catalog)
    return removed


def _clear_metadata(path: Path, forgotten: Collection[str]) -> None:
    if not _is_plain(path):
        return
    with disk_errors(path):
        lines = path.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if not _mentions(line, forgotten)]
    if kept != lines:
        write_atomically(path, b"".join(kept))


def _mentions(data: bytes, forgotten: Collection[str]) -> bool:
    return any(name in forgotten for name in re.findall(r"[0-9a-f]{64}", data.decode(errors="replace")))


def _clear_report(dataset: DatasetDir, forgotten: Collection[str]) -> None:
    """The report shows pictures and addresses of images by their sha256; the next curation writes it anew."""
    if _is_plain(dataset.report) and _mentions(dataset.report.read_bytes(), forgotten):
        _remove(dataset.report)


def _clear_papers(dataset: DatasetDir) -> None:
    """The card and croissant.json name hosts, queries and images; the next curation writes them anew."""
    if is_card(dataset.card):
        _remove(dataset.card)
    if _is_plain(dataset.croissant):
        _remove(dataset.croissant)


def _correct_summary(dataset: DatasetDir, catalog: Catalog) -> None:
    """Let dataset.json count what is there now. Its `inputs` become "", so that the next curation has work to do."""
    try:
        content = json.loads(dataset.summary.read_bytes())
    except (FileNotFoundError, ValueError):
        return  # never curated to the end: train refuses the folder anyway
    rejected = Counter(verdict.reason for verdict in catalog.verdicts() if not verdict.kept)
    now = {"counts": dataset.counts(), "rejected": dict(sorted(rejected.items()))}
    if isinstance(content, dict) and {key: content.get(key) for key in now} != now:
        corrected = {**content, **now, "inputs": ""}
        write_atomically(dataset.summary, (json.dumps(corrected, ensure_ascii=False, indent=2) + "\n").encode())


def _folders(dataset: DatasetDir) -> list[Path]:
    return [*_image_folders(dataset), dataset.rejected, dataset.layouts]


def _image_folders(dataset: DatasetDir) -> list[Path]:
    """Where pictures lie; views are among them, since they hold copies where the disk knows no links."""
    views = [dataset.view(split, domain) for split in SPLITS for domain in DOMAINS]
    return [dataset.raw, *(dataset.split_dir(split) for split in SPLITS), *views]


def _image_files(dataset: DatasetDir) -> Iterator[Path]:
    for folder in _image_folders(dataset):
        yield from _files_below(folder)


def _half_written(dataset: DatasetDir) -> Iterator[Path]:
    """What a killed command had begun to write, wherever it lies; nobody else writes while the lock is held."""
    for folder in _folders(dataset):
        yield from (path for path in _files_below(folder) if path.name.startswith(TEMPORARY_PREFIX))
    yield from (path for path in _plain_files(dataset.root) if path.name.startswith(TEMPORARY_PREFIX))


def _files_below(folder: Path) -> Iterator[Path]:
    """Every entry that is no folder; links are named and never followed."""
    if folder.is_symlink():
        return
    for place, _folders_there, names in os.walk(folder):
        yield from (Path(place) / name for name in sorted(names))


def _plain_files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if not path.is_dir()] if _is_folder(folder) else []


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _remove(path: Path) -> bool:
    path.unlink(missing_ok=True)
    return True


def _runs_with(runs_dir: Path, images: Collection[str]) -> Iterator[str]:
    """The runs whose images.jsonl names one of the images."""
    for path in sorted(runs_dir.glob("*/images.jsonl")):
        with disk_errors(path):
            if _mentions(path.read_bytes(), images):
                yield path.parent.name
