"""The trainer as a whole: a run, its folder, stopping it anywhere and going on."""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from trainings import StopAt, assert_equal_to_the_bit, dataset, state_of, tiny

from pipeline.errors import CudaError, Terminated, UnusableError, UsageError
from pipeline.progress import Silent
from train import cyclegan
from train.interrupts import deferred
from train.loop import train
from train.options import TrainOptions
from train.rundir import RunDir, TrainSummary, checkpoints

DEADLINE_SECONDS = 60


def run_whole(root: Path, data: Path, options: TrainOptions | None = None) -> TrainSummary:
    return train(options or tiny(), data, root, resume=None, progress=Silent())


CHILD = """
import sys
from pathlib import Path
from pipeline.progress import Silent
from train.loop import train
from trainings import tiny
options = tiny(steps=400, checkpoint_every=1, sample_every=1000)
train(options, Path(sys.argv[1]), Path(sys.argv[2]), resume=None, progress=Silent())
"""


def resumed(root: Path, which: str = "") -> TrainSummary:
    return train(TrainOptions(), Path("/nowhere"), root, resume=which, progress=Silent())


def wait_for(condition: Callable[[], bool], child: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert child.poll() is None, "the training ended by itself"
        assert time.monotonic() < end, "nothing came of it in time"
        threading.Event().wait(0.01)


def metrics(summary: TrainSummary) -> list[dict[str, float]]:
    return [json.loads(line) for line in RunDir(Path(summary.run)).metrics.read_text().splitlines()]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dataset(tmp_path_factory.mktemp("data") / "street2blossom")


@pytest.fixture(scope="module")
def uninterrupted(data: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainSummary:
    return run_whole(tmp_path_factory.mktemp("whole") / "runs", data)


def test_a_run_folder_holds_what_the_contract_says(uninterrupted: TrainSummary, data: Path) -> None:
    run = RunDir(Path(uninterrupted.run))

    assert run.root.name == "00000-street2blossom-resnet3"
    assert json.loads(run.options.read_text())["options"]["width"] == 4
    assert len(run.images.read_text().splitlines()) == 10
    assert {path.name for path in run.samples.iterdir()} == {f"step_{step:07d}.jpg" for step in range(1, 7)}
    assert [path.name for path in checkpoints(run)] == ["step_0000006.pt", "step_0000004.pt"]
    assert run.log.is_file()
    assert run.finished


def test_the_summary_says_what_was_done(uninterrupted: TrainSummary) -> None:
    assert (uninterrupted.steps, uninterrupted.planned_steps, uninterrupted.device) == (6, 6, "cpu")
    assert (uninterrupted.images_a, uninterrupted.images_b, uninterrupted.skipped) == (6, 4, 0)
    assert set(uninterrupted.losses) == {"gan_a2b", "gan_b2a", "cycle_a", "cycle_b", "identity_a", "identity_b",
                                         "discriminator_a", "discriminator_b"}  # fmt: skip
    assert Path(uninterrupted.sheet).is_file()


def test_the_weights_move(uninterrupted: TrainSummary, data: Path, tmp_path: Path) -> None:
    other = run_whole(tmp_path, data, tiny(steps=1))

    moved, early = (next(state_of(one.run).networks.generator_parameters()) for one in (uninterrupted, other))
    assert not torch.equal(moved, early)


@pytest.mark.parametrize("workers", [0, 2])
def test_the_same_seed_gives_the_same_weights_for_any_number_of_workers(
    uninterrupted: TrainSummary, data: Path, tmp_path: Path, workers: int
) -> None:
    again = run_whole(tmp_path, data, tiny(num_workers=workers))

    assert_equal_to_the_bit(state_of(again.run), state_of(uninterrupted.run))


@pytest.mark.parametrize("step", range(1, 6))
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_after_any_step_and_resumed_it_ends_as_if_never_stopped(
    uninterrupted: TrainSummary, data: Path, tmp_path: Path, step: int, number: int
) -> None:
    workers = step % 3
    with pytest.raises(Terminated if number == signal.SIGTERM else KeyboardInterrupt):
        train(tiny(num_workers=workers), data, tmp_path, resume=None, progress=StopAt(step, number))
    stopped = state_of(str(next(tmp_path.iterdir())))
    assert stopped.step in (step, step + 1)

    assert_equal_to_the_bit(state_of(resumed(tmp_path).run), state_of(uninterrupted.run))


def test_a_resumed_run_has_each_step_once_in_its_metrics(data: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(tiny(steps=8), data, tmp_path, resume=None, progress=StopAt(3))
    run = RunDir(next(tmp_path.iterdir()))
    with run.metrics.open("a") as file:
        file.write('{"step": 7}\n{"st')

    steps = [line["step"] for line in metrics(resumed(tmp_path))]

    assert steps == sorted(set(steps))
    assert steps[-1] == 8


def test_a_line_of_metrics_says_step_epoch_rate_losses_and_seconds(uninterrupted: TrainSummary) -> None:
    last = metrics(uninterrupted)[-1]

    assert (last["step"], last["epoch"]) == (6, 1.0)
    assert last["learning_rate"] == pytest.approx(2e-4 / 3)
    assert last["seconds_per_step"] > 0
    assert uninterrupted.losses.items() <= last.items()


def test_a_killed_training_goes_on_to_the_same_weights(data: Path, tmp_path: Path) -> None:
    options = tiny(steps=400, checkpoint_every=1, sample_every=1000)
    runs = tmp_path / "runs"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen([sys.executable, "-c", CHILD, str(data), str(runs)], env=environment) as child:
        wait_for(lambda: len(list(runs.glob("*/checkpoints/step_*5.pt"))) > 0, child)
        child.kill()
    assert child.returncode == -signal.SIGKILL
    killed = RunDir(next(runs.iterdir()))
    at = state_of(str(killed.root)).step
    shutil.copytree(killed.root, tmp_path / "other" / killed.root.name)
    assert at >= 5

    # Going on in one piece, and going on with one more stop, must agree; the plan of 400 steps is the run's own.
    with pytest.raises(KeyboardInterrupt):
        train(options, data, tmp_path / "other", resume="", progress=StopAt(at + 3))
    with pytest.raises(KeyboardInterrupt):
        train(options, data, tmp_path / "other", resume="", progress=StopAt(at + 8))
    with pytest.raises(KeyboardInterrupt):
        train(options, data, runs, resume="", progress=StopAt(at + 8))
    assert_equal_to_the_bit(state_of(str(killed.root)), state_of(str(tmp_path / "other" / killed.root.name)))


def test_a_finished_run_is_not_trained_further(uninterrupted: TrainSummary) -> None:
    again = resumed(Path(uninterrupted.run).parent)

    assert again == uninterrupted


def test_resuming_without_any_run_says_to_train_first(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="pipeline train"):
        resumed(tmp_path / "runs")


def test_a_loss_that_is_no_number_stops_the_run_and_names_the_last_good_checkpoint(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = iter(range(1000))
    monkeypatch.setattr(
        cyclegan, "cycle_loss", lambda one, other: (one - other).abs().mean() * (torch.nan if next(losses) > 6 else 1)
    )

    with pytest.raises(UnusableError, match=r"cycle_[ab].*step_0000002\.pt"):
        run_whole(tmp_path, data)
    run = RunDir(next(tmp_path.iterdir()))
    assert checkpoints(run)[0].name == "step_0000002.pt"
    assert not run.finished


def test_a_time_budget_becomes_steps_after_twenty_and_is_kept_over_a_resume(data: Path, tmp_path: Path) -> None:
    options = tiny(steps=0, time_budget="2s", checkpoint_every=1000, sample_every=1000)
    with pytest.raises(KeyboardInterrupt):
        train(options, data, tmp_path, resume=None, progress=StopAt(19))
    plan = state_of(str(next(tmp_path.iterdir()))).plan

    summary = resumed(tmp_path)

    assert summary.steps == summary.planned_steps == plan.steps >= 20


def test_beside_steps_a_time_budget_stops_the_run_early(
    data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        summary = run_whole(tmp_path, data, tiny(steps=100_000, time_budget="0.05s", sample_every=1000))

    assert 0 < summary.steps < summary.planned_steps == 100_000
    assert "budget" in caplog.text
    assert state_of(summary.run).step == summary.steps


@pytest.mark.parametrize(
    "changes",
    [{"predict": "image"}, {"identity_weight": 0.0}, {"ema": 0.0}, {"batch_size": 2}, {"replay_size": 0}],
)
def test_every_variant_trains(data: Path, tmp_path: Path, changes: dict[str, object]) -> None:
    assert run_whole(tmp_path, data, tiny(steps=1, **changes)).steps == 1


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
def test_a_gpu_that_is_not_there_is_refused_and_nothing_is_written(data: Path, tmp_path: Path) -> None:
    with pytest.raises(CudaError, match="--cuda"):
        run_whole(tmp_path / "runs", data, tiny(cuda=True))
    assert not (tmp_path / "runs").exists()


def test_the_number_of_threads_is_given_back(data: Path, tmp_path: Path) -> None:
    before = torch.get_num_threads()
    run_whole(tmp_path, data, tiny(steps=1, threads=before + 1))

    assert torch.get_num_threads() == before


def test_a_second_signal_does_not_wait() -> None:
    with pytest.raises(KeyboardInterrupt), deferred() as interrupt:
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupt.signal == signal.SIGINT
        os.kill(os.getpid(), signal.SIGINT)
        pytest.fail("the second signal waited too")


def test_the_handlers_of_before_are_back_afterwards() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with deferred():
        assert signal.getsignal(signal.SIGTERM) is not before

    assert signal.getsignal(signal.SIGTERM) is before


def test_a_run_whose_images_were_moved_goes_on_with_the_folder_that_is_named(tmp_path: Path) -> None:
    own = dataset(tmp_path / "own")
    with pytest.raises(KeyboardInterrupt):
        train(tiny(), own, tmp_path / "runs", resume=None, progress=StopAt(2))
    moved = own.rename(tmp_path / "moved")

    assert train(tiny(), moved, tmp_path / "runs", resume="", progress=Silent()).steps == 6
