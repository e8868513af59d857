"""The paper's networks: shapes, sizes and what they start from."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from train.networks import Generator, PatchDiscriminator, changed


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@settings(derandomize=True, deadline=None, max_examples=10)
@given(st.integers(2, 12), st.integers(2, 12), st.sampled_from([1, 3]), st.booleans())
def test_a_generator_keeps_the_shape_of_any_image_whose_sides_are_multiples_of_4(
    height: int, width: int, blocks: int, predicts_change: bool
) -> None:
    images = torch.rand(2, 3, 4 * height, 4 * width) * 2 - 1

    translated = Generator(4, blocks, predicts_change=predicts_change)(images)

    assert translated.shape == images.shape
    assert translated.abs().max() <= 1


def test_the_default_generator_has_as_many_weights_as_the_papers_less_its_dead_biases() -> None:
    w, blocks = 64, 9
    first, down, up = 3 * w * 49, w * 2 * w * 9 + 2 * w * 4 * w * 9, 4 * w * 2 * w * 9 + 2 * w * w * 9
    residual = blocks * 2 * (4 * w * 4 * w * 9)

    assert parameters(Generator(w, blocks)) == first + down + residual + up + w * 3 * 49 + 3


def test_a_patch_discriminator_of_three_layers_gives_30_by_30_scores_for_256_pixels() -> None:
    assert PatchDiscriminator(8, 3)(torch.zeros(1, 3, 256, 256)).shape == (1, 1, 30, 30)


@pytest.mark.parametrize(("layers", "field"), [(1, 16), (2, 34), (3, 70)])
def test_a_score_sees_a_patch_of_the_papers_size(layers: int, field: int) -> None:
    discriminator = PatchDiscriminator(4, layers)
    for module in discriminator.modules():  # instance norm would let every pixel see every other
        if isinstance(module, nn.InstanceNorm2d):
            module.forward = lambda input: input  # type: ignore[method-assign]
    image = torch.rand(1, 3, 128, 128, requires_grad=True)

    scores = discriminator(image)
    scores[0, 0, scores.shape[2] // 2, scores.shape[3] // 2].backward()

    touched = image.grad.abs().sum(dim=(0, 1)).nonzero()  # type: ignore[union-attr]
    assert (touched.max(dim=0).values - touched.min(dim=0).values + 1).tolist() == [field, field]


def test_a_generator_of_changes_starts_by_doing_nothing() -> None:
    images = torch.rand(1, 3, 32, 32) * 1.9 - 0.95

    assert torch.allclose(Generator(4, 3, predicts_change=True)(images), images, atol=1e-5)


def test_a_change_of_zero_leaves_every_pixel_and_black_and_white_stay_finite() -> None:
    images = torch.tensor([-1.0, -0.5, 0.0, 0.5, 1.0]).reshape(1, 1, 1, 5)

    assert torch.allclose(changed(images, torch.zeros_like(images)), images, atol=1.1e-3)
    assert torch.isfinite(changed(images, torch.full_like(images, 50.0))).all()


def test_weights_start_from_a_normal_distribution_of_deviation_002() -> None:
    torch.manual_seed(0)
    weights = torch.cat([p.flatten() for n, p in Generator(16, 3).named_parameters() if n.endswith("weight")])

    assert weights.std().item() == pytest.approx(0.02, rel=0.02)


def test_no_convolution_before_an_instance_norm_has_a_bias() -> None:
    for network in (Generator(4, 3), PatchDiscriminator(4, 3)):
        for container in network.modules():
            if not isinstance(container, nn.Sequential):
                continue
            modules = list(container)
            for one, following in itertools.pairwise(modules):
                if isinstance(following, nn.InstanceNorm2d):
                    assert one.bias is None
