"""Others' weights: state dicts of junyanz' and aitorzip's CycleGANs, made into our networks, and back.

Both name the layers of a ResNet generator and of a patch discriminator alike, by their place in one `model`:

    generator      model.1, 4, 7           the first layer and the two that halve
                   model.10, 11, ...       the residual blocks, each with conv_block.1 and .5, or .6 after a dropout
                   then +0, +3, +7         the two that double, and the last
    discriminator  model.0, 2, 5, 8, ...   junyanz' of single pixels: net.0, 2, 5

junyanz' U-Net nests: the `model` of each level holds the next level at place 1 (the outermost) or 3.

Beside an instance norm their convolutions have biases, which the norm takes away again: these are left out here and
written as zeros on the way back. Instance norms have no weights; files of torch before 0.4 hold running means for them
that were never used. Some forks give them scales and offsets, which ResNets keep here. Networks of pix2pix have batch
norms, which their authors' test runs on the statistics of its one image: that is an instance norm with a scale and an
offset too.
"""

import io
import pickle
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import Tensor, nn

from pipeline.errors import UnusableError, UsageError
from pipeline.files import write_atomically
from pipeline.language import _
from train.networks import Discriminator, Generator, PatchDiscriminator, PixelDiscriminator, ResNetGenerator
from train.unet import UNetGenerator

State = Mapping[str, Tensor]
"""What `state_dict()` gives: tensors by name."""

_NEVER_USED = ("running_mean", "running_var", "num_batches_tracked")
_BLOCK = re.compile(r"model\.\d+\.conv_block\.1\.weight")
_SCALE = "model.2.weight"
"""The scale of the norm behind a ResNet's first layer, in a file whose norms have scales."""
_SECOND = re.compile(r"model\.10\.conv_block\.[56]\.weight")
_COUNTED = (nn.Conv2d, nn.ConvTranspose2d, nn.InstanceNorm2d)
_DAMAGED = (
    SafetensorError, pickle.UnpicklingError, RuntimeError, OSError, EOFError, ValueError, KeyError, IndexError,
    TypeError, AttributeError, AssertionError,
)  # fmt: skip
"""What torch and safetensors raised over 4,000 files of weights with some bytes changed or cut out."""

_LEAST_DEPTH = 5
_LISTED = 3


Network = TypeVar("Network", bound=nn.Module)


class ForeignError(ValueError):
    """Weights that fit no network known here, or a network that the others do not have; the message says why."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A convolution of ours with the norm after it, if any, and what both are called in the others' state dict."""

    convolution: nn.Conv2d | nn.ConvTranspose2d
    norm: nn.InstanceNorm2d | None
    name: str
    norm_name: str


def read_generator_weights(path: Path) -> Generator:
    """The generator whose weights lie in a file: .pth or .pt of torch, or .safetensors; for use, not for training.

    Kind, width and depth are recognised from names and shapes. Nothing in the file is ever run as code. Raises
    UsageError where there is no file, UnusableError for one that holds no weights, needs code, or fits no generator.
    """
    try:
        generator = imported_generator(_read_state(path))
    except ForeignError as error:
        message = _(
            "{file}: fits no generator known here ({reason}). Give one of a CycleGAN, such as latest_net_G.pth or"
            " netG_A2B.pth.",
            file=path,
            reason=error,
        )
        raise UnusableError(message) from error
    return generator.eval().requires_grad_(False)


def read_discriminator_weights(path: Path) -> Discriminator:
    """The discriminator whose weights lie in a file; as `read_generator_weights`, with the same errors."""
    try:
        return imported_discriminator(_read_state(path))
    except ForeignError as error:
        message = _(
            "{file}: fits no discriminator known here ({reason}). Take it away from beside the generator.",
            file=path,
            reason=error,
        )
        raise UnusableError(message) from error


def write_generator_weights(path: Path, generator: Generator) -> None:
    """Write a generator as junyanz' and aitorzip's programs read it: a state dict of torch.

    Raises UsageError for a generator that they do not have, DiskError.
    """
    buffer = io.BytesIO()
    try:
        torch.save(exported(generator), buffer)
    except ForeignError as error:
        raise UsageError(_("{file}: cannot be written for others ({reason}).", file=path, reason=error)) from error
    write_atomically(path, buffer.getvalue())


def imported_generator(state: State) -> Generator:
    """The generator of junyanz' or aitorzip's that a state dict holds: the same output for every image.

    Raises ForeignError for a state dict that fits none.
    """
    state = _plain(state)
    width = _width(state, "model.1.weight", "model.model.0.weight")
    blocks = sum(1 for name in state if _BLOCK.fullmatch(name))
    depth = sum(1 for tensor in state.values() if tensor.dim() == 4) // 2
    if blocks:
        resnet = _empty(ResNetGenerator, width, blocks)
        return _filled(_scaled(resnet) if _SCALE in state else resnet, state)
    if "model.model.0.weight" in state and depth >= _LEAST_DEPTH:
        return _filled(_empty(partial(UNetGenerator, rectified=True), width, depth), state)
    raise ForeignError(_("neither residual blocks nor a U-Net"))


def imported_discriminator(state: State) -> Discriminator:
    """The discriminator of junyanz' or aitorzip's that a state dict holds: the same scores for every image.

    aitorzip's averages the scores behind its last layer; ours never does. Raises ForeignError where it fits none.
    """
    state = _plain(state)
    width = _width(state, "model.0.weight", "net.0.weight")
    if "net.0.weight" in state:
        return _filled(_empty(PixelDiscriminator, width), state)
    layers = sum(1 for tensor in state.values() if tensor.dim() == 4) - 2
    if layers < 1:
        raise ForeignError(_("too few layers for a discriminator"))
    return _filled(_empty(PatchDiscriminator, width, layers), state)


def exported(network: Generator | Discriminator) -> dict[str, Tensor]:
    """A network of ours as junyanz' state dict; of a ResNet and a patch discriminator it is aitorzip's too.

    Raises ForeignError for a network that they do not have: a generator that predicts a change or does not enlarge by
    transposed convolutions, a U-Net of the tutorial's form or with scales in its norms.
    """
    _refuse_what_they_lack(network)
    state: dict[str, Tensor] = {}
    for layer in _layers(network, second=5):
        weight, bias = layer.convolution.weight.detach(), layer.convolution.bias
        zeros = weight.new_zeros(layer.convolution.out_channels)
        state[f"{layer.name}.weight"] = weight.clone()
        state[f"{layer.name}.bias"] = zeros if bias is None else bias.detach().clone()
    return state


def _read_state(path: Path) -> State:
    try:
        data = path.read_bytes()
    except OSError as error:
        message = _("{file}: {reason}. Give the path of a .pth or .safetensors.", file=path, reason=error.strerror)
        raise UsageError(message) from error
    content = _content(path, data)
    if not isinstance(content, Mapping) or not all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in content.items()
    ):
        raise UnusableError(_no_weights(path))
    return content


def _content(path: Path, data: bytes) -> object:
    try:
        if path.suffix == ".safetensors":
            return load_safetensors(data)
        content: object = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except _DAMAGED as error:
        if isinstance(error, pickle.UnpicklingError) and "global" in str(error).lower():
            message = _(
                "{file}: asks for code to be run, which it never is. Have it saved as bare weights:"
                " torch.save(network.state_dict(), file).",
                file=path,
            )
            raise UnusableError(message) from error
        raise UnusableError(_no_weights(path)) from error
    return content


def _no_weights(path: Path) -> str:
    return _(
        "{file}: holds no bare weights of a network. Give a state dict; a run of one's own goes by --run.", file=path
    )


def _plain(state: State) -> State:
    """Without what DataParallel puts before each name, and without what was never used."""
    renamed = {name.removeprefix("module."): tensor.float() for name, tensor in state.items()}
    return {name: tensor for name, tensor in renamed.items() if name.rpartition(".")[2] not in _NEVER_USED}


def _width(state: State, *names: str) -> int:
    """The channels that the first convolution gives, whichever of the names it has; it must take three."""
    found = next((name for name in names if name in state), None)
    if found is None:
        raise ForeignError(_("no layer is called {names}", names=", ".join(names)))
    shape = tuple(state[found].shape)
    if len(shape) != 4 or shape[1] != 3:
        raise ForeignError(_("{name} has the shape {shape} and takes no RGB image", name=found, shape=shape))
    return int(shape[0])


def _empty(kind: Callable[..., Network], *sizes: int) -> Network:
    """A network without storage: sizes that a file claims cost nothing before its tensors are seen to fit."""
    with torch.device("meta"):
        return kind(*sizes)


def _scaled(network: ResNetGenerator) -> ResNetGenerator:
    """The network, which has no storage yet, with norms that have scales and offsets."""
    with torch.device("meta"):
        for sequence in [module for module in network.modules() if isinstance(module, nn.Sequential)]:
            for place, module in enumerate(sequence):
                if isinstance(module, nn.InstanceNorm2d):
                    sequence[place] = nn.InstanceNorm2d(module.num_features, affine=True)
    return network


def _filled(network: Network, state: State) -> Network:
    """The network, which has no storage yet, with the state's tensors: each has its place or is without effect."""
    second = next((int(name[-8]) for name in state if _SECOND.fullmatch(name) and state[name].dim() == 4), 5)
    left = dict(state)
    for layer in _layers(network, second):
        convolution, norm = layer.convolution, layer.norm
        _put(convolution, "weight", left.pop(f"{layer.name}.weight", None), layer.name)
        bias = left.pop(f"{layer.name}.bias", None)
        if convolution.bias is not None:
            _put(convolution, "bias", torch.zeros(convolution.out_channels) if bias is None else bias, layer.name)
        if norm is not None and norm.affine:
            ones, zeros = torch.ones(norm.num_features), torch.zeros(norm.num_features)
            _put(norm, "weight", left.pop(f"{layer.norm_name}.weight", ones), layer.norm_name)
            _put(norm, "bias", left.pop(f"{layer.norm_name}.bias", zeros), layer.norm_name)
    if left:
        raise ForeignError(_("{names} have no place in it", names=", ".join(list(left)[:_LISTED])))
    return network


def _put(module: nn.Module, kind: str, value: Tensor | None, name: str) -> None:
    """Give a module its "weight" or "bias", of the shape that it expects."""
    if value is None:
        raise ForeignError(_("the layer {name} is missing", name=name))
    shape, expected = tuple(value.shape), tuple(getattr(module, kind).shape)
    if shape != expected:
        raise ForeignError(
            _("{name} has the shape {shape} in place of {expected}", name=name, shape=shape, expected=expected)
        )
    if not value.isfinite().all():
        raise ForeignError(_("{name} holds values that are no numbers", name=name))
    setattr(module, kind, nn.Parameter(value.clone()))


def _layers(network: nn.Module, second: int) -> Iterator[Layer]:
    """The convolutions of a network of ours in order; `second` is the place of a block's second one in theirs."""
    modules = [(name, module) for name, module in network.named_modules() if isinstance(module, _COUNTED)]
    names = _unet_names(len(network.downs)) if isinstance(network, UNetGenerator) else _chain_names(network, second)
    for (_ours, module), (_next, following) in zip(modules, [*modules[1:], ("", None)], strict=True):
        if not isinstance(module, nn.InstanceNorm2d):
            norm = following if isinstance(following, nn.InstanceNorm2d) else None
            yield Layer(module, norm, *next(names))


def _chain_names(network: nn.Module, second: int) -> Iterator[tuple[str, str]]:
    """Their names of the convolutions of a network that is one chain, and of the norms behind them."""
    prefix = "net" if isinstance(network, PixelDiscriminator) else "model"
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            theirs = name.replace(".body.5", f".conv_block.{second}").replace(".body.", ".conv_block.")
            before, _dot, place = theirs.rpartition(".")
            yield prefix + theirs.removeprefix("body"), f"{prefix}{before.removeprefix('body')}.{int(place) + 1}"


def _unet_names(depth: int) -> Iterator[tuple[str, str]]:
    """Their names of a U-Net's convolutions and norms, from the outermost level inwards and back."""
    levels = ["model.model", *(f"model.model.1.model{'.3.model' * inner}" for inner in range(depth - 1))]
    yield f"{levels[0]}.0", ""
    yield from ((f"{level}.1", f"{level}.2") for level in levels[1:])
    yield f"{levels[-1]}.3", f"{levels[-1]}.4"
    yield from ((f"{level}.5", f"{level}.6") for level in levels[-2:0:-1])
    yield f"{levels[0]}.3", ""


def _refuse_what_they_lack(network: Generator | Discriminator) -> None:
    if isinstance(network, Generator) and network.predicts_change:
        raise ForeignError(_("it predicts a change, which theirs do not"))
    if any(isinstance(module, nn.Upsample) for module in network.modules()):
        raise ForeignError(_("it enlarges by resizing, which theirs do not"))
    if isinstance(network, UNetGenerator) and not network.rectified:
        raise ForeignError(_("its U-Net is of the form of TensorFlow's tutorial"))
    norms = [module for module in network.modules() if isinstance(module, nn.InstanceNorm2d) and module.affine]
    if any((norm.weight != 1).any() or norm.bias.any() for norm in norms):
        raise ForeignError(_("its norms have scales, which their instance norms do not"))
