"""Finding images that look alike, and choosing the one that is kept."""

import csv
from itertools import combinations, pairwise
from pathlib import Path

import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.duplicates import Link, by_quality, choose, find_links, neighbours_of
from pipeline.image import decode
from pipeline.records import ImageRecord, Measurement


def test_links_are_all_pairs_within_the_distance_in_bits() -> None:
    hashes = {"a": f"{0b0000:016x}", "b": f"{0b0111:016x}", "c": f"{0b1111 << 60:016x}"}
    assert find_links(hashes, 3) == [Link("a", "b", 3)]


@settings(derandomize=True, deadline=None)
@given(st.lists(st.integers(0, 2**64 - 1), max_size=12), st.integers(0, 16))
def test_links_are_those_that_comparing_one_by_one_finds(values: list[int], distance: int) -> None:
    hashes = {f"{number:02}": f"{value:016x}" for number, value in enumerate(values)}
    expected = [
        Link(f"{first:02}", f"{second:02}", (values[first] ^ values[second]).bit_count())
        for first in range(len(values))
        for second in range(first + 1, len(values))
        if (values[first] ^ values[second]).bit_count() <= distance
    ]
    assert find_links(hashes, distance) == expected


def test_links_are_found_across_the_blocks_of_the_search() -> None:
    numbers = np.random.default_rng(0).integers(0, 2**63, 2500, dtype=np.uint64).tolist()
    numbers[2400] = numbers[3] ^ 1
    hashes = {f"{number:04}": f"{value:016x}" for number, value in enumerate(numbers)}
    assert find_links(hashes, 2) == [Link("0003", "2400", 1)]


def test_no_image_has_no_links() -> None:
    assert find_links({}, 6) == []


def test_more_pixels_are_better_then_more_bytes_then_the_lesser_hash() -> None:
    def image(sha256: str, width: int, size_bytes: int) -> tuple[ImageRecord, Measurement]:
        return ImageRecord(sha256, "jpg", size_bytes), Measurement(sha256, "", width, 100, "0" * 16)

    images = [image("d", 100, 5), image("c", 100, 5), image("b", 100, 9), image("a", 50, 99)]
    assert by_quality(images) == ["b", "c", "d", "a"]


def test_of_two_copies_the_better_is_kept() -> None:
    neighbours = neighbours_of("ab", [Link("a", "b", 2)])
    assert choose(["b", "a"], neighbours) == {"b": "b", "a": "b"}


def test_a_chain_of_look_alikes_keeps_every_image_that_resembles_no_kept_one() -> None:
    frames = "abcde"
    neighbours = neighbours_of(frames, [Link(a, b, 5) for a, b in pairwise(frames)])
    kept = choose(list(frames), neighbours)
    assert [name for name in frames if kept[name] == name] == ["a", "c", "e"]


def test_a_copy_of_two_kept_images_names_the_nearer() -> None:
    neighbours = neighbours_of("abc", [Link("a", "c", 5), Link("b", "c", 2)])
    assert choose(["a", "b", "c"], neighbours)["c"] == "b"


def test_links_to_images_that_are_left_out_are_left_out() -> None:
    assert neighbours_of("a", [Link("a", "b", 2)]) == {"a": {}}


@pytest.mark.shared
def test_all_labelled_copies_of_a_real_crawl_are_found_and_no_other_pair(shared_data: Path) -> None:
    crawl = shared_data / "dirty_crawl"
    with (crawl / "labels.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    pictures = {row["file"]: decode((crawl / row["file"]).read_bytes()) for row in rows}
    hashes = {name: str(imagehash.phash(picture)) for name, picture in pictures.items()}
    groups = [[row["file"] for row in rows if row["duplicate_group"] == number] for number in labelled_groups(rows)]
    labelled = {frozenset(pair) for group in groups for pair in combinations(group, 2)}
    assert {frozenset((link.first, link.second)) for link in find_links(hashes, 6)} == labelled


def labelled_groups(rows: list[dict[str, str]]) -> set[str]:
    return {row["duplicate_group"] for row in rows if row["duplicate_group"]}
