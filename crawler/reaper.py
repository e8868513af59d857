"""The parent of the driver: starts it, outlives the crawl by a moment, ends the whole family and removes its folder.

Runs as a process of its own (`python -I -S reaper.py DRIVER FOLDER`) and waits until its standard input closes, which
the kernel sees to whatever happens to the crawl, SIGKILL included. As nobody but this process ever starts a driver,
there is no moment at which a driver lives and nobody waits to end it.
"""

import ctypes
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

START_SECONDS = 30.0
ROUNDS = 100
"""A browser that is being killed may still start a child: looked again so often, 20 ms apart."""
ADOPT_ORPHANS = 36
"""PR_SET_CHILD_SUBREAPER of prctl(2)."""
STANDARD_OUTPUT = 1
OUTPUT_CHARACTERS = 1000
LONGEST_FOLDER_BYTES = 60
_STARTED = re.compile(r"started successfully on port (\d+)")


def main(driver: str, folder: Path) -> None:
    """Keep a driver running until the crawl ends. Answers on standard output: its port, then what it said.

    The first line is empty where it does not start.
    """
    _adopt_orphans()
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        _answer("", error.strerror or str(error))
        return
    group = 0
    try:
        group = _keep(driver, folder / "driver.log")
    finally:
        _end_all(group)
        shutil.rmtree(folder, ignore_errors=True)


def _keep(driver: str, log: Path) -> int:
    """Start the driver and wait for the end of the crawl; returns the driver's process group, 0 where there is none."""
    group = 0
    try:
        process = _start(driver, log)
        group = process.pid
        _answer(_port(process, log), log.read_text(encoding="utf-8", errors="replace"))
    except OSError as error:
        _answer("", error.strerror or str(error))
    sys.stdin.buffer.read()
    return group


def _adopt_orphans() -> None:
    """Become the parent of every descendant whose parent ends, the browser's crash handlers among them.

    Only Linux can do that. Elsewhere only the driver's process group is ended, to which the browser belongs and the
    crash handlers do not; those end by themselves when the browser does.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(ADOPT_ORPHANS, 1, 0, 0, 0)


def _start(driver: str, log: Path) -> "subprocess.Popen[bytes]":
    """The driver in a session of its own, so that Ctrl-C does not reach it. Raises OSError."""
    with log.open("wb") as output:
        return subprocess.Popen(
            [driver, "--port=0"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=_environment(log.parent),
        )


def _environment(folder: Path) -> dict[str, str]:
    """The browser's own temporary folders lie in ours, so that none is left when it is killed.

    In too deep a folder the name of the socket that Chromium keeps there would not fit into its 108 bytes (unix(7)).
    """
    fits = len(os.fsencode(folder)) <= LONGEST_FOLDER_BYTES
    return {**os.environ, "TMPDIR": str(folder)} if fits else dict(os.environ)


def _port(process: "subprocess.Popen[bytes]", log: Path) -> str:
    """The port that the driver says it listens at; empty when it ended, says nothing for long or nobody waits now."""
    give_up_at = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up_at and not _crawl_ended(wait_seconds=0.01):
        has_ended = process.poll() is not None
        started = _STARTED.search(log.read_text(encoding="utf-8", errors="replace"))
        if started or has_ended:
            return started[1] if started else ""
    return ""


def _crawl_ended(wait_seconds: float) -> bool:
    """The crawl writes nothing: there is something to read only when its end of the pipe is closed."""
    return bool(select.select([sys.stdin], [], [], wait_seconds)[0])


def _answer(port: str, output: str) -> None:
    with suppress(BrokenPipeError):  # the crawl may be gone already
        os.write(STANDARD_OUTPUT, f"{port}\n{output[-OUTPUT_CHARACTERS:]}".encode(errors="replace"))
    os.close(STANDARD_OUTPUT)  # Python's own stdout leaves the descriptor open


def _end_all(group: int) -> None:
    """Kill until no child is left; then no descendant is left either, as orphans become children."""
    if group:
        _kill(os.killpg, group)
    for _round in range(ROUNDS):
        for child in _children():
            _kill(os.kill, child)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.02)


def _children() -> list[int]:
    """The children of this process, by /proc/<pid>/stat (proc(5)): the fields after the name in parentheses."""
    children = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, UnicodeDecodeError):  # it ended meanwhile
            _state, parent, *_rest = entry.read_text().rpartition(")")[2].split()
            if int(parent) == os.getpid():
                children.append(int(entry.parent.name))
    return children


def _kill(kill: Callable[[int, int], None], target: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        kill(target, signal.SIGKILL)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: None)  # SIG_IGN would be inherited by the driver
    main(sys.argv[1], Path(sys.argv[2]))
