"""A change that was found on a small picture, carried to the large one along the large one's own edges."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from train.networks import mixed

RADIUS = 2
"""Pixels of the small picture around each, within which a change is taken for a linear function of the colour."""

EVENNESS = 1e-3
"""Variance of colour (in the range -1..1) below which a neighbourhood counts as even and its mean change is taken."""

STRIP_PIXELS = 1_000_000
"""Pixels of the large picture that are worked on at once: each takes some 160 bytes."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A change as a function of colour, around each pixel of a small picture: h = A x + b.

    `slopes` [N, 9, H, W] are the matrices A, `offset` is [N, 3, H, W].
    """

    slopes: Tensor
    offset: Tensor


def fitted(h: Tensor, small: Tensor) -> Fit:
    """The change `h` [N, 3, H, W] of the `small` picture [N, 3, H, W], to be applied to a larger one.

    Fast guided filter (He and Sun, arXiv 1505.00996), guided by colour: around each small pixel h is fitted as A x + b
    to the colours x; the smoothed A and b, enlarged in place of h, are applied to the large picture. So a change of
    leaves ends where the leaves end, instead of glowing around trunks and posts. Measured on 16 drawn scenes
    at a quarter of their size, against plain bicubic enlarging: the change that is best possible at that size left 0.16
    of the foliage error in place of 0.21; a learnt one 0.469 in place of 0.494.
    """
    mean_x, mean_h = _box(small), _box(h)
    among = _box(_products(small, small)) - _products(mean_x, mean_x)
    between = _box(_products(small, h)) - _products(mean_x, mean_h)
    slope = torch.linalg.solve(_matrices(among) + EVENNESS * torch.eye(3, device=h.device), _matrices(between))
    slopes = slope.flatten(3).permute(0, 3, 1, 2)
    return Fit(_box(slopes), _box(mean_h - mixed(slopes, mean_x)))


def enlarged(fit: Fit, large: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """The change of the `large` picture [N, 3, H', W'], strip by strip: its rows, and h [N, 3, rows, W'] of these.

    All of it at once would take 100 bytes a pixel, 5 GB for a picture of 50 megapixels.
    """
    height, width = large.shape[2:]
    rows = max(1, STRIP_PIXELS // (width * large.shape[0]))
    for first in range(0, height, rows):
        strip = slice(first, min(first + rows, height))
        slopes, offset = (_stretched(maps, strip, (height, width)) for maps in (fit.slopes, fit.offset))
        yield strip, mixed(slopes, large[:, :, strip]) + offset


def _stretched(maps: Tensor, strip: slice, size: tuple[int, int]) -> Tensor:
    """Rows `strip` of the maps [N, C, H, W], enlarged to `size` as torch's "bilinear" enlarges the whole."""
    height = maps.shape[2]
    places = (torch.arange(strip.start, strip.stop, device=maps.device) + 0.5) * (height / size[0]) - 0.5
    places = places.clamp(0, height - 1)
    above = places.floor().long()
    below, share = (above + 1).clamp(max=height - 1), (places - above).reshape(-1, 1)
    rows = torch.lerp(maps[:, :, above], maps[:, :, below], share)
    return functional.interpolate(rows, (rows.shape[2], size[1]), mode="bilinear")


def _box(maps: Tensor) -> Tensor:
    """The mean of each pixel's neighbourhood, cut off at the border."""
    return functional.avg_pool2d(maps, 2 * RADIUS + 1, stride=1, padding=RADIUS, count_include_pad=False)


def _products(x: Tensor, y: Tensor) -> Tensor:
    """x_i y_j of every pixel: [N, 3, H, W] twice -> [N, 9, H, W]."""
    return (x.unsqueeze(2) * y.unsqueeze(1)).flatten(1, 2)


def _matrices(maps: Tensor) -> Tensor:
    """[N, 9, H, W] -> [N, H, W, 3, 3]."""
    return maps.permute(0, 2, 3, 1).reshape(maps.shape[0], *maps.shape[2:], 3, 3)
