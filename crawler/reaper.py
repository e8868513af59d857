"""Outlives the crawl by a moment: ends the browser and removes its profile, however the crawl ended, SIGKILL included.

Runs as a process of its own (`python -I reaper.py SESSION PROFILE`) and waits until its standard input closes, which
the kernel sees to whatever happens to the crawl. The driver leads a session of its own; the browser belongs to it.
"""

import os
import shutil
import signal
import sys
import time
from pathlib import Path

ROUNDS = 100
"""A browser that is being killed may still start a child: looked again so often, 20 ms apart."""


def main(session: int, profile: str) -> None:
    sys.stdin.buffer.read()
    for _round in range(ROUNDS):
        members = _members(session)
        if not members:
            break
        for process in members:
            _kill(process)
        time.sleep(0.02)
    if profile:
        shutil.rmtree(profile, ignore_errors=True)


def _members(session: int) -> list[int]:
    """The living processes of a session, by /proc/<pid>/stat (proc(5)): the fields after the name in parentheses."""
    members = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, _group, of_session, *_rest = entry.read_text().rpartition(")")[2].split()
        except (OSError, UnicodeDecodeError):
            continue  # it ended meanwhile
        if int(of_session) == session and state != "Z":
            members.append(int(entry.parent.name))
    return members


def _kill(process: int) -> None:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    main(int(sys.argv[1]), sys.argv[2])
