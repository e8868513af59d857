"""The losses, and that four small backward passes equal the one big one."""

import pytest
import torch
from torch import Tensor
from trainings import tiny

from train.cyclegan import (
    adversarial_loss,
    average,
    build_networks,
    cycle_loss,
    directions,
    discriminator_loss,
    identity_loss,
)


def test_the_square_is_taken_of_each_patch_before_the_mean() -> None:
    patches = torch.tensor([[[[0.0, 2.0], [0.0, 2.0]]]])  # their mean is 1, which would look perfect

    assert adversarial_loss(patches).item() == 1
    assert discriminator_loss(patches, patches - 1).item() == 1


def test_a_perfect_judge_has_no_loss_and_a_deceived_one_leaves_the_generator_none() -> None:
    ones, zeros = torch.ones(1, 1, 3, 3), torch.zeros(1, 1, 3, 3)

    assert discriminator_loss(ones, zeros).item() == 0
    assert adversarial_loss(ones).item() == 0
    assert discriminator_loss(zeros, ones).item() == 1


def test_cycle_and_identity_are_mean_absolute_differences() -> None:
    one, other = torch.zeros(1, 3, 2, 2), torch.full((1, 3, 2, 2), -0.5)

    assert cycle_loss(one, other).item() == identity_loss(other, one).item() == 0.5


def test_the_discriminator_of_b_judges_what_a2b_makes() -> None:
    networks = build_networks(tiny())
    a2b, b2a = directions(networks)

    assert (a2b.name, a2b.generator, a2b.judge) == ("a2b", networks.generator_a2b, networks.discriminator_b)
    assert (b2a.name, b2a.back, b2a.judge) == ("b2a", networks.generator_a2b, networks.discriminator_a)


def test_the_same_seed_gives_the_same_networks_and_leaves_the_global_random_state_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    one, other = build_networks(tiny()), build_networks(tiny())

    assert torch.rand(1) == expected
    weights = [next(network.generator_parameters()) for network in (one, other, build_networks(tiny(seed=4)))]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize("predict", ["image", "change"])
def test_a_backward_pass_for_each_path_gives_the_gradient_of_the_summed_loss(predict: str) -> None:
    options = tiny(predict=predict)
    networks = build_networks(options)
    real_a, real_b = torch.rand(2, 2, 3, 32, 32) * 2 - 1
    for parameter in networks.generator_parameters():
        if parameter.dim() == 4:
            torch.nn.init.normal_(parameter, 0, 0.05)  # away from the start, where a change is zero

    def paths() -> list[Tensor]:
        losses = []
        for direction, real, goal in zip(directions(networks), (real_a, real_b), (real_b, real_a), strict=True):
            fake = direction.generator(real)
            losses.append(adversarial_loss(direction.judge(fake)) + 10 * cycle_loss(direction.back(fake), real))
            losses.append(5 * identity_loss(direction.generator(goal), goal))
        return losses

    def gradients() -> Tensor:
        found = torch.cat([p.grad.flatten() for p in networks.generator_parameters()])  # type: ignore[union-attr]
        for parameter in networks.generator_parameters():
            parameter.grad = None
        return found

    torch.stack(paths()).sum().backward()
    summed = gradients()
    for loss in paths():
        loss.backward()
    separate = gradients()

    assert (separate - summed).norm() / summed.norm() < 1e-4


def test_an_average_moves_by_its_decay() -> None:
    averaged, generator = build_networks(tiny()).generator_a2b, build_networks(tiny(seed=9)).generator_a2b
    before, goal = next(averaged.parameters()).detach().clone(), next(generator.parameters()).detach()

    average([averaged], [generator], 0.75)

    assert torch.allclose(next(averaged.parameters()), 0.75 * before + 0.25 * goal)
