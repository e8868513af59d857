"""The networks as the options ask for them, a step against the paper's equations, and that four passes equal one."""

import logging
import math
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from trainings import assert_equal_to_the_bit, dataset, state_of, tiny

from pipeline.errors import OptionError
from pipeline.progress import Silent
from train.augment import augmented
from train.checkpoint import begin
from train.cyclegan import (
    Networks,
    Objective,
    average,
    backward_discriminator,
    backward_generators,
    build_networks,
    directions,
    objective_at,
)
from train.data import Batches, image_files, load_pictures
from train.loop import train
from train.losses import (
    PENALTY_WEIGHT,
    adversarial_loss,
    cycle_loss,
    discriminator_loss,
    gradient_penalty,
    identity_loss,
)
from train.networks import PixelDiscriminator
from train.options import GAN_LOSSES, PREDICTIONS, TrainOptions
from train.schedule import Plan
from train.unet import UNetGenerator

Parameters = dict[str, Tensor]
_log = logging.getLogger(__name__)

pytestmark = pytest.mark.usefixtures("one_thread")


def paper(**changes: object) -> TrainOptions:
    """Small networks that give images, with the paper's weights of losses."""
    return tiny(predict="image", ema=0.0, cycle_weight=10.0, identity_weight=5.0, **changes)


def lively(networks: Networks) -> Networks:
    """The networks away from their start, where differences would be small and a change is zero."""
    random = torch.Generator().manual_seed(11)
    with torch.no_grad():
        for network in networks.named().values():
            for parameter in network.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=random) * 0.08)
    return networks


def two_batches(count: int = 2, side: int = 32) -> tuple[Tensor, Tensor]:
    images = torch.rand(2, count, 3, side, side, generator=torch.Generator().manual_seed(12)) * 2 - 1
    return images[0], images[1]


def gradients(parameters: Parameters) -> Parameters:
    return {name: p.grad.clone() for name, p in parameters.items() if p.grad is not None}


def of(networks: Networks, kind: str) -> Parameters:
    """The parameters of the "generator"s or the "discriminator"s, by name."""
    named = {n: network for n, network in networks.named().items() if n.startswith(kind)}
    return {f"{n}.{name}": p for n, network in named.items() for name, p in network.named_parameters()}


def silent(name: str, loss: Tensor) -> None:
    """What nobody wants to know."""


class StopAfterTwo(Silent):
    """Progress that sends this process Ctrl-C after the second step."""

    def __init__(self) -> None:
        self.training = False

    def start(self, label: str, total: int | None = None) -> None:
        self.training = label == "Training"

    def update(self, done: int, note: str = "") -> None:
        if self.training and done == 2:
            os.kill(os.getpid(), signal.SIGINT)


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


def test_the_options_choose_what_the_networks_are() -> None:
    networks = build_networks(tiny(generator="unet-128", size=128, load_size=0, discriminator="pixel"))

    assert isinstance(networks.generator_b2a, UNetGenerator)
    assert networks.generator_b2a.multiple == 128
    assert isinstance(networks.discriminator_a, PixelDiscriminator)
    resized = build_networks(tiny(upsample="resize")).generator_a2b
    assert [type(m) for m in resized.modules()].count(nn.Upsample) == 2


def test_the_objective_has_a_weight_for_each_domain_and_the_identity_falls() -> None:
    weights = {"cycle_weight": 10.0, "cycle_weight_b": "4", "identity_weight": 5.0, "identity_weight_b": "2"}
    options = tiny(**weights, identity_decay=0.5, gan_loss="hinge", augment="color,cutout")

    assert objective_at(options, 0, 100) == Objective("hinge", ("color", "cutout"), 10, 4, 5, 2)
    assert objective_at(options, 25, 100) == Objective("hinge", ("color", "cutout"), 10, 4, 2.5, 1)
    assert objective_at(options, 50, 100).identity("a") == 0
    assert objective_at(tiny(cycle_weight=3.0), 7, 0) == Objective("lsgan", (), 3, 3, 5, 5)
    assert objective_at(tiny(cycle_reach=0.5), 0, 9).reach("b") == 0.5


@pytest.mark.parametrize(
    "changes",
    [
        {"cycle_weight_b": "-1"}, {"identity_weight_b": "inf"}, {"cycle_weight_b": "ten"}, {"identity_decay": 1.5},
        {"cycle_reach": -0.1}, {"cycle_reach": 1.1}, {"cycle_reach": float("nan")},
        {"cycle_reach_b": "1.5"}, {"cycle_reach_b": "-1"}, {"cycle_reach_b": "nan"}, {"cycle_reach_b": "half"},
        {"augment": "colour"}, {"generator": "unet-128", "size": 64}, {"discriminator_layers": 5},
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(OptionError):
        tiny(**changes)


def test_a_discriminator_of_pixels_has_no_layers_that_halve() -> None:
    assert tiny(discriminator="pixel", discriminator_layers=5).discriminator == "pixel"


# The paper's equations, transcribed. Section 7.2: c7s1-k, dk, Rk, uk and Ck; instance norm has no weights.


def normed(x: Tensor) -> Tensor:
    mean = x.mean(dim=(2, 3), keepdim=True)
    variance = (x - mean).pow(2).mean(dim=(2, 3), keepdim=True)
    return (x - mean) / torch.sqrt(variance + 1e-5)


def reflected(x: Tensor, by: int) -> Tensor:
    return functional.pad(x, (by, by, by, by), mode="reflect")


def rectified(x: Tensor) -> Tensor:
    return torch.where(x > 0, x, torch.zeros_like(x))


def leaky(x: Tensor) -> Tensor:
    return torch.where(x > 0, x, 0.2 * x)


def paper_generator(weights: list[Tensor], x: Tensor) -> Tensor:
    """c7s1-w, d2w, d4w, R4w ..., u2w, uw, c7s1-3; the last two of the weights are its weight and bias."""
    first, halve, halve_again, *blocks = weights[:-4]
    double, double_again, last, bias = weights[-4:]
    x = rectified(normed(functional.conv2d(reflected(x, 3), first)))
    x = rectified(normed(functional.conv2d(x, halve, stride=2, padding=1)))
    x = rectified(normed(functional.conv2d(x, halve_again, stride=2, padding=1)))
    for one, other in zip(blocks[::2], blocks[1::2], strict=True):
        inside = rectified(normed(functional.conv2d(reflected(x, 1), one)))
        x = x + normed(functional.conv2d(reflected(inside, 1), other))
    x = rectified(normed(functional.conv_transpose2d(x, double, stride=2, padding=1, output_padding=1)))
    x = rectified(normed(functional.conv_transpose2d(x, double_again, stride=2, padding=1, output_padding=1)))
    return torch.tanh(functional.conv2d(reflected(x, 3), last, bias))


def paper_discriminator(weights: list[Tensor], x: Tensor) -> Tensor:
    """Cw without norm, C2w and so on, the last of these with stride 1, then one channel of scores."""
    first, first_bias, *middle, last, last_bias = weights
    x = leaky(functional.conv2d(x, first, first_bias, stride=2, padding=1))
    for number, weight in enumerate(middle, start=1):
        x = leaky(normed(functional.conv2d(x, weight, stride=2 if number < len(middle) else 1, padding=1)))
    return functional.conv2d(x, last, last_bias, padding=1)


def l1(x: Tensor, y: Tensor) -> Tensor:
    return (x - y).abs().mean()


def paper_losses(
    weights: dict[str, list[Tensor]],
    x: Tensor,
    y: Tensor,
    weight: Callable[[str], float],
    halfway: Callable[[Tensor], Tensor] = lambda fake: fake,
) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    """Equations 1 to 3 with section 4's squares and section 5.2's identity: x of X = A, y of Y = B, G: A -> B, F back.

    `halfway` is done to what cycles are closed from. Returns each term by our name for it, the generators' whole loss
    and the discriminators'.
    """

    def g(images: Tensor) -> Tensor:
        return paper_generator(weights["generator_a2b"], images)

    def f(images: Tensor) -> Tensor:
        return paper_generator(weights["generator_b2a"], images)

    def d_x(images: Tensor) -> Tensor:
        return paper_discriminator(weights["discriminator_a"], images)

    def d_y(images: Tensor) -> Tensor:
        return paper_discriminator(weights["discriminator_b"], images)

    terms = {
        "gan_a2b": ((d_y(g(x)) - 1) ** 2).mean(),
        "gan_b2a": ((d_x(f(y)) - 1) ** 2).mean(),
        "cycle_a": l1(f(halfway(g(x))), x),
        "cycle_b": l1(g(halfway(f(y))), y),
        "identity_a": l1(f(x), x),
        "identity_b": l1(g(y), y),
    }
    generators = torch.stack([weight(name) * term for name, term in terms.items()]).sum()
    terms["discriminator_a"] = (((d_x(x) - 1) ** 2).mean() + (d_x(f(y).detach()) ** 2).mean()) / 2
    terms["discriminator_b"] = (((d_y(y) - 1) ** 2).mean() + (d_y(g(x).detach()) ** 2).mean()) / 2
    return terms, generators, terms["discriminator_a"] + terms["discriminator_b"]


def transcribed(
    networks: Networks,
    x: Tensor,
    y: Tensor,
    options: TrainOptions,
    halfway: Callable[[Tensor], Tensor] = lambda fake: fake,
) -> tuple[dict[str, float], Parameters]:
    """Losses and gradients by the transcription, in float64, from the networks' weights."""
    weights = {
        name: [p.detach().double().requires_grad_() for p in network.parameters()]
        for name, network in networks.named().items()
    }
    (cycle_a, cycle_b), (identity_a, identity_b) = options.cycle_weights, options.identity_weights
    factors = {"cycle_a": cycle_a, "cycle_b": cycle_b, "identity_a": identity_a, "identity_b": identity_b}
    terms, generators, judges = paper_losses(
        weights, x.double(), y.double(), lambda name: factors.get(name, 1.0), halfway
    )
    found: Parameters = {}
    for kind, loss in (("generator", generators), ("discriminator", judges)):
        names = [
            (f"{name}.{inner}", tensor)
            for name, network in networks.named().items() if name.startswith(kind)
            for (inner, _p), tensor in zip(network.named_parameters(), weights[name], strict=True)
        ]  # fmt: skip
        slopes = torch.autograd.grad(loss, [tensor for _name, tensor in names])
        found |= {name: slope for (name, _tensor), slope in zip(names, slopes, strict=True)}
    return {name: term.item() for name, term in terms.items()}, found


def one_step(networks: Networks, x: Tensor, y: Tensor, options: TrainOptions) -> tuple[dict[str, float], Parameters]:
    """Losses and gradients by the trainer's own functions, in the networks' own precision."""
    losses: dict[str, float] = {}
    objective = objective_at(options, 0, options.steps)
    fake_a, fake_b = backward_generators(
        networks, objective, x, y, lambda name, loss: losses.__setitem__(name, loss.item())
    )
    assert not any(p.grad is not None for p in of(networks, "discriminator").values())
    losses["discriminator_a"] = backward_discriminator(networks.discriminator_a, objective, x, fake_a).item()
    losses["discriminator_b"] = backward_discriminator(networks.discriminator_b, objective, y, fake_b).item()
    return losses, gradients(of(networks, "generator") | of(networks, "discriminator"))


def greatest_difference(found: Parameters, expected: Parameters) -> float:
    """The greatest difference of two gradients, relative to the greatest value in that parameter's gradient."""
    assert found.keys() == expected.keys()
    return max(((found[n].double() - g).abs().max() / g.abs().max()).item() for n, g in expected.items())


@pytest.mark.parametrize(
    ("number", "loss_bound", "gradient_bound"), [(torch.float64, 1e-12, 1e-9), (torch.float32, 1e-5, 1e-4)]
)
@pytest.mark.parametrize(
    "changes",
    [{}, {"cycle_weight_b": "4", "identity_weight_b": "1.5", "discriminator_layers": 3, "size": 40, "load_size": 0}],
)
def test_one_step_has_the_losses_and_gradients_of_the_papers_equations(
    number: torch.dtype,
    loss_bound: float,
    gradient_bound: float,
    changes: dict[str, object],
) -> None:
    """The greatest relative differences are told by `--log-cli-level=INFO`."""
    options = paper(**changes)
    networks = lively(build_networks(options))
    for network in networks.named().values():
        network.to(number)
    x, y = two_batches(2, options.size)

    losses, found = one_step(networks, x.to(number), y.to(number), options)
    expected_losses, expected = transcribed(networks, x, y, options)

    assert losses.keys() == expected_losses.keys()
    loss_difference = max(abs(losses[name] - value) / value for name, value in expected_losses.items())
    gradient_difference = greatest_difference(found, expected)
    _log.info("%s %s: losses %.1e, gradients %.1e", number, changes, loss_difference, gradient_difference)
    assert loss_difference < loss_bound
    assert gradient_difference < gradient_bound


def test_a_cycle_loss_that_reaches_less_far_teaches_the_first_generator_that_share_and_the_second_all() -> None:
    options = paper(cycle_reach=0.25, cycle_reach_b="0.75")
    networks = lively(build_networks(options))
    for network in networks.named().values():
        network.double()
    x, y = two_batches(2, options.size)

    losses, found = one_step(networks, x.double(), y.double(), options)
    expected_losses, whole = transcribed(networks, x, y, options)
    _same, cut = transcribed(networks, x, y, options, Tensor.detach)

    def expected(name: str) -> Tensor:
        share = 0.25 if name.startswith("generator_a2b") else 0.75
        return share * whole[name] + (1 - share) * cut[name]

    assert losses == pytest.approx(expected_losses, rel=1e-12)
    assert greatest_difference(found, {name: expected(name) for name in whole}) < 1e-9
    assert greatest_difference(found, whole) > 0.01


def test_the_whole_trainers_first_step_is_the_papers_step_with_adams_first_update(tmp_path: Path) -> None:
    """Adam's first update is the learning rate times g / (|g| + 1e-8): its sign, wherever g is not about zero."""
    options = paper(steps=1)
    data = dataset(tmp_path / "set")
    run = train(options, data, tmp_path / "runs", resume=None, progress=Silent()).run
    before = begin(options, Plan(1, 1), torch.device("cpu")).networks
    with image_files(data, "train") as files:
        pictures = load_pictures(data, options, files, Silent())
    x, y = next(Batches(pictures, options).from_step(0))

    _losses, slopes = transcribed(before, x, y, options)

    after = state_of(run).networks
    olds = of(before, "generator") | of(before, "discriminator")
    news = of(after, "generator") | of(after, "discriminator")
    for name, slope in slopes.items():
        clear = slope.abs() > 1e-2 * slope.abs().max() + 1e-6
        moved = (news[name] - olds[name]).detach()[clear]
        assert torch.allclose(moved.double(), -options.learning_rate * slope[clear].sign(), rtol=0.05, atol=0)


@pytest.mark.parametrize("gan_loss", GAN_LOSSES)
@pytest.mark.parametrize("predict", PREDICTIONS)
def test_a_backward_pass_for_each_path_gives_the_gradient_of_the_summed_loss(predict: str, gan_loss: str) -> None:
    options = tiny(predict=predict, gan_loss=gan_loss, cycle_weight=10.0, identity_weight=5.0)
    networks = lively(build_networks(options))
    real_a, real_b = two_batches()
    terms = []
    for direction, real, goal in zip(directions(networks), (real_a, real_b), (real_b, real_a), strict=True):
        fake = direction.generator(real)
        terms.append(adversarial_loss(direction.judge(fake), gan_loss) + 10 * cycle_loss(direction.back(fake), real))
        terms.append(5 * identity_loss(direction.generator(goal), goal))
    summed = torch.autograd.grad(torch.stack(terms).sum(), list(of(networks, "generator").values()))

    backward_generators(networks, objective_at(options, 0, 6), real_a, real_b, silent)

    separate = gradients(of(networks, "generator")).values()
    one, other = (torch.cat([slope.flatten() for slope in slopes]) for slopes in (separate, summed))
    assert (one - other).norm() / other.norm() < 1e-4


@pytest.mark.parametrize("gan_loss", GAN_LOSSES)
def test_a_judge_learns_from_both_scores_and_with_a_penalty_where_the_loss_has_one(gan_loss: str) -> None:
    options = paper(gan_loss=gan_loss)
    judge = lively(build_networks(options)).discriminator_a
    real, fake = two_batches()
    torch.manual_seed(3)
    expected = discriminator_loss(judge(real), judge(fake), gan_loss)
    if gan_loss == "wgan-gp":
        expected = expected + PENALTY_WEIGHT * gradient_penalty(judge, real, fake)
    slopes = torch.autograd.grad(expected, list(judge.parameters()), allow_unused=True)

    torch.manual_seed(3)
    loss = backward_discriminator(judge, objective_at(options, 0, 6), real, fake)

    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    assert not loss.requires_grad
    for parameter, slope in zip(judge.parameters(), slopes, strict=True):
        assert parameter.grad is not None
        assert torch.allclose(parameter.grad, slope, rtol=1e-3, atol=1e-6)  # type: ignore[arg-type]


def test_the_judge_sees_real_images_and_translations_augmented_and_the_generator_learns_through_it() -> None:
    options = paper(augment="color,translation,cutout", identity_weight_b="0", cycle_weight_b="0")
    networks = lively(build_networks(options))
    seen: list[Tensor] = []
    networks.discriminator_b.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].detach()))
    real_a, real_b = two_batches()
    objective = objective_at(options, 0, 6)

    torch.manual_seed(5)
    _fake_a, fake_b = backward_generators(networks, objective, real_a, real_b, silent)
    torch.manual_seed(6)
    backward_discriminator(networks.discriminator_b, objective, real_b, fake_b)

    torch.manual_seed(5)
    generated = augmented(fake_b, objective.augmentations)
    torch.manual_seed(6)
    shown = [augmented(real_b, objective.augmentations), augmented(fake_b, objective.augmentations)]
    assert all(torch.equal(one, other) for one, other in zip(seen, [generated, *shown], strict=True))
    assert gradients(of(networks, "generator"))["generator_a2b.body.1.weight"].abs().max() > 0


@pytest.mark.parametrize("changes", [{"identity_weight": 0.0}, {"identity_weight_b": "0"}])
def test_a_weight_of_zero_leaves_the_identity_path_out(changes: dict[str, object]) -> None:
    names: list[str] = []
    options = tiny(**changes)

    backward_generators(
        build_networks(options), objective_at(options, 0, 6), *two_batches(), lambda name, loss: names.append(name)
    )

    expected = {"gan_a2b", "gan_b2a", "cycle_a", "cycle_b"} | (
        {"identity_a"} if "identity_weight_b" in changes else set()
    )
    assert set(names) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"generator": "unet-128", "size": 128, "load_size": 136, "predict": "image"},
        {"augment": "color,translation,cutout"},
        {"gan_loss": "wgan-gp", "discriminator": "pixel"},
        {"gan_loss": "hinge", "upsample": "resize", "identity_decay": 0.5},
        {"gan_loss": "vanilla", "cycle_weight_b": "2", "identity_weight_b": "0", "predict": "image"},
    ],
    ids=["dropout", "augment", "penalty", "hinge", "vanilla"],
)
def test_a_run_of_each_kind_stopped_and_resumed_ends_as_if_never_stopped(
    changes: dict[str, object], tmp_path: Path
) -> None:
    data = dataset(tmp_path / "set")
    options = tiny(steps=4, sample_every=2, **changes)
    whole = train(options, data, tmp_path / "whole", resume=None, progress=Silent())

    with pytest.raises(KeyboardInterrupt):
        train(options, data, tmp_path / "parts", resume=None, progress=StopAfterTwo())
    assert state_of(str(next((tmp_path / "parts").iterdir()))).step in (2, 3)
    parts = train(options, data, tmp_path / "parts", resume="", progress=Silent())

    assert all(math.isfinite(loss) for loss in whole.losses.values())
    assert_equal_to_the_bit(state_of(parts.run), state_of(whole.run))


def test_training_leaves_torchs_global_random_state_alone(tmp_path: Path) -> None:
    torch.manual_seed(8)
    expected = torch.rand(1)
    torch.manual_seed(8)
    train(tiny(steps=1, augment="color"), dataset(tmp_path / "set"), tmp_path / "runs", resume=None, progress=Silent())

    assert torch.rand(1) == expected


def test_an_average_moves_by_its_decay() -> None:
    averaged, generator = build_networks(tiny()).generator_a2b, build_networks(tiny(seed=9)).generator_a2b
    before, goal = next(averaged.parameters()).detach().clone(), next(generator.parameters()).detach()

    average([averaged], [generator], 0.75)

    assert torch.allclose(next(averaged.parameters()), 0.75 * before + 0.25 * goal)
