"""Which image is kept and why another is not."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.checks import Evidence, Judgement, judge
from curate.options import CurateOptions
from pipeline.records import Domain, ImageRecord, Measurement, Split, Verdict

OPTIONS = CurateOptions(split=0.5, min_size=100)


def sha(number: int) -> str:
    return f"{number:064x}"


def image(
    number: int,
    *,
    bits: int | None = None,
    domains: str = "A",
    width: int = 200,
    height: int = 200,
    reason: str = "",
) -> Evidence:
    """An image whose hash is far from every other number's, unless `bits` says which hash it has."""
    phash = number * 0x9E3779B97F4A7C15 % 2**64 if bits is None else bits
    measurement = Measurement(sha(number), "", width, height, f"{phash:016x}")
    if reason:
        measurement = Measurement(sha(number), reason)
    letters: frozenset[Domain] = frozenset(letter for letter in ("A", "B") if letter in domains)
    return Evidence(ImageRecord(sha(number), "jpg", 1000), measurement, letters)


def verdicts(*images: Evidence, sides: dict[str, Split] | None = None) -> dict[int, Verdict]:
    return {int(one.sha256, 16): one for one in judge(images, sides or {}, OPTIONS).verdicts}


@pytest.mark.parametrize(
    "reason", ["empty", "not_image", "corrupt", "too_many_pixels", "crashed", "missing", "changed"]
)
def test_an_image_without_a_picture_is_rejected_with_the_decoder_s_reason(reason: str) -> None:
    assert verdicts(image(1, reason=reason))[1] == Verdict(sha(1), reason)


def test_an_image_is_too_small_by_its_shorter_side() -> None:
    found = verdicts(image(1, width=300, height=99), image(2, width=300, height=100))
    assert found[1] == Verdict(sha(1), "too_small", score=99, threshold=100)
    assert found[2].kept


def test_a_banner_is_an_extreme_aspect_and_a_panorama_is_not() -> None:
    found = verdicts(image(1, width=401, height=100), image(2, width=100, height=400))
    assert (found[1].reason, found[1].score, found[1].threshold) == ("extreme_aspect", 4.01, 4.0)
    assert found[2].kept


def test_an_adopted_file_without_a_source_is_rejected() -> None:
    assert verdicts(image(1, domains=""))[1].reason == "no_source"


def test_an_image_found_for_both_domains_is_a_conflict() -> None:
    assert verdicts(image(1, domains="AB"))[1].reason == "domain_conflict"


def test_copies_found_for_different_domains_are_all_rejected_and_name_each_other() -> None:
    found = verdicts(image(1, bits=0, domains="A"), image(2, bits=1, domains="B"), image(3, bits=2, domains="A"))
    assert {one.reason for one in found.values()} == {"domain_conflict"}
    assert (found[1].other, found[2].other, found[3].other) == (sha(2), sha(1), sha(2))


def test_a_conflict_at_the_end_of_a_chain_leaves_the_rest_of_the_chain() -> None:
    chain = [image(number, bits=(1 << 5 * number) - 1) for number in range(1, 6)]
    found = verdicts(*chain, image(9, bits=(1 << 25) - 1, domains="B"))
    assert found[1].kept
    assert found[9].reason == found[5].reason == "domain_conflict"


def test_a_smaller_copy_is_a_duplicate_and_names_what_was_kept() -> None:
    found = verdicts(image(1, bits=0), image(2, bits=0b111, width=300))
    assert found[1] == Verdict(sha(1), "duplicate", score=3, threshold=6, other=sha(2))
    assert found[2].kept


def test_a_better_copy_that_comes_later_inherits_the_side() -> None:
    sides: dict[str, Split] = {sha(1): "test", sha(5): "train"}
    found = verdicts(image(1, bits=0), image(2, bits=1, width=300), image(5), sides=sides)
    assert (found[2].split, found[1].reason, found[1].other) == ("test", "duplicate", sha(2))


def test_a_better_copy_inherits_the_side_of_a_predecessor_that_is_now_too_small() -> None:
    sides: dict[str, Split] = {sha(1): "test", sha(5): "train"}
    found = verdicts(image(1, bits=0, width=90, height=90), image(2, bits=1), image(5), sides=sides)
    assert (found[1].reason, found[2].split) == ("too_small", "test")


def test_a_copy_in_the_other_domain_has_the_same_side() -> None:
    sides: dict[str, Split] = {sha(1): "test"}
    chain = [image(1, bits=0), image(2, bits=0b11111), image(3, bits=0b1111111111, domains="A")]
    found = judge(chain, sides, OPTIONS)
    assert {found.sides[sha(number)] for number in (1, 2, 3)} == {"test"}


def test_a_new_image_between_train_and_test_is_rejected_and_the_old_ones_stay() -> None:
    sides: dict[str, Split] = {sha(1): "train", sha(2): "test"}
    found = verdicts(image(1, bits=0), image(2, bits=0b1111111111), image(3, bits=0b11111, width=300), sides=sides)
    assert (found[1].split, found[2].split, found[3].reason) == ("train", "test", "split_bridge")


def test_sides_of_images_that_are_gone_or_rejected_are_remembered() -> None:
    sides: dict[str, Split] = {sha(1): "test", sha(2): "train"}
    assert judge([image(1, reason="missing")], sides, OPTIONS).sides == sides


hashes = st.integers(0, 2**20 - 1)
several = st.lists(st.tuples(hashes, st.sampled_from(["A", "A", "B", "AB"]), st.integers(90, 400)), max_size=25)


def built(rows: list[tuple[int, str, int]]) -> list[Evidence]:
    return [
        image(number, bits=bits, domains=domains, width=width)
        for number, (bits, domains, width) in enumerate(rows, start=1)
    ]


def bits_between(first: str, second: str, images: list[Evidence]) -> int:
    phash = {one.sha256: int(one.measurement.phash, 16) for one in images}
    return (phash[first] ^ phash[second]).bit_count()


def moved(before: Judgement, after: Judgement) -> list[str]:
    return [name for name, side in before.sides.items() if after.sides[name] != side]


@settings(derandomize=True, deadline=None)
@given(several)
def test_no_two_kept_images_look_alike_and_each_duplicate_resembles_a_kept_one(
    rows: list[tuple[int, str, int]],
) -> None:
    images = built(rows)
    judgement = judge(images, {}, OPTIONS)
    kept = {one.sha256 for one in judgement.kept}
    assert all(bits_between(a, b, images) > 6 for a in kept for b in kept if a < b)
    for one in judgement.verdicts:
        if one.reason == "duplicate":
            assert one.other in kept
            assert one.score == bits_between(one.sha256, one.other, images) <= 6


@settings(derandomize=True, deadline=None)
@given(several)
def test_judging_again_gives_the_same_verdicts_in_any_order(rows: list[tuple[int, str, int]]) -> None:
    images = built(rows)
    once = judge(images, {}, OPTIONS)
    assert judge(reversed(images), once.sides, OPTIONS) == once


@settings(derandomize=True, deadline=None)
@given(several, st.integers(0, 25))
def test_images_that_come_later_never_move_an_old_one(rows: list[tuple[int, str, int]], count: int) -> None:
    images = built(rows)
    before = judge(images[:count], {}, OPTIONS)
    after = judge(images, before.sides, OPTIONS)
    assert not moved(before, after)
    assert judge(images, after.sides, OPTIONS) == after


@settings(derandomize=True, deadline=None)
@given(several, st.integers(0, 25), st.integers(0, 16))
def test_a_changed_distance_never_moves_an_old_image(rows: list[tuple[int, str, int]], count: int, bits: int) -> None:
    images = built(rows)
    before = judge(images[:count], {}, OPTIONS)
    after = judge(images, before.sides, replace(OPTIONS, duplicate_distance=bits))
    assert not moved(before, after)
