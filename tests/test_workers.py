"""Work in processes: a crash or a hang costs one item and nothing else."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.workers import CrashedError, ProcessExecutor, finished


def square(number: int) -> int:
    return number * number


def square_or_die(number: int) -> int:
    if number == 3:
        os._exit(7)
    return number * number


def square_or_hang(number: int) -> int:
    if number == 1:
        signal.pause()
    return number * number


def die_the_first_time(marker: Path) -> str:
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGSEGV)
    return "survived"


def count_and_die(folder: Path) -> None:
    (folder / f"{len(list(folder.iterdir()))}").touch()
    os._exit(1)


def read(path: Path) -> bytes:
    return path.read_bytes()


def own_pid(_number: int) -> int:
    return os.getpid()


def outcomes(executor: ProcessExecutor, function: object, items: list[int]) -> dict[int, int | str]:
    results: dict[int, int | str] = {}
    for item, future in finished(executor, function, items):  # type: ignore[arg-type]
        try:
            results[item] = future.result()
        except CrashedError:
            results[item] = "crashed"
    return results


def test_a_crash_of_the_process_costs_one_item_and_the_rest_goes_on() -> None:
    with ProcessExecutor(2) as executor:
        assert outcomes(executor, square_or_die, list(range(6))) == {0: 0, 1: 1, 2: 4, 3: "crashed", 4: 16, 5: 25}


def test_a_hanging_item_is_ended_and_the_rest_goes_on() -> None:
    with ProcessExecutor(1, timeout_seconds=0.5) as executor:
        assert outcomes(executor, square_or_hang, [0, 1, 2]) == {0: 0, 1: "crashed", 2: 4}


def test_an_item_that_crashed_once_is_tried_again(tmp_path: Path) -> None:
    with ProcessExecutor(1) as executor:
        assert executor.submit(die_the_first_time, tmp_path / "marker").result() == "survived"


def test_an_item_is_tried_twice_and_no_more(tmp_path: Path) -> None:
    with ProcessExecutor(1) as executor, pytest.raises(CrashedError):
        executor.submit(count_and_die, tmp_path).result()
    assert len(list(tmp_path.iterdir())) == 2


def test_an_error_of_the_disk_comes_back_as_itself(tmp_path: Path) -> None:
    with ProcessExecutor(1) as executor, pytest.raises(FileNotFoundError):
        executor.submit(read, tmp_path / "absent").result()


def test_a_process_that_cannot_start_is_no_fault_of_the_item(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with ProcessExecutor(1) as executor, pytest.raises(ChildProcessError):
        executor.submit(square, 1).result()


def test_a_script_without_a_main_guard_is_not_run_again(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from operator import neg\nfrom pipeline.workers import ProcessExecutor\n"
        "with ProcessExecutor(1) as executor:\n    print(executor.submit(neg, 5).result())\n"
    )
    assert subprocess.run([sys.executable, str(script)], capture_output=True, check=True).stdout == b"-5\n"


def test_leaving_by_an_exception_kills_the_processes_in_the_middle_of_their_work() -> None:
    executor = ProcessExecutor(1)
    with pytest.raises(KeyboardInterrupt), executor:
        pid = executor.submit(own_pid, 0).result()
        executor.submit(square_or_hang, 1)
        raise KeyboardInterrupt
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


PARENT = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from test_workers import own_pid
from pipeline.workers import ProcessExecutor
with ProcessExecutor(1) as executor:
    print(executor.submit(own_pid, 0).result(), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_no_process_outlives_a_parent_that_was_killed() -> None:
    parent = subprocess.run(
        [sys.executable, "-c", PARENT, str(Path(__file__).parent)], stdout=subprocess.PIPE, check=False
    )
    pid, deadline = int(parent.stdout), time.monotonic() + 30
    while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]:
        assert time.monotonic() < deadline, "the worker is still alive"
    assert parent.returncode == -signal.SIGKILL


def test_items_are_taken_only_as_earlier_ones_end() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    with ThreadPoolExecutor(1) as executor:
        results = finished(executor, square, items(), window=5)
        first, _future = next(results)
        taken_at_first = len(taken)
        rest = [item for item, _future in results]
    assert taken_at_first <= 6
    assert sorted([first, *rest]) == list(range(100))
