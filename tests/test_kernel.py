"""The kernel distance and its standard error."""

import numpy as np
import pytest

from pipeline.kernel import Floats, kernel_distance_of, polynomial_kernel


def normal(count: int, seed: int, mean: float = 0.0) -> Floats:
    return np.random.default_rng(seed).normal(mean, 1, (count, 8))


def test_the_distance_is_the_mean_over_different_pairs_written_out() -> None:
    x, y = normal(4, 1), normal(5, 2)

    def kernel(one: Floats, other: Floats) -> float:
        return float((one @ other / 8 + 1) ** 3)

    within_x = np.mean([kernel(x[i], x[j]) for i in range(4) for j in range(4) if i != j])
    within_y = np.mean([kernel(y[i], y[j]) for i in range(5) for j in range(5) if i != j])
    across = np.mean([kernel(a, b) for a in x for b in y])
    assert kernel_distance_of(x, y).value == pytest.approx(within_x + within_y - 2 * across)


def test_the_standard_error_is_that_of_leaving_each_picture_out() -> None:
    x, y = normal(6, 1), normal(7, 2)

    variance = 0.0
    for rows, other in ((x, y), (y, x)):
        values = np.array([kernel_distance_of(np.delete(rows, i, 0), other).value for i in range(len(rows))])
        variance += (len(rows) - 1) / len(rows) * np.square(values - values.mean()).sum()

    assert kernel_distance_of(x, y).standard_error == pytest.approx(np.sqrt(variance))


def test_the_interval_holds_zero_for_one_distribution_and_not_for_two() -> None:
    held = [kernel_distance_of(normal(30, seed), normal(40, 100 + seed)).interval for seed in range(40)]
    apart = kernel_distance_of(normal(30, 1, mean=1.0), normal(40, 2)).interval

    assert sum(low <= 0 <= high for low, high in held) >= 34
    assert apart[0] > 0


def test_too_few_pictures_have_no_standard_error() -> None:
    with pytest.raises(ValueError, match="three pictures"):
        kernel_distance_of(normal(2, 1), normal(9, 2))


def test_the_kernel_is_cubic() -> None:
    assert polynomial_kernel(np.ones((1, 4)), np.ones((1, 4))).item() == 8
