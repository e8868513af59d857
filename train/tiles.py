"""A picture too large for the memory, translated tile by tile: norms fixed for all of them, seams nowhere."""

import copy
import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from train.networks import Generator, Residual
from train.unet import UNetGenerator


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a side in pixels: what a tile sees, from `start` to `stop`, and what it gives, the part within."""

    start: int
    stop: int
    first: int
    last: int

    @property
    def kept(self) -> slice:
        """The part that the tile gives, counted from its own start."""
        return slice(self.first - self.start, self.last - self.start)


def halo_of(generator: Generator) -> int:
    """The pixels around a tile that its inner part depends on, a multiple of the generator's `multiple`.

    A ResNet's: 3 pixels of the first layer, 2 and 4 of those that halve and double, 8 of each residual block, 3 of the
    last, rounded up. A U-Net's: two of its innermost pixels. Beyond, tiles equal the whole to 1e-4 of 255.
    """
    if isinstance(generator, UNetGenerator):
        return 2 * generator.multiple
    return 16 + 8 * sum(isinstance(module, Residual) for module in generator.modules())


def least_side(generator: Generator) -> int:
    """The side in pixels of the smallest tile that gives anything: twice the halo, and as much within."""
    return 4 * halo_of(generator)


def spans(length: int, side: int, halo: int, multiple: int) -> list[Span]:
    """Cut a `length`, a multiple of `multiple`, into about equal pieces seen with a halo, none longer than `side`.

    Every piece starts and ends at a multiple, so that layers which halve meet the same pixels as in the whole.
    """
    if length <= side:
        return [Span(0, length, 0, length)]
    most = (side - 2 * halo) // multiple * multiple
    count = math.ceil(length / most)
    core = math.ceil(length / count / multiple) * multiple
    return [
        Span(max(0, first - halo), min(length, first + core + halo), first, min(length, first + core))
        for first in range(0, length, core)
    ]


def tiled(generator: Generator, images: Tensor, pixels: int) -> Tensor:
    """One image [1, 3, H, W] in [-1, 1], translated by tiles of at most about `pixels` pixels; the same shape.

    H and W are multiples of the generator's. An instance norm's mean and deviation are those of the whole picture:
    they are taken once, from the picture scaled down to `pixels` pixels, and fixed; with norms of its own a tile of
    sky would come out in other colours than its neighbour. `pixels` are at least the square of `least_side`.
    """
    halo, multiple = halo_of(generator), generator.multiple
    side = int(math.sqrt(pixels)) // multiple * multiple
    height, width = images.shape[2:]
    output = torch.empty_like(images)
    fixed = with_fixed_norms(generator, scaled_to(images, pixels, multiple))
    for row in spans(height, side, halo, multiple):
        for column in spans(width, side, halo, multiple):
            made = fixed(images[:, :, row.start : row.stop, column.start : column.stop])
            output[:, :, row.first : row.last, column.first : column.last] = made[:, :, row.kept, column.kept]
    return output


def with_fixed_norms(generator: Generator, images: Tensor) -> Generator:
    """A copy of the generator whose norms take their mean and variance from `images`, whatever they see later."""
    fixed = copy.deepcopy(generator).eval()
    norms = [module for module in fixed.modules() if isinstance(module, nn.InstanceNorm2d)]
    seen: dict[nn.Module, tuple[Tensor, Tensor]] = {}

    def note(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        features = inputs[0].float()
        seen[norm] = features.mean(dim=(0, 2, 3)), features.var(dim=(0, 2, 3), unbiased=False)

    hooks = [norm.register_forward_pre_hook(note) for norm in norms]
    fixed.change(images)
    for hook in hooks:
        hook.remove()
    for norm in norms:
        norm.running_mean, norm.running_var = seen[norm]
        norm.track_running_stats = True  # which makes torch normalise by these two
    return fixed


def scaled_to(images: Tensor, pixels: int, multiple: int) -> Tensor:
    """Images [N, 3, H, W] with at most about so many pixels, their shape kept as multiples allow; never enlarged."""
    height, width = images.shape[2:]
    factor = math.sqrt(pixels / (height * width))
    if factor >= 1:
        return images
    size = [max(2 * multiple, int(length * factor) // multiple * multiple) for length in (height, width)]
    return functional.interpolate(images, size, mode="bicubic", antialias=True).clamp(-1, 1)
