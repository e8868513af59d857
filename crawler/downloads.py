"""Downloads in threads: candidates in, results out, one thread to talk to, and never many from one host at a time."""

import threading
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

from crawler.fetched import Fetched
from pipeline.errors import PipelineError
from pipeline.records import Candidate, ImageRecord


@dataclass(frozen=True, slots=True)
class Download:
    """A candidate and what its download gave: an image, the reason why not, or neither when it was stopped.

    `record` is set once the image lies in raw/, safe from a power cut; `error` is what kept it from getting there.
    """

    candidate: Candidate
    fetched: Fetched | None = None
    reason: str = ""
    temporary: bool = False
    record: ImageRecord | None = None
    error: PipelineError | None = None


class Downloads:
    """`pending` counts what was added and not yet taken. Threads are daemons: a dead host delays nobody's exit."""

    def __init__(self, work: Callable[[Candidate], Download], *, concurrency: int, per_host: int) -> None:
        """`work` does all that a candidate needs, the disk included: a file system syncs many files at once as fast as
        a few one after the other."""
        self.pending = 0
        self._do = work
        self._per_host = per_host
        self._lock = threading.Lock()
        self._ready: SimpleQueue[Candidate | None] = SimpleQueue()
        self._held: dict[str, deque[Candidate]] = {}
        self._busy: Counter[str] = Counter()
        self._closed = False
        self._results: SimpleQueue[Download | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"download-{number}", daemon=True) for number in range(concurrency)
        ]
        for thread in self._threads:
            thread.start()

    def add(self, candidate: Candidate) -> None:
        """Begin with a candidate as soon as a thread is free and its host is not busy."""
        self.pending += 1
        host = _host(candidate)
        with self._lock:
            if self._busy[host] < self._per_host:
                self._busy[host] += 1
                self._ready.put(candidate)
            else:
                self._held.setdefault(host, deque()).append(candidate)

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
        with self._lock:
            self.pending -= sum(map(len, self._held.values()))
            self._held.clear()
            with suppress(Empty):
                while candidate := self._ready.get_nowait():
                    self.pending -= 1
                    self._busy[_host(candidate)] -= 1

    def close(self, wait_seconds: float) -> None:
        """Let the threads end; wait for them so long together."""
        with self._lock:
            self._closed = True
        for _thread in self._threads:
            self._ready.put(None)
        for thread in self._threads:
            thread.join(wait_seconds / len(self._threads))

    def _work(self) -> None:
        while (candidate := self._next()) is not None:
            result = None
            try:
                result = self._do(candidate)
            finally:
                self._results.put(result)
                self._release(_host(candidate))

    def _next(self) -> Candidate | None:
        """The next candidate whose turn it is; waits for one, None when the downloads are closed."""
        candidate = self._ready.get()
        return None if self._closed else candidate

    def _release(self, host: str) -> None:
        """One download less from a host: the next one that waits for it may begin."""
        with self._lock:
            held = self._held.get(host)
            if held:
                self._ready.put(held.popleft())
                return
            self._held.pop(host, None)
            self._busy[host] -= 1
            if not self._busy[host]:
                del self._busy[host]


def _host(candidate: Candidate) -> str:
    try:
        return urlsplit(candidate.image_url).netloc.lower()
    except ValueError:
        return ""  # no URL at all: the fetch says so
