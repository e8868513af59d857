"""Finding images that look alike, and choosing the one that is kept."""

from dataclasses import fields
from itertools import pairwise

from curate.duplicates import by_quality, choose, neighbours_of
from curate.scores import Looks
from pipeline.records import Comparison, ImageRecord, Measurement


def copy(first: str, second: str, score: float = 1.0) -> Comparison:
    return Comparison(first, second, "copy", score)


def image(sha256: str, width: int, size_bytes: int = 5, resolution: float = 1.0) -> tuple[ImageRecord, Measurement]:
    looks = tuple(resolution if field.name == "resolution" else 0.0 for field in fields(Looks))
    return ImageRecord(sha256, "jpg", size_bytes), Measurement(sha256, "", width, 100, "0" * 16, looks=looks)


def test_more_pixels_are_better_then_more_bytes_then_the_lesser_hash() -> None:
    images = [image("d", 100), image("c", 100), image("b", 100, 9), image("a", 50, 99)]
    assert by_quality(images) == ["b", "c", "d", "a"]


def test_an_enlarged_thumbnail_is_worse_than_what_it_was_made_from() -> None:
    assert by_quality([image("enlarged", 400, resolution=0.5), image("original", 200)]) == ["original", "enlarged"]


def test_of_two_copies_the_better_is_kept() -> None:
    neighbours = neighbours_of("ab", [copy("a", "b")])
    assert choose(["b", "a"], neighbours) == {"b": "b", "a": "b"}


def test_a_chain_of_look_alikes_keeps_every_image_that_resembles_no_kept_one() -> None:
    frames = "abcde"
    neighbours = neighbours_of(frames, [copy(a, b) for a, b in pairwise(frames)])
    kept = choose(list(frames), neighbours)
    assert [name for name in frames if kept[name] == name] == ["a", "c", "e"]


def test_a_copy_of_two_kept_images_names_the_more_similar() -> None:
    neighbours = neighbours_of("abc", [copy("a", "c", 0.97), copy("b", "c", 0.99)])
    assert choose(["a", "b", "c"], neighbours)["c"] == "b"


def test_links_to_images_that_are_left_out_are_left_out() -> None:
    assert neighbours_of("a", [copy("a", "b")]) == {"a": {}}


def test_copies_and_scenes_link_images_and_what_is_unrelated_does_not() -> None:
    comparisons = [copy("a", "b"), Comparison("a", "c", "scene"), Comparison("b", "c", "unrelated")]
    links = neighbours_of("abc", comparisons)
    assert {name: sorted(others) for name, others in links.items()} == {"a": ["b", "c"], "b": ["a"], "c": ["a"]}
    assert sorted(neighbours_of("abc", comparisons, kinds=["copy"])["a"]) == ["b"]
