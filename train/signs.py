"""Signs of failure, measured on the fixed sample images: what a generator changes, keeps and tells apart."""

import torch
from torch import Tensor
from torch.nn import functional

from train.networks import Generator
from train.samples import evaluating

_SIDE = 16
"""Pixels of the side of the thumbnails that are compared: what a generator hides in fine noise does not count."""

_LEAST_DIVERSITY = 0.02
"""Images that differ by less, in [-1, 1], say nothing about the diversity of their translations."""


@torch.no_grad()
def signs(generator_a2b: Generator, generator_b2a: Generator, real_a: Tensor, real_b: Tensor) -> dict[str, Tensor]:
    """Three numbers for each direction, tensors of no dimensions on the images' device, by name.

    `change_a2b`: the mean absolute difference between an A and its translation, in grey levels of 255.
    `correlation_a2b`: how light, dark and colour of a translation lie as in its input, from 1 over 0 (unrelated) to -1
    (inverted). `diversity_a2b`: how far translations are from one another, as a share of the distance between images of
    A or of B, whichever is less; 1 where there are none to compare. `real_a` and `real_b` are [N, 3, H, W] in [-1, 1].
    """
    found: dict[str, Tensor] = {}
    ways = (("a2b", generator_a2b, real_a, real_b), ("b2a", generator_b2a, real_b, real_a))
    with evaluating(generator_a2b, generator_b2a):
        for name, generator, real, goal in ways:
            fake = torch.cat(
                [generator(image) for image in real.unsqueeze(1)]
            )  # one by one: a large batch costs memory
            found[f"change_{name}"] = (fake - real).abs().mean() * 127.5
            found[f"correlation_{name}"] = _correlation(_thumbnails(real), _thumbnails(fake))
            found[f"diversity_{name}"] = _share(_thumbnails(fake), _thumbnails(real), _thumbnails(goal))
    return found


def _thumbnails(images: Tensor) -> Tensor:
    return functional.adaptive_avg_pool2d(images.float(), _SIDE)


def _correlation(one: Tensor, other: Tensor) -> Tensor:
    """The mean over images of Pearson's correlation; every channel is taken less its mean. 0 for plain images."""
    one, other = (images - images.mean(dim=(2, 3), keepdim=True) for images in (one, other))
    spread = (one.square().sum(dim=(1, 2, 3)) * other.square().sum(dim=(1, 2, 3))).sqrt()
    correlation: Tensor = (one * other).sum(dim=(1, 2, 3)) / spread.clamp(min=1e-6)
    return correlation.mean()


def _share(fake: Tensor, real: Tensor, goal: Tensor) -> Tensor:
    expected = torch.minimum(_diversity(real), _diversity(goal))
    return torch.where(expected > _LEAST_DIVERSITY, _diversity(fake) / expected, torch.ones_like(expected))


def _diversity(images: Tensor) -> Tensor:
    """The mean distance (root mean square) between two of the images; 0 for one alone."""
    distances: Tensor = functional.pdist(images.flatten(1)) / images[0].numel() ** 0.5
    return distances.mean() if len(images) > 1 else images.new_zeros(())
