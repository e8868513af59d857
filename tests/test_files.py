"""Whole-or-nothing writes, the lock, sha256."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import DatasetLockedError, DiskError
from pipeline.files import TEMPORARY_PREFIX, lock, sha256_of, sha256_of_file, sync_files, write_atomically

EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_sha256_of_nothing_is_the_known_one(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    assert sha256_of(b"") == sha256_of_file(tmp_path / "empty") == EMPTY_SHA256


@pytest.mark.parametrize("durable", [True, False])
def test_a_written_file_is_whole_and_leaves_nothing_beside_it(tmp_path: Path, durable: bool) -> None:
    path = tmp_path / "new" / "벚꽃.jpg"
    write_atomically(path, b"petal", durable=durable)
    sync_files([path])
    assert path.read_bytes() == b"petal"
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_is_written_again_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"


def test_a_symlink_is_replaced_and_its_target_stays(tmp_path: Path) -> None:
    target = tmp_path / "outside"
    target.write_bytes(b"precious")
    link = tmp_path / "link"
    link.symlink_to(target)
    write_atomically(link, b"new")
    assert target.read_bytes() == b"precious"
    assert not link.is_symlink()


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from pipeline.errors import DiskError
from pipeline.files import write_atomically
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_atomically(Path(sys.argv[1]), b"x" * 100_000)
except DiskError as error:
    sys.exit(error.exit_code)
"""


def test_a_full_disk_is_a_clear_error_and_shows_no_half_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")
    child = subprocess.run([sys.executable, "-c", FULL_DISK, str(path)], check=False)
    assert child.returncode == DiskError.exit_code
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_in_the_place_of_the_file_is_a_disk_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(DiskError, match="taken"):
        write_atomically(tmp_path / "taken", b"x")


def test_too_many_open_files_is_a_disk_error_with_the_remedy(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest_free = os.open(tmp_path, os.O_RDONLY)
    os.close(lowest_free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
    try:
        with pytest.raises(DiskError, match="ulimit"):
            write_atomically(tmp_path / "file", b"x")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


KILLED_WRITER = """
import os, signal, sys
from pathlib import Path
import pipeline.files
real = os.fsync
def die(descriptor):
    os.kill(os.getpid(), signal.SIGKILL)
os.fsync = die
pipeline.files.write_atomically(Path(sys.argv[1]), b"new")
"""


def test_a_killed_writer_leaves_the_old_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    child = subprocess.run([sys.executable, "-c", KILLED_WRITER, str(path)], check=False)
    assert child.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"old"
    assert all(other.name.startswith(TEMPORARY_PREFIX) for other in tmp_path.iterdir() if other != path)


HOLDER = """
import sys
from pathlib import Path
from pipeline.files import lock
with lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_command_is_told_the_process_that_holds_the_lock(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(DatasetLockedError, match=str(holder.pid)), lock(path):
            pass
        holder.kill()
    with lock(path):
        assert path.read_text() == str(os.getpid())


def test_a_link_in_the_place_of_the_lock_empties_no_file_outside(tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"precious")
    (tmp_path / ".lock").symlink_to(tmp_path / "outside")
    with pytest.raises(DiskError, match=r"\.lock"), lock(tmp_path / ".lock"):
        pass
    assert (tmp_path / "outside").read_bytes() == b"precious"
