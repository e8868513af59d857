"""From a candidate to a file in raw/: fetched, decoded to its end in a process that may crash, and stored."""

import sys
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from crawler.connections import StoppedError
from crawler.downloads import Download
from crawler.fetched import Fetched, FetchError
from crawler.flaws import find_flaw
from pipeline.catalog import FORGOTTEN
from pipeline.errors import PipelineError
from pipeline.files import disk_errors
from pipeline.records import Candidate, ImageRecord
from pipeline.workers import CrashedError, ProcessExecutor

DECODE_SECONDS = 30.0
"""A decoder that takes longer hangs; its process is ended."""


class Examiner:
    """Decodes what was fetched in processes of its own; for any number of threads."""

    def __init__(self, timeout_seconds: float = DECODE_SECONDS) -> None:
        self._executor = ProcessExecutor(timeout_seconds=timeout_seconds)
        self._is_warm = threading.Event()
        self._places = threading.BoundedSemaphore(self._executor.workers)

    def warm_up(self) -> None:
        """Start processes while the first download is on its way."""
        if not self._is_warm.is_set():
            self._is_warm.set()
            with suppress(RuntimeError):  # it was shut down already
                for _core in range(self._executor.workers):
                    self._executor.submit(find_flaw, b"")

    def examined(self, fetched: Fetched) -> Fetched:
        """The image with its difference hash, if it decodes to its end.

        Raises FetchError with the flaw, or `crashed` where decoding brought down a process twice or hung;
        StoppedError after `stop`.
        """
        try:
            with self._places, disk_errors(Path(sys.executable)):  # a process that cannot start
                finding = self._executor.call(find_flaw, fetched.data)
        except CrashedError as error:
            raise FetchError("crashed") from error
        except CancelledError as error:
            raise StoppedError from error
        if finding.flaw:
            raise FetchError(finding.flaw)
        return replace(fetched, dhash=finding.dhash)

    def stop(self) -> None:
        """End the processes, whatever they do."""
        self._executor.shutdown(cancel_futures=True)


def work_of(
    fetch: Callable[[str, str], Fetched],
    examiner: Examiner,
    store: Callable[[Fetched], ImageRecord | None],
) -> Callable[[Candidate], Download]:
    """What a download's thread does with a candidate. `store` gives None for an image that nobody wants any more."""

    def work(candidate: Candidate) -> Download:
        try:
            examiner.warm_up()
            fetched = examiner.examined(fetch(candidate.image_url, candidate.page_url))
            record = store(fetched)
            if record is None:
                return Download(candidate, reason=FORGOTTEN)
            return Download(candidate, replace(fetched, data=b""), record=record)
        except FetchError as error:
            return Download(candidate, None, error.reason, error.temporary)
        except StoppedError:
            return Download(candidate)
        except PipelineError as error:
            return Download(candidate, error=error)

    return work
