"""The demo's measures: colour, foliage, outside, spill and kernel distance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.demo.measures import (
    IDENTICAL_DB,
    Mask,
    Measures,
    Pixels,
    colour_transfer,
    kernel_distance,
    lab,
    measure,
    srgb,
)


def pictures(count: int, seed: int, *, low: int = 0, high: int = 256) -> list[Pixels]:
    """Blurry random pictures of 48 x 64 pixels."""
    random = np.random.default_rng(seed)
    coarse = random.integers(low, high, (count, 6, 8, 3)).astype(np.uint8)
    return list(coarse.repeat(8, axis=1).repeat(8, axis=2))


def mask() -> Mask:
    """Foliage in the upper left quarter."""
    foliage = np.zeros((48, 64), dtype=np.bool_)
    foliage[:24, :32] = True
    return foliage


def measured(results: list[Pixels], truths: list[Pixels], inputs: list[Pixels]) -> Measures:
    return measure(inputs, results, truths, [mask()] * len(inputs), truths)


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        ((255, 255, 255), (100.0, 0.0, 0.0)),
        ((0, 0, 0), (0.0, 0.0, 0.0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 255, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
        ((119, 119, 119), (50.03, 0.0, 0.0)),
        ((255, 255, 0), (97.14, -21.55, 94.48)),
        ((0, 255, 255), (91.11, -48.09, -14.13)),
        ((255, 0, 255), (60.32, 98.23, -60.82)),
    ],
)
def test_lab_has_the_published_values(colour: tuple[int, int, int], expected: tuple[float, float, float]) -> None:
    assert lab(np.array(colour, dtype=np.uint8)) == pytest.approx(expected, abs=0.05)


@settings(derandomize=True, deadline=None)
@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_a_colour_comes_back_from_lab_unchanged(colour: tuple[int, int, int]) -> None:
    pixel = np.array(colour, dtype=np.uint8)

    assert srgb(lab(pixel)).tolist() == list(colour)


def test_doing_nothing_spills_nothing_and_its_result_equals_its_rival() -> None:
    inputs, truths = pictures(4, 1), pictures(4, 2)

    measures = measured(inputs, truths, inputs)

    assert measures.spill.result == measures.spill.nothing == 0
    assert measures.foliage_error.result == measures.foliage_error.nothing > 0


def test_a_perfect_result_has_no_error_and_keeps_what_is_outside() -> None:
    inputs = pictures(4, 1)
    truths = [np.where(mask()[:, :, None], other, one) for one, other in zip(inputs, pictures(4, 2), strict=True)]

    measures = measured(truths, truths, inputs)

    assert measures.foliage_error.result == measures.foliage_mean_error.result == measures.spill.result == 0
    assert measures.outside_psnr_worst.result == measures.outside_psnr_mean.nothing == IDENTICAL_DB


def test_foliage_error_is_the_mean_lab_distance_inside_the_mask_alone() -> None:
    inputs = [np.full((48, 64, 3), 119, dtype=np.uint8)] * 3
    truth = inputs[0].copy()
    truth[:24, :32] = 255

    measures = measure(inputs, inputs, [truth] * 3, [mask()] * 3, pictures(3, 3))

    assert measures.foliage_error.nothing == pytest.approx(100 - 50.03, abs=0.05)
    assert measures.foliage_mean_error.nothing == pytest.approx(100 - 50.03, abs=0.05)


def test_errors_of_opposite_sign_cancel_in_the_mean_colour_only() -> None:
    truth = np.full((48, 64, 3), 119, dtype=np.uint8)
    speckled = truth.copy()
    speckled[::2], speckled[1::2] = 139, 98

    measures = measure([truth] * 3, [speckled] * 3, [truth] * 3, [mask()] * 3, pictures(3, 3))

    assert measures.foliage_error.result > 7
    assert measures.foliage_mean_error.result < 1


def test_a_change_beside_the_foliage_is_no_spill_and_one_far_away_is() -> None:
    before = np.full((48, 64, 3), 119, dtype=np.uint8)
    beside, far = before.copy(), before.copy()
    beside[:24, 32:37] = 255
    far[40:, 60:] = 255

    assert measured([beside] * 3, [before] * 3, [before] * 3).spill.result == 0
    assert measured([far] * 3, [before] * 3, [before] * 3).spill.result == pytest.approx(8 * 4 / (48 * 64 - 29 * 37))


def test_the_worst_psnr_is_that_of_the_worst_image() -> None:
    inputs = pictures(3, 1, low=50, high=200)
    results = [inputs[0], inputs[1] + np.uint8(1), inputs[2] + np.uint8(10)]

    measures = measured(results, inputs, inputs)

    assert measures.outside_psnr_worst.result == pytest.approx(20 * np.log10(255 / 10))


def test_colour_transfer_gives_the_colours_of_set_b() -> None:
    set_b = pictures(5, 7, low=90, high=170)
    goal = np.concatenate([lab(picture).reshape(-1, 3) for picture in set_b])

    moved = lab(colour_transfer(pictures(1, 8), set_b)[0]).reshape(-1, 3)

    assert moved.mean(axis=0) == pytest.approx(goal.mean(axis=0), abs=1.5)
    assert moved.std(axis=0) == pytest.approx(goal.std(axis=0), rel=0.2)


def test_the_kernel_distance_of_one_distribution_is_around_zero_and_grows_with_the_difference() -> None:
    same, error = kernel_distance(pictures(40, 1), pictures(40, 2))
    darker, _error = kernel_distance(pictures(40, 1, high=200), pictures(40, 2))
    dark, _error = kernel_distance(pictures(40, 1, high=100), pictures(40, 2))

    assert abs(same) < min(0.1, 3 * error)
    assert same < darker < dark


def test_the_standard_error_is_how_far_the_kernel_distance_strays_between_draws() -> None:
    drawn = [kernel_distance(pictures(40, 2 * n, high=240), pictures(40, 2 * n + 1)) for n in range(12)]
    distances, errors = zip(*drawn, strict=True)

    assert np.std(distances, ddof=1) == pytest.approx(np.mean(errors), rel=0.5)


def test_the_kernel_distance_is_the_same_every_time() -> None:
    assert kernel_distance(pictures(5, 1), pictures(5, 2)) == kernel_distance(pictures(5, 1), pictures(5, 2))


def test_two_pictures_have_no_kernel_distance() -> None:
    with pytest.raises(ValueError, match="three pictures"):
        kernel_distance(pictures(2, 1), pictures(4, 2))


def test_lists_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        measure(pictures(3, 1), pictures(2, 1), pictures(3, 1), [mask()] * 3, pictures(3, 2))


def test_an_image_without_foliage_counts_outside_only() -> None:
    inputs, truths = pictures(3, 1), pictures(3, 2)

    measures = measure(inputs, inputs, truths, [mask(), mask(), np.zeros((48, 64), dtype=np.bool_)], truths)

    assert np.isfinite(measures.foliage_error.result)
