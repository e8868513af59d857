"""Work done ahead by threads: in order, by as many as start, and errors where their results would be."""

import logging
import threading
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import pytest
from trainings import dataset, tiny

from pipeline.progress import Silent
from train import ahead as room
from train.ahead import ahead
from train.loop import train
from train.options import TrainOptions


@pytest.fixture(autouse=True)
def nothing_said_yet() -> None:
    room._warn.cache_clear()


@pytest.fixture
def threads_too_large_to_start() -> Iterator[None]:
    """Threads whose stacks are larger than any memory: the system refuses them as it does at a limit."""
    before = threading.stack_size(2**47)
    yield
    threading.stack_size(before)


@pytest.mark.parametrize("workers", [0, 1, 4])
def test_results_come_in_order_and_an_endless_list_is_closed(workers: int) -> None:
    results = ahead(lambda number: number**2, count(3), workers=workers, waiting=2 * workers)

    assert list(islice(results, 5)) == [9, 16, 25, 36, 49]
    results.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("images")]


def test_nothing_is_begun_beyond_what_may_wait() -> None:
    begun: list[int] = []
    results = ahead(begun.append, range(100), workers=2, waiting=3)
    next(results)
    next(results)
    results.close()

    assert len(begun) <= 5


@pytest.mark.parametrize("workers", [0, 2])
def test_an_error_comes_where_its_result_would(workers: int) -> None:
    results = ahead(lambda number: 6 // number, [2, 0], workers=workers, waiting=4)

    assert next(results) == 3
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_threads_that_cannot_be_started_cost_one_warning(
    threads_too_large_to_start: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert list(ahead(str, range(5), workers=4, waiting=8)) == ["0", "1", "2", "3", "4"]

    (line,) = caplog.messages
    assert line.startswith("--num-workers 4: only 0 threads")


def test_a_training_whose_threads_cannot_be_started_goes_on_after_one_warning(
    threads_too_large_to_start: None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = dataset(tmp_path / "set")
    with caplog.at_level(logging.WARNING):
        summary = train(tiny(steps=2, num_workers=4), data, tmp_path / "runs", resume=None, progress=Silent())

    assert summary.steps == 2
    assert sum("--num-workers" in line for line in caplog.messages) == 1


def test_with_fewer_threads_than_asked_for_the_others_work(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    start, started = threading.Thread.start, iter(range(100))

    def twice(thread: threading.Thread) -> None:
        if threading.current_thread() is threading.main_thread() and next(started) == 2:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", twice)
    with caplog.at_level(logging.WARNING):
        assert list(ahead(str, range(3), workers=4, waiting=8)) == ["0", "1", "2"]

    assert "only 2 threads" in caplog.text


def test_the_loaders_follow_the_cores_where_nothing_is_said() -> None:
    assert 1 <= TrainOptions().loaders <= 4
    assert [TrainOptions(num_workers=number).loaders for number in (0, 7)] == [0, 7]
