"""CycleGAN: two generators, two discriminators, and the losses that bind them (arXiv 1703.10593, section 3)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from train.augment import augmented
from train.losses import (
    PENALTY_WEIGHT,
    adversarial_loss,
    cycle_loss,
    discriminator_loss,
    gradient_penalty,
    identity_factor,
    identity_loss,
)
from train.networks import Discriminator, Generator, PatchDiscriminator, PixelDiscriminator, ResNetGenerator, remade
from train.options import TrainOptions
from train.precision import FLOAT32, Precision
from train.unet import UNetGenerator

_REMADE_FROM_PIXELS = 128
"""Below this side the bookkeeping of what is made again costs more than the memory is worth."""

Report = Callable[[str, Tensor], None]
"""Takes a loss by its name, a tensor of no dimensions."""


@dataclass(frozen=True)
class Networks:
    """The four networks. A generator is named by what it does, a discriminator by the domain that it judges."""

    generator_a2b: Generator
    generator_b2a: Generator
    discriminator_a: Discriminator
    discriminator_b: Discriminator

    def named(self) -> dict[str, nn.Module]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def generator_parameters(self) -> Iterator[nn.Parameter]:
        yield from self.generator_a2b.parameters()
        yield from self.generator_b2a.parameters()

    def discriminator_parameters(self) -> Iterator[nn.Parameter]:
        yield from self.discriminator_a.parameters()
        yield from self.discriminator_b.parameters()


@dataclass(frozen=True)
class Direction:
    """One way of the cycle: its generator, the one that leads back, and the judge of the domain it leads to."""

    source: str
    goal: str
    generator: Generator
    back: Generator
    judge: Discriminator

    @property
    def name(self) -> str:
        return f"{self.source}2{self.goal}"


@dataclass(frozen=True)
class Objective:
    """What is asked of the networks in one step: the loss of the scores, what the judges see, the weights beside it.

    `cycle_a` weighs A -> B -> A, `identity_a` an A that shall become an A; 0 leaves that path out. `reach_a` is the
    share of A's cycle loss whose gradient goes on into the generator that went first.
    """

    gan_loss: str
    augmentations: tuple[str, ...]
    cycle_a: float
    cycle_b: float
    identity_a: float
    identity_b: float
    reach_a: float = 1.0
    reach_b: float = 1.0

    def cycle(self, domain: str) -> float:
        """The weight of the cycle loss of domain "a" or "b"."""
        return self.cycle_a if domain == "a" else self.cycle_b

    def reach(self, domain: str) -> float:
        """The share of the cycle loss of domain "a" or "b" that also teaches the generator that goes first."""
        return self.reach_a if domain == "a" else self.reach_b

    def identity(self, domain: str) -> float:
        """The weight of the identity loss of domain "a" or "b"."""
        return self.identity_a if domain == "a" else self.identity_b


def objective_at(options: TrainOptions, step: int, steps: int) -> Objective:
    """The objective at `step` (from 0) of `steps`; `steps` 0: not known yet."""
    factor = identity_factor(options.identity_decay, step, steps)
    cycle_a, cycle_b = options.cycle_weights
    identity_a, identity_b = (weight * factor for weight in options.identity_weights)
    return Objective(
        options.gan_loss, options.augmentations, cycle_a, cycle_b, identity_a, identity_b, *options.cycle_reaches
    )


def build_generator(options: TrainOptions) -> Generator:
    """A generator as the options describe it, freshly initialised from torch's global random state."""
    kind, _dash, number = options.generator.partition("-")
    if options.unet_side:
        return UNetGenerator(
            options.width,
            options.unet_side.bit_length() - 1,
            predict=options.predict,
            upsample=options.upsample,
            rectified=kind == "pix2pix",
        )
    return ResNetGenerator(options.width, int(number), predict=options.predict, upsample=options.upsample)


def build_discriminator(options: TrainOptions) -> Discriminator:
    """A discriminator as the options describe it, freshly initialised from torch's global random state."""
    if options.discriminator == "pixel":
        return PixelDiscriminator(options.discriminator_width)
    return PatchDiscriminator(options.discriminator_width, options.discriminator_layers)


def build_networks(options: TrainOptions) -> Networks:
    """The four networks, initialised from the seed without touching torch's global random state."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(options.seed)
        networks = Networks(
            build_generator(options),
            build_generator(options),
            build_discriminator(options),
            build_discriminator(options),
        )
    if options.size >= _REMADE_FROM_PIXELS:
        for network in networks.named().values():
            remade(network)
    return networks


def directions(networks: Networks) -> tuple[Direction, Direction]:
    """A -> B, which discriminator B judges, and B -> A, which discriminator A judges."""
    a2b, b2a = networks.generator_a2b, networks.generator_b2a
    return (
        Direction("a", "b", a2b, b2a, networks.discriminator_b),
        Direction("b", "a", b2a, a2b, networks.discriminator_a),
    )


def backward_generators(
    networks: Networks,
    objective: Objective,
    real_a: Tensor,
    real_b: Tensor,
    report: Report,
    *,
    precision: Precision = FLOAT32,
) -> tuple[Tensor, Tensor]:
    """Add the gradients of the generators' losses; returns the translations (fake_a, fake_b), detached.

    Images are [N, 3, H, W] in [-1, 1]. Both directions and both identities are independent paths: a backward pass for
    each gives the gradient of the sum of all losses, and one path's activations lie in memory at a time instead of
    four.
    """
    networks.discriminator_a.requires_grad_(False)
    networks.discriminator_b.requires_grad_(False)
    fakes: list[Tensor] = []
    for direction, real, goal in zip(directions(networks), (real_a, real_b), (real_b, real_a), strict=True):
        fakes.append(_backward_cycle(direction, objective, real, report, precision))
        if objective.identity(direction.goal):
            _backward_identity(direction, objective, goal, report, precision)
    fake_b, fake_a = fakes
    return fake_a, fake_b


def _backward_cycle(
    direction: Direction, objective: Objective, real: Tensor, report: Report, precision: Precision
) -> Tensor:
    """There, judged, and back: equations 1 and 2 for one direction. Returns the translation, detached."""
    with precision.passes():
        fake: Tensor = direction.generator(real)
        cycled = direction.back(_reached(fake, objective.reach(direction.source)))
        scores = direction.judge(augmented(fake, objective.augmentations))
    adversarial = adversarial_loss(scores, objective.gan_loss)
    cycle = cycle_loss(cycled, real)
    report(f"gan_{direction.name}", adversarial)
    report(f"cycle_{direction.source}", cycle)
    precision.backward(adversarial + objective.cycle(direction.source) * cycle)
    return fake.detach()


def _reached(fake: Tensor, share: float) -> Tensor:
    """The same images, through which a share of the gradient goes on.

    The cycle loss asks two things: of the second generator to bring the image back, and of the first to leave what can
    be brought back, which is easiest where it changes nothing. With less than all of it the second one learns from the
    translations as from pairs, and the first is not held back (as in the back-translation of arXiv 1804.07755).
    """
    if share == 1:
        return fake
    kept = fake.detach()
    return kept + share * (fake - kept)


def _backward_identity(
    direction: Direction, objective: Objective, goal: Tensor, report: Report, precision: Precision
) -> None:
    """An image of the goal, which shall stay as it is (section 5.2)."""
    with precision.passes():
        same = direction.generator(goal)
    identity = identity_loss(same, goal)
    report(f"identity_{direction.goal}", identity)
    precision.backward(objective.identity(direction.goal) * identity)


def backward_discriminator(
    judge: Discriminator, objective: Objective, real: Tensor, fake: Tensor, *, precision: Precision = FLOAT32
) -> Tensor:
    """Add the gradients of one discriminator's loss and return that loss, detached.

    `real` and `fake` are [N, 3, H, W] of the domain that it judges, `fake` without a gradient.
    """
    judge.requires_grad_(True)
    real, fake = augmented(real, objective.augmentations), augmented(fake, objective.augmentations)
    with precision.passes():
        real_scores, fake_scores = judge(real), judge(fake)
    loss = discriminator_loss(real_scores, fake_scores, objective.gan_loss)
    if objective.gan_loss == "wgan-gp":
        loss = loss + PENALTY_WEIGHT * gradient_penalty(judge, real, fake)  # a slope's slope: in float32 always
    precision.backward(loss)
    return loss.detach()


def average(averages: list[Generator], generators: list[Generator], decay: float) -> None:
    """Move each averaged generator towards its own: average = decay * average + (1 - decay) * weights."""
    with torch.no_grad():
        for averaged, generator in zip(averages, generators, strict=True):
            for kept, new in zip(averaged.parameters(), generator.parameters(), strict=True):
                kept.lerp_(new, 1 - decay)
