"""Downloads in threads: candidates in, results out, one thread to talk to, and never many from one host at a time."""

import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

from crawler.fetch import Fetched, FetchError, StoppedError
from pipeline.records import Candidate


@dataclass(frozen=True, slots=True)
class Download:
    """A candidate and what its download gave: an image, the reason why not, or neither when it was stopped."""

    candidate: Candidate
    fetched: Fetched | None = None
    reason: str = ""
    temporary: bool = False


class Downloads:
    """`pending` counts what was added and not yet taken. Threads are daemons: a dead host delays nobody's exit."""

    def __init__(self, fetch: Callable[[str], Fetched], *, concurrency: int, per_host: int) -> None:
        self.pending = 0
        self._fetch = fetch
        self._per_host = per_host
        self._changed = threading.Condition()
        self._waiting: deque[Candidate] = deque()
        self._busy: Counter[str] = Counter()
        self._closed = False
        self._results: SimpleQueue[Download | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"download-{number}", daemon=True) for number in range(concurrency)
        ]
        for thread in self._threads:
            thread.start()

    def add(self, candidate: Candidate) -> None:
        self.pending += 1
        with self._changed:
            self._waiting.append(candidate)
            self._changed.notify_all()

    def take(self, wait_seconds: float = 0.0) -> list[Download]:
        """What has ended since the last call; waits for the first one if there is none yet."""
        taken: list[Download] = []
        while self.pending and not (taken and self._results.empty()):
            try:
                result = self._results.get(timeout=wait_seconds) if wait_seconds else self._results.get_nowait()
            except Empty:
                break
            if result is None:
                raise RuntimeError("a download thread died of a bug; its traceback is above")
            self.pending -= 1
            taken.append(result)
        return taken

    def forget_waiting(self) -> None:
        """Do not begin what has not begun."""
        with self._changed:
            self.pending -= len(self._waiting)
            self._waiting.clear()

    def close(self, wait_seconds: float) -> None:
        """Let the threads end; wait for them so long together."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(wait_seconds / len(self._threads))

    def _work(self) -> None:
        while (candidate := self._next()) is not None:
            result = None
            try:
                result = self._attempt(candidate)
            finally:
                self._results.put(result)
                with self._changed:
                    self._busy[_host(candidate)] -= 1
                    self._changed.notify_all()

    def _next(self) -> Candidate | None:
        """The first waiting candidate whose host is not busy; waits for one, None when the downloads are closed."""
        with self._changed:
            while not self._closed:
                for candidate in self._waiting:
                    if self._busy[_host(candidate)] < self._per_host:
                        self._waiting.remove(candidate)
                        self._busy[_host(candidate)] += 1
                        return candidate
                self._changed.wait()
        return None

    def _attempt(self, candidate: Candidate) -> Download:
        try:
            return Download(candidate, self._fetch(candidate.image_url))
        except FetchError as error:
            return Download(candidate, None, error.reason, error.temporary)
        except StoppedError:
            return Download(candidate)


def _host(candidate: Candidate) -> str:
    try:
        return urlsplit(candidate.image_url).netloc.lower()
    except ValueError:
        return ""  # no URL at all: the fetch says so
