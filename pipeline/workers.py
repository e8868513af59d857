"""Where work runs: child processes behind concurrent.futures.Executor, which outlive a crashing or hanging decoder.

A stage asks for an Executor and does not know what stands behind it; a cluster's would serve as well.
"""

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ThreadPoolExecutor, wait
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

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
from pipeline.workers import serve
serve(int(sys.argv[1]), int(sys.argv[2]))
"""
"""A fresh interpreter: a forked child of a process with threads can deadlock, and multiprocessing's `spawn` runs the
parent's main script again, which starts everything anew where that has no main guard."""


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

    def __init__(self, workers: int = 0, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        """`workers` processes, 0 for one a core; each starts when it is first needed."""
        self.workers = workers or len(os.sched_getaffinity(0))
        self._timeout_seconds = timeout_seconds
        self._threads = ThreadPoolExecutor(self.workers)
        self._idle: queue.SimpleQueue[_Child] = queue.SimpleQueue()
        self._children: set[_Child] = set()
        self._lock = threading.Lock()
        self._closing = False

    def submit(
        self, function: Callable[Parameters, Result], /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Future[Result]:
        return self._threads.submit(self._run, function, args, kwargs)

    def call(
        self, function: Callable[Parameters, Result], /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Result:
        """What `submit(...).result()` gives, without a thread in between: for a caller that has a thread to wait in.

        Each caller that works at the same time takes a process. Raises CancelledError after the shutdown.
        """
        answer: Result = self._run(function, args, kwargs)
        return answer

    def _run(self, *work: Any) -> Any:
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
            self._idle.put(child)
            if isinstance(answer, OSError):
                raise answer
            return answer
        raise CrashedError(f"{work[0].__name__} crashed or hung {TRIES} times")

    def _take_child(self) -> "_Child":
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            with self._lock:
                if self._closing:
                    raise CancelledError from None
                child = _Child()
                self._children.add(child)
                return child

    def _drop(self, child: "_Child") -> None:
        child.close()
        with self._lock:
            self._children.discard(child)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for the work and end the processes; with `cancel_futures` end them in the middle of it."""
        if cancel_futures:
            self._kill_all()
        self._threads.shutdown(wait=wait, cancel_futures=cancel_futures)
        for child in self._kill_all():
            child.close()

    def _kill_all(self) -> list["_Child"]:
        with self._lock:
            self._closing = True
            children = list(self._children)
        for child in children:
            child.kill()
        return children

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.shutdown(cancel_futures=kind is not None)


class _Child:
    """One process and the two pipes to it. Where the parent dies the pipe ends, and the child with it."""

    def __init__(self) -> None:
        their_work, work = os.pipe()
        answers, their_answers = os.pipe()
        arguments = [sys.executable, "-c", _PROGRAM, str(their_work), str(their_answers), *sys.path]
        self._work, self._answers = Connection(work, readable=False), Connection(answers, writable=False)
        try:
            self._process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, pass_fds=(their_work, their_answers))
        except OSError:
            self._work.close()
            self._answers.close()
            raise
        finally:
            os.close(their_work)
            os.close(their_answers)
        self._is_ready = False

    def call(self, work: tuple[Any, ...], timeout_seconds: float) -> Any:
        """The work's answer. Raises ChildProcessError where the process never started, which no work is guilty of."""
        try:
            if not self._is_ready:
                self._is_ready = self._answer(TIMEOUT_SECONDS)
            self._work.send(work)
            return self._answer(timeout_seconds)
        except (EOFError, OSError, _DiedError) as error:
            if not self._is_ready:
                raise ChildProcessError(_("a worker process could not start")) from error
            raise _DiedError from error

    def _answer(self, timeout_seconds: float) -> Any:
        if not self._answers.poll(timeout_seconds):
            raise _DiedError
        return self._answers.recv()

    def kill(self) -> None:
        """End the process; a thread that waits for its answer finds the pipe at its end."""
        self._process.kill()

    def close(self) -> None:
        """End the process and clear up; only for the thread that uses this child, or after all threads."""
        self.kill()
        self._process.wait()
        self._work.close()
        self._answers.close()


def serve(work_descriptor: int, answers_descriptor: int) -> None:
    """The child's side: do what comes through one pipe, answer through the other, end when the parent does."""
    with Connection(work_descriptor, writable=False) as work, Connection(answers_descriptor, readable=False) as answers:
        answers.send(True)
        while True:
            try:
                function, args, kwargs = work.recv()
                answers.send(_outcome(function, args, kwargs))
            except (EOFError, BrokenPipeError):
                return


def _outcome(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    try:
        return function(*args, **kwargs)
    except OSError as error:
        return error


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
