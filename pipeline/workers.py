"""Where work runs: child processes behind concurrent.futures.Executor, which outlive a crashing or hanging decoder.

A stage asks for an Executor and does not know what stands behind it; a cluster's would serve as well.
"""

import os
import pickle
import queue
import select
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from pipeline.cores import usable_cores
from pipeline.language import _

Item = TypeVar("Item")
Result = TypeVar("Result")
Parameters = ParamSpec("Parameters")

TRIES = 2
"""How often a piece of work may bring its process down before it is given up: the first time may be bad luck."""

TIMEOUT_SECONDS = 120.0
"""The longest that a piece of work may take; so long may the start of a process take, too."""

_PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides what it means
sys.path[:] = sys.argv[3:]
from pipeline.serving import serve
serve(int(sys.argv[1]), int(sys.argv[2]))
"""
"""A fresh interpreter: a forked child of a process with threads can deadlock, and multiprocessing's `spawn` runs the
parent's main script again, which starts everything anew where that has no main guard."""

_FLAGS = ("-I", "-S")
"""The child is told its whole path, so that looking for it, a third of the start of a bare interpreter, is left out."""

_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Each core has a process of its own; threads of numpy in each of them would only get in one another's way."""

_ROOT = str(Path(__file__).resolve().parents[1])
"""Where this package lies: an editable install finds it by a hook of `site`, which the child does without."""


class CrashedError(Exception):
    """The work brought down its process, or did not end in time, in every try."""


class _DiedError(Exception):
    """One child process ended, or had to be ended, before its answer."""


class ProcessExecutor(Executor):
    """Runs work in child processes, one piece a process at a time, so that the guilty piece of a crash is known.

    (In concurrent.futures.ProcessPoolExecutor one dying process breaks the whole pool and every piece in it.) A piece
    that dies or hangs is tried once more in a fresh process, then its future raises CrashedError; all others go on.
    The work's OSErrors come back as they are; a process that cannot start is one, too. The work must be a function of
    a module that can be imported. Leaving the `with` block by an exception kills the processes at once.
    """

    def __init__(
        self, workers: int = 0, *, timeout_seconds: float = TIMEOUT_SECONDS, pieces_a_process: int = 1
    ) -> None:
        """`workers` processes, 0 for one a core; each starts when it is first needed.

        Where starting one costs as much as `pieces_a_process` pieces of work, the next starts only as so many more
        come without a pause.
        """
        self.workers = workers or usable_cores()
        self._timeout_seconds = timeout_seconds
        self._pieces_a_process = pieces_a_process
        self._pieces = self._unfinished = 0
        self._threads = ThreadPoolExecutor(self.workers)
        self._idle: queue.SimpleQueue[_Child] = queue.SimpleQueue()
        self._children: set[_Child] = set()
        self._lock = threading.Condition()
        self._closing = False

    def submit(
        self, function: Callable[Parameters, Result], /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Future[Result]:
        self._expect_piece()
        return self._threads.submit(self._run, function, args, kwargs)

    def call(
        self, function: Callable[Parameters, Result], /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Result:
        """What `submit(...).result()` gives, without a thread in between: for a caller that has a thread to wait in.

        Each caller that works at the same time takes a process. Raises CancelledError after the shutdown.
        """
        self._expect_piece()
        answer: Result = self._run(function, args, kwargs)
        return answer

    def _expect_piece(self) -> None:
        with self._lock:
            self._pieces += 1
            self._unfinished += 1
            self._lock.notify()

    def _run(self, *work: Any) -> Any:
        try:
            return self._tried(*work)
        finally:
            with self._lock:
                self._unfinished -= 1
                self._pieces = self._pieces if self._unfinished else 0

    def _tried(self, *work: Any) -> Any:
        for _number in range(TRIES):
            child = self._take_child()
            try:
                answer = child.call(work, self._timeout_seconds)
            except _DiedError:
                self._drop(child)
                continue
            except BaseException:
                self._drop(child)
                raise
            self._put_back(child)
            if isinstance(answer, OSError):
                raise answer
            return answer
        name = getattr(work[0], "__name__", work[0])  # a partial has none
        raise CrashedError(f"{name} crashed or hung {TRIES} times")

    def _take_child(self) -> "_Child":
        with self._lock:
            while not self._closing:
                with suppress(queue.Empty):
                    return self._idle.get_nowait()
                if len(self._children) <= self._pieces // self._pieces_a_process:
                    child = _Child()
                    self._children.add(child)
                    return child
                self._lock.wait()
        raise CancelledError

    def _put_back(self, child: "_Child") -> None:
        with self._lock:
            if not self._closing:
                self._idle.put(child)
                self._lock.notify()
                return
        self._drop(child)

    def _drop(self, child: "_Child") -> None:
        child.close()
        with self._lock:
            self._children.discard(child)
            self._lock.notify()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for the work and end the processes; with `cancel_futures` end them in the middle of it."""
        if cancel_futures:
            self._kill_all()
        self._threads.shutdown(wait=wait, cancel_futures=cancel_futures)
        self._kill_all()
        with suppress(queue.Empty):
            while True:  # what a caller of `call` still uses it closes itself: two threads never close one pipe
                self._drop(self._idle.get_nowait())

    def _kill_all(self) -> None:
        with self._lock:
            self._closing = True
            children = list(self._children)
            self._lock.notify_all()
        for child in children:
            child.kill()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.shutdown(cancel_futures=kind is not None)


class _Child:
    """One process and the two pipes to it. Where the parent dies the pipe ends, and the child with it."""

    def __init__(self) -> None:
        their_work, work = os.pipe()
        answers, their_answers = os.pipe()
        descriptors = (str(their_work), str(their_answers))
        arguments = [sys.executable, *_FLAGS, "-c", _PROGRAM, *descriptors, *sys.path, _ROOT]
        self._work, self._answers = os.fdopen(work, "wb"), os.fdopen(answers, "rb")
        try:
            self._process = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                pass_fds=(their_work, their_answers),
                env={**_ONE_THREAD, **os.environ},
            )
        except OSError:
            self._close_pipes()
            raise
        finally:
            os.close(their_work)
            os.close(their_answers)
        self._is_ready = False
        self._poll = select.poll()
        self._poll.register(self._answers, select.POLLIN)

    def call(self, work: tuple[Any, ...], timeout_seconds: float) -> Any:
        """The work's answer. Raises ChildProcessError where the process never started, which no work is guilty of."""
        try:
            if not self._is_ready:
                self._is_ready = self._answer(TIMEOUT_SECONDS)
            pickle.dump(work, self._work, pickle.HIGHEST_PROTOCOL)
            self._work.flush()
            return self._answer(timeout_seconds)
        except (EOFError, OSError, pickle.UnpicklingError, _DiedError) as error:
            if not self._is_ready:
                raise ChildProcessError(_("a worker process could not start")) from error
            raise _DiedError from error

    def _answer(self, timeout_seconds: float) -> Any:
        """The next answer; the one before was read to its end, so that nothing waits in the buffer."""
        if not self._poll.poll(1000 * timeout_seconds):
            raise _DiedError
        return pickle.load(self._answers)

    def kill(self) -> None:
        """End the process; a thread that waits for its answer finds the pipe at its end."""
        self._process.kill()

    def close(self) -> None:
        """End the process and clear up; only for the thread that uses this child."""
        self.kill()
        self._process.wait()
        self._close_pipes()

    def _close_pipes(self) -> None:
        with suppress(BrokenPipeError):  # work that the process did not live to read
            self._work.close()
        self._answers.close()


def finished(
    executor: Executor, function: Callable[[Item], Result], items: Iterable[Item], *, window: int = 64
) -> Iterator[tuple[Item, Future[Result]]]:
    """Each item with its done future, in the order in which they end; at most `window` are under way.

    So the results of a hundred thousand items never lie in memory together.
    """
    pending: dict[Future[Result], Item] = {}
    for item in items:
        if len(pending) >= window:
            yield from _take_done(pending)
        pending[executor.submit(function, item)] = item
    while pending:
        yield from _take_done(pending)


def _take_done(pending: dict[Future[Result], Item]) -> Iterator[tuple[Item, Future[Result]]]:
    done, _waiting = wait(pending, return_when=FIRST_COMPLETED)
    for future in done:
        yield pending.pop(future), future
