"""Going on with a run: exact, locked, with the options and images that it began with, or refused by name."""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from trainings import assert_equal_to_the_bit, dataset, picture, state_of, tiny

from pipeline.errors import DatasetLockedError, UsageError
from pipeline.files import held, lock
from pipeline.progress import Silent
from train.loop import train
from train.options import TrainOptions
from train.resuming import continued
from train.rundir import RunDir, RunSettings, TrainSummary, read_settings, write_settings
from train.schedule import Plan, extended
from train.standing import has_images, latest_run

STEPS = 8


class DeathError(Exception):
    """A death without a last word: nothing is written after it."""


class Dies(Silent):
    """Progress that ends the training once a step is reached, before that step is written down."""

    def __init__(self, step: int, signal_number: int = 0) -> None:
        self.step, self.signal = step, signal_number
        self.training = False

    def start(self, label: str, total: int | None = None) -> None:
        self.training = label == "Training"

    def update(self, done: int, note: str = "") -> None:
        if self.training and done == self.step:
            if not self.signal:
                raise DeathError
            os.kill(os.getpid(), self.signal)


def metrics(run: Path) -> list[dict[str, float]]:
    """The lines of metrics without the times that steps took."""
    lines = [json.loads(line) for line in RunDir(run).metrics.read_text().splitlines()]
    return [{name: value for name, value in line.items() if "seconds" not in name} for line in lines]


def go_on(runs: Path, data: Path, *said: str, resume: str = "", **asked: object) -> TrainSummary:
    return train(tiny(**asked), data, runs, resume=resume, progress=Silent(), said=frozenset({*asked, *said}))


def cut_off(runs: Path, data: Path, step: int, **changes: object) -> RunDir:
    with pytest.raises(DeathError):
        train(tiny(**changes), data, runs, resume=None, progress=Dies(step))
    return RunDir(max(runs.iterdir()))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dataset(tmp_path_factory.mktemp("data") / "street2blossom")


CALM = {"steps": STEPS, "checkpoint_every": 3, "sample_every": 4}


@pytest.fixture(scope="module")
def whole(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("whole")
    return Path(train(tiny(**CALM), data, runs, resume=None, progress=Silent()).run)


@pytest.mark.parametrize("step", range(1, STEPS))
@pytest.mark.parametrize("how", [0, signal.SIGINT], ids=["killed", "stopped"])
def test_ended_at_any_step_it_goes_on_to_the_same_weights_and_the_same_later_metrics(
    whole: Path, data: Path, tmp_path: Path, step: int, how: int
) -> None:
    with pytest.raises(KeyboardInterrupt if how else DeathError):
        train(tiny(**CALM, num_workers=step % 3), data, tmp_path, resume=None, progress=Dies(step, how))
    again = Path(go_on(tmp_path, data, num_workers=(step + 1) % 3).run)

    assert_equal_to_the_bit(state_of(str(again)), state_of(str(whole)))
    assert metrics(again) == metrics(whole)
    last_sheet = "step_0000008.jpg"
    assert (RunDir(again).samples / last_sheet).read_bytes() == (RunDir(whole).samples / last_sheet).read_bytes()


def test_the_checkpoint_interval_may_change_and_changes_nothing_else(whole: Path, data: Path, tmp_path: Path) -> None:
    cut_off(tmp_path, data, 5, **CALM)
    again = Path(go_on(tmp_path, data, checkpoint_every=1).run)

    assert read_settings(RunDir(again)).options.checkpoint_every == 1
    assert_equal_to_the_bit(state_of(str(again)), state_of(str(whole)))
    assert metrics(again) == metrics(whole)


def test_what_is_said_and_is_another_is_refused_by_name_and_what_is_the_same_is_not(data: Path, tmp_path: Path) -> None:
    run = cut_off(tmp_path, data, 3)
    before = run.options.read_bytes()

    with pytest.raises(UsageError, match=rf"--learning-rate 0\.1 \(0\.0002 before\).*--init-from {run.name}"):
        go_on(tmp_path, data, learning_rate=0.1, width=4)
    with pytest.raises(UsageError, match="--seed 9"):
        go_on(tmp_path, data, seed=9)
    assert run.options.read_bytes() == before
    assert go_on(tmp_path, data, width=4, seed=3).steps == 6


def test_what_is_not_said_stays_the_runs_own() -> None:
    before = tiny(seed=7, num_workers=1)

    assert continued(RunDir(Path("r")), before, TrainOptions(), frozenset()) == before
    assert continued(RunDir(Path("r")), before, tiny(num_workers=2), frozenset({"num_workers"})).num_workers == 2


def test_another_number_of_threads_is_allowed_and_is_said_to_be_inexact(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        options = continued(RunDir(Path("r")), tiny(), tiny(threads=2), frozenset({"threads"}))

    assert options.threads == 2
    assert "--threads" in caplog.text


@pytest.mark.parametrize("change", ["one more", "one less", "another", "a copy"])
def test_another_list_of_images_is_refused_with_the_remedy(tmp_path: Path, change: str) -> None:
    own = dataset(tmp_path / "own")
    run = cut_off(tmp_path / "runs", own, 3)
    first = own / "train/A/000.png"
    if change == "one more":
        picture(77).save(own / "train/A/new.png")
    elif change == "one less":
        first.unlink()
    elif change == "another":
        picture(78).save(first)
    else:
        shutil.copy(first, own / "train/A/copy.png")

    with pytest.raises(UsageError, match=f"images are others now.*A/.*--init-from {run.name}"):
        go_on(tmp_path / "runs", own)
    assert not has_images(run, own)


def test_images_that_were_renamed_are_the_same_images(tmp_path: Path) -> None:
    own = dataset(tmp_path / "own")
    one = Path(train(tiny(), own, tmp_path / "one", resume=None, progress=Silent()).run)
    cut_off(tmp_path / "two", own, 3)
    for number, path in enumerate(sorted((own / "train/A").iterdir(), reverse=True)):
        path.rename(path.with_name(f"renamed{number}.png"))

    assert_equal_to_the_bit(state_of(go_on(tmp_path / "two", own).run), state_of(str(one)))


def test_a_dataset_that_is_said_is_taken_though_the_runs_own_is_still_there(tmp_path: Path) -> None:
    own = dataset(tmp_path / "own")
    cut_off(tmp_path / "runs", own, 3)
    other = dataset(tmp_path / "other", 5, 5)

    with pytest.raises(UsageError, match="images are others now"):
        go_on(tmp_path / "runs", other, "dataset")
    assert go_on(tmp_path / "runs", other).steps == 6


def test_the_same_command_again_says_that_an_unfinished_run_is_there(
    data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    waiting = cut_off(tmp_path, data, 3)
    with caplog.at_level(logging.WARNING):
        train(tiny(num_workers=1), data, tmp_path, resume=None, progress=Silent())
    assert f"--resume {waiting.name}" in caplog.text

    caplog.clear()
    with caplog.at_level(logging.WARNING):
        train(tiny(seed=99, steps=1), data, tmp_path, resume=None, progress=Silent())
    with lock(waiting.lock), caplog.at_level(logging.WARNING):
        train(tiny(steps=6), data, tmp_path, resume=None, progress=Silent())
    assert "unfinished" not in caplog.text


CHILD = """
import sys
from pathlib import Path
from pipeline.progress import Silent
from train.loop import train
from trainings import tiny
class Waits(Silent):
    def update(self, done, note=""):
        if note and done >= 2:
            print("training", flush=True)
            sys.stdin.read()
train(tiny(), Path(sys.argv[1]), Path(sys.argv[2]), resume=None, progress=Waits())
"""


def test_a_second_training_of_a_run_leaves_with_8_and_names_the_process(data: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-c", CHILD, str(data), str(tmp_path / "runs")]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen(words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout
        assert child.stdout.readline() == b"training\n"
        run = RunDir(next((tmp_path / "runs").iterdir()))
        with pytest.raises(DatasetLockedError, match=f"process {child.pid} is working on it") as error:
            go_on(tmp_path / "runs", data)
        assert error.value.exit_code == 8
        assert held(run.lock)
        child.kill()
    assert not held(run.lock)

    assert go_on(tmp_path / "runs", data).steps == 6


def test_half_written_files_of_a_killed_training_are_removed_on_a_resume(data: Path, tmp_path: Path) -> None:
    run = cut_off(tmp_path, data, 3)
    for folder in (run.root, run.checkpoints, run.samples):
        (folder / ".tmp-abc").write_bytes(b"half")

    go_on(tmp_path, data)

    assert list(run.root.rglob(".tmp-*")) == []


def test_a_run_whose_options_are_damaged_does_not_stop_a_new_one(data: Path, tmp_path: Path) -> None:
    (tmp_path / "00000-old").mkdir()
    (tmp_path / "00000-old" / "options.json").write_text("{")

    assert train(tiny(steps=1), data, tmp_path, resume=None, progress=Silent()).steps == 1


def test_a_finished_run_is_extended_and_says_so_in_its_options_and_checkpoint(data: Path, tmp_path: Path) -> None:
    run = RunDir(Path(train(tiny(steps=4), data, tmp_path, resume=None, progress=Silent()).run))
    run.test.mkdir()
    run.test_sheet.write_bytes(b"of the weights of before")
    summary = go_on(tmp_path, data, extend=3)

    assert not run.test_sheet.exists()

    assert (summary.steps, summary.planned_steps) == (7, 7)
    assert read_settings(run).options.extend == state_of(summary.run).extend == 3
    assert [line["step"] for line in metrics(run.root)] == [1, 2, 3, 4, 5, 6, 7]
    rates = [line["learning_rate"] for line in metrics(run.root)]
    assert rates[4:] == pytest.approx([2e-4 * (1 - (step - 2) / 5) for step in (4, 5, 6)])
    assert go_on(tmp_path, data).steps == 7
    assert go_on(tmp_path, data, extend=2).steps == 9


def test_an_extension_is_as_exact_as_the_rest_when_it_is_cut_off(data: Path, tmp_path: Path) -> None:
    train(tiny(steps=4), data, tmp_path / "one", resume=None, progress=Silent())
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    whole = go_on(tmp_path / "one", data, extend=4)
    with pytest.raises(DeathError):
        train(tiny(extend=4), data, tmp_path / "two", resume="", progress=Dies(7), said=frozenset({"extend"}))
    again = go_on(tmp_path / "two", data)

    assert_equal_to_the_bit(state_of(again.run), state_of(whole.run))
    assert metrics(Path(again.run)) == metrics(Path(whole.run))


def test_a_run_that_counts_epochs_is_extended_by_epochs(data: Path, tmp_path: Path) -> None:
    options = {"steps": 0, "epochs": 1, "decay_epochs": 0, "checkpoint_every": 6, "sample_every": 100}
    train(tiny(**options), data, tmp_path, resume=None, progress=Silent())

    assert go_on(tmp_path, data, extend=1).steps == 12


def test_more_steps_stretch_the_fall_of_the_rate_or_go_on_at_the_full_one() -> None:
    assert extended(Plan(10, 5), 4) == Plan(14, 5)
    assert extended(Plan(10, 10), 4) == Plan(14, 14)


def test_a_new_run_cannot_be_extended(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--resume"):
        train(tiny(extend=2), data, tmp_path, resume=None, progress=Silent())


def test_a_project_goes_on_with_its_run_also_when_other_workers_or_an_extension_came(tmp_path: Path) -> None:
    data = dataset(tmp_path / "data")
    run = cut_off(tmp_path / "runs", data, 3)

    assert latest_run(tmp_path / "runs", data, tiny(num_workers=2)) == run
    assert latest_run(tmp_path / "runs", data, tiny(width=8)) is None
    write_settings(run, RunSettings(str(data.resolve()), tiny(extend=5)))
    assert latest_run(tmp_path / "runs", data, tiny()) == run
