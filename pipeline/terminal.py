"""What the user sees while a command works: progress bars and log lines, both on stderr, both quiet in a pipe."""

import logging
from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.logging import RichHandler
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class Bars:
    """Progress as rich bars with count, elapsed and remaining time; nothing when stderr is no terminal."""

    def __init__(self, console: Console) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
        )
        self._bars = Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
        self._task = TaskID(0)

    def start(self, label: str, total: int | None = None) -> None:
        self._bars.start()
        self._task = self._bars.add_task(label, total=total, note="")

    def update(self, done: int, note: str = "") -> None:
        self._bars.update(self._task, completed=done, note=note)

    def finish(self) -> None:
        self._bars.remove_task(self._task)
        self._bars.stop()


def set_up_logging(console: Console) -> None:
    """Log lines of our own packages from INFO, of libraries from WARNING, beside the bars and not through them."""
    handler = RichHandler(console=console, show_path=False, show_time=False, show_level=False, markup=False)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", handlers=[handler], force=True)
    for package in ("pipeline", "crawler", "curate", "train"):
        logging.getLogger(package).setLevel(logging.INFO)


def columns(rows: Sequence[tuple[str, str]]) -> list[str]:
    """Lines of a label and what it labels, aligned; a Hangul syllable is as wide as two letters."""
    width = max(cell_len(label) for label, _value in rows)
    return [f"{label}{' ' * (width - cell_len(label))}  {value}" for label, value in rows]
