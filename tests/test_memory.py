"""The memory of a training: told near to what the kernel counts, held against what is free, and running out."""

import dataclasses
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from trainings import assert_equal_to_the_bit, dataset, state_of, tiny

from pipeline.errors import CudaError, UsageError
from pipeline.progress import Silent
from train import cyclegan, memory
from train.checkpoint import begin
from train.loop import train
from train.memory import Need, fitting_size, is_out_of_memory, need_of, remedies, running_out
from train.options import TrainOptions
from train.rundir import RunDir, checkpoints
from train.schedule import Plan

CPU = torch.device("cpu")

pytestmark = pytest.mark.usefixtures("one_thread")

MEASURED = """
from pathlib import Path
import torch
from train.checkpoint import begin
from train.memory import need_of
from train.options import TrainOptions
from train.schedule import Plan
from train.step import take_step
torch.set_num_threads(1)
def status(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))
options = TrainOptions(size=128, generator="resnet-3", width=32, replay_size=0)
device = torch.device("cpu")
images = torch.zeros(2, 1, 3, options.size, options.size)
training = begin(options, Plan(6, 3), device)
need = need_of(training, options, device)
before = status("VmRSS")
for _step in range(2):  # the second one holds Adam's moments too
    take_step(training, options, images[0], images[1], lambda name, loss: None)
print((need.fixed_bytes + need.pixel_bytes * options.size**2) / (status("VmHWM") - before))
"""

LIMITED = """
import resource, sys
import train.loop
from pipeline.cli import main
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 400_000_000,) * 2)
main()
"""


def allocated_bytes() -> torch.Tensor:
    """More than any machine has: what the allocator raises is what it raises when the memory is full."""
    return torch.empty(2**55)


def run_of(root: Path, data: Path, **changes: object) -> RunDir:
    return RunDir(Path(train(tiny(**changes), data, root, resume=None, progress=Silent()).run))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_is_told_is_near_to_what_the_kernel_counts() -> None:
    child = subprocess.run([sys.executable, "-c", MEASURED], check=True, capture_output=True, text=True)

    assert 0.8 < float(child.stdout) < 1.25


def test_the_need_grows_with_the_pixels_and_falls_with_fewer_bits() -> None:
    options = tiny(size=64, load_size=0, width=16)
    exact = need_of(begin(options, Plan(6, 3), CPU), options, CPU)
    rounded = need_of(begin(dataclasses.replace(options, precision="bf16"), Plan(6, 3), CPU), options, CPU)

    assert exact.at(512) - exact.fixed_bytes == pytest.approx(4 * (exact.at(256) - exact.fixed_bytes), rel=1e-6)
    assert rounded.pixel_bytes < 0.8 * exact.pixel_bytes


def test_the_batch_and_the_replay_buffer_need_memory() -> None:
    def pixel_bytes(**changes: object) -> float:
        options = tiny(**changes)
        return need_of(begin(options, Plan(6, 3), CPU), options, CPU).pixel_bytes

    assert pixel_bytes(batch_size=4, replay_size=0) == pytest.approx(4 * pixel_bytes(replay_size=0))
    assert pixel_bytes(replay_size=50) - pixel_bytes(replay_size=0) == pytest.approx(50 * 2 * 3 * 4)


def test_small_images_need_what_a_checkpoint_needs_on_its_way_to_the_disk() -> None:
    need = Need(1000, 10.0, save_bytes=5000)

    assert (need.at(10), need.at(30)) == (6000, 10_000)
    assert (need.greatest(10_000), need.greatest(5999)) == (30, 0)


def test_the_greatest_size_that_fits_is_one_that_the_networks_take() -> None:
    assert fitting_size(TrainOptions(), 90) == 88
    assert fitting_size(TrainOptions(generator="unet-128", size=256), 250) == 128
    assert fitting_size(TrainOptions(size=256), 8) == 0


@pytest.mark.parametrize(("free", "fits"), [(3_000_000, "--size "), (1000, "no --size fits")])
def test_too_little_memory_is_told_before_the_first_step_with_what_would_fit(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, free: int, fits: str
) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda device: free)

    with caplog.at_level(logging.WARNING):
        run_of(tmp_path / "runs", dataset(tmp_path / "set"), steps=1, size=64, load_size=0, width=8, batch_size=2)

    (warning,) = [line for line in caplog.messages if "are free" in line]
    assert all(words in warning for words in (fits, "--batch-size 1", "--precision bf16", "--width 4"))


def test_what_is_needed_what_fits_and_what_was_measured_is_said_once_and_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = dataset(tmp_path / "set")
    with caplog.at_level(logging.INFO, logger="train"):
        told = run_of(tmp_path / "told", data, steps=3)
    (foretold,) = [line for line in caplog.messages if "are free" in line]
    assert "greatest --size that fits is" in foretold
    assert sum("its first step included" in line for line in caplog.messages) == 1

    monkeypatch.setattr("train.loop.foretell", lambda *_anything: None)
    untold = run_of(tmp_path / "untold", data, steps=3)
    assert_equal_to_the_bit(state_of(str(told.root)), state_of(str(untold.root)))


def test_a_run_that_goes_on_has_adams_moments_already(tmp_path: Path) -> None:
    trained = state_of(str(run_of(tmp_path / "runs", dataset(tmp_path / "set")).root))
    options, fresh = tiny(), begin(tiny(), Plan(6, 3), CPU)
    weights = sum(p.nbytes for network in fresh.networks.named().values() for p in network.parameters())

    saved = need_of(fresh, options, CPU).fixed_bytes - need_of(trained, options, CPU).fixed_bytes
    assert saved == pytest.approx(2 * weights, rel=0.02)


@pytest.mark.skipif(sys.platform != "linux", reason="limits the address space")
def test_a_command_that_runs_out_of_memory_leaves_with_2_and_names_what_takes_less(tmp_path: Path) -> None:
    data = dataset(tmp_path / "set", 1, 1)
    words = ["train", "--dataset", str(data), "--runs-dir", str(tmp_path / "runs"), "--size", "1024", "--width", "16",
             "--steps", "2", "--generator", "resnet-3", "--threads", "1", "--num-workers", "0"]  # fmt: skip

    child = subprocess.run([sys.executable, "-c", LIMITED, *words], env=os.environ | {"OMP_NUM_THREADS": "1"},
                           capture_output=True, text=True, check=False)  # fmt: skip

    assert child.returncode == 2, child.stderr
    assert "only" in child.stderr  # it was told before
    assert "Out of memory before a checkpoint was written" in child.stderr
    assert "--size 512, --precision bf16, --width 8" in child.stderr
    assert "Traceback" not in child.stderr


def test_running_out_later_names_the_last_good_checkpoint_and_the_run_goes_on_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, losses = dataset(tmp_path / "set"), iter(range(1000))
    whole = run_of(tmp_path / "whole", data)

    def full(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        return (one - other).abs().mean() if next(losses) <= 6 else allocated_bytes()

    with monkeypatch.context() as patched, pytest.raises(UsageError, match=r"step_0000002\.pt.*--init-from 00000-set"):
        patched.setattr(cyclegan, "cycle_loss", full)
        run_of(tmp_path / "runs", data)
    run = RunDir(next((tmp_path / "runs").iterdir()))
    assert checkpoints(run)[0].name == "step_0000002.pt"
    train(TrainOptions(), data, tmp_path / "runs", resume="", progress=Silent())

    assert_equal_to_the_bit(state_of(str(run.root)), state_of(str(whole.root)))
    assert json.loads(run.summary.read_text())["steps"] == 6


@pytest.mark.parametrize(
    ("error", "is_one"),
    [
        (MemoryError(), True),
        (torch.OutOfMemoryError("CUDA out of memory."), True),
        (RuntimeError("std::bad_alloc"), True),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
    ],
)
def test_errors_of_allocators_are_told_from_others(error: BaseException, is_one: bool) -> None:
    assert is_out_of_memory(error) is is_one
    with pytest.raises(CudaError if is_one else type(error)), running_out(TrainOptions(cuda=True)):
        raise error


def test_remedies_name_only_what_would_change_something() -> None:
    assert remedies(TrainOptions(size=128), 96) == "--size 96, --precision bf16, --generator resnet-6, --width 32"
    assert remedies(TrainOptions(precision="bf16", generator="resnet-6", width=1), 256) == ""
