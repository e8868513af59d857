"""Which looks reject a picture, which flag it, and how the thresholds are set from the command line."""

import dataclasses
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.options import CurateOptions
from curate.scores import Looks
from curate.thresholds import (
    LOOK_CHECKS,
    REASONS,
    Limits,
    Thresholds,
    failures_of,
    thresholds_from,
)
from pipeline.errors import OptionError

GOOD = Looks(
    sharpness=5000,
    bandwidth=-3,
    highlights=230,
    shadows=30,
    whiteness=0.01,
    contrast=200,
    colourfulness=110,
    steps=0.05,
    graphic=-4,
    noise=3,
    blockiness=1,
    margin=0,
    text=1,
    resolution=1,
)
THRESHOLDS = Thresholds()


def with_score(**scores: float) -> Looks:
    return dataclasses.replace(GOOD, **scores)


def test_a_good_photo_has_neither_rejection_nor_flag() -> None:
    found = failures_of(GOOD, THRESHOLDS)
    assert found.rejected is None
    assert found.flags == ()


def test_what_is_doubtful_is_kept_with_a_flag_that_says_how_certain_it_is() -> None:
    found = failures_of(with_score(sharpness=135), THRESHOLDS)
    assert found.rejected is None
    assert [(one.reason, one.score, one.threshold) for one in found.flags] == [("blurred", 135, 210)]
    assert found.flags[0].certainty == pytest.approx(0.5)


def test_what_is_certain_is_rejected_with_its_score_and_threshold() -> None:
    rejected = failures_of(with_score(sharpness=50), THRESHOLDS).rejected
    assert rejected is not None
    assert (rejected.reason, rejected.score, rejected.threshold) == ("blurred", 50, 60)
    assert rejected.certainty > 1


def test_a_rejected_picture_names_its_other_faults_as_flags() -> None:
    found = failures_of(with_score(graphic=8, whiteness=0.9, colourfulness=0), THRESHOLDS)
    assert found.rejected is not None
    assert found.rejected.reason == "not_a_photo"
    assert [one.reason for one in found.flags] == ["blown_out", "greyscale"]


def test_a_score_exactly_at_a_limit_passes() -> None:
    assert failures_of(with_score(sharpness=210), THRESHOLDS).flags == ()
    assert failures_of(with_score(sharpness=60), THRESHOLDS).rejected is None


def test_a_kept_reason_rejects_nothing_and_flags_instead() -> None:
    found = failures_of(with_score(sharpness=50, graphic=8), THRESHOLDS, keep={"not_a_photo"})
    assert found.rejected is not None
    assert found.rejected.reason == "blurred"
    assert [one.reason for one in found.flags] == ["not_a_photo"]
    assert found.flags[0].certainty > 1


@pytest.mark.parametrize("reason", ["greyscale", "borders", "text", "noisy", "blocky"])
def test_what_spoils_no_picture_never_rejects_it(reason: str) -> None:
    check = next(check for check in LOOK_CHECKS if check.reason == reason)
    found = failures_of(with_score(**{check.score: 1e6 if check.high else -1e6}), THRESHOLDS)
    assert found.rejected is None
    assert [(one.reason, one.certainty) for one in found.flags] == [(reason, 0.0)]


def test_every_threshold_is_of_a_check_and_every_check_reads_a_look() -> None:
    assert {field.name for field in dataclasses.fields(Thresholds)} == set(REASONS)
    read = {check.score for check in LOOK_CHECKS}
    assert read | {"resolution"} == {field.name for field in dataclasses.fields(Looks)}  # which ranks copies


def test_each_check_flags_before_it_rejects() -> None:
    for check in LOOK_CHECKS:
        limits: Limits = getattr(THRESHOLDS, check.reason)
        assert limits.flag < limits.reject if check.high else limits.flag > limits.reject


@settings(derandomize=True, deadline=None, max_examples=60)
@given(check=st.sampled_from(LOOK_CHECKS), score=st.floats(-1e4, 1e4), worse=st.floats(0, 1e4))
def test_a_worse_score_is_never_found_less_certain(check: object, score: float, worse: float) -> None:
    assert isinstance(check, type(LOOK_CHECKS[0]))
    second = score + worse if check.high else score - worse
    assert _severity(check.reason, check.score, score) <= _severity(check.reason, check.score, second)


def _severity(reason: str, name: str, score: float) -> tuple[int, float]:
    found = failures_of(with_score(**{name: score}), THRESHOLDS)
    if found.rejected and found.rejected.reason == reason:
        return 2, found.rejected.certainty
    return next(((1, one.certainty) for one in found.flags if one.reason == reason), (0, 0.0))


def test_a_threshold_is_set_by_its_name() -> None:
    thresholds = thresholds_from(["blurred=80", "blurred_flag=200", "text=20", "blurred=90"])
    assert thresholds.blurred == Limits(flag=200, reject=90)
    assert thresholds.text.reject == 20
    assert thresholds.dark == THRESHOLDS.dark


def test_a_check_that_only_flags_can_be_made_to_reject() -> None:
    rejected = failures_of(with_score(colourfulness=4), thresholds_from(["greyscale=10"])).rejected
    assert rejected is not None
    assert rejected.reason == "greyscale"


@pytest.mark.parametrize(
    "setting", ["", "blur=3", "blurred", "blurred=", "blurred=soft", "blurred=nan", "=3", "_flag=3"]
)
def test_a_threshold_that_cannot_be_meant_is_named_with_what_is_allowed(setting: str) -> None:
    with pytest.raises(OptionError) as error:
        thresholds_from([setting])
    assert error.value.option == "threshold"
    assert repr(setting) in str(error.value)
    assert "NAME=VALUE" in str(error.value)


def test_reasons_to_keep_are_checked() -> None:
    assert CurateOptions(keep=("dark", "duplicate")).keep == ("dark", "duplicate")
    with pytest.raises(OptionError, match=r"'ugly'.*duplicate, too_small"):
        CurateOptions(keep=("dark", "ugly"))


def test_the_documentation_quotes_every_limit() -> None:
    text = (Path(__file__).parents[1] / "docs" / "curation.md").read_text("utf-8")
    for check in LOOK_CHECKS:
        (row,) = (line for line in text.splitlines() if line.startswith(f"| `{check.reason}` |"))
        limits = getattr(THRESHOLDS, check.reason)
        side = "above" if check.high else "below"
        quoted = ["never" if math.isinf(limit) else f"{side} {limit:g}" for limit in (limits.flag, limits.reject)]
        assert [cell.strip() for cell in row.split("|")[3:5]] == quoted
