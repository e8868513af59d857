"""Work in processes: a crash or a hang costs one item and nothing else."""

import ctypes
import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from pipeline.workers import CrashedError, ProcessExecutor, finished

SLOW_START_SECONDS = 3.0
"""So long an item may take: far more than a process needs to start on a busy machine, and short enough to wait for."""


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


class HangsWhileItIsSent:
    """An answer whose first part is on its way when the process hangs."""

    def __reduce__(self) -> str:
        signal.pause()
        return ""


def answer_and_hang(number: int) -> object:
    return [bytes(1_000_000), HangsWhileItIsSent()] if number == 1 else number


def hang_in(folder: Path) -> None:
    (folder / f"{os.getpid()}").touch()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.pause()


def decode_or_crash(data: bytes) -> str:
    """What a stage does with a file; the decoder's native code reads beyond its memory for some of them."""
    from pipeline.image import ImageError, decode  # for this test's processes alone: the others' time is measured out

    if data == b"crash":
        ctypes.string_at(1)
    if data == b"hang":
        signal.pause()
    try:
        return f"{decode(data).size}"
    except ImageError as error:
        return error.reason


def read(path: Path) -> bytes:
    return path.read_bytes()


def open_as(fifo: Path, mode: str) -> int:
    """Waits until somebody opens the other end."""
    with fifo.open(mode):
        return os.getpid()


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


def test_a_crash_of_a_partial_is_told_as_any_other() -> None:
    with ProcessExecutor(1) as executor:
        assert outcomes(executor, partial(square_or_die), [3, 4]) == {3: "crashed", 4: 16}


def test_a_hanging_item_is_ended_and_the_rest_goes_on() -> None:
    with ProcessExecutor(1, timeout_seconds=SLOW_START_SECONDS) as executor:
        assert outcomes(executor, square_or_hang, [0, 1, 2]) == {0: 0, 1: "crashed", 2: 4}


def test_a_process_that_hangs_in_the_middle_of_its_answer_is_ended() -> None:
    with ProcessExecutor(1, timeout_seconds=SLOW_START_SECONDS) as executor:
        assert outcomes(executor, answer_and_hang, [0, 1, 2]) == {0: 0, 1: "crashed", 2: 2}


def test_a_hanging_item_is_tried_twice_and_neither_process_stays(tmp_path: Path) -> None:
    with ProcessExecutor(1, timeout_seconds=SLOW_START_SECONDS) as executor, pytest.raises(CrashedError):
        executor.submit(hang_in, tmp_path).result()
    processes = [int(path.name) for path in tmp_path.iterdir()]
    assert len(processes) == 2
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_files_that_crash_and_hang_the_decoder_leave_every_other_file_its_fate() -> None:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (8, 9)).save(buffer, "PNG")
    files = [b"hang", *[buffer.getvalue(), b"crash", b"", b"no image", buffer.getvalue()[:50]] * 3]
    fates: list[str] = []
    with ProcessExecutor(3, timeout_seconds=3.0) as executor:
        for data, future in finished(executor, decode_or_crash, files):
            fates.append("crashed" if isinstance(future.exception(), CrashedError) else future.result())
            assert (fates[-1] == "crashed") == (data in (b"crash", b"hang"))
    assert sorted(fates) == sorted(["crashed", *["(8, 9)", "crashed", "empty", "not_image", "corrupt"] * 3])


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


def test_whoever_calls_while_the_processes_are_ended_is_told_so_and_nothing_else() -> None:
    for _round in range(5):
        executor = ProcessExecutor(2)
        answered = threading.Event()

        def call(executor: ProcessExecutor = executor, answered: threading.Event = answered) -> type[BaseException]:
            while True:
                try:
                    executor.call(bytes.__len__, bytes(300_000))
                except (CancelledError, CrashedError, ChildProcessError) as error:
                    return type(error)
                answered.set()

        with ThreadPoolExecutor(3) as callers:
            ended = [callers.submit(call) for _caller in range(3)]
            assert answered.wait(30)
            executor.shutdown(cancel_futures=True)
        assert {one.result() for one in ended} <= {CancelledError, ChildProcessError}
        assert executor._children == set()


def test_a_second_process_starts_only_where_there_is_work_for_it() -> None:
    with ProcessExecutor(2, pieces_a_process=10) as executor:
        for _burst in range(3):
            assert len({future.result() for _number, future in finished(executor, own_pid, range(9))}) == 1


def test_a_crash_leaves_the_work_that_waits_for_the_only_process_its_turn() -> None:
    with ProcessExecutor(3, pieces_a_process=10) as executor:
        assert outcomes(executor, square_or_die, [2, 3, 4]) == {2: 4, 3: "crashed", 4: 16}


def test_where_there_is_work_for_two_processes_both_are_there_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "meeting")
    with ProcessExecutor(2, pieces_a_process=2, timeout_seconds=30) as executor:
        others = [executor.submit(open_as, tmp_path / "meeting", mode) for mode in ("rb", "wb")]
        assert len({other.result() for other in others}) == 2
