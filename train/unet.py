"""The U-Net generator (arXiv 1611.07004, section 6.1.1), as TensorFlow's CycleGAN tutorial builds it."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from train.networks import MAPS, Generator, initialise, resized

_TUTORIAL_SLOPE = 0.3  # what Keras' LeakyReLU has where none is said
_AUTHORS_SLOPE = 0.2
_DROPOUT = 0.5


class UNetGenerator(Generator):
    """`depth` convolutions that halve, as many that double, each of these beside the features of its own size.

    Channels are w, 2w, 4w and from there 8w; kernels 4x4; dropout of 0.5 after the first `depth` - 5 layers that
    double. Depth 8 is unet-256, which brings 256 pixels down to one, depth 7 is unet-128. `depth` is 5 or more, H and W
    are multiples of 2**depth.

    The norms carry a scale and an offset, as the tutorial's do. The innermost layer has none, else it would be zero
    whatever the image: the norm of a single pixel (arXiv 1611.07004, section 6.2, errata). It and the first layer,
    which have no norm, and the last have a bias.

    `rectified` is the form of pix2pix' authors, whose weights need it: a slope of 0.2 below zero in place of the
    tutorial's 0.3, and features rectified where they skip to the other side. `upsample` as in ResNetGenerator.
    """

    def __init__(
        self,
        width: int,
        depth: int,
        *,
        predict: str = "image",
        upsample: str = "transpose",
        rectified: bool = False,
    ) -> None:
        super().__init__()
        self.predict = predict
        self.multiple = 2**depth
        self.rectified = rectified
        channels = [width * min(2**level, 8) for level in range(depth)]
        self.downs = nn.ModuleList(
            _down(narrower, wider, normed=0 < level < depth - 1)
            for level, (narrower, wider) in enumerate(zip([3, *channels], channels, strict=False))
        )
        ups = list(zip(channels[:0:-1], channels[-2::-1], strict=True))
        self.ups = nn.ModuleList(
            _up(wider * (1 if number == 0 else 2), narrower, upsample, dropped=number < depth - 5)
            for number, (wider, narrower) in enumerate(ups)
        )
        self.last = _doubling(2 * width, MAPS[predict], upsample, bias=True)
        initialise(self)
        if self.predicts_change:
            for parameter in self.last.parameters():
                nn.init.zeros_(parameter)

    def maps(self, images: Tensor) -> Tensor:
        features = images
        skips: list[Tensor] = []
        for down in self.downs:
            features = functional.leaky_relu(down(features), _AUTHORS_SLOPE if self.rectified else _TUTORIAL_SLOPE)
            skips.append(features.relu() if self.rectified else features)
        features = skips.pop()
        for up in self.ups:
            features = torch.cat([skips.pop(), up(features).relu()], dim=1)
        maps: Tensor = self.last(features)
        return maps


def _down(channels: int, wider: int, *, normed: bool) -> nn.Sequential:
    convolution = nn.Conv2d(channels, wider, 4, stride=2, padding=1, bias=not normed)
    return nn.Sequential(convolution, nn.InstanceNorm2d(wider, affine=True)) if normed else nn.Sequential(convolution)


def _up(channels: int, narrower: int, upsample: str, *, dropped: bool) -> nn.Sequential:
    modules = [_doubling(channels, narrower, upsample), nn.InstanceNorm2d(narrower, affine=True)]
    return nn.Sequential(*modules, nn.Dropout(_DROPOUT)) if dropped else nn.Sequential(*modules)


def _doubling(channels: int, narrower: int, upsample: str, *, bias: bool = False) -> nn.Module:
    if upsample == "resize":
        return resized(channels, narrower, bias=bias)
    return nn.ConvTranspose2d(channels, narrower, 4, stride=2, padding=1, bias=bias)
