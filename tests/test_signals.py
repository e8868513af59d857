"""Rows P2 and P3 of FAULTS.md: what ends a command ends all its processes, and no two work on one dataset.

What ends a command: Ctrl-C once and twice, SIGTERM, a closed terminal.
"""

import os
import pty
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from faults import drip, fixed, jpeg, reply, serving
from processes import drivers_of, living, marked, processes
from test_build import add, picture
from test_crawl import BLOSSOM, offers
from trainings import dataset as dataset_to_train

from pipeline.catalog import open_catalog
from pipeline.dataset import DatasetDir
from pipeline.demo.site import serve

MAIN = "from pipeline.cli import main; main()"
AS_IN_A_SHELL = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
)
"""The tests themselves may run where both are ignored, as under nohup, and an ignored signal is inherited."""
OWN_TERMINAL = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
"""The command leads its session and takes its standard input as the session's terminal (tty_ioctl(4))."""


@dataclass(frozen=True)
class Command:
    """A command that never ends by itself, and the signs by which a test knows how far it is.

    `ready` looks for the middle of its work, `noticed` for the first signal's effect where that does not end it at once
    (`lasting`: a program's beginning that makes this effect last); `check` looks at what one signal left.
    """

    words: tuple[str, ...]
    ready: Callable[[int], object]
    check: Callable[[], None] = lambda: None
    lasting: str = ""
    noticed: Callable[[], bool] = lambda: True


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, "never came true"
        time.sleep(0.005)


def acknowledged(dataset: DatasetDir) -> int:
    """How many fetches the catalogue says have ended; 0 as long as it has no table of them."""
    if not dataset.catalog.is_file():
        return 0
    with closing(sqlite3.connect(dataset.catalog)) as connection:
        try:
            row = connection.execute("SELECT COUNT(*) FROM sources WHERE state = 'fetched'").fetchone()
        except sqlite3.OperationalError:
            return 0
    return int(row[0])


def talk(folder: Path) -> str:
    return (folder / "talk.txt").read_text(encoding="utf-8", errors="replace")


@contextmanager
def crawling(folder: Path) -> Iterator[Command]:
    """A crawl whose eleventh download and those after it never end."""
    dataset, listed = DatasetDir(folder / "data"), folder / "list.txt"
    quick = {f"/{number}.jpg": fixed(reply(jpeg())) for number in range(10)}
    stuck = drip(b"HTTP/1.1 200 OK\r\n\r\n")

    def check() -> None:
        with open_catalog(dataset.catalog) as catalog:
            counts = catalog.counts()
        assert counts.images == counts.fetched == 10
        assert counts.waiting == counts.candidates - 10
        assert not list(dataset.raw.glob("*/.tmp-*"))

    with serving({"/robots.txt": fixed(reply(b"", "404 No")), **quick, "*": stuck}) as server:
        listed.write_text("\n".join(server.url(f"/{number}.jpg") for number in range(30)))
        yield Command(
            ("crawl", "--urls", str(listed), "--domain", "B", "--dataset", "./data", "--allow-host", server.host),
            ready=lambda _pid: acknowledged(dataset) == 10 and len(server.requests) >= 12,
            check=check,
            lasting="import crawler.crawl; crawler.crawl.DRAIN_SECONDS = 10_000.0\n",
            noticed=lambda: "Stopping" in talk(folder),
        )


@contextmanager
def browsing(folder: Path) -> Iterator[Command]:
    """A crawl with a real browser; its downloads end as they please."""
    dataset = DatasetDir(folder / "data")

    def check() -> None:
        with open_catalog(dataset.catalog) as catalog:
            counts = catalog.counts()
        assert counts.images == counts.fetched > 0

    with serve({BLOSSOM.text: offers(45)}) as site:
        places = ("--search-url", site.search_url, "--allow-host", site.image_host, "--dataset", "./data")
        yield Command(
            ("crawl", BLOSSOM.text, "--domain", "B", *places),
            ready=lambda pid: site.requests.downloads.total() >= 10 and drivers_of(pid),
            check=check,
        )


def stop_a_worker(pid: int) -> bool:
    """Whether a command has a worker, which then stands still, so that the command does."""
    for worker, _name, parent, _session in processes():
        if parent == pid:
            os.kill(worker, signal.SIGSTOP)
            return True
    return False


@contextmanager
def curating(folder: Path) -> Iterator[Command]:
    """A curation whose only worker stands still."""
    dataset = DatasetDir(folder / "data")
    add(dataset, "A", [picture(seed) for seed in range(4)])
    add(dataset, "B", [picture(seed) for seed in range(10, 14)])

    def check() -> None:
        assert not dataset.summary.exists()

    words = ("curate", "--dataset", "./data", "--workers", "1", "--size", "40", "--min-size", "32")
    yield Command(words, ready=stop_a_worker, check=check)


@contextmanager
def training(folder: Path) -> Iterator[Command]:
    """A training of a million steps."""
    dataset_to_train(folder / "data", 2, 2)

    def check() -> None:
        assert any(folder.glob("runs/*/checkpoints/*.pt"))

    words = "train --dataset ./data --steps 1000000 --size 32 --width 2 --discriminator-layers 1 --threads 1"
    yield Command(
        tuple(words.split()),
        ready=lambda _pid: any(folder.glob("runs/*/metrics.jsonl")),
        check=check,
        lasting="import pathlib, time, train.journal\n"
        "train.journal.save = lambda *_state: pathlib.Path('saving').touch() or time.sleep(10_000)\n",
        noticed=(folder / "saving").exists,
    )


COMMANDS: dict[str, Callable[[Path], AbstractContextManager[Command]]] = {
    "crawl": crawling,
    "browser": browsing,
    "curate": curating,
    "train": training,
}
every_command = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.browser] if name == "browser" else []) for name in COMMANDS]
)


@contextmanager
def started(command: Command, folder: Path, program: str, terminal: int = -1) -> Iterator[subprocess.Popen[bytes]]:
    """The command at work in a session of its own; its processes are known by their TMPDIR."""
    with (folder / "talk.txt").open("wb") as output:
        out = output.fileno() if terminal < 0 else terminal
        process = subprocess.Popen(
            [sys.executable, "-c", AS_IN_A_SHELL + program, *command.words],
            cwd=folder,
            stdin=subprocess.DEVNULL if terminal < 0 else terminal,
            stdout=out,
            stderr=out,
            env=os.environ | {"TMPDIR": str(folder), "PYTHONPATH": str(Path(__file__).parents[1])},
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until_ready(command: Command, process: subprocess.Popen[bytes], folder: Path) -> list[int]:
    """The sessions that the command's processes belong to, once it is in the middle of its work."""
    until(lambda: process.poll() is not None or command.ready(process.pid))
    assert process.poll() is None, talk(folder)
    return [process.pid, *drivers_of(process.pid)]


def assert_nothing_is_left(folder: Path, sessions: list[int]) -> None:
    until(lambda: not living(*sessions) and not marked(str(folder)))
    assert not list(folder.glob("unpaired-browser-*"))


@every_command
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_command_with_its_exit_code_and_leaves_no_process(
    tmp_path: Path, name: str, number: int, code: int
) -> None:
    with COMMANDS[name](tmp_path) as command, started(command, tmp_path, MAIN) as process:
        sessions = wait_until_ready(command, process, tmp_path)
        process.send_signal(number)
        assert process.wait(timeout=60) == code
        assert_nothing_is_left(tmp_path, sessions)
    command.check()


@every_command
def test_a_second_ctrl_c_ends_a_command_that_still_drains(tmp_path: Path, name: str) -> None:
    with (
        COMMANDS[name](tmp_path) as command,
        started(command, tmp_path, command.lasting + MAIN) as process,
    ):
        sessions = wait_until_ready(command, process, tmp_path)
        process.send_signal(signal.SIGINT)
        until(command.noticed)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) in (130, -signal.SIGINT)  # a shell says 130 of both
        assert_nothing_is_left(tmp_path, sessions)


@every_command
def test_a_closed_terminal_ends_a_command_and_leaves_no_process(tmp_path: Path, name: str) -> None:
    ours, its = pty.openpty()
    os.set_blocking(ours, False)

    def read_on(command: Command, process: subprocess.Popen[bytes]) -> object:
        with suppress(BlockingIOError):
            os.read(ours, 65536)
        return process.poll() is not None or command.ready(process.pid)

    with COMMANDS[name](tmp_path) as command, started(command, tmp_path, OWN_TERMINAL + MAIN, its) as process:
        os.close(its)
        until(lambda: read_on(command, process))
        sessions = wait_until_ready(command, process, tmp_path)
        os.close(ours)
        assert process.wait(timeout=60) == -signal.SIGHUP
        assert_nothing_is_left(tmp_path, sessions)


def test_downloads_that_run_at_the_first_ctrl_c_may_end(tmp_path: Path) -> None:
    release = threading.Event()
    dataset, listed = DatasetDir(tmp_path / "data"), tmp_path / "list.txt"
    body = reply(jpeg())

    def held(connection: object, target: str) -> None:
        release.wait(60)
        fixed(body)(connection, target)  # type: ignore[arg-type]

    with serving({"/robots.txt": fixed(reply(b"", "404 No")), "*": held}) as server:
        listed.write_text("\n".join(server.url(f"/{number}.jpg") for number in range(30)))
        words = ("crawl", "--urls", str(listed), "--domain", "B", "--dataset", "./data", "--allow-host", server.host)
        command = Command(words, ready=lambda _pid: len(server.requests) >= 3)
        lasting = "import crawler.crawl; crawler.crawl.DRAIN_SECONDS = 10_000.0\n"
        with started(command, tmp_path, lasting + MAIN) as process:
            wait_until_ready(command, process, tmp_path)
            process.send_signal(signal.SIGINT)
            until(lambda: "Stopping" in talk(tmp_path))
            release.set()
            assert process.wait(timeout=60) == 130
        asked = len(server.requests) - 1
    assert 2 <= acknowledged(dataset) == asked < 30


def test_a_second_crawl_of_a_dataset_leaves_with_8_and_names_the_first(tmp_path: Path) -> None:
    with crawling(tmp_path) as command, started(command, tmp_path, MAIN) as first:
        wait_until_ready(command, first, tmp_path)
        second = subprocess.run(
            [sys.executable, "-c", MAIN, *command.words], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert first.poll() is None
    assert second.returncode == 8
    assert f"process {first.pid} " in second.stderr
