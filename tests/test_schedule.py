"""How long a run trains and how fast it learns."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from train.options import TrainOptions
from train.schedule import Plan, average_decay, halved, plan_for, planned, steps_per_epoch


def test_the_papers_schedule_is_constant_for_a_hundred_epochs_and_falls_for_a_hundred() -> None:
    plan = planned(TrainOptions(), 30, 20)

    assert plan == Plan(6000, 3000)
    assert [plan.rate_factor(step) for step in (0, 2999, 3000, 4500, 5999)] == pytest.approx([1, 1, 1, 0.5, 1 / 3000])


@settings(derandomize=True, deadline=None)
@given(st.integers(1, 5000), st.integers(0, 5000))
def test_the_rate_never_rises_and_never_reaches_zero_while_training(steps: int, constant: int) -> None:
    plan = Plan(steps, min(constant, steps))
    factors = [plan.rate_factor(step) for step in range(0, steps, max(1, steps // 50))]

    assert factors == sorted(factors, reverse=True)
    assert all(0 < factor <= 1 for factor in factors)


def test_an_epoch_shows_every_image_of_the_larger_domain() -> None:
    assert steps_per_epoch(4, 9, 30) == 8


def test_steps_take_the_place_of_epochs() -> None:
    assert planned(TrainOptions(steps=1001), 30, 20) == Plan(1001, 501)


def test_a_time_budget_has_no_plan_before_steps_were_timed() -> None:
    plan = planned(TrainOptions(time_budget="6m"), 30, 20)

    assert plan.steps == 0
    assert plan.rate_factor(7) == 1


def test_a_time_budget_becomes_steps_by_the_median_step_without_the_slow_start() -> None:
    plan = plan_for(100.0, 20, 20.0, [9.0] * 5 + [0.5] * 15)

    assert plan == halved(20 + 150)


def test_a_budget_that_is_spent_already_ends_the_run_where_it_is() -> None:
    assert plan_for(1.0, 20, 20.0, [1.0] * 20).steps == 20


def test_the_average_follows_quickly_at_first() -> None:
    assert average_decay(0.99, 0) == pytest.approx(0.1)
    assert average_decay(0.99, 10_000) == 0.99
    assert average_decay(0.0, 10_000) == 0
