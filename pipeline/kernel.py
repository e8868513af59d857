"""The kernel distance between two sets of pictures, with its standard error, and random features to take it on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float64]
LEAST = 3
"""Pictures on each side below which there is no standard error."""

_FEATURE_SIDE = 64
_FEATURE_SEED = 20170330


@dataclass(frozen=True, slots=True)
class Distance:
    """A distance and its standard error."""

    value: float
    standard_error: float

    @property
    def interval(self) -> tuple[float, float]:
        """Where the value lies with 95 % confidence, were it drawn from a normal distribution."""
        return self.value - 1.96 * self.standard_error, self.value + 1.96 * self.standard_error


def kernel_distance_of(x: Floats, y: Floats) -> Distance:
    """The unbiased squared MMD of features [N, d] and [M, d] with the kernel (x.y / d + 1)^3, as KID has it.

    arXiv 1801.01401, section 4. The standard error is a jackknife's over the rows of both (Efron and Stein, Annals of
    Statistics 9, 1981). Raises ValueError for fewer than LEAST rows on a side.
    """
    if min(len(x), len(y)) < LEAST:
        raise ValueError("a kernel distance needs three pictures on each side")
    xx, yy, xy = polynomial_kernel(x, x), polynomial_kernel(y, y), polynomial_kernel(x, y)
    value = mean_off_diagonal(xx) + mean_off_diagonal(yy) - 2 * float(xy.mean())
    variance = _jackknife(xx, xy.mean(axis=1)) + _jackknife(yy, xy.mean(axis=0))
    return Distance(value, float(np.sqrt(variance)))


def in_units_of(goal: Floats, features: Floats) -> Floats:
    """Features with the goal's mean at 0 and its deviation as 1: random ones have no scale of their own."""
    return np.asarray((features - goal.mean(axis=0)) / (goal.std(axis=0) + 1e-6))


def random_features(pictures: Sequence[NDArray[np.uint8]]) -> Floats:
    """Mean and deviation of each channel of each layer of a random net, of pictures [H, W, 3]: [N, 448].

    The weights are seeded, not trained, so that nothing is downloaded; distances on them are comparable with each
    other and with nothing published.
    """
    import torch  # late, so that the command line's help loads no torch
    from torch.nn import functional

    small = [Image.fromarray(p).resize((_FEATURE_SIDE, _FEATURE_SIDE), Image.Resampling.BOX) for p in pictures]
    maps = torch.stack([torch.from_numpy(np.array(p)) for p in small]).permute(0, 3, 1, 2).float() / 127.5 - 1
    random = torch.Generator().manual_seed(_FEATURE_SEED)
    pooled = []
    with torch.inference_mode():
        for channels in (32, 64, 128):
            weight = torch.randn(channels, maps.shape[1], 3, 3, generator=random)
            maps = functional.conv2d(maps, weight * (2 / (9 * maps.shape[1])) ** 0.5, stride=2, padding=1).relu()
            pooled += [maps.mean(dim=(2, 3)), maps.std(dim=(2, 3))]
        return torch.cat(pooled, dim=1).double().numpy()


def polynomial_kernel(x: Floats, y: Floats) -> Floats:
    """(x.y / d + 1)^3 of every row of x [N, d] with every row of y [M, d]: [N, M]."""
    return np.asarray((x @ y.T / x.shape[1] + 1) ** 3)


def mean_off_diagonal(kernel: Floats) -> float:
    """The mean of a square matrix without its diagonal, of two rows or more."""
    count = len(kernel)
    return float((kernel.sum() - np.trace(kernel)) / (count * (count - 1)))


def _jackknife(within: Floats, across: Floats) -> float:
    """The variance that the choice of one side's pictures brings; `across` are its rows' means to the other side."""
    count = len(within)
    rows = within.sum(axis=1) - np.diag(within)
    without_within = (rows.sum() - 2 * rows) / ((count - 1) * (count - 2))
    without_across = (across.sum() - across) / (count - 1)
    values = without_within - 2 * without_across
    return float((count - 1) / count * np.square(values - values.mean()).sum())
