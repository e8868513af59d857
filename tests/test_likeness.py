"""The measure by which the best generators are kept: small for what is alike, and without effect on the training."""

from pathlib import Path

import pytest
import torch
from trainings import dataset, loaded_batches, tiny

from train.cyclegan import build_generator
from train.likeness import Likeness, features_of, kernel_distance
from train.precision import FLOAT32


def pictures(seed: int, count: int, level: float = 0.0) -> torch.Tensor:
    """Smooth random images in [-1, 1]."""
    coarse = torch.rand(count, 3, 6, 6, generator=torch.Generator().manual_seed(seed)) - 0.5 + level
    return torch.nn.functional.interpolate(coarse, (48, 48), mode="bicubic").clamp(-1, 1)


def test_two_halves_of_one_kind_are_near_and_another_kind_is_far() -> None:
    goal = features_of(pictures(1, 24))
    both = torch.cat([goal, features_of(pictures(4, 24, 0.5))])
    near, far, farther = (
        float(kernel_distance(features_of(images), goal, both))
        for images in (pictures(2, 24), pictures(3, 24, 0.2), pictures(3, 24, 0.5))
    )

    assert abs(near) < 0.1 * far
    assert far < 0.7 * farther


def test_both_directions_are_measured_with_one_rule() -> None:
    a, b = features_of(pictures(1, 24)), features_of(pictures(2, 24, 0.4))
    both = torch.cat([a, b])

    assert float(kernel_distance(a, b, both)) == pytest.approx(float(kernel_distance(b, a, both)), rel=1e-4)


def test_a_single_colour_for_every_image_is_far_though_it_is_the_mean() -> None:
    images = pictures(1, 24)
    collapsed = images.mean(dim=0, keepdim=True).expand(24, -1, -1, -1)

    goal = features_of(images)
    assert float(kernel_distance(features_of(collapsed), goal, goal)) > 0.3


def test_it_draws_nothing_and_leaves_dropout_as_it_was(tmp_path: Path) -> None:
    options = tiny(generator="unet-128", size=128, load_size=140, predict="image")
    likeness = Likeness(loaded_batches(dataset(tmp_path), options), torch.device("cpu"))
    generator = build_generator(options)
    state = torch.random.get_rng_state()
    one, other = (likeness.of(generator, generator, 3, FLOAT32) for _time in range(2))

    assert torch.equal(torch.random.get_rng_state(), state)
    assert {name: float(value) for name, value in one.items()} == {name: float(value) for name, value in other.items()}
    assert generator.training


@pytest.mark.parametrize("count", [1, 100])
def test_of_any_number_of_images_there_is_a_distance_for_both_directions(tmp_path: Path, count: int) -> None:
    likeness = Likeness(loaded_batches(dataset(tmp_path)), torch.device("cpu"))
    generator = build_generator(tiny())

    assert set(likeness.of(generator, generator, count, FLOAT32)) == {"kernel_distance_a2b", "kernel_distance_b2a"}


def test_a_domain_of_one_image_has_no_distance(tmp_path: Path) -> None:
    likeness = Likeness(loaded_batches(dataset(tmp_path, 3, 1)), torch.device("cpu"))

    assert likeness.of(build_generator(tiny()), build_generator(tiny()), 3, FLOAT32) == {}
