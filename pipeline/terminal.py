"""What the user sees while a command works: progress bars and log lines on stderr; and columns of what it says."""

import logging
from collections.abc import Sequence
from datetime import timedelta

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

from pipeline.language import _

_RATE_SECONDS = 120.0
"""The rate is that of the last two minutes: a step of training may take ten seconds."""


class Bars:
    """Progress as rich bars with count, rate and time left; nothing when stderr is no terminal."""

    def __init__(self, console: Console) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            _PaceColumn(),
            TextColumn("{task.fields[note]}"),
        )
        self._bars = Progress(
            *columns,
            console=console,
            disable=not console.is_terminal,
            transient=True,
            speed_estimate_period=_RATE_SECONDS,
        )
        self._task = TaskID(0)

    def start(self, label: str, total: int | None = None) -> None:
        self._bars.start()
        self._task = self._bars.add_task(label, total=total, note="")

    def update(self, done: int, note: str = "") -> None:
        self._bars.update(self._task, completed=done, note=note)

    def finish(self) -> None:
        self._bars.remove_task(self._task)
        self._bars.stop()


class _PaceColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(pace(task.speed, task.time_remaining, task.elapsed), style="progress.remaining")


def pace(per_second: float | None, left_seconds: float | None, elapsed_seconds: float | None) -> str:
    """'12.3/s, 0:01:05 left'; '2.5 s each, ...' for what is slower; how long it has lasted where nothing is known."""
    if not per_second:
        return str(timedelta(seconds=int(elapsed_seconds or 0)))
    each = 1 / per_second
    rate = _("{rate:.1f}/s", rate=per_second) if each <= 1 else _("{seconds:.1f} s each", seconds=each)
    if left_seconds is None:
        return rate
    return rate + ", " + _("{time} left", time=timedelta(seconds=int(left_seconds)))


class _Lines(logging.Handler):
    """Log lines above the bars; a warning is yellow. They are not wrapped: what is piped stays a line."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        style = "yellow" if record.levelno >= logging.WARNING else ""
        self._console.print(Text(self.format(record), style=style), soft_wrap=True)


def set_up_logging(console: Console) -> None:
    """Log lines of our own packages from INFO, of libraries from WARNING, beside the bars and not through them."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", handlers=[_Lines(console)], force=True)
    for package in ("pipeline", "crawler", "curate", "train"):
        logging.getLogger(package).setLevel(logging.INFO)


def columns(rows: Sequence[tuple[str, str]]) -> list[str]:
    """Lines of a label and what it labels, aligned; a Hangul syllable is as wide as two letters."""
    width = max(cell_len(label) for label, _value in rows)
    return [f"{label}{' ' * (width - cell_len(label))}  {value}" for label, value in rows]
