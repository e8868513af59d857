"""What the crawler writes to raw/: batches that are on disk before they are acknowledged."""

from pathlib import Path

from crawler.downloads import Download
from pipeline.catalog import Catalog
from pipeline.dataset import DatasetDir
from pipeline.files import sha256_of, sha256_of_file, sync_files, write_atomically
from pipeline.records import ImageRecord, Source


class Batch:
    """Images that are written one by one and acknowledged together."""

    def __init__(self, dataset: DatasetDir) -> None:
        self._dataset = dataset
        self._written: list[Path] = []
        self._images: list[ImageRecord] = []
        self._sources: list[Source] = []

    def add(self, download: Download) -> None:
        """Write a download's image, or note why there is none; a stopped download leaves its candidate waiting."""
        candidate, fetched = download.candidate, download.fetched
        if fetched is not None:
            sha256 = self._store(fetched.data, fetched.extension)
            self._sources.append(Source(candidate, "fetched", sha256=sha256, final_url=fetched.final_url))
        elif download.reason:
            self._sources.append(Source(candidate, "failed", download.reason, download.temporary))

    def commit(self, catalog: Catalog) -> None:
        """Make the files durable, then say in one transaction that they are there."""
        sync_files(self._written)
        catalog.settle(self._sources, self._images)

    def _store(self, data: bytes, extension: str) -> str:
        sha256 = sha256_of(data)
        path = self._dataset.raw_file(sha256, extension)
        if not path.is_file() or sha256_of_file(path) != sha256:  # a power cut tears what was not synced yet
            write_atomically(path, data, durable=False)
        self._written.append(path)  # also one that was there: an interrupted batch wrote it and did not sync it
        self._images.append(ImageRecord(sha256, extension, len(data)))
        return sha256
