"""What the crawler writes to raw/: batches that are on disk before they are acknowledged."""

from pathlib import Path

from crawler.downloads import Download
from crawler.fetched import Fetched
from pipeline.catalog import FORGOTTEN, Catalog
from pipeline.dataset import DatasetDir
from pipeline.files import disk_errors, refuse_links, sha256_of, sha256_of_file, sync_files, write_atomically
from pipeline.records import ImageRecord, Source
from pipeline.tombstones import marks_of_addresses


class Batch:
    """Images that are written one by one and acknowledged together."""

    def __init__(self, dataset: DatasetDir) -> None:
        self._dataset = dataset
        self._written: list[Path] = []
        self._images: list[ImageRecord] = []
        self._sources: list[Source] = []

    def add(self, download: Download) -> None:
        """Write a download's image if that was not done yet, or note why there is none.

        A stopped download leaves its candidate waiting.
        """
        candidate, fetched = download.candidate, download.fetched
        if fetched is not None:
            record = download.record or self._write(fetched)
            self._images.append(record)
            self._sources.append(
                Source(
                    candidate,
                    "fetched",
                    sha256=record.sha256,
                    final_url=fetched.final_url,
                    etag=fetched.etag,
                    last_modified=fetched.last_modified,
                )
            )
        elif download.reason:
            self._sources.append(Source(candidate, "failed", download.reason, download.temporary))

    def commit(self, catalog: Catalog) -> None:
        """Make the files durable, then say in one transaction that they are there."""
        sync_files(self._written)
        catalog.settle(self._sources, self._images)

    def _write(self, fetched: Fetched) -> ImageRecord:
        record, path = _written(self._dataset, fetched)
        self._written.append(path)  # also one that was there: an interrupted batch wrote it and did not sync it
        return record


def store(dataset: DatasetDir, forgotten: frozenset[str], fetched: Fetched) -> ImageRecord | None:
    """Put an image into raw/ and make it survive a power cut; for any number of threads at once.

    None for one that a person had forgotten, by the marks of its addresses or itself. Raises DiskError, and
    UnusableError for a folder that is a link.
    """
    if forgotten and not forgotten.isdisjoint(marks_of_addresses([fetched.final_url]) | {sha256_of(fetched.data)}):
        return None
    record, path = _written(dataset, fetched)
    sync_files([path])
    return record


def _written(dataset: DatasetDir, fetched: Fetched) -> tuple[ImageRecord, Path]:
    sha256 = sha256_of(fetched.data)
    path = dataset.raw_file(sha256, fetched.extension)
    refuse_links(dataset.raw, path.parent)
    with disk_errors(path):  # a power cut tears what was not synced yet
        is_there = path.is_file() and not path.is_symlink() and sha256_of_file(path) == sha256
    if not is_there:
        write_atomically(path, fetched.data, durable=False)
    record = ImageRecord(
        sha256, fetched.extension, len(fetched.data), width=fetched.width, height=fetched.height, dhash=fetched.dhash
    )
    return record, path


def unless_forgotten(download: Download, catalog: Catalog) -> Download:
    """The download, or a failed one in its place where a person had this image or its last address forgotten."""
    fetched = download.fetched
    if fetched is None or not catalog.has_forgotten():
        return download
    if catalog.is_forgotten(fetched.final_url, sha256=sha256_of(fetched.data)):
        return Download(download.candidate, reason=FORGOTTEN)
    return download
