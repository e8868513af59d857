"""How a stage says how far it is, without knowing who looks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol


class Progress(Protocol):
    """One bar at a time: `start` opens it, `update` moves it, `finish` closes it."""

    def start(self, label: str, total: int | None = None) -> None: ...

    def update(self, done: int, note: str = "") -> None: ...

    def finish(self) -> None: ...


class Silent:
    """Progress that nobody looks at: tests and pipes."""

    def start(self, label: str, total: int | None = None) -> None:
        del label, total

    def update(self, done: int, note: str = "") -> None:
        del done, note

    def finish(self) -> None:
        return


@contextmanager
def bar(progress: Progress, label: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar that is open while the block runs, which the given function moves on by so many."""
    done = 0

    def step(count: int) -> None:
        nonlocal done
        done += count
        progress.update(done)

    progress.start(label, total)
    try:
        yield step
    finally:
        progress.finish()
