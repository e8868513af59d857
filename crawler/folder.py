"""The user's own photos: a folder's files into the dataset, with their names as provenance."""

import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from crawler.crawl import BATCH, CrawlSummary, Tally
from crawler.downloads import Download
from crawler.fetched import Fetched
from crawler.raw import Batch, unless_forgotten
from pipeline.adoption import adopt_raw
from pipeline.catalog import Catalog, open_catalog
from pipeline.dataset import DatasetDir
from pipeline.errors import NoResultsError, UsageError
from pipeline.files import lock, sha256_of
from pipeline.image import ImageError, inspect
from pipeline.language import _
from pipeline.progress import Progress
from pipeline.records import Candidate, Domain, Query

ENGINE = "folder"


def add(folder: Path, domain: Domain, dataset: DatasetDir, *, progress: Progress) -> CrawlSummary:
    """Copy every image under `folder` into raw/; what is there already is known and not copied again.

    A file's address in the catalogue is `file:///<folder's name>/<path inside it>#<start of its sha256>`: it says
    nothing of the user's machine, and a file that changed is another source. Raises UsageError for what is no folder,
    NoResultsError where no file is an image, DatasetLockedError, DiskError.
    """
    if not folder.is_dir():
        raise UsageError(_("{folder}: not a folder. Name one that holds photos.", folder=folder))
    files = list(_files(folder, dataset))
    tally = Tally(Query(domain, ""))
    with lock(dataset.lock), open_catalog(dataset.catalog) as catalog:
        adopt_raw(dataset, catalog)
        progress.start(folder.name, total=len(files))
        try:
            _add_files(folder, files, dataset, catalog, tally=tally, progress=progress)
        finally:
            progress.finish()
        row = tally.summary(catalog.fetched_images(tally.query, ENGINE))
        if not row.fetched and not row.known:
            raise NoResultsError(_("{folder}: none of its {count} files is an image.", folder=folder, count=len(files)))
        return CrawlSummary((row,), {}, len(catalog.images()))


def _add_files(
    folder: Path, files: list[Path], dataset: DatasetDir, catalog: Catalog, *, tally: Tally, progress: Progress
) -> None:
    """The files in batches, each on disk before it is acknowledged."""
    known = {source.candidate.image_url for source in catalog.sources() if source.sha256}
    for start in range(0, len(files), BATCH):
        read = [
            _read(folder, path, tally.query.domain, start + place) for place, path in enumerate(files[start:][:BATCH])
        ]
        fresh = [unless_forgotten(one, catalog) for one in read if one.candidate.image_url not in known]
        tally.known += len(read) - len(fresh)
        catalog.see(download.candidate for download in fresh)
        batch = Batch(dataset)
        for download in fresh:
            batch.add(download)
            tally.count(download)
        batch.commit(catalog)
        progress.update(start + len(read))


def _files(folder: Path, dataset: DatasetDir) -> Iterator[Path]:
    """The visible files under a folder in the order of their names, but for those of the dataset itself."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and (Path(place) / name).resolve() != dataset.root.resolve()
        )
        yield from (Path(place) / name for name in sorted(names) if not name.startswith("."))


def _read(folder: Path, path: Path, domain: Domain, rank: int) -> Download:
    try:
        data = path.read_bytes()
    except OSError:
        return Download(_candidate(folder, path, domain, rank, ""), reason="unreadable", temporary=True)
    candidate = _candidate(folder, path, domain, rank, sha256_of(data))
    try:
        facts = inspect(data)
        return Download(candidate, Fetched(data, facts.extension, "", width=facts.width, height=facts.height))
    except ImageError as error:
        return Download(candidate, reason=error.reason)


def _candidate(folder: Path, path: Path, domain: Domain, rank: int, sha256: str) -> Candidate:
    inside = "/".join(quote(_text(part)) for part in (folder.resolve().name, *path.relative_to(folder).parts))
    address = f"file:///{inside}#{sha256[:12]}"
    return Candidate(domain=domain, engine=ENGINE, query="", rank=rank, image_url=address, title=_text(path.name))


def _text(name: str) -> str:
    """A file name as text: NFC, and bytes that are no UTF-8 replaced."""
    return unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", errors="replace"))
