"""CycleGAN: two generators, two discriminators, and the losses that bind them (arXiv 1703.10593, section 3)."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from train.networks import Generator, PatchDiscriminator
from train.options import TrainOptions


@dataclass(frozen=True)
class Networks:
    """The four networks. A generator is named by what it does, a discriminator by the domain that it judges."""

    generator_a2b: Generator
    generator_b2a: Generator
    discriminator_a: PatchDiscriminator
    discriminator_b: PatchDiscriminator

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
    judge: PatchDiscriminator

    @property
    def name(self) -> str:
        return f"{self.source}2{self.goal}"


def build_generator(options: TrainOptions) -> Generator:
    """A generator as the options describe it, freshly initialised from torch's global random state."""
    blocks = int(options.generator.removeprefix("resnet-"))
    return Generator(options.width, blocks, predicts_change=options.predict == "change")


def build_networks(options: TrainOptions) -> Networks:
    """The four networks, initialised from the seed without touching torch's global random state."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(options.seed)
        return Networks(
            build_generator(options),
            build_generator(options),
            PatchDiscriminator(options.discriminator_width, options.discriminator_layers),
            PatchDiscriminator(options.discriminator_width, options.discriminator_layers),
        )


def directions(networks: Networks) -> tuple[Direction, Direction]:
    """A -> B, which discriminator B judges, and B -> A, which discriminator A judges."""
    a2b, b2a = networks.generator_a2b, networks.generator_b2a
    return (
        Direction("a", "b", a2b, b2a, networks.discriminator_b),
        Direction("b", "a", b2a, a2b, networks.discriminator_a),
    )


def adversarial_loss(fake_patches: Tensor) -> Tensor:
    """How far the judge is from taking each patch of a translation for real: E[(D(G(x)) - 1)^2] (LSGAN, section 4).

    The square is taken of each patch's score [N, 1, H', W'] before the mean: otherwise it would be no patch judge.
    """
    return (fake_patches - 1).square().mean()


def discriminator_loss(real_patches: Tensor, fake_patches: Tensor) -> Tensor:
    """E[(D(y) - 1)^2] + E[D(G(x))^2], halved so that the judge learns at half the generators' speed (section 4)."""
    return 0.5 * ((real_patches - 1).square().mean() + fake_patches.square().mean())


def cycle_loss(cycled: Tensor, real: Tensor) -> Tensor:
    """The mean absolute difference between an image and itself translated there and back (equation 2)."""
    return (cycled - real).abs().mean()


def identity_loss(same: Tensor, real: Tensor) -> Tensor:
    """The mean absolute difference that a generator makes to an image that is of its goal already (section 5.2)."""
    return (same - real).abs().mean()


def average(averages: list[Generator], generators: list[Generator], decay: float) -> None:
    """Move each averaged generator towards its own: average = decay * average + (1 - decay) * weights."""
    with torch.no_grad():
        for averaged, generator in zip(averages, generators, strict=True):
            for kept, new in zip(averaged.parameters(), generator.parameters(), strict=True):
                kept.lerp_(new, 1 - decay)
