"""Signs of failure as numbers: of generators whose failure is known."""

import pytest
import torch
from torch import Tensor, nn

from train.networks import Generator
from train.signs import signs


class Doing(Generator):
    """A generator that does what a function does."""

    def __init__(self, function: "object") -> None:
        super().__init__()
        self.predict, self.multiple, self.function = "image", 4, function
        self.dropout = nn.Dropout(0.5)

    def forward(self, images: Tensor) -> Tensor:
        assert len(images) == 1
        return self.dropout(self.function(images))  # type: ignore[operator]

    def maps(self, images: Tensor) -> Tensor:
        raise NotImplementedError


def photos(seed: int, count: int = 4) -> Tensor:
    coarse = torch.rand(count, 3, 8, 8, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    return nn.functional.interpolate(coarse, size=32, mode="bilinear")


def measured(function: "object", real_a: Tensor | None = None) -> dict[str, float]:
    real_a = photos(0) if real_a is None else real_a
    found = signs(Doing(function), Doing(lambda images: images), real_a, photos(1))
    return {name: value.item() for name, value in found.items()}


def test_a_generator_that_does_nothing_changes_nothing_and_keeps_all() -> None:
    found = measured(lambda images: images)

    assert found["change_a2b"] == 0
    assert found["correlation_a2b"] == pytest.approx(1, abs=1e-5)
    assert found["diversity_a2b"] >= 1


def test_an_inverted_image_has_a_correlation_of_minus_one() -> None:
    assert measured(lambda images: -images)["correlation_a2b"] == pytest.approx(-1, abs=1e-5)


def test_one_image_for_all_has_no_diversity_and_no_correlation() -> None:
    found = measured(lambda images: torch.full_like(images, 0.3))

    assert found["diversity_a2b"] == pytest.approx(0, abs=1e-5)
    assert abs(found["correlation_a2b"]) < 1e-3


def test_noise_that_hides_what_the_way_back_needs_is_no_diversity() -> None:
    """CycleGAN, a master of steganography (arXiv 1712.02950)."""
    signs_of_rows = torch.tensor([1.0, -1.0]).repeat(16).view(1, 1, 32, 1)
    found = measured(lambda images: 0.3 + 0.2 * images.roll(7, 2) * 0 + signs_of_rows * images.mean() * 0.9)

    assert found["diversity_a2b"] < 0.03


def test_brighter_and_moved_to_pink_is_no_failure() -> None:
    pink = torch.tensor([0.3, -0.1, 0.2]).view(1, 3, 1, 1)
    found = measured(lambda images: (0.8 * images + pink).clamp(-1, 1))

    assert found["change_a2b"] > 10
    assert found["correlation_a2b"] > 0.9
    assert found["diversity_a2b"] > 0.6


def test_a_change_is_told_in_grey_levels() -> None:
    assert measured(lambda images: images + 2 / 255)["change_a2b"] == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("real", [photos(0, 1), photos(0, 1).repeat(4, 1, 1, 1)])
def test_images_that_are_alike_say_nothing_about_diversity(real: Tensor) -> None:
    assert measured(torch.zeros_like, real)["diversity_a2b"] == 1


def test_measuring_is_without_dropout_and_leaves_the_generators_and_torch_as_they_were() -> None:
    generator = Doing(lambda images: images).train()
    before = torch.get_rng_state()
    signs(generator, generator, photos(0), photos(1))

    assert generator.training
    assert torch.equal(torch.get_rng_state(), before)
