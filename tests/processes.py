"""The living processes of this machine, for tests that must leave none behind (proc(5))."""

from collections.abc import Iterator
from pathlib import Path


def processes() -> Iterator[tuple[int, str, int, int]]:
    """Every living process: pid, name, parent, session."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _paren, rest = entry.read_text().partition("(")[2].rpartition(")")
        except OSError:
            continue  # it ended meanwhile
        state, parent, _group, session, *_rest = rest.split()
        if state != "Z":
            yield int(entry.parent.name), name, int(parent), int(session)


def living(*sessions: int) -> list[int]:
    """The living processes of these sessions."""
    return [pid for pid, _name, _parent, session in processes() if session in sessions]


def drivers_of(process: int) -> list[int]:
    """The chromedrivers that a process runs: children of its reapers. Each leads the session of its browser."""
    found = list(processes())
    children = {pid for pid, _name, parent, _session in found if parent == process}
    return [pid for pid, name, parent, _session in found if parent in children and name == "chromedriver"]


def marked(mark: str) -> list[int]:
    """The living processes whose environment holds a text, as the path that a test gave its children as TMPDIR.

    A browser's renderers overwrite theirs: they are known by their session.
    """
    found = []
    for pid, _name, _parent, _session in processes():
        try:
            if mark.encode() in Path(f"/proc/{pid}/environ").read_bytes():
                found.append(pid)
        except OSError:
            continue  # it ended meanwhile
    return found
