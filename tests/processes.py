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


def living(session: int) -> list[int]:
    """The living processes of a session."""
    return [pid for pid, _name, _parent, of_session in processes() if of_session == session]
