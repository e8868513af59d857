"""How a training fails, told from its lines of metrics: pure functions of numbers, and what can be done about it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from pipeline.language import _
from train.options import DIRECTIONS

PATIENCE = 5
"""So many examinations in a row must show the same: a training that has just begun, or swings, is no failed one."""

LONG_PATIENCE = 10
"""So many for what a healthy training begins with: a generator that predicts a change starts with none."""

NOT_A_NUMBER = "not_a_number"
"""The cause that is found in the losses themselves and ends the training."""

Line = Mapping[str, float]
"""A line of metrics.jsonl that was written at an examination: losses (train/losses.py) and signs (train/signs.py)."""

_MOVED = 0.5
"""Grey levels of 255 by which a generator that does anything changes an image, on average."""
_SAME = 0.03
_ALIKE = 0.2
_INVERTED = -0.5


@dataclass(frozen=True, slots=True)
class Finding:
    """A failure that was noticed after `step`: its cause, and the directions "a2b", "b2a" in which it shows."""

    cause: str
    step: int
    directions: tuple[str, ...] = ()


def diagnose(examined: Sequence[Line], said: Collection[str], gan_loss: str) -> list[Finding]:
    """What the latest examinations agree on, without the causes that were `said` already.

    `examined` are the lines of examinations, the latest last; LONG_PATIENCE of them are enough.
    """
    found = []
    for cause, (patience, shows) in _SHOWS.items():
        latest = examined[-patience:]
        lasting = len(latest) == patience and cause not in said
        directions = tuple(way for way in DIRECTIONS if lasting and all(shows(line, way, gan_loss) for line in latest))
        if directions:
            found.append(Finding(cause, int(latest[-1]["step"]), directions))
    return found


def _does_nothing(line: Line, way: str, _gan_loss: str) -> bool:
    return line[f"change_{way}"] < _MOVED


def _inverts(line: Line, way: str, _gan_loss: str) -> bool:
    return line[f"correlation_{way}"] < _INVERTED


def _gives_one_image(line: Line, way: str, _gan_loss: str) -> bool:
    return line[f"diversity_{way}"] < _SAME


def _collapses(line: Line, way: str, _gan_loss: str) -> bool:
    return _SAME <= line[f"diversity_{way}"] < _ALIKE


def _judge_wins(line: Line, way: str, gan_loss: str) -> bool:
    """Whether the judge of this way's translations hardly errs and its generator hardly ever deceives it."""
    if gan_loss not in _WON:
        return False
    judge_errs, generator_fails = _WON[gan_loss]
    return line[f"discriminator_{way[-1]}"] < judge_errs and line[f"gan_{way}"] > generator_fails


_WON = {"lsgan": (0.01, 0.85), "vanilla": (0.03, 3.0), "hinge": (0.05, 1.0)}
"""By the adversarial loss: the discriminator's loss below which, and the generator's above which, the game is over.

A generator that always fails has 1 in lsgan; scores of 0.1 and 0.9 give 0.01 and 0.81. wgan-gp has no such end: its
critic shows the way however far ahead it is (arXiv 1701.07875, section 3).
"""

_SHOWS: Mapping[str, tuple[int, Callable[[Line, str, str], bool]]] = {
    "discriminator_won": (PATIENCE, _judge_wins),
    "mode_collapse": (PATIENCE, _collapses),
    "colour_inversion": (PATIENCE, _inverts),
    "identical_outputs": (PATIENCE, _gives_one_image),
    "no_change": (LONG_PATIENCE, _does_nothing),
}


def name_of(finding: Finding) -> str:
    """The failure's name in the user's language."""
    names = {
        "discriminator_won": _("The discriminator has won"),
        "mode_collapse": _("Mode collapse"),
        "colour_inversion": _("Inverted colours"),
        "identical_outputs": _("Identical outputs"),
        "no_change": _("Nothing is changed"),
        NOT_A_NUMBER: _("A loss is no number any more"),
    }
    return names.get(finding.cause, finding.cause)


def advice_on(finding: Finding) -> str:
    """What it means and what can be done, in the user's language."""
    advice = {
        "discriminator_won": _(
            "It tells every translation from a photo, and the generator learns nothing more from it. Give the"
            " discriminators --augment color,translation,cutout and more images, or less --discriminator-width."
        ),
        "mode_collapse": _(
            "Translations of different images look nearly alike. Raise --cycle-weight, lower --learning-rate, or begin"
            " again from an earlier checkpoint; look whether the images of that domain are varied themselves."
        ),
        "colour_inversion": _(
            "What is light in the input is dark in the translation. Unless that is wanted, train again with an"
            " --identity-weight of 5 or more, with --predict change, or with another --seed."
        ),
        "identical_outputs": _(
            "Every image gets the same translation. Train again with a higher --cycle-weight, a lower --learning-rate"
            " or another --seed."
        ),
        "no_change": _(
            "Translations equal their inputs. Raise --learning-rate or lower --identity-weight and --cycle-weight; look"
            " whether both domains hold the same images."
        ),
        NOT_A_NUMBER: _("Train again with a lower --learning-rate."),
    }
    return advice.get(finding.cause, "")


def told(finding: Finding) -> str:
    """The warning as a line of the log."""
    return _(
        "Step {step}: {name}{ways}. {advice}",
        step=finding.step,
        name=name_of(finding),
        ways=f" ({ways_of(finding)})" if finding.directions else "",
        advice=advice_on(finding),
    )


def ways_of(finding: Finding) -> str:
    """The directions as they are written: A → B, B → A."""
    return ", ".join(f"{way[0].upper()} → {way[-1].upper()}" for way in finding.directions)
