"""The networks of the paper: ResNet generators, patch and pixel discriminators (arXiv 1703.10593, section 7.2)."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

HEADROOM = 0.9
"""Black and white lie at this share of tanh's range, so that a change moves them too, at 0.19 of its force on grey.

Close to 1 a burnt-out sky is where a change hardly shows: neither the cycle nor the identity loss feels it, it drifts,
and a dark blot of a strange colour breaks out.
"""


MAPS = {"image": 3, "change": 3, "affine": 12}
"""What a generator may predict, and how many maps its last layer gives for that."""


class Generator(nn.Module, ABC):
    """What translates an image: [N, 3, H, W] in [-1, 1] -> the same shape and range.

    H and W are multiples of `multiple`. One whose `predict` is "image" gives tanh(h), the others `changed(x, h)`: of a
    "change" h is what the last layer gives, of an "affine" one it is A x + b of each pixel's colour x, and the layer
    gives A and b (as the grid of arXiv 1707.02880, section 3, does for photo filters). What is a matter of colour, that
    leaves turn and the trunk before them does not, needs no edges in A and b. A change starts at zero, so that training
    starts from "do nothing".
    """

    multiple: int
    predict: str

    @property
    def predicts_change(self) -> bool:
        """Whether it changes its input, in place of making an image anew."""
        return self.predict != "image"

    @abstractmethod
    def maps(self, images: Tensor) -> Tensor:
        """What the last layer gives, [N, MAPS[predict], H, W], unbounded."""

    def change(self, images: Tensor) -> Tensor:
        """h of the class docstring, [N, 3, H, W], unbounded."""
        maps = self.maps(images)
        return mixed(maps[:, :9], images) + maps[:, 9:] if self.predict == "affine" else maps

    def forward(self, images: Tensor) -> Tensor:
        h = self.change(images).to(images.dtype)  # within autocast it comes in fewer bits than an image has
        return changed(images, h) if self.predicts_change else torch.tanh(h)


class _Reflection(torch.autograd.Function):
    """What torch's reflection padding does, without keeping its input for the backward pass, which needs its shape."""

    @staticmethod
    def forward(ctx: Any, images: Tensor, by: int) -> Tensor:
        ctx.shape, ctx.by = images.shape, by
        return nn.functional.pad(images, (by, by, by, by), mode="reflect")

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None]:
        by = ctx.by
        return torch.ops.aten.reflection_pad2d_backward(slope, slope.new_empty(1).expand(ctx.shape), [by] * 4), None


class Reflected(nn.Module):
    """Reflection padding by so many pixels; [N, C, H, W] -> [N, C, H + 2 by, W + 2 by].

    It comes before the ReLU, where others put it after: the same numbers, and the ReLU changes in place what the next
    convolution keeps anyway. So a layer keeps two maps for its backward pass, not three.
    """

    def __init__(self, by: int) -> None:
        super().__init__()
        self.by = by

    def forward(self, images: Tensor) -> Tensor:
        if not images.requires_grad:
            return nn.functional.pad(images, (self.by,) * 4, mode="reflect")
        padded: Tensor = _Reflection.apply(images, self.by)  # type: ignore[no-untyped-call]
        return padded


class Frugal(nn.Sequential):
    """A sequence that makes what lies between an instance norm and the next convolution again in its backward pass.

    It does so once `remade` has asked for it. A norm keeps its input and the convolution its own, two maps a layer; the
    second follows from the first by cheap work (arXiv 1604.06174), which ends where the convolution would begin, so
    that none runs twice. The same numbers to the bit: at 256 x 256 the paper's step needs 0.72 of the memory (in bf16
    0.65) and 1.03 of the time.
    """

    def __init__(self, *modules: nn.Module) -> None:
        super().__init__(*modules)
        self.remakes = False

    def forward(self, features: Tensor) -> Tensor:
        if not self.remakes:
            return _through(self, features)
        for unit in self._units():
            if len(unit) > 1 and features.requires_grad:
                features = checkpoint(_through, unit, features, use_reentrant=False, preserve_rng_state=False)
            else:
                features = _through(unit, features)
        return features

    def _units(self) -> Iterator[list[nn.Module]]:
        """The modules in order; a norm or padding with the cheap ones and the convolution behind it is one unit."""
        unit: list[nn.Module] = []
        for module in self:
            if unit and isinstance(module, Residual):
                yield unit
                unit = []
            unit.append(module)
            if not isinstance(unit[0], nn.InstanceNorm2d | Reflected) or not isinstance(module, _CHEAP):
                yield unit
                unit = []
        if unit:
            yield unit


_CHEAP = (nn.InstanceNorm2d, nn.ReLU, nn.LeakyReLU, Reflected)


class Residual(nn.Module):
    """Two 3x3 convolutions whose result is added to their input; [N, C, H, W] -> the same shape."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = Frugal(
            Reflected(1), *_normed(nn.Conv2d(channels, channels, 3, bias=False)),
            Reflected(1), nn.ReLU(inplace=True), *_normed(nn.Conv2d(channels, channels, 3, bias=False)),
        )  # fmt: skip

    def forward(self, features: Tensor) -> Tensor:
        change: Tensor = self.body(features)
        return features + change


class ResNetGenerator(Generator):
    """c7s1-w, d2w, d4w, residual blocks, u2w, uw, c7s1-3: the paper's generator with `width` w and any block count.

    The last layer has as many maps as `predict` needs (MAPS). H and W are at least 8. Convolutions before an instance
    norm carry no bias: the norm would take it away again. `upsample` "transpose" makes the layers u transposed
    convolutions, as the paper has it; "resize" makes them nearest neighbour and a convolution, which leaves no
    checkerboard (Odena et al., distill.pub/2016/deconv-checkerboard).
    """

    def __init__(self, width: int, blocks: int, *, predict: str = "image", upsample: str = "transpose") -> None:
        super().__init__()
        self.predict = predict
        self.multiple = 4
        last = nn.Conv2d(width, MAPS[predict], 7)
        self.body = Frugal(
            Reflected(3), *_normed(nn.Conv2d(3, width, 7, bias=False)), nn.ReLU(inplace=True),
            *_normed(nn.Conv2d(width, 2 * width, 3, stride=2, padding=1, bias=False)), nn.ReLU(inplace=True),
            *_normed(nn.Conv2d(2 * width, 4 * width, 3, stride=2, padding=1, bias=False)), nn.ReLU(inplace=True),
            *(Residual(4 * width) for _ in range(blocks)),
            _up(4 * width, 2 * width, upsample), nn.InstanceNorm2d(2 * width), nn.ReLU(inplace=True),
            _up(2 * width, width, upsample), nn.InstanceNorm2d(width),
            Reflected(3), nn.ReLU(inplace=True), last,
        )  # fmt: skip
        initialise(self)
        if self.predicts_change:
            nn.init.zeros_(last.weight)

    def maps(self, images: Tensor) -> Tensor:
        maps: Tensor = self.body(images)
        return maps


class Discriminator(nn.Module):
    """What judges an image: [N, 3, H, W] in [-1, 1] -> a score for each of its patches, [N, 1, H', W'], unbounded."""

    body: nn.Sequential

    def forward(self, images: Tensor) -> Tensor:
        scores: Tensor = self.body(images)
        return scores.to(images.dtype)


class PatchDiscriminator(Discriminator):
    """C-w without norm, then doubling up to 8w, then one score for each patch; [N, 3, H, W] -> [N, 1, H', W'].

    `layers` counts the convolutions that halve: with 3 a score judges 70 x 70 pixels and 256 x 256 pixels give 30 x 30
    scores, with 2 it judges 34 x 34 pixels.
    """

    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        modules: list[nn.Module] = [nn.Conv2d(3, width, 4, stride=2, padding=1), nn.LeakyReLU(0.2, inplace=True)]
        channels = width
        for layer in range(1, layers + 1):
            wider = width * min(2**layer, 8)
            stride = 2 if layer < layers else 1
            modules += _normed(nn.Conv2d(channels, wider, 4, stride=stride, padding=1, bias=False))
            modules.append(nn.LeakyReLU(0.2, inplace=True))
            channels = wider
        modules.append(nn.Conv2d(channels, 1, 4, padding=1))
        self.body = Frugal(*modules)
        initialise(self)


class PixelDiscriminator(Discriminator):
    """Three 1x1 convolutions, w, 2w and 1 channels: a score for each pixel by itself, so that colours alone are judged.

    [N, 3, H, W] -> [N, 1, H, W]. The 1 x 1 PixelGAN of arXiv 1611.07004, section 6.1.2.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = Frugal(
            nn.Conv2d(3, width, 1), nn.LeakyReLU(0.2, inplace=True),
            *_normed(nn.Conv2d(width, 2 * width, 1, bias=False)), nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(2 * width, 1, 1),
        )  # fmt: skip
        initialise(self)


def remade(network: nn.Module) -> None:
    """Let a network keep less from now on for its backward pass, and make it again there."""
    for module in network.modules():
        if isinstance(module, Frugal):
            module.remakes = True


def changed(images: Tensor, h: Tensor) -> Tensor:
    """tanh(atanh(r x) + h) / r with r HEADROOM: the images with a change applied, the very images where h is 0.

    Inside (-1 / r, 1 / r) whatever the change; what lies beyond -1 and 1 is cut off where a picture is made of it.
    """
    return torch.tanh(torch.atanh(HEADROOM * images.clamp(-1, 1)) + h) / HEADROOM


def mixed(slopes: Tensor, x: Tensor) -> Tensor:
    """sum_i slope_ij x_i of every pixel: [N, 9, H, W] and [N, 3, H, W] -> [N, 3, H, W]."""
    return (slopes.reshape(x.shape[0], 3, 3, *x.shape[2:]) * x.unsqueeze(2)).sum(dim=1)


def resized(channels: int, narrower: int, *, bias: bool = False) -> nn.Sequential:
    """Twice the size by nearest neighbour, then a 3x3 convolution; [N, channels, H, W] -> [N, narrower, 2H, 2W]."""
    return nn.Sequential(
        nn.Upsample(scale_factor=2), nn.ReflectionPad2d(1), nn.Conv2d(channels, narrower, 3, bias=bias)
    )


def _through(modules: Iterable[nn.Module], features: Tensor) -> Tensor:
    for module in modules:
        features = module(features)
    return features


def initialise(network: nn.Module) -> None:
    """Weights from N(0, 0.02), biases zero (section 7.1); the scales of a norm that has any from N(1, 0.02)."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(module.weight, 0.0, 0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.InstanceNorm2d) and module.affine:
            nn.init.normal_(module.weight, 1.0, 0.02)
            nn.init.zeros_(module.bias)


def _up(channels: int, narrower: int, upsample: str) -> nn.Module:
    if upsample == "resize":
        return resized(channels, narrower)
    return nn.ConvTranspose2d(channels, narrower, 3, stride=2, padding=1, output_padding=1, bias=False)


def _normed(convolution: nn.Conv2d) -> tuple[nn.Module, nn.Module]:
    return convolution, nn.InstanceNorm2d(convolution.out_channels)
