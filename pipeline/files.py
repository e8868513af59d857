"""Whole-or-nothing writes, locks of datasets and runs, sha256."""

import errno
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import DatasetLockedError, DiskError, UnusableError
from pipeline.language import _

TEMPORARY_PREFIX = ".tmp-"
"""Names that begin so are half-written files of a command that was killed; they may be deleted under the lock."""


def sha256_of(data: bytes | memoryview) -> str:
    """The sha256 of `data` as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def sha256_of_file(path: Path) -> str:
    """The sha256 of a file's bytes, read in blocks so that its size does not matter."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn an OSError about `path` into a DiskError that names it and what can be done."""
    try:
        yield
    except OSError as error:
        raise DiskError(_disk_advice(path, error)) from error


def full_disk_advice(path: Path) -> str:
    """What to say where there is no room left for `path`."""
    return _("{path}: the disk is full. Make room and run the same command again.", path=path)


def _disk_advice(path: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return full_disk_advice(path)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return _("{path}: no permission to write. Change its owner or choose another folder.", path=path)
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return _("{path}: too many open files. Raise the limit (ulimit -n 4096) and run the command again.", path=path)
    return _("{path}: {error}. Run the same command again.", path=path, error=error.strerror or str(error))


def write_atomically(path: Path, data: bytes | memoryview, *, durable: bool = True) -> None:
    """Write `data` to `path` whole or not at all: a temporary name in the same folder, fsync, rename.

    With `durable=False` the file is not synced: for files that can be checked by their hash and are synced in batches
    with `sync_files` before anything refers to them. Raises DiskError; no temporary file stays behind.
    """
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(file.fileno(), 0o644)
                file.write(data)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        if durable:
            _sync(path.parent)


def sync_files(paths: list[Path]) -> None:
    """Make files that were written with `durable=False`, and their folders, survive a power cut. Raises DiskError."""
    for path in [*paths, *sorted({path.parent for path in paths})]:
        with disk_errors(path):
            _sync(path)


def refuse_links(*paths: Path) -> None:
    """Raise UnusableError for a path that is a link: what is written, and later deleted, would lie outside."""
    for path in paths:
        if path.is_symlink():
            raise UnusableError(
                _(
                    "{path}: a link. Put what it points to in its place; a whole dataset may lie anywhere"
                    " (--dataset PATH).",
                    path=path,
                )
            )


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold the lock file of a dataset or a run while the block runs.

    The kernel lets it go however the process ends (flock(2)). Raises DatasetLockedError, naming the process that holds
    it. The pid in the file is information only.
    """
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)  # a planted link empties no file
        file = os.fdopen(descriptor, "r+", encoding="ascii", errors="replace")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise DatasetLockedError(
                _(
                    "{folder}: process {pid} is working on it. Wait for it or stop it, then run again.",
                    folder=path.parent,
                    pid=file.read().strip() or "?",
                )
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def held(path: Path) -> bool:
    """Whether a process holds the lock file at this moment."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
