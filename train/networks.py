"""The networks of the paper: ResNet generators and patch discriminators (arXiv 1703.10593, section 7.1)."""

import torch
from torch import Tensor, nn

CLAMP = 0.999
"""Where a pixel is cut before atanh, which is infinite at -1 and 1."""


class Residual(nn.Module):
    """Two 3x3 convolutions whose result is added to their input; [N, C, H, W] -> the same shape."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.ReflectionPad2d(1), *_normed(nn.Conv2d(channels, channels, 3, bias=False)), nn.ReLU(inplace=True),
            nn.ReflectionPad2d(1), *_normed(nn.Conv2d(channels, channels, 3, bias=False)),
        )  # fmt: skip

    def forward(self, features: Tensor) -> Tensor:
        change: Tensor = self.body(features)
        return features + change


class Generator(nn.Module):
    """c7s1-w, d2w, d4w, residual blocks, u2w, uw, c7s1-3: the paper's generator with `width` w and any block count.

    Takes and gives [N, 3, H, W] in [-1, 1]; H and W are multiples of 4 and at least 8. With `predicts_change` it gives
    tanh(atanh(x) + h), else tanh(h). A change starts at zero, so that training starts from "do nothing".
    Convolutions before an instance norm carry no bias: the norm would take it away again.
    """

    def __init__(self, width: int, blocks: int, *, predicts_change: bool = False) -> None:
        super().__init__()
        self.predicts_change = predicts_change
        last = nn.Conv2d(width, 3, 7)
        self.body = nn.Sequential(
            nn.ReflectionPad2d(3), *_normed(nn.Conv2d(3, width, 7, bias=False)), nn.ReLU(inplace=True),
            *_normed(nn.Conv2d(width, 2 * width, 3, stride=2, padding=1, bias=False)), nn.ReLU(inplace=True),
            *_normed(nn.Conv2d(2 * width, 4 * width, 3, stride=2, padding=1, bias=False)), nn.ReLU(inplace=True),
            *(Residual(4 * width) for _ in range(blocks)),
            *_normed(_up(4 * width, 2 * width)), nn.ReLU(inplace=True),
            *_normed(_up(2 * width, width)), nn.ReLU(inplace=True),
            nn.ReflectionPad2d(3), last,
        )  # fmt: skip
        _initialise(self)
        if predicts_change:
            nn.init.zeros_(last.weight)

    def change(self, images: Tensor) -> Tensor:
        """h of the class docstring, [N, 3, H, W], unbounded."""
        h: Tensor = self.body(images)
        return h

    def forward(self, images: Tensor) -> Tensor:
        h = self.change(images)
        return changed(images, h) if self.predicts_change else torch.tanh(h)


class PatchDiscriminator(nn.Module):
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
        self.body = nn.Sequential(*modules)
        _initialise(self)

    def forward(self, images: Tensor) -> Tensor:
        patches: Tensor = self.body(images)
        return patches


def changed(images: Tensor, h: Tensor) -> Tensor:
    """tanh(atanh(x) + h): the images with a change applied, inside (-1, 1) whatever the change."""
    return torch.tanh(torch.atanh(images.clamp(-CLAMP, CLAMP)) + h)


def _up(channels: int, narrower: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(channels, narrower, 3, stride=2, padding=1, output_padding=1, bias=False)


def _normed(convolution: nn.Conv2d | nn.ConvTranspose2d) -> tuple[nn.Module, nn.Module]:
    return convolution, nn.InstanceNorm2d(convolution.out_channels)


def _initialise(network: nn.Module) -> None:
    """Weights from N(0, 0.02), biases zero (section 7.1)."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(module.weight, 0.0, 0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
