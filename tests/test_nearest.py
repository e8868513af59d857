"""Codes that are nearly equal, found among many."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import nearest
from curate.nearest import EXACT_BELOW, Table, near_pairs

codes_of = st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=12)


@st.composite
def clustered(draw: st.DrawFn) -> list[int]:
    """Codes of which many differ from another one in a few bits only."""
    codes = draw(codes_of)
    for base in list(codes):
        flips = draw(st.lists(st.integers(0, 63), max_size=9))
        codes.append(base ^ sum(1 << bit for bit in set(flips)))
    return codes


@settings(derandomize=True, deadline=None, max_examples=60)
@given(clustered(), st.integers(0, EXACT_BELOW - 1))
def test_the_pairs_are_those_that_comparing_one_by_one_finds(values: list[int], distance: int) -> None:
    codes = np.array(values, dtype=np.uint64)
    found = {
        (int(first), int(other))
        for firsts, others in near_pairs(codes, np.arange(len(codes)), distance)
        for first, other in zip(firsts, others, strict=True)
    }
    expected = {
        (first, other)
        for first in range(len(values))
        for other in range(len(values))
        if first != other and (values[first] ^ values[other]).bit_count() <= distance
    }
    assert found == expected


def test_only_pairs_with_a_query_are_found() -> None:
    codes = np.array([5, 5, 5], dtype=np.uint64)
    pairs = [pair for first, other in near_pairs(codes, np.array([1]), 0) for pair in zip(first, other, strict=True)]
    assert set(pairs) == {(1, 0), (1, 2)}


@pytest.mark.parametrize("distance", [-1, EXACT_BELOW])
def test_a_distance_that_the_bands_do_not_cover_is_refused(distance: int) -> None:
    with pytest.raises(ValueError, match=str(distance)):
        next(near_pairs(np.zeros(1, np.uint64), np.array([0]), distance))


def test_runs_longer_than_a_batch_are_found_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "_PAIRS_AT_ONCE", 7)
    monkeypatch.setattr(nearest, "_PROBES_AT_ONCE", 4)
    table = Table(np.zeros(50, np.uint64), np.uint64(0xFF))
    found = [
        (int(number), int(row))
        for numbers, rows in table.matches(np.zeros(3, np.uint64), np.array([[0, 1], [0, 2], [0, 4]], np.uint64))
        for number, row in zip(numbers, rows, strict=True)
    ]
    assert sorted(found) == [(number, row) for number in range(3) for row in range(50)]


def test_bits_outside_the_mask_do_not_matter() -> None:
    table = Table(np.array([0x100, 0x101], np.uint64), np.uint64(0xFF))
    batches = list(table.matches(np.array([0xF00], np.uint64), np.array([[0]], np.uint64)))
    assert [rows.tolist() for _numbers, rows in batches] == [[0]]
