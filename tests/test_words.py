"""The words of aitorzip's program: what they mean there is what they do here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trainings import dataset

from pipeline.cli.aitorzip import AITORZIP_WORDS
from pipeline.errors import UsageError
from train.options import TrainOptions
from train.schedule import planned
from train.words import schedule, translated


def rehearsed(folder: Path, *words: str) -> tuple[int, dict[str, object], str]:
    """Exit code, options and stderr of `pipeline train --dry-run` with these words."""
    child = subprocess.run(
        [sys.executable, "-c", "from pipeline.cli import main; main()", "train", *words, "--dry-run", "--json"],
        capture_output=True, text=True, cwd=folder, env=os.environ | {"LC_ALL": "C.UTF-8"}, check=False,
    )  # fmt: skip
    told = json.loads(child.stdout) if child.stdout else {}
    return child.returncode, told | told.get("options", {}), child.stderr


@pytest.mark.parametrize(("n_epochs", "decay_epoch"), [(50, 25), (50, 40), (200, 150), (200, 100), (3, 0)])
def test_the_rate_of_every_epoch_is_that_of_the_formula(n_epochs: int, decay_epoch: int) -> None:
    options = TrainOptions(**translated({"n_epochs": n_epochs, "decay_epoch": decay_epoch}))  # type: ignore[arg-type]
    steps = 7
    plan = planned(options, steps, 5)

    assert plan.steps == n_epochs * steps
    for epoch in range(n_epochs):
        expected = 1 - max(0, epoch - decay_epoch) / (n_epochs - decay_epoch)
        assert plan.rate_factor(epoch * steps) == pytest.approx(expected, abs=1e-12)


@given(st.integers(0, 300), st.integers(-2, 300))
def test_a_schedule_adds_up_or_is_refused(n_epochs: int, decay_epoch: int) -> None:
    if 0 <= decay_epoch < n_epochs:
        made = schedule(n_epochs, decay_epoch)
        assert made == {"epochs": decay_epoch, "decay_epochs": n_epochs - decay_epoch}
    else:
        with pytest.raises(UsageError, match=f"--decay_epoch {decay_epoch}"):
            schedule(n_epochs, decay_epoch)


def test_one_of_the_two_words_alone_takes_the_other_as_it_is_there() -> None:
    assert translated({"n_epochs": 150}) == {"epochs": 100, "decay_epochs": 50}
    assert translated({"decay_epoch": 150}) == {"epochs": 150, "decay_epochs": 50}
    with pytest.raises(UsageError, match="--decay_epoch 25"):
        translated({"n_epochs": 50})


def test_the_first_epoch_is_0_and_another_points_to_resume() -> None:
    assert translated({"epoch": 0, "input_nc": 3, "output_nc": 3}) == {}
    with pytest.raises(UsageError, match="--resume"):
        translated({"epoch": 30})


@pytest.mark.parametrize("word", ["input_nc", "output_nc"])
def test_other_channels_than_three_are_refused_with_the_reason(word: str) -> None:
    with pytest.raises(UsageError, match=f"--{word} 1.*channels"):
        translated({word: 1})


def test_the_command_of_the_users_notes_works(tmp_path: Path) -> None:
    dataset(tmp_path / "datasets" / "apple2orange")
    code, told, _errors = rehearsed(
        tmp_path, "--dataroot", "datasets/apple2orange/", "--n_epochs", "50", "--decay_epoch", "25", "--epoch", "0",
        "--batchSize", "2", "--lr", "0.001", "--size", "128", "--n_cpu", "3", "--input_nc", "3", "--output_nc", "3",
    )  # fmt: skip

    assert code == 0
    assert (told["dataroot"], told["images_a"], told["planned_steps"]) == ("datasets/apple2orange", 6, 150)
    assert (told["epochs"], told["decay_epochs"], told["batch_size"]) == (25, 25, 2)
    assert (told["learning_rate"], told["size"], told["num_workers"]) == (0.001, 128, 3)


def test_epochs_that_are_said_win_over_the_steps_of_the_recipe(tmp_path: Path) -> None:
    dataset(tmp_path / "data")
    (tmp_path / "pipeline.toml").write_text('[train]\nsteps = 4000\ntime_budget = "6m"\n')

    for words in (["--n_epochs", "4", "--decay_epoch", "2"], ["--epochs", "2", "--decay-epochs", "2"]):
        _code, told, _errors = rehearsed(tmp_path, "--dataroot", "data", *words)
        assert (told["steps"], told["time_budget"], told["planned_steps"]) == (0, "", 24)


def test_a_dataroot_is_a_path_also_where_it_looks_like_a_name_and_comes_in_place_of_a_dataset(tmp_path: Path) -> None:
    dataset(tmp_path / "mine")

    assert rehearsed(tmp_path, "--dataroot", "mine")[0] == 0
    code, _told, errors = rehearsed(tmp_path, "--dataroot", "mine", "--dataset", "mine")
    assert (code, "--dataroot" in errors) == (2, True)


def test_horses_and_zebras_are_found_by_their_folders_names(tmp_path: Path) -> None:
    layouts = {
        "split": ("train/horses", "train/zebras"),
        "joined": ("trainhorses", "trainzebras"),
        "bare": ("horses", "zebras"),
        "deeper": ("set/train/horses", "set/train/zebras"),
    }
    for name, folders in layouts.items():
        dataset(tmp_path / name, folders=folders)
        words = ("--dataroot", name, "--domain-a", "horses", "--domain-b", "zebras")
        _code, told, _errors = rehearsed(tmp_path, *words)
        assert (name, told["images_a"], told["images_b"]) == (name, 6, 4)
    code, _told, errors = rehearsed(tmp_path, "--dataroot", "split")
    assert (code, "--domain-a" in errors) == (9, True)


def test_the_document_for_those_who_come_from_there_names_every_word() -> None:
    document = (Path(__file__).resolve().parents[1] / "docs" / "coming-from-aitorzip.md").read_text(encoding="utf-8")

    for name, *_rest in AITORZIP_WORDS:
        assert f"`--{name} " in document
