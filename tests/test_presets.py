"""Presets: what they set, what wins over them, and that the documents say the same."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from pipeline.cli import cli
from pipeline.errors import UsageError
from pipeline.parameters import collect
from train.options import TrainOptions
from train.presets import PRESETS, preset_values

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "training.md"


def parsed(*words: str, recipe: Mapping[str, object] | None = None) -> TrainOptions:
    """The options of `pipeline train` with these words, and with a recipe's table."""
    with cli.commands["train"].make_context("train", list(words), default_map=dict(recipe or {})) as context:
        return collect(context, TrainOptions)


def documented() -> dict[str, dict[str, str]]:
    """The table under "Presets": preset -> option -> value as written, without empty cells."""
    section = DOCUMENT.read_text(encoding="utf-8").partition("\n## Presets\n")[2].partition("\n## ")[0]
    rows = [
        [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if re.match(r"\| (option|`\w+`) \|", line)
    ]
    head = rows[0]
    return {
        name: {row[0]: row[column] for row in rows[1:] if row[column]} for column, name in enumerate(head) if column
    }


def test_the_document_has_every_preset_with_the_values_that_it_sets() -> None:
    written = {name: {option: str(value) for option, value in preset_values(name, 256).items()} for name in PRESETS}
    assert documented() == written


def test_a_preset_sets_its_values_and_is_recorded() -> None:
    options = parsed("--preset", "tensorflow")

    assert (options.generator, options.gan_loss, options.epochs, options.decay_epochs) == ("unet-256", "vanilla", 40, 0)
    assert (options.replay_size, options.checkpoint_epochs, options.sample_epochs) == (0, 5, 1)
    assert options.preset == "tensorflow"


def test_the_paper_is_what_the_defaults_are() -> None:
    assert parsed("--preset", "paper") == TrainOptions(preset="paper")


@pytest.mark.parametrize("name", PRESETS)
def test_the_command_line_and_the_recipe_win_over_a_preset(name: str) -> None:
    options = parsed("--preset", name, "--epochs", "7", recipe={"width": 16, "replay_size": 9})

    assert (options.epochs, options.width, options.replay_size) == (7, 16, 9)


def test_a_preset_of_the_recipe_counts_too() -> None:
    assert parsed(recipe={"preset": "aladdinpersson"}).learning_rate == 1e-5


def test_the_preset_without_a_random_crop_follows_the_size() -> None:
    assert parsed("--preset", "aladdinpersson", "--size", "128").load_side == 128


def test_intervals_in_steps_that_are_said_win_over_those_in_epochs_of_a_preset() -> None:
    options = parsed("--preset", "tensorflow", "--checkpoint-every", "50")

    assert (options.checkpoint_every, options.checkpoint_epochs, options.sample_epochs) == (50, 0, 1)


def test_an_unknown_preset_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UsageError, match=r"--preset pix2pix.*aladdinpersson"):
        parsed("--preset", "pix2pix")
