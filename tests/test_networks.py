"""The paper's networks: shapes, sizes and what they start from."""

import copy
import itertools
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from train.cyclegan import build_networks
from train.losses import gradient_penalty
from train.networks import PatchDiscriminator, PixelDiscriminator, Reflected, ResNetGenerator, changed, remade
from train.options import PREDICTIONS, TrainOptions
from train.samples import sample_sheet
from train.unet import UNetGenerator


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@settings(derandomize=True, deadline=None, max_examples=10)
@given(st.integers(2, 12), st.integers(2, 12), st.sampled_from([1, 3]), st.sampled_from(PREDICTIONS))
def test_a_generator_keeps_the_shape_of_any_image_whose_sides_are_multiples_of_4(
    height: int, width: int, blocks: int, predict: str
) -> None:
    images = torch.rand(2, 3, 4 * height, 4 * width) * 2 - 1

    translated = ResNetGenerator(4, blocks, predict=predict)(images)

    assert translated.shape == images.shape
    assert translated.abs().max() <= 1


def test_the_default_generator_has_as_many_weights_as_the_papers_less_its_dead_biases() -> None:
    w, blocks = 64, 9
    first, down, up = 3 * w * 49, w * 2 * w * 9 + 2 * w * 4 * w * 9, 4 * w * 2 * w * 9 + 2 * w * w * 9
    residual = blocks * 2 * (4 * w * 4 * w * 9)

    assert parameters(ResNetGenerator(w, blocks)) == first + down + residual + up + w * 3 * 49 + 3


def test_a_patch_discriminator_of_three_layers_gives_30_by_30_scores_for_256_pixels() -> None:
    assert PatchDiscriminator(8, 3)(torch.zeros(1, 3, 256, 256)).shape == (1, 1, 30, 30)


def without_norms(network: nn.Module) -> nn.Module:
    """The network with its instance norms passing everything through: they would let every pixel see every other."""
    for module in network.modules():
        if isinstance(module, nn.InstanceNorm2d):
            module.forward = lambda input: input  # type: ignore[method-assign]
    return network


def seen_by_one_score(discriminator: nn.Module, side: int) -> list[int]:
    """Height and width of the pixels whose gradient is not zero for a score in the middle."""
    image = torch.rand(1, 3, side, side, requires_grad=True)
    scores = without_norms(discriminator)(image)
    scores[0, 0, scores.shape[2] // 2, scores.shape[3] // 2].backward()
    touched = image.grad.abs().sum(dim=(0, 1)).nonzero()  # type: ignore[union-attr]
    return (touched.max(dim=0).values - touched.min(dim=0).values + 1).tolist()


def field_by_formula(layers: int) -> int:
    """Backwards from one score: side -> (side - 1) * stride + 4 for each 4x4 convolution."""
    side = 1
    for stride in (1, 1, *[2] * layers):
        side = (side - 1) * stride + 4
    return side


@pytest.mark.parametrize(("layers", "field"), [(1, 16), (2, 34), (3, 70), (4, 142)])
def test_a_score_sees_a_patch_of_the_papers_size(layers: int, field: int) -> None:
    assert field_by_formula(layers) == field
    assert seen_by_one_score(PatchDiscriminator(2, layers), 2 * field) == [field, field]


def test_a_pixel_discriminator_judges_each_pixel_by_itself() -> None:
    assert PixelDiscriminator(4)(torch.zeros(2, 3, 32, 36)).shape == (2, 1, 32, 36)
    assert seen_by_one_score(PixelDiscriminator(4), 16) == [1, 1]


@pytest.mark.parametrize("depth", [5, 7])
@pytest.mark.parametrize("upsample", ["transpose", "resize"])
@pytest.mark.parametrize("predict", PREDICTIONS)
def test_a_unet_keeps_the_shape_of_images_whose_sides_are_multiples_of_its_own(
    depth: int, upsample: str, predict: str
) -> None:
    generator = UNetGenerator(4, depth, predict=predict, upsample=upsample)
    images = torch.rand(1, 3, generator.multiple, 2 * generator.multiple) * 2 - 1

    translated = generator(images)

    assert translated.shape == images.shape
    assert translated.abs().max() <= 1


def test_unet_256_has_the_tutorials_weights_less_one_norm_and_more_two_biases() -> None:
    """Keras counts 54,414,979 trainable ones in the tutorial's generator, 1,024 of them in its innermost norm."""
    with torch.device("meta"):
        assert parameters(UNetGenerator(64, 8)) == 54_414_979 - 1024 + (64 + 512)


def test_the_innermost_layer_of_a_unet_tells_images_apart() -> None:
    generator = UNetGenerator(4, 5).eval()
    inner = generator.downs[-1]
    seen: list[Tensor] = []
    inner.register_forward_hook(lambda module, inputs, output: seen.append(output))

    generator(torch.rand(2, 3, 32, 32) * 2 - 1)

    assert seen[0].shape[2:] == (1, 1)
    assert (seen[0][0] - seen[0][1]).abs().max() > 1e-3


@pytest.mark.parametrize(("depth", "count"), [(8, 3), (7, 2), (5, 0)])
def test_a_unet_drops_features_in_its_first_doubling_layers_and_only_while_it_learns(depth: int, count: int) -> None:
    generator = UNetGenerator(4, depth)
    images = torch.rand(1, 3, 2**depth, 2**depth) * 2 - 1
    dropping = [any(isinstance(module, nn.Dropout) for module in up.modules()) for up in generator.ups]

    assert dropping == [True] * count + [False] * (depth - 1 - count)
    assert torch.equal(generator(images), generator(images)) == (count == 0)
    generator.eval()
    assert torch.equal(generator(images), generator(images))


def test_a_sheet_of_samples_is_made_without_dropping_and_the_generators_go_on_learning() -> None:
    one, other = UNetGenerator(4, 6), UNetGenerator(4, 6)
    images = torch.rand(2, 3, 64, 64) * 2 - 1

    sheets = [sample_sheet(one, other, images, images).tobytes() for _time in range(2)]

    assert sheets[0] == sheets[1]
    assert one.training
    assert other.training
    one.eval()
    sample_sheet(one, other, images, images)
    assert not one.training


@pytest.mark.parametrize("kind", [ResNetGenerator, UNetGenerator])
def test_resizing_leaves_no_checkerboard_where_a_transposed_convolution_does(
    kind: type[ResNetGenerator | UNetGenerator],
) -> None:
    def unevenness(upsample: str) -> float:
        """How much even features come out uneven, in the middle, of the layer that doubles for the last time."""
        network = kind(4, 5, upsample=upsample)
        layer = [m for m in network.modules() if isinstance(m, nn.Upsample | nn.ConvTranspose2d)][-1]
        if isinstance(layer, nn.Upsample):
            layer = next(m for m in network.modules() if isinstance(m, nn.Sequential) and len(m) and m[0] is layer)
        channels = next(m for m in layer.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)).in_channels
        output = layer(torch.ones(1, channels, 16, 16))[:, :, 4:-4, 4:-4].detach()
        return float(output.std(dim=(2, 3)).max() / output.abs().max())

    assert unevenness("transpose") > 0.1
    assert unevenness("resize") < 1e-4


@pytest.mark.parametrize("upsample", ["transpose", "resize"])
@pytest.mark.parametrize("kind", [ResNetGenerator, UNetGenerator])
@pytest.mark.parametrize("predict", ["change", "affine"])
def test_a_generator_of_changes_starts_by_doing_nothing(
    predict: str, kind: type[ResNetGenerator | UNetGenerator], upsample: str
) -> None:
    images = torch.rand(1, 3, 32, 32) * 1.9 - 0.95

    assert torch.allclose(kind(4, 5, predict=predict, upsample=upsample)(images), images, atol=1e-5)


@pytest.mark.parametrize("kind", [ResNetGenerator, UNetGenerator])
def test_an_affine_change_of_a_pixel_depends_on_its_colour_whatever_lies_beside_it(
    kind: type[ResNetGenerator | UNetGenerator],
) -> None:
    """h = (g - r) (1, 0, 2) + (0, 0.5, 0) of each pixel: slopes and offset are the last layer's bias alone."""
    generator = kind(4, 5, predict="affine")
    last = [module for module in generator.modules() if isinstance(module, nn.Conv2d | nn.ConvTranspose2d)][-1]
    last.bias = nn.Parameter(torch.tensor([-1.0, 0, -2, 1, 0, 2, 0, 0, 0, 0, 0.5, 0]))
    grey, green = torch.tensor([0.3, 0.3, 0.3]), torch.tensor([-0.5, 0.3, -0.6])
    where = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(1)) < 0.5
    images = torch.where(where, green.reshape(1, 3, 1, 1), grey.reshape(1, 3, 1, 1))

    h = generator.change(images)

    slopes, offset = (torch.tensor(each).reshape(1, 3, 1, 1) for each in ([1.0, 0, 2], [0, 0.5, 0]))
    assert torch.allclose(h, torch.where(where, 0.8, 0.0) * slopes + offset, atol=1e-6)


def test_a_change_of_zero_leaves_every_pixel_and_the_strongest_is_finite() -> None:
    images = torch.linspace(-1, 1, 256).reshape(1, 1, 1, 256)

    assert torch.allclose(changed(images, torch.zeros_like(images)), images, atol=1e-6)
    assert torch.isfinite(changed(images, torch.full_like(images, 50.0))).all()


def test_a_change_shows_on_black_and_white_too_so_that_the_losses_feel_it_there() -> None:
    images = torch.tensor([-1.0, 0.0, 1.0]).reshape(1, 1, 1, 3)
    h = torch.zeros_like(images, requires_grad=True)
    changed(images, h).sum().backward()
    assert h.grad is not None
    black, grey, white = h.grad.flatten().tolist()

    assert black == pytest.approx(white)
    assert white > 0.15 * grey


def test_weights_start_from_a_normal_distribution_of_deviation_002() -> None:
    torch.manual_seed(0)
    weights = torch.cat([p.flatten() for p in ResNetGenerator(16, 3).parameters() if p.dim() == 4])

    assert weights.std().item() == pytest.approx(0.02, rel=0.02)


def test_no_convolution_before_an_instance_norm_has_a_bias() -> None:
    networks = (
        ResNetGenerator(4, 3), ResNetGenerator(4, 3, upsample="resize"), UNetGenerator(4, 6), PatchDiscriminator(4, 3),
        PixelDiscriminator(4),
    )  # fmt: skip
    for network in networks:
        for container in network.modules():
            if not isinstance(container, nn.Sequential):
                continue
            modules = list(container)
            for one, following in itertools.pairwise(modules):
                if isinstance(following, nn.InstanceNorm2d):
                    last = list(one.modules())[-1]
                    assert isinstance(last, nn.Conv2d | nn.ConvTranspose2d)
                    assert last.bias is None


def with_torchs_padding(network: nn.Module) -> nn.Module:
    """The same network with torch's own padding module, whose backward pass keeps its input."""
    for name, child in network.named_children():
        if isinstance(child, Reflected):
            setattr(network, name, nn.ReflectionPad2d(child.by))
        else:
            with_torchs_padding(child)
    return network


def kept_bytes(network: nn.Module, images: Tensor) -> int:
    """What a pass keeps for its backward pass, with the weights."""
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        held.append(tensor)
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    held: list[Tensor] = []
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        network(images)
    return sum(kept.values())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_padding_that_keeps_no_input_has_the_same_gradients_to_the_bit(dtype: torch.dtype) -> None:
    torch.manual_seed(3)
    ours = ResNetGenerator(8, 2)
    theirs = with_torchs_padding(copy.deepcopy(ours))
    images = torch.rand(1, 3, 32, 32) * 2 - 1

    for network in (ours, theirs):
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
            output = network(network(images))
        torch.autograd.backward(output.square().mean())

    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert one.grad is not None
        assert torch.equal(one.grad, other.grad)  # type: ignore[arg-type]
    large = torch.rand(1, 3, 128, 128) * 2 - 1
    assert kept_bytes(ours, large) < 0.9 * kept_bytes(theirs, large)


def generator_slopes(network: ResNetGenerator, images: Tensor) -> list[Tensor]:
    torch.autograd.backward(network(network(images)).square().mean())
    return [parameter.grad for parameter in network.parameters() if parameter.grad is not None]


def penalty_slopes(network: PatchDiscriminator, images: Tensor) -> list[Tensor]:
    real, fake = images.unbind()
    torch.autograd.backward(gradient_penalty(network, real.unsqueeze(0), fake.unsqueeze(0)))
    return [parameter.grad for parameter in network.parameters() if parameter.grad is not None]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(
    ("network", "slopes"),
    [
        (ResNetGenerator(8, 2), generator_slopes),
        (ResNetGenerator(8, 1, predict="change", upsample="resize"), generator_slopes),
        (ResNetGenerator(8, 1, predict="affine"), generator_slopes),
        (PatchDiscriminator(8, 3), penalty_slopes),
    ],
)
def test_what_is_made_again_in_the_backward_pass_has_the_same_gradients_to_the_bit(
    network: nn.Module,
    slopes: Callable[[nn.Module, Tensor], list[Tensor]],
    dtype: torch.dtype,
) -> None:
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(1)) * 2 - 1
    frugal = copy.deepcopy(network)
    remade(frugal)
    found = []
    for one in (network, frugal):
        torch.manual_seed(2)  # the penalty draws its places
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
            found.append(slopes(copy.deepcopy(one), images))

    assert len(found[0]) == len(found[1]) > 0
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


@pytest.mark.parametrize(("size", "frugal"), [(128, True), (64, False)])
def test_networks_that_train_on_large_images_keep_no_map_between_a_norm_and_a_convolution(
    size: int, frugal: bool
) -> None:
    options = TrainOptions(size=size, width=8, generator="resnet-3", discriminator_width=8)
    for network in build_networks(options).named().values():
        images = torch.rand(1, 3, 64, 64)
        kept = kept_bytes(network, images)
        remade(network)

        assert (kept == kept_bytes(network, images)) == frugal
