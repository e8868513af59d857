"""Tiles: no seam, and what fixing the norms costs against the whole picture."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from trainings import picture

from train.networks import Generator, ResNetGenerator
from train.samples import to_tensor
from train.tiles import halo_of, least_side, scaled_to, spans, tiled, with_fixed_norms
from train.unet import UNetGenerator

OF_255 = 127.5
SEAM = 2.0


def lively(generator: Generator) -> Generator:
    """With weights large enough that far pixels matter."""
    random = torch.Generator().manual_seed(3)
    for parameter in generator.parameters():
        if parameter.dim() == 4:
            parameter.data.copy_(torch.randn(parameter.shape, generator=random) * 0.1)
    return generator.eval().requires_grad_(False)


GENERATORS = {
    "resnet": lively(ResNetGenerator(4, 2)),
    "resize": lively(ResNetGenerator(4, 1, upsample="resize")),
    "unet": lively(UNetGenerator(4, 5)),
}


def photo(height: int, width: int) -> Tensor:
    return to_tensor(picture(1, (width, height))).unsqueeze(0)


@pytest.mark.parametrize("kind", sorted(GENERATORS))
def test_tiles_equal_the_whole_picture_with_the_same_norms(kind: str) -> None:
    generator = GENERATORS[kind]
    side = least_side(generator)
    image = photo(2 * side, 3 * side)

    with torch.inference_mode():
        by_tiles = tiled(generator, image, side**2)
        whole = with_fixed_norms(generator, scaled_to(image, side**2, generator.multiple))(image)

    assert float((by_tiles - whole).abs().max()) * OF_255 <= SEAM / 100


@pytest.mark.parametrize("kind", sorted(GENERATORS))
def test_without_its_halo_a_tile_shows(kind: str) -> None:
    generator = GENERATORS[kind]
    side = least_side(generator)
    image = photo(side, side)
    with torch.inference_mode():
        fixed = with_fixed_norms(generator, image)
        whole, alone = fixed(image), fixed(image[:, :, :, : side // 2])

    assert float((whole[:, :, :, : side // 2] - alone).abs().max()) * OF_255 > SEAM


@pytest.mark.parametrize("kind", sorted(GENERATORS))
def test_norms_taken_from_the_picture_itself_change_nothing(kind: str) -> None:
    image = photo(64, 96)
    with torch.inference_mode():
        expected, fixed = GENERATORS[kind](image), with_fixed_norms(GENERATORS[kind], image)(image)

    assert float((expected - fixed).abs().max()) < 1e-4


def test_fixing_norms_leaves_the_generator_as_it_was() -> None:
    image, other = photo(64, 96), photo(32, 64)
    with torch.inference_mode():
        before = GENERATORS["resnet"](other)
        with_fixed_norms(GENERATORS["resnet"], image)
        assert torch.equal(GENERATORS["resnet"](other), before)


@settings(derandomize=True, deadline=None)
@given(
    st.integers(1, 300), st.sampled_from([4, 32]), st.integers(1, 4).map(lambda times: 32 * times), st.integers(1, 4)
)
def test_spans_cover_a_length_once_and_stay_on_multiples(pieces: int, multiple: int, halo: int, wider: int) -> None:
    length, side = pieces * multiple, 2 * halo + wider * 32

    found = spans(length, side, halo, multiple)

    assert [number for span in found for number in range(span.first, span.last)] == list(range(length))
    assert all(span.stop - span.start <= side for span in found)
    assert all(span.start % multiple == span.stop % multiple == 0 for span in found)
    assert all(span.start in (0, span.first - halo) and span.stop in (length, span.last + halo) for span in found)


@pytest.mark.parametrize(("blocks", "halo"), [(9, 88), (6, 64)])
def test_a_resnets_halo_follows_its_blocks(blocks: int, halo: int) -> None:
    assert halo_of(ResNetGenerator(1, blocks)) == halo


def test_a_picture_is_scaled_down_to_the_pixels_and_never_up() -> None:
    assert scaled_to(photo(300, 200), 10_000, 4).shape[2:] == (120, 80)
    assert scaled_to(photo(30, 20), 10_000, 4).shape[2:] == (30, 20)
