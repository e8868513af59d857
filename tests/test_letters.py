"""Things that touch, counted in 16 bits where these suffice."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from curate.letters import components


def boxes(mask: NDArray[np.uint8]) -> list[list[int]]:
    """Left, top, width, height and area of all things but the background, in an order of their own."""
    count, labels, stats = components(mask, cv2.countNonZero(mask))
    assert labels.max() == count - 1
    return sorted(stats[1:].tolist())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 60), st.integers(1, 60), st.sampled_from([0.05, 0.3, 0.6]))
def test_the_things_are_those_that_opencv_finds_by_itself(seed: int, width: int, height: int, share: float) -> None:
    mask = (np.random.default_rng(seed).random((height, width)) < share).astype(np.uint8) * 255
    assert boxes(mask) == sorted(cv2.connectedComponentsWithStats(mask)[2][1:].tolist())


@pytest.mark.parametrize("side", [509, 510, 511, 512, 513])
def test_no_thing_is_lost_where_as_many_as_can_be_lie_apart(side: int) -> None:
    mask = np.zeros((side, side), np.uint8)
    mask[::2, ::2] = 255
    assert len(boxes(mask)) == (-(-side // 2)) ** 2
