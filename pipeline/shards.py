"""Finished pictures as WebDataset shards: tar files of `<sha256>.jpg` and `<sha256>.json`, always the same bytes."""

import io
import json
import tarfile
from collections.abc import Iterable
from pathlib import Path

from pipeline.dataset import DatasetDir
from pipeline.finished import FinishedPicture

SHARD_BYTES = 256_000_000
"""A shard is closed when its pictures have so many bytes: large enough to read in one go, small enough to move."""


def write_shards(
    dataset: DatasetDir, pictures: Iterable[FinishedPicture], folder: Path, stem: str, *, shard_bytes: int = SHARD_BYTES
) -> list[Path]:
    """Write pictures, in their order, as `<stem>-000000.tar` and so on into a folder; returns the files.

    A sample's key is the sha256 of the raw bytes; its json is the line of metadata.jsonl. POSIX ustar, no times, no
    owners (the layout of https://github.com/webdataset/webdataset). Raises OSError.
    """
    files: list[Path] = []
    waiting = list(pictures)
    while waiting:
        files.append(folder / f"{stem}-{len(files):06}.tar")
        with files[-1].open("wb") as file, tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as shard:
            waiting = _fill(shard, dataset, waiting, shard_bytes)
    return files


def _fill(
    shard: tarfile.TarFile, dataset: DatasetDir, pictures: list[FinishedPicture], shard_bytes: int
) -> list[FinishedPicture]:
    """Add pictures until the shard is full; returns those that are left."""
    size_bytes = 0
    for number, picture in enumerate(pictures):
        if size_bytes >= shard_bytes:
            return pictures[number:]
        data = (dataset.root / picture.place).read_bytes()
        size_bytes += len(data)
        _add(shard, f"{picture.sha256}.{picture.file_name.rpartition('.')[2]}", data)
        _add(shard, f"{picture.sha256}.json", json.dumps(picture.row(), ensure_ascii=False).encode("utf-8", "replace"))
    return []


def _add(shard: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o644
    shard.addfile(entry, io.BytesIO(data))
