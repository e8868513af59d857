"""Work done ahead by threads, in order: by as many of them as can be started, by none where none can."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from itertools import islice
from typing import TypeVar

from pipeline.language import _

_log = logging.getLogger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")


def ahead(
    work: Callable[[Item], Result], items: Iterable[Item], *, workers: int, waiting: int
) -> Generator[Result, None, None]:
    """work(item) of each item, in their order, up to `waiting` of them before they are asked for. Close the iterator.

    `workers` 0 works when a result is asked for. Threads that cannot be started (a limit on processes or on memory)
    cost one warning, and the others do their work.
    """
    started = _that_start(workers)
    if not started:
        yield from map(work, items)
        return
    rest = iter(items)
    with ThreadPoolExecutor(started, thread_name_prefix="images") as pool:
        futures: deque[Future[Result]] = deque(pool.submit(work, item) for item in islice(rest, waiting))
        while futures:
            yield futures.popleft().result()
            futures.extend(pool.submit(work, item) for item in islice(rest, 1))


@lru_cache(maxsize=1)
def _warn(wanted: int, count: int, reason: str) -> None:
    """Once, though pictures are read by threads before batches are made by others."""
    message = _(
        "--num-workers {wanted}: only {count} threads can be started ({reason}); training goes on with these.",
        wanted=wanted,
        count=count,
        reason=reason,
    )
    _log.warning(message)


def _that_start(wanted: int) -> int:
    """How many of so many threads can live at once, by starting them."""
    enough = threading.Event()
    threads = [threading.Thread(target=enough.wait, daemon=True) for _number in range(wanted)]
    count = 0
    try:
        for thread in threads:
            thread.start()
            count += 1
    except RuntimeError as error:
        _warn(wanted, count, str(error))
    finally:
        enough.set()
    for thread in threads[:count]:
        thread.join()
    return count
