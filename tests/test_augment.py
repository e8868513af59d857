"""Differentiable augmentation: each image changed in its own way, within bounds, and gradients pass."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from train.augment import augmented
from train.options import AUGMENTATIONS


def drawn(seed: int, count: int = 3, height: int = 16, width: int = 16) -> Tensor:
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(seed)) * 1.8 - 0.9


def test_without_kinds_the_images_come_back_as_they_are() -> None:
    images = drawn(1)

    assert augmented(images, ()) is images


@settings(derandomize=True, deadline=None, max_examples=25)
@given(st.sets(st.sampled_from(AUGMENTATIONS)), st.integers(8, 40), st.integers(8, 40), st.integers(1, 3))
def test_shape_and_number_type_stay_and_every_number_is_finite(
    kinds: set[str], height: int, width: int, count: int
) -> None:
    images = drawn(1, count, height, width).double()

    changed = augmented(images, tuple(kinds))

    assert (changed.shape, changed.dtype) == (images.shape, images.dtype)
    assert torch.isfinite(changed).all()


@pytest.mark.parametrize("kind", AUGMENTATIONS)
def test_the_same_random_state_gives_the_same_and_another_something_else(kind: str) -> None:
    def once(seed: int) -> Tensor:
        torch.manual_seed(seed)
        return augmented(drawn(1), (kind,))

    assert torch.equal(once(5), once(5))
    assert not torch.equal(once(5), once(6))


@pytest.mark.parametrize("kind", AUGMENTATIONS)
def test_two_copies_of_an_image_in_a_batch_are_changed_differently(kind: str) -> None:
    torch.manual_seed(4)
    copies = drawn(1, 1).expand(6, -1, -1, -1)

    changed = augmented(copies, (kind,))

    assert any(not torch.equal(changed[0], other) for other in changed[1:])


def test_colours_move_as_the_paper_says() -> None:
    """Grey has no saturation and no contrast to change: brightness alone, by at most 0.5, the same for all pixels."""
    torch.manual_seed(0)
    shifts = augmented(torch.zeros(400, 3, 2, 2), ("color",))

    assert (shifts - shifts[:, :1, :1, :1]).abs().max() < 1e-6
    assert 0.45 < shifts.max() <= 0.5
    assert -0.5 <= shifts.min() < -0.45


def test_saturation_goes_from_none_to_twice_and_contrast_from_a_half_to_one_and_a_half() -> None:
    torch.manual_seed(0)
    colour = torch.tensor([0.5, 0.0, -0.5]).reshape(1, 3, 1, 1).expand(2000, 3, 2, 2)

    factors = (augmented(colour, ("color",))[:, 0] - augmented(colour, ("color",))[:, 0]).abs().max()
    spread = augmented(colour, ("color",))
    spread = spread[:, 0, 0, 0] - spread[:, 2, 0, 0]

    assert factors > 0
    assert -1e-6 <= spread.min() < 0.05
    assert 2.7 < spread.max() <= 3.0


def test_a_translation_moves_whole_images_by_at_most_an_eighth_and_leaves_zeros() -> None:
    torch.manual_seed(0)
    images = torch.zeros(300, 3, 16, 24)
    images[:, :, 8, 12] = 1

    moved = augmented(images, ("translation",))

    assert torch.equal(moved.sum(dim=(1, 2, 3)), torch.full((300,), 3.0))
    places = moved[:, 0].nonzero()
    assert set(places[:, 1].tolist()) == set(range(8 - 2, 8 + 3))
    assert set(places[:, 2].tolist()) == set(range(12 - 3, 12 + 4))
    assert (augmented(torch.ones(300, 3, 16, 24), ("translation",)) == 0).any()


def test_a_translation_keeps_what_stays_inside() -> None:
    torch.manual_seed(3)
    images = drawn(2, 20)

    for before, after in zip(images, augmented(images, ("translation",)), strict=True):
        inside = [
            (down, right)
            for down in range(-2, 3)
            for right in range(-2, 3)
            if torch.equal(torch.roll(before, (down, right), (1, 2))[:, 2:-2, 2:-2], after[:, 2:-2, 2:-2])
        ]
        assert len(inside) == 1


def test_a_cutout_is_a_rectangle_of_half_of_each_side_cut_off_at_the_border() -> None:
    torch.manual_seed(0)
    holes = augmented(torch.ones(400, 3, 16, 24), ("cutout",))[:, 0] == 0

    sizes = []
    for hole in holes:
        places = hole.nonzero()
        height, width = (places.max(dim=0).values - places.min(dim=0).values + 1).tolist()
        assert len(places) == height * width
        sizes.append((height, width))
    assert max(sizes) == (8, 12)
    assert min(height for height, _width in sizes) == 4


@pytest.mark.parametrize("kind", AUGMENTATIONS)
def test_the_gradient_that_passes_is_that_of_the_change(kind: str) -> None:
    def seeded(images: Tensor) -> Tensor:
        torch.manual_seed(7)
        return augmented(images, (kind,))

    images = drawn(3, 2, 8, 8).double().requires_grad_()

    assert torch.autograd.gradcheck(seeded, (images,))
