"""How like the other domain's images the translations are: a number that is cheap, and needs no downloaded network."""

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

from train.data import Batches
from train.networks import Generator
from train.precision import Precision
from train.samples import evaluating

SIDE = 64
"""Images are looked at in this size."""

_LEAST = 2
_LAYERS = ((3, 32, 5), (32, 64, 3), (64, 64, 3))
"""Channels in, channels out and the kernel of the random convolutions, each of which halves."""


MEASURED = 32
"""Images of each domain that are translated for a measurement."""


class Likeness:
    """Measures generators on the same images of a run each time, the first of each domain.

    `best` means: the least sum of both directions' kernel distances, at the times of the sample sheets.
    """

    def __init__(self, batches: Batches, device: torch.device) -> None:
        self._real_a = batches.first_images("A", MEASURED).to(device)
        self._real_b = batches.first_images("B", MEASURED).to(device)
        self._goal_a, self._goal_b = features_of(self._real_a), features_of(self._real_b)
        self._both = torch.cat([self._goal_a, self._goal_b])

    def of(self, a2b: Generator, b2a: Generator, count: int, precision: Precision) -> dict[str, Tensor]:
        """Both directions' distances, by up to `count` images each; none where a domain has but one image.

        Translating `count` images costs about an eighth of as many steps.
        """
        few = min(len(self._real_a), len(self._real_b))
        if few < _LEAST:
            return {}
        count = max(_LEAST, count)
        fake_b = translations(a2b, self._real_a[:count], precision)
        fake_a = translations(b2a, self._real_b[:count], precision)
        return {
            "kernel_distance_a2b": kernel_distance(features_of(fake_b), self._goal_b, self._both),
            "kernel_distance_b2a": kernel_distance(features_of(fake_a), self._goal_a, self._both),
        }


def kernel_distance(translated: Tensor, goal: Tensor, reference: Tensor) -> Tensor:
    """The unbiased squared MMD of two sets of features [N, D] and [M, D] with the kernel (x.y / D + 1)^3.

    The kernel is KID's (arXiv 1801.01401, section 4), the features are random: neither an FID nor a KID, and to be
    compared within one run only. About 0, and below it by chance, for two samples of one distribution. Features are
    centred and scaled by the `reference`, which is that of both domains: so both directions are measured with one rule,
    and doing nothing has the same distance either way. Needs two images on each side.
    """
    deviation = reference.std(dim=0)
    scale = deviation.clamp_min(0.1 * float(deviation.mean())) + 1e-6
    x, y = ((features - reference.mean(dim=0)) / scale for features in (translated, goal))
    return _mean_off_diagonal(_kernel(x, x)) + _mean_off_diagonal(_kernel(y, y)) - 2 * _kernel(x, y).mean()


@torch.no_grad()
def features_of(images: Tensor) -> Tensor:
    """Means and deviations of colours and of three layers of seeded random convolutions: [N, 3, H, W] -> [N, 326]."""
    values = functional.interpolate(images.float(), (SIDE, SIDE), mode="bilinear", antialias=True)
    parts = [values]
    for weights in _weights():
        values = functional.conv2d(values, weights.to(values.device), stride=2).relu()
        parts.append(values)
    return torch.cat([moment for part in parts for moment in (part.mean(dim=(2, 3)), part.std(dim=(2, 3)))], dim=1)


@torch.no_grad()
def translations(generator: Generator, images: Tensor, precision: Precision) -> Tensor:
    """The translations of images [N, 3, H, W], one at a time, so that memory does not matter."""
    with evaluating(generator), precision.passes():
        return torch.cat([generator(image.unsqueeze(0)) for image in images])


@lru_cache(maxsize=1)
def _weights() -> tuple[Tensor, ...]:
    random = torch.Generator().manual_seed(0)
    return tuple(
        torch.randn(wide, narrow, side, side, generator=random) / (narrow * side * side) ** 0.5
        for narrow, wide, side in _LAYERS
    )


def _kernel(x: Tensor, y: Tensor) -> Tensor:
    return (x @ y.T / x.shape[1] + 1) ** 3


def _mean_off_diagonal(kernel: Tensor) -> Tensor:
    count = len(kernel)
    return (kernel.sum() - kernel.diagonal().sum()) / (count * (count - 1))
