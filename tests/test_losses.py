"""The losses against numbers worked out by hand, and against their definitions."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from train.losses import (
    adversarial_loss,
    cycle_loss,
    discriminator_loss,
    gradient_penalty,
    identity_factor,
    identity_loss,
)
from train.networks import Discriminator, PatchDiscriminator
from train.options import GAN_LOSSES

SCORES = st.lists(st.floats(-20, 20), min_size=1, max_size=6)


def patches(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64).reshape(1, 1, 1, -1)


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def log_sigmoid(score: float) -> float:
    return -math.log1p(math.exp(-score)) if score > 0 else score - math.log1p(math.exp(score))


ADVERSARIAL = {
    "lsgan": lambda fake: mean([(score - 1) ** 2 for score in fake]),
    "vanilla": lambda fake: -mean([log_sigmoid(score) for score in fake]),
    "hinge": lambda fake: -mean(fake),
    "wgan-gp": lambda fake: -mean(fake),
}
JUDGED = {
    "lsgan": lambda real, fake: (mean([(score - 1) ** 2 for score in real]) + mean([s**2 for s in fake])) / 2,
    "vanilla": lambda real, fake: -(mean([log_sigmoid(s) for s in real]) + mean([log_sigmoid(-s) for s in fake])) / 2,
    "hinge": lambda real, fake: mean([max(0, 1 - s) for s in real]) + mean([max(0, 1 + s) for s in fake]),
    "wgan-gp": lambda real, fake: mean(fake) - mean(real),
}


def test_every_loss_that_can_be_asked_for_is_checked_here() -> None:
    assert set(GAN_LOSSES) == set(ADVERSARIAL) == set(JUDGED)


@pytest.mark.parametrize("gan_loss", GAN_LOSSES)
@settings(derandomize=True, deadline=None, max_examples=30)
@given(real=SCORES, fake=SCORES)
def test_scores_cost_what_the_definition_says(gan_loss: str, real: list[float], fake: list[float]) -> None:
    adversarial = adversarial_loss(patches(*fake), gan_loss).item()
    judged = discriminator_loss(patches(*real), patches(*fake), gan_loss).item()

    assert adversarial == pytest.approx(ADVERSARIAL[gan_loss](fake), rel=1e-9, abs=1e-9)
    assert judged == pytest.approx(JUDGED[gan_loss](real, fake), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("gan_loss", GAN_LOSSES)
def test_generator_and_judge_pull_a_score_in_opposite_directions(gan_loss: str) -> None:
    fake = patches(0.3).requires_grad_()
    (up,) = torch.autograd.grad(adversarial_loss(fake, gan_loss), fake)
    (down,) = torch.autograd.grad(discriminator_loss(patches(0.5), fake, gan_loss), fake)

    assert up.item() < 0 < down.item()


@pytest.mark.parametrize("gan_loss", ["vanilla", "hinge"])
def test_scores_without_bound_stay_finite(gan_loss: str) -> None:
    for score in (-1e4, 1e4):
        assert torch.isfinite(adversarial_loss(patches(score).float(), gan_loss))
        assert torch.isfinite(discriminator_loss(patches(score).float(), patches(-score).float(), gan_loss))


def test_the_square_is_taken_of_each_patch_before_the_mean() -> None:
    scores = torch.tensor([[[[0.0, 2.0], [0.0, 2.0]]]])  # their mean is 1, which would look perfect

    assert adversarial_loss(scores).item() == 1
    assert discriminator_loss(scores, scores - 1).item() == 1


def test_a_perfect_judge_has_no_loss_and_a_deceived_one_leaves_the_generator_none() -> None:
    ones, zeros = torch.ones(1, 1, 3, 3), torch.zeros(1, 1, 3, 3)

    assert discriminator_loss(ones, zeros).item() == 0
    assert adversarial_loss(ones).item() == 0
    assert discriminator_loss(zeros, ones).item() == 1


def test_cycle_and_identity_are_mean_absolute_differences() -> None:
    one, other = torch.zeros(1, 3, 2, 2), torch.full((1, 3, 2, 2), -0.5)

    assert cycle_loss(one, other).item() == identity_loss(other, one).item() == 0.5


class Plane(Discriminator):
    """A judge whose slope is known: each score is `slope` times the mean of the image."""

    def __init__(self, slope: float) -> None:
        super().__init__()
        self.body = nn.Sequential()
        self.slope = nn.Parameter(torch.tensor(slope))

    def forward(self, images: Tensor) -> Tensor:
        return self.slope * images.mean(dim=(1, 2, 3), keepdim=True).expand(-1, 1, 5, 5)


@pytest.mark.parametrize("slope", [0.0, 1.0, 3.0])
def test_the_penalty_is_the_squared_distance_of_the_slope_from_one(slope: float) -> None:
    images = torch.rand(4, 3, 4, 4)
    steepness = slope / math.sqrt(3 * 4 * 4)

    penalty = gradient_penalty(Plane(slope), images, -images)

    assert penalty.item() == pytest.approx((steepness - 1) ** 2, rel=1e-5)


def test_the_penalty_looks_at_a_place_of_its_own_on_each_line_from_real_to_fake() -> None:
    judge = Plane(2.0)
    seen: list[Tensor] = []
    judge.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].detach()))

    gradient_penalty(judge, torch.ones(5, 3, 2, 2), torch.zeros(5, 3, 2, 2))

    places = seen[0][:, 0, 0, 0]
    assert torch.equal(seen[0], places.reshape(5, 1, 1, 1).expand(5, 3, 2, 2))
    assert len(set(places.tolist())) == 5
    assert 0 <= places.min() < places.max() <= 1


def test_the_penalty_teaches_the_judge_and_not_the_generator() -> None:
    judge = PatchDiscriminator(4, 1)
    real, fake = torch.rand(2, 3, 16, 16), torch.rand(2, 3, 16, 16, requires_grad=True)

    gradient_penalty(judge, real, fake).backward()

    assert all(parameter.grad is not None for name, parameter in judge.named_parameters() if "weight" in name)
    assert any(parameter.grad.abs().max() > 0 for parameter in judge.parameters() if parameter.grad is not None)
    assert fake.grad is None


def test_the_penaltys_gradient_is_that_of_finite_differences() -> None:
    judge = PatchDiscriminator(2, 1).double()
    real, fake = (torch.rand(1, 3, 8, 8).double() * 4 for _ in range(2))
    weight = judge.body[0].weight

    def penalty() -> Tensor:
        torch.manual_seed(1)
        return gradient_penalty(judge, real, fake)

    (slope,) = torch.autograd.grad(penalty(), weight)
    step = 1e-6 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(2)).double()
    with torch.no_grad():
        weight += step
    ahead = penalty()
    with torch.no_grad():
        weight -= 2 * step
    behind = penalty()

    assert (ahead - behind).item() / 2 == pytest.approx((slope * step).sum().item(), rel=1e-4)


@settings(derandomize=True, deadline=None, max_examples=50)
@given(st.floats(0.01, 1), st.integers(1, 10_000))
def test_the_identity_falls_in_a_line_to_nothing_at_its_share_of_the_steps(share: float, steps: int) -> None:
    factors = [identity_factor(share, step, steps) for step in range(0, steps + 1, max(1, steps // 20))]

    assert factors[0] == 1
    assert factors == sorted(factors, reverse=True)
    assert identity_factor(share, math.ceil(share * steps), steps) == pytest.approx(0, abs=1e-9)
    assert identity_factor(share, steps, 2 * steps) == pytest.approx(max(0, 1 - 1 / (2 * share)))


def test_the_identity_stays_without_a_share_and_while_the_steps_are_not_known() -> None:
    assert identity_factor(0.0, 500, 1000) == 1
    assert identity_factor(0.5, 500, 0) == 1
