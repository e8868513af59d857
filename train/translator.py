"""A trained generator as it is used: for images of any size, of a run or of another program, in 32 bits or 16."""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from train.capacity import pixels_at_once
from train.checkpoint import read_generator
from train.enlarge import enlarged, fitted
from train.generators import are_ours, read_one
from train.networks import Generator, changed
from train.precision import precision_of
from train.rundir import RunDir, find_run, read_settings
from train.samples import to_image, to_tensor
from train.tiles import least_side, tiled
from train.weights import read_generator_weights

_LEAST_SIDE = 8  # below it the reflections inside the generator have nothing to reflect
_FROM_OUTSIDE = 0  # the side of a generator whose training is not known; it predicts images, which need none


class Translator(nn.Module):
    """A generator that takes images of any size, [N, 3, H, W] in [-1, 1], and gives the same shape.

    A generator that predicts a change works at the scale it was trained at, `side` pixels on the shorter side, and its
    change is enlarged to the image's own size before it is applied: so objects are as large as in training, and every
    detail of the image stays. One that predicts an image works at the image's own size; an image of more than
    `pixels_at_once` pixels by tiles (see tiles.py).
    """

    def __init__(
        self, generator: Generator, side: int, *, precision: str = "fp32", pixels_at_once: int | None = None
    ) -> None:
        super().__init__()
        self.generator = generator
        self.side = side
        self.precision = precision
        self.pixels_at_once = pixels_at_once

    def forward(self, images: Tensor) -> Tensor:
        with precision_of(self.precision, images.device.type).passes():
            return self._changed(images) if self.generator.predicts_change else self._made(images)

    def _made(self, images: Tensor) -> Tensor:
        height, width = images.shape[2:]
        if self.pixels_at_once is None or height * width <= self.pixels_at_once:
            return _padded(self.generator, images, self.generator.multiple)
        pixels = self.pixels_at_once
        singles = [
            _padded(lambda single: tiled(self.generator, single, pixels), image.unsqueeze(0), self.generator.multiple)
            for image in images
        ]
        return torch.cat(singles)

    def _changed(self, images: Tensor) -> Tensor:
        height, width = images.shape[2:]
        factor = self.side / min(height, width)
        if factor >= 1:
            return changed(images, _padded(self.generator.change, images, self.generator.multiple).float())
        small = (max(1, round(height * factor)), max(1, round(width * factor)))
        reduced = functional.interpolate(images, small, mode="bicubic", antialias=True).clamp(-1, 1)
        h = _padded(self.generator.change, reduced, self.generator.multiple).float()
        output = torch.empty_like(images)
        with torch.autocast(images.device.type, enabled=False):  # the filter's differences are smaller than 16 bits
            for rows, change in enlarged(fitted(h, reduced), images):
                output[:, :, rows] = changed(images[:, :, rows], change)
        return output


def load_generator(run: Path, direction: str, device: torch.device, precision: str = "fp32") -> Translator:
    """The run's generator "a2b" or "b2a", with averaged weights where it has them, ready to translate.

    Raises UsageError for a path that is no run, UnusableError for one without a usable checkpoint.
    """
    folder: RunDir = find_run(run.parent, str(run))
    options = read_settings(folder).options
    return _fitting(read_generator(folder, options, direction, device), options.load_side, device, precision)


def load_weights(file: Path, device: torch.device, precision: str = "fp32", direction: str = "a2b") -> Translator:
    """The generator whose weights another program wrote, or of `direction` in a file of generators of ours.

    Raises UsageError and UnusableError as weights.py and generators.py do.
    """
    if file.is_file() and are_ours(file):
        generator, options = read_one(file, direction)
        return _fitting(generator.to(device), options.load_side, device, precision)
    return _fitting(read_generator_weights(file).to(device), _FROM_OUTSIDE, device, precision)


def translate_image(generator: nn.Module, image: Image.Image, device: torch.device) -> Image.Image:
    """A picture of any size -> its translation of the same size, by a generator from `load_generator`."""
    return translate_images(generator, [image], device)[0]


@torch.inference_mode()
def translate_images(generator: nn.Module, images: Sequence[Image.Image], device: torch.device) -> list[Image.Image]:
    """Pictures of one size, together, each by itself: instance norms never look from one picture to another."""
    inputs = [to_tensor(image).unsqueeze(0) for image in images]
    outputs: Tensor = generator((torch.cat(inputs) if len(inputs) > 1 else inputs.pop()).to(device))
    return [to_image(output.float()) for output in outputs]


def _fitting(generator: Generator, side: int, device: torch.device, precision: str) -> Translator:
    """A translator that works on no more pixels at once than the memory allows now, and no fewer than a tile needs."""
    pixels = max(least_side(generator) ** 2, pixels_at_once(generator, device))
    return Translator(generator, side, precision=precision, pixels_at_once=pixels).eval()


def _padded(network: Callable[[Tensor], Tensor], images: Tensor, multiple: int) -> Tensor:
    """Run a network that needs multiples of a number on images of any size: repeat the edge, cut the result back."""
    height, width = images.shape[2:]
    least = max(_LEAST_SIDE, multiple)
    below, right = max(-height % multiple, least - height), max(-width % multiple, least - width)
    output = network(functional.pad(images, (0, right, 0, below), mode="replicate"))
    return output[:, :, :height, :width]
