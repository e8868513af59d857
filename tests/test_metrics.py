"""Errors, structure and Frechet's distance, against others' code and closed forms."""

import numpy as np
import pytest
from scipy.linalg import sqrtm
from trainings import picture

from train.metrics import frechet_distance, mean_error, structure


def pixels(seed: int) -> np.ndarray:
    return np.asarray(picture(seed, (60, 44)))


def test_an_error_is_in_levels_of_255() -> None:
    assert mean_error(pixels(1), pixels(1)) == 0
    assert mean_error(np.full((4, 4, 3), 250, np.uint8), np.full((4, 4, 3), 5, np.uint8)) == 245


def test_structure_stays_with_brightness_and_contrast_and_goes_with_the_picture() -> None:
    one = pixels(1)
    speckled = np.repeat(np.random.default_rng(0).choice(np.array([0, 255], np.uint8), (44, 60, 1)), 3, axis=2)
    paler = (one // 2 + 90).astype(np.uint8)

    assert structure(one, one) == pytest.approx(1)
    assert structure(one, paler) > 0.98
    assert structure(speckled, 255 - speckled) < -0.99
    assert abs(structure(one, pixels(3))) < 0.5


def test_the_frechet_distance_of_known_normal_distributions() -> None:
    random = np.random.default_rng(0)
    x = random.normal(0, 1, (200_000, 2))

    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-8)
    assert frechet_distance(x, x + 3) == pytest.approx(18)
    assert frechet_distance(x, 3 * x) == pytest.approx(8, rel=0.02)


def test_the_frechet_distance_is_that_of_the_root_of_a_product() -> None:
    random = np.random.default_rng(1)
    x, y = random.normal(0, 1, (50, 6)), random.normal(0.3, 2, (40, 6))
    a, b = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    expected = np.square(x.mean(0) - y.mean(0)).sum() + np.trace(a + b - 2 * sqrtm(a @ b).real)

    assert frechet_distance(x, y) == pytest.approx(expected)
