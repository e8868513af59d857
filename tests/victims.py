"""Victims: processes that end themselves by SIGKILL before a chosen line of our code, so that no moment is left out."""

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Any, NoReturn

ROOT = Path(__file__).resolve().parents[1]
OURS = tuple(str(ROOT / room) + os.sep for room in ("crawler", "curate", "pipeline", "train"))


class Watch:
    """Counts the lines that the main thread runs, by phase; a phase lasts from the call of its function to the next's.

    With a phase given it kills this process at that phase's line number `moment`, or where the phase ends before.
    """

    def __init__(self, phases: Mapping[str, str], files: Sequence[str], phase: str, moment: int) -> None:
        self.lines: Counter[str] = Counter()
        self._phases = phases
        self._files = (*OURS, *files)
        self._phase = phase
        self._moment = moment
        self._now = ""

    def call(self, frame: FrameType, _event: str, _argument: object) -> Callable[..., object] | None:
        """The trace function of each call (sys.settrace)."""
        if not frame.f_code.co_filename.startswith(self._files):
            return None
        next_phase = self._phases.get(frame.f_code.co_name, self._now)
        if next_phase != self._now == self._phase:
            self.end()
        self._now = next_phase
        return self._line

    def _line(self, _frame: FrameType, event: str, _argument: object) -> Callable[..., object]:
        if event == "line" and self._now:
            self.lines[self._now] += 1
            if self._now == self._phase and self.lines[self._now] >= self._moment:
                self.end()
        return self._line

    def end(self) -> None:
        """Leave the last words, and kill this process where it has a phase to die in."""
        words = json.dumps({"phase": self._now, "lines": self.lines}) + "\n"
        os.write(1, words.encode())
        if self._phase:
            os.kill(os.getpid(), signal.SIGKILL)


def serve(work: Callable[..., object], phases: Mapping[str, str], files: Sequence[str] = ()) -> None:
    """Do the work for each line of standard input in a fork of this process: what was imported is imported once.

    A line is JSON: phase, moment and the arguments of `work`.
    """
    for line in sys.stdin:
        phase, moment, *arguments = json.loads(line)
        child = os.fork()
        if not child:
            _live(Watch(phases, files, phase, moment), work, arguments)
        _pid, status = os.waitpid(child, 0)
        print(json.dumps({"status": os.waitstatus_to_exitcode(status)}), flush=True)  # noqa: T201


def _live(watch: Watch, work: Callable[..., object], arguments: Sequence[object]) -> NoReturn:
    """Only success ends here: an exception ends the fork as it ends every program, with its traceback."""
    sys.settrace(watch.call)
    work(*arguments)
    sys.settrace(None)
    watch.end()
    os._exit(0)


@dataclass(frozen=True)
class Ended:
    """How a victim ended: the phase in which it was killed, "" for none, and the lines that it ran in each."""

    phase: str
    lines: Mapping[str, int]
    status: int


class Nursery:
    """A process that brings up victims and says how each ended."""

    def __init__(self, program: "subprocess.Popen[str]") -> None:
        assert program.stdin is not None
        assert program.stdout is not None
        self._work: IO[str] = program.stdin
        self._words: IO[str] = program.stdout

    def whole(self, *arguments: object) -> Mapping[str, int]:
        """Let one live to its end; how many lines it ran in each phase, which are the moments to choose from."""
        ended = self._raise("", 0, *arguments)
        assert ended.status == 0
        return ended.lines

    def kill(self, moments: Mapping[str, int], phase: str, seed: int, *arguments: object) -> None:
        """Let one be killed in a phase, at a moment chosen by the seed."""
        ended = self._raise(phase, random.Random(seed).randint(1, moments[phase]), *arguments)
        assert (ended.status, ended.phase) == (-signal.SIGKILL, phase)

    def _raise(self, phase: str, moment: int, *arguments: object) -> Ended:
        self._work.write(json.dumps([phase, moment, *map(str, arguments)]) + "\n")
        self._work.flush()
        told: dict[str, Any] = {"phase": "", "lines": {}}
        while "status" not in told:
            told |= json.loads(self._words.readline())
        return Ended(told["phase"], told["lines"], told["status"])


@contextmanager
def nursery(program: str, **environment: str) -> Iterator[Nursery]:
    """Run a program that ends with `serve(...)`; it finds the modules of the tests and of the checkout."""
    path = os.pathsep.join(map(str, (ROOT, ROOT / "tests")))
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path} | environment,
    ) as running:
        yield Nursery(running)
