"""What looks are good enough: pure functions from a picture's numbers to a reason for rejection and to flags.

Only what is certain is rejected. What is doubtful is kept with a flag and comes first in the review, so each check has
two limits: a milder one that flags and a harder one that rejects.
"""

import dataclasses
import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import OptionError
from pipeline.language import _

if TYPE_CHECKING:
    from curate.scores import Looks

_NEVER = math.inf
_FLAG = "_flag"


@dataclass(frozen=True, slots=True)
class Limits:
    """Beyond `flag` a picture is doubtful, beyond `reject` it is rejected; which side is beyond, the check knows."""

    flag: float
    reject: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The limits of every check by its reason; the scores are described in `curate.scores.Looks`.

    `--threshold NAME=VALUE` sets the limit that rejects, with NAME a reason, or the one that flags, NAME_flag. The
    values and what they let through are measured by benchmarks/looks.py.
    """

    blank: Limits = Limits(flag=20, reject=8)
    not_a_photo: Limits = Limits(flag=-0.25, reject=3.5)
    dark: Limits = Limits(flag=110, reject=60)
    bright: Limits = Limits(flag=170, reject=230)
    blown_out: Limits = Limits(flag=0.38, reject=0.85)
    faded: Limits = Limits(flag=85, reject=45)
    blurred: Limits = Limits(flag=210, reject=60)
    upscaled: Limits = Limits(flag=-6.2, reject=-9)
    posterised: Limits = Limits(flag=0.65, reject=0.97)
    blocky: Limits = Limits(flag=1.75, reject=_NEVER)
    noisy: Limits = Limits(flag=90, reject=_NEVER)
    greyscale: Limits = Limits(flag=12, reject=-_NEVER)
    borders: Limits = Limits(flag=0.025, reject=_NEVER)
    text: Limits = Limits(flag=8.5, reject=_NEVER)


@dataclass(frozen=True, slots=True)
class LookCheck:
    """`reason` is the name of the check, `score` the field of Looks that it reads, `high` whether more is worse."""

    reason: str
    score: str
    high: bool


LOOK_CHECKS = (
    LookCheck("blank", "contrast", high=False),
    LookCheck("not_a_photo", "graphic", high=True),
    LookCheck("dark", "highlights", high=False),
    LookCheck("bright", "shadows", high=True),
    LookCheck("blown_out", "whiteness", high=True),
    LookCheck("faded", "contrast", high=False),
    LookCheck("blurred", "sharpness", high=False),
    LookCheck("upscaled", "bandwidth", high=False),
    LookCheck("posterised", "steps", high=True),
    LookCheck("blocky", "blockiness", high=True),
    LookCheck("noisy", "noise", high=True),
    LookCheck("greyscale", "colourfulness", high=False),
    LookCheck("borders", "margin", high=True),
    LookCheck("text", "text", high=True),
)
"""In the order in which they are asked: the first that rejects gives the reason."""

REASONS = tuple(check.reason for check in LOOK_CHECKS)
"""What `--keep` and `--threshold` name."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A score that lies beyond a threshold. `certainty` is 0 at the limit that flags, 1 at the one that rejects.

    It is 0 throughout for a check that never rejects, and above 1 the further a rejected picture lies beyond.
    """

    reason: str
    score: float
    threshold: float
    certainty: float


@dataclass(frozen=True, slots=True)
class Appraisal:
    """Why a picture is rejected, or None; and what is doubtful about it besides, in the order of LOOK_CHECKS."""

    rejected: Finding | None
    flags: tuple[Finding, ...]


def failures_of(looks: "Looks", thresholds: Thresholds, keep: Collection[str] = ()) -> Appraisal:
    """Hold a picture's looks against the thresholds. A reason in `keep` rejects nothing any more; it flags instead."""
    rejections = (_rejection(check, looks, thresholds) for check in LOOK_CHECKS if check.reason not in keep)
    rejected = next((finding for finding in rejections if finding), None)
    reason = rejected.reason if rejected else ""
    doubts = (_doubt(check, looks, thresholds) for check in LOOK_CHECKS if check.reason != reason)
    return Appraisal(rejected, tuple(finding for finding in doubts if finding))


def _rejection(check: LookCheck, looks: "Looks", thresholds: Thresholds) -> Finding | None:
    score, limits = _score_and_limits(check, looks, thresholds)
    if not _beyond(check, score, limits.reject):
        return None
    return Finding(check.reason, score, limits.reject, max(1.0, _certainty(score, limits)))


def _doubt(check: LookCheck, looks: "Looks", thresholds: Thresholds) -> Finding | None:
    """A finding against the flagging limit, for a picture that lies beyond it or even beyond the other."""
    score, limits = _score_and_limits(check, looks, thresholds)
    if not (_beyond(check, score, limits.flag) or _beyond(check, score, limits.reject)):
        return None
    return Finding(check.reason, score, limits.flag, _certainty(score, limits))


def _score_and_limits(check: LookCheck, looks: "Looks", thresholds: Thresholds) -> tuple[float, Limits]:
    return getattr(looks, check.score), getattr(thresholds, check.reason)


def _beyond(check: LookCheck, score: float, limit: float) -> bool:
    return score > limit if check.high else score < limit


def _certainty(score: float, limits: Limits) -> float:
    way = limits.reject - limits.flag
    return (score - limits.flag) / way if math.isfinite(way) and way else 0.0


def thresholds_from(settings: Iterable[str], default: Thresholds | None = None) -> Thresholds:
    """The default thresholds with `NAME=VALUE` settings laid over, the last of a name counting.

    Raises OptionError for a name that no check has and for a value that is not a finite number.
    """
    thresholds = default or Thresholds()
    for setting in settings:
        name, _equals, value = setting.partition("=")
        reason = name.strip().removesuffix(_FLAG)
        if reason not in REASONS:
            allowed = _("NAME=VALUE, with a NAME of {names}, or one of these with _flag", names=", ".join(REASONS))
            raise OptionError("threshold", setting, allowed)
        side = "flag" if name.strip().endswith(_FLAG) else "reject"
        limits = dataclasses.replace(getattr(thresholds, reason), **{side: _number(setting, value)})
        thresholds = dataclasses.replace(thresholds, **{reason: limits})
    return thresholds


def _number(setting: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise OptionError("threshold", setting, _("NAME=VALUE, with a number as VALUE"))
    return number
