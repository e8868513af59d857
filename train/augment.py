"""Differentiable augmentation: what the discriminators see is changed at random (Zhao et al., arXiv 2006.10738).

A few hundred images are soon known by heart. Changing real images and translations alike, also where a generator
learns from them, keeps a discriminator from that and leaves no trace in what the generators make.
"""

import torch
from torch import Tensor

from train.options import AUGMENTATIONS

_SHIFT = 1 / 8
_HOLE = 1 / 2


def augmented(images: Tensor, kinds: tuple[str, ...]) -> Tensor:
    """The images [N, 3, H, W] in [-1, 1], each changed in its own way; values may leave the range, gradients pass.

    `kinds` are of AUGMENTATIONS; with none the images come back as they are. What is drawn comes from torch's random
    state on the images' device.
    """
    for kind in AUGMENTATIONS:
        if kind in kinds:
            images = _KINDS[kind](images)
    return images


def _color(images: Tensor) -> Tensor:
    """Brightness moved by up to 0.5, saturation times 0 to 2, contrast times 0.5 to 1.5."""
    brighter = images + _drawn(images) - 0.5
    grey = brighter.mean(dim=1, keepdim=True)
    saturated = (brighter - grey) * (2 * _drawn(images)) + grey
    middle = saturated.mean(dim=(1, 2, 3), keepdim=True)
    return (saturated - middle) * (_drawn(images) + 0.5) + middle


def _translation(images: Tensor) -> Tensor:
    """Moved by up to an eighth of each side, with zeros where nothing was."""
    count, _channels, height, width = images.shape
    below, right = round(height * _SHIFT), round(width * _SHIFT)
    padded = torch.nn.functional.pad(images, (right, right, below, below)).permute(0, 2, 3, 1)
    rows = _places(height, images) + _numbers(2 * below + 1, count, images)
    columns = _places(width, images) + _numbers(2 * right + 1, count, images)
    image = torch.arange(count, device=images.device).reshape(-1, 1, 1)
    return padded[image, rows.unsqueeze(2), columns.unsqueeze(1)].permute(0, 3, 1, 2)


def _cutout(images: Tensor) -> Tensor:
    """Zeros in a rectangle of half of each side around a random pixel, cut off at the border."""
    count, _channels, height, width = images.shape
    rows = _places(height, images) - _numbers(height, count, images)
    columns = _places(width, images) - _numbers(width, count, images)
    hole = _within(rows, height).unsqueeze(2) & _within(columns, width).unsqueeze(1)
    return images * ~hole.unsqueeze(1)


def _within(offsets: Tensor, side: int) -> Tensor:
    half = round(side * _HOLE) // 2
    return (offsets >= -half) & (offsets < round(side * _HOLE) - half)


def _drawn(images: Tensor) -> Tensor:
    """A number in [0, 1) for each image, [N, 1, 1, 1]."""
    return torch.rand(len(images), 1, 1, 1, device=images.device, dtype=images.dtype)


def _numbers(below: int, count: int, images: Tensor) -> Tensor:
    return torch.randint(below, (count, 1), device=images.device)


def _places(side: int, images: Tensor) -> Tensor:
    return torch.arange(side, device=images.device).unsqueeze(0)


_KINDS = {"color": _color, "translation": _translation, "cutout": _cutout}
