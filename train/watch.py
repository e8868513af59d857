"""The door of watching: the page of runs from a server on this machine, which reads their files and nothing else."""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import NotFound

from pipeline.errors import UnusableError
from pipeline.files import disk_errors
from pipeline.gate import LOOPBACK, Address, Pass
from pipeline.language import _
from pipeline.listening import ListenOptions
from pipeline.webserver import Rules, guarded, serve
from train.page.page import served_page, served_policy
from train.page.view import FILES, run_view, sample_step, steps_done
from train.rundir import RunDir, read_lines

MOST_BYTES = 64 * 1024
"""The longest request; none has a body."""

_REST = 20
"""A new state is made when so many times the seconds that the last one took have passed: a training needs the machine
more than its page does, and the files of a long run take a second to read."""

_ENDINGS = {".jpg": "image/jpeg", ".json": "application/json"}


@dataclass(frozen=True, slots=True)
class WatchSummary:
    """What was watched: the steps that each run had made when the watching ended, by the run's folder."""

    steps: dict[str, int]

    def text(self) -> str:
        """A line for each run."""
        return "\n".join(_("{run}: step {step}", run=run, step=f"{step:,}") for run, step in self.steps.items())


@dataclass(frozen=True, slots=True)
class State:
    """What the page shows of the runs, and a tag that is another one as soon as a file is."""

    tag: str
    views: Sequence[dict[str, Any]]


class Watched:
    """Runs under watch. Any thread may ask."""

    def __init__(self, runs: Sequence[RunDir]) -> None:
        self.runs = runs
        self._lock = threading.Lock()
        self._next = 0.0
        self._state = self._read(self._tag())

    def state(self) -> State:
        """The runs as they are, or were a moment ago. Raises UnusableError where files of one are damaged or gone."""
        with self._lock:
            tag = self._tag()
            if tag != self._state.tag and time.monotonic() >= self._next:
                self._state = self._read(tag)
            return self._state

    def _read(self, tag: str) -> State:
        started = time.monotonic()
        views = [_view(run, f"{number}/") for number, run in enumerate(self.runs)]
        ended = time.monotonic()
        self._next = ended + _REST * (ended - started)
        return State(tag, views)

    def _tag(self) -> str:
        looked = [_looked_at(path) for run in self.runs for path in _told_by(run)]
        return f'"{hashlib.sha256(repr(looked).encode()).hexdigest()[:32]}"'

    def file(self, number: int, name: str) -> Path:
        """A file of a run that the page links to or shows. Raises NotFound for any other."""
        if number < len(self.runs):
            run = self.runs[number]
            step = sample_step(name.removeprefix("samples/"))
            if name.startswith("samples/") and step is not None and run.sample(step).is_file():
                return run.sample(step)
            if name in FILES and (run.root / name).is_file():
                return run.root / name
        raise NotFound(_("There is no such file."))


def watch(
    options: ListenOptions,
    runs: Sequence[RunDir],
    *,
    announce: Callable[[str], None],
    open_page: Callable[[str], object] | None = None,
) -> WatchSummary:
    """Serve the page of the runs until Ctrl-C, as fresh as their files; `announce` is told the address.

    From another machine it needs the token; see pipeline.webserver.serve. Raises UnusableError for a run whose files
    are damaged, UsageError where nothing can listen at --host and --port; Terminated after SIGTERM.
    """
    watched = Watched(runs)
    entry = None if options.host in LOOPBACK else Pass(once=False)
    serve(
        lambda address: application(watched, address, entry),
        options,
        entry,
        most_bytes=MOST_BYTES,
        announce=lambda page: announce(_("Watching: {address} (Ctrl-C ends it, and no training)", address=page)),
        open_page=open_page,
    )
    return WatchSummary({str(run.root): steps_done(run, read_lines(run.metrics)) for run in runs})


def application(watched: Watched, address: Address, entry: Pass | None) -> Flask:
    """The server's answers: the page, what is new, and the runs' files."""
    app = guarded(Rules("watch", address, entry, served_policy(), MOST_BYTES))

    @app.get("/")
    def page() -> Response:
        state = watched.state()
        return Response(served_page(state.views, state.tag), mimetype="text/html")

    @app.get("/runs")
    def runs() -> Response:
        state = watched.state()
        if request.headers.get("If-None-Match") == state.tag:
            return Response(status=304, headers={"ETag": state.tag})
        return Response(json.dumps({"runs": state.views}), mimetype="application/json", headers={"ETag": state.tag})

    @app.get("/<int:number>/<path:name>")
    def file(number: int, name: str) -> Response:
        path = watched.file(number, name)
        with disk_errors(path):
            content = path.read_bytes()
        kept = {"Cache-Control": "private, max-age=600"} if path.suffix == ".jpg" else {}
        return Response(content, mimetype=_ENDINGS.get(path.suffix, "text/plain"), headers=kept)

    return app


def _view(run: RunDir, address: str) -> dict[str, Any]:
    """What the page shows of a run. Its files may be anybody's: what no training writes is damage, and no bug."""
    try:
        with disk_errors(run.root):
            return run_view(run, address)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise UnusableError(_("{run}: damaged ({error}).", run=run.root, error=repr(error))) from error


def _told_by(run: RunDir) -> list[Path]:
    """What tells by its time that a run is another than it was."""
    return [run.options, run.metrics, run.warnings, run.summary, run.samples, run.checkpoints]


def _looked_at(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
