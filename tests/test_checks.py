"""Which image is kept and why another is not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, fields, replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.checks import Evidence, Judgement, judge
from curate.options import CurateOptions
from curate.scores import Looks
from curate.thresholds import LOOK_CHECKS, Thresholds
from pipeline.records import Comparison, Domain, ImageRecord, Measurement, Split, Verdict

OPTIONS = CurateOptions(split=0.5, min_size=100)


def fine_looks() -> tuple[float, ...]:
    """Looks that no check minds, whatever its limits are."""
    values = dict.fromkeys((field.name for field in fields(Looks)), 0.0)
    for check in LOOK_CHECKS:
        limits = getattr(Thresholds(), check.reason)
        value = min(0.0, limits.flag - 1) if check.high else limits.flag + 1
        values[check.score] = min(values[check.score], value) if check.high else max(values[check.score], value)
    return tuple(values.values())


FINE = fine_looks()


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
    looks: tuple[float, ...] = (),
) -> Evidence:
    """An image whose hash is far from every other number's, unless `bits` says which hash it has."""
    phash = number * 0x9E3779B97F4A7C15 % 2**64 if bits is None else bits
    measurement = Measurement(sha(number), "", width, height, f"{phash:016x}", looks=looks or FINE)
    if reason:
        measurement = Measurement(sha(number), reason)
    letters: frozenset[Domain] = frozenset(letter for letter in ("A", "B") if letter in domains)
    return Evidence(ImageRecord(sha(number), "jpg", 1000), measurement, letters)


def bits_between(first: Evidence, second: Evidence) -> int:
    return (int(first.measurement.phash, 16) ^ int(second.measurement.phash, 16)).bit_count()


def comparisons(images: Iterable[Evidence]) -> list[Comparison]:
    """Images are copies up to 6 bits, one scene up to 9, and not compared beyond."""
    pairs = combinations(sorted((one for one in images if one.measurement.phash), key=lambda one: one.sha256), 2)
    return [
        Comparison(a.sha256, b.sha256, "copy" if bits <= 6 else "scene", score=1 - bits / 64, detail="same content")
        for a, b in pairs
        if (bits := bits_between(a, b)) <= 9
    ]


def judged(
    images: Sequence[Evidence], sides: Mapping[str, Split] | None = None, options: CurateOptions = OPTIONS
) -> Judgement:
    return judge(images, comparisons(images), sides or {}, options)


def verdicts(
    *images: Evidence, sides: dict[str, Split] | None = None, options: CurateOptions = OPTIONS
) -> dict[int, Verdict]:
    return {int(one.sha256, 16): one for one in judged(images, sides, options).verdicts}


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
    assert found[1] == Verdict(sha(1), "duplicate", score=1 - 3 / 64, detail="same content", other=sha(2))
    assert found[2].kept


def test_images_of_one_scene_are_kept_on_one_side() -> None:
    scene = [image(number, bits=(1 << 8 * number) - 1) for number in range(1, 7)]
    found = verdicts(*scene, *(image(number) for number in range(11, 15)))
    assert all(one.kept for one in found.values())
    assert len({found[number].split for number in range(1, 7)}) == 1


def test_copies_are_kept_on_one_side_where_the_user_says_so() -> None:
    options = replace(OPTIONS, keep=("duplicate",))
    found = verdicts(image(1, bits=0), image(2, bits=0b111, width=300), image(3), image(4), options=options)
    assert all(one.kept for one in found.values())
    assert found[1].split == found[2].split


def looks_of(**values: float) -> tuple[float, ...]:
    """Looks that no check minds, but for these scores."""
    return astuple(replace(Looks(*FINE), **values))


def test_looks_that_are_certainly_wrong_are_rejected_with_score_and_limit() -> None:
    found = verdicts(image(1, looks=looks_of(graphic=9.5)))[1]
    assert (found.reason, found.score, found.threshold) == ("not_a_photo", 9.5, Thresholds().not_a_photo.reject)


def test_doubtful_looks_are_kept_with_a_flag() -> None:
    doubtful = looks_of(graphic=Thresholds().not_a_photo.flag + 0.1, noise=Thresholds().noisy.flag + 1)
    found = verdicts(image(1, looks=doubtful), image(2))
    assert (found[1].reason, found[1].flags, found[2].flags) == ("", "not_a_photo,noisy", "")


def test_what_the_user_keeps_is_flagged_instead() -> None:
    found = verdicts(image(1, looks=looks_of(graphic=9.5)), options=replace(OPTIONS, keep=("not_a_photo",)))[1]
    assert (found.reason, found.flags) == ("", "not_a_photo")


def test_a_changed_threshold_counts() -> None:
    options = replace(OPTIONS, threshold=("not_a_photo=20",))
    assert verdicts(image(1, looks=looks_of(graphic=9.5)), options=options)[1].kept


@pytest.mark.parametrize(("reason", "size"), [("too_small", (50, 50)), ("extreme_aspect", (900, 100))])
def test_what_has_the_wrong_shape_may_be_kept(reason: str, size: tuple[int, int]) -> None:
    width, height = size
    assert verdicts(image(1, width=width, height=height))[1].reason == reason
    assert verdicts(image(1, width=width, height=height), options=replace(OPTIONS, keep=(reason,)))[1].kept


def test_an_image_is_too_small_below_half_of_the_finished_size_unless_told() -> None:
    options = CurateOptions(size=286)
    found = verdicts(image(1, width=142, height=300), image(2, width=143, height=300), options=options)
    assert (found[1].reason, found[1].threshold, found[2].reason) == ("too_small", 143, "")


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
    found = judged(chain, sides)
    assert {found.sides[sha(number)] for number in (1, 2, 3)} == {"test"}


def test_a_new_image_between_train_and_test_is_rejected_and_the_old_ones_stay() -> None:
    sides: dict[str, Split] = {sha(1): "train", sha(2): "test"}
    found = verdicts(image(1, bits=0), image(2, bits=0b1111111111), image(3, bits=0b11111, width=300), sides=sides)
    assert (found[1].split, found[2].split, found[3].reason) == ("train", "test", "split_bridge")


def test_sides_of_images_that_are_gone_or_rejected_are_remembered() -> None:
    sides: dict[str, Split] = {sha(1): "test", sha(2): "train"}
    assert judged([image(1, reason="missing")], sides).sides == sides


hashes = st.integers(0, 2**20 - 1)
several = st.lists(st.tuples(hashes, st.sampled_from(["A", "A", "B", "AB"]), st.integers(90, 400)), max_size=25)


def built(rows: list[tuple[int, str, int]]) -> list[Evidence]:
    return [
        image(number, bits=bits, domains=domains, width=width)
        for number, (bits, domains, width) in enumerate(rows, start=1)
    ]


def moved(before: Judgement, after: Judgement) -> list[str]:
    return [name for name, side in before.sides.items() if after.sides[name] != side]


@settings(derandomize=True, deadline=None)
@given(several)
def test_no_two_kept_images_are_copies_and_each_duplicate_is_one_of_a_kept_image(
    rows: list[tuple[int, str, int]],
) -> None:
    images = built(rows)
    judgement = judged(images)
    kept = {one.sha256 for one in judgement.kept}
    copies = {frozenset((one.first, one.second)) for one in comparisons(images) if one.kind == "copy"}
    assert not any(pair <= kept for pair in copies)
    for one in judgement.verdicts:
        if one.reason == "duplicate":
            assert one.other in kept
            assert {one.sha256, one.other} in copies


@settings(derandomize=True, deadline=None)
@given(several)
def test_no_linked_pair_lies_on_both_sides(rows: list[tuple[int, str, int]]) -> None:
    images = built(rows)
    side = {one.sha256: one.split for one in judged(images).kept}
    linked = [(one.first, one.second) for one in comparisons(images)]
    assert all(side[a] == side[b] for a, b in linked if a in side and b in side)


@settings(derandomize=True, deadline=None)
@given(several)
def test_judging_again_gives_the_same_verdicts_in_any_order(rows: list[tuple[int, str, int]]) -> None:
    images = built(rows)
    once = judged(images)
    assert judged(images[::-1], once.sides) == once


@settings(derandomize=True, deadline=None)
@given(several, st.integers(0, 25))
def test_images_that_come_later_never_move_an_old_one(rows: list[tuple[int, str, int]], count: int) -> None:
    images = built(rows)
    before = judged(images[:count])
    after = judged(images, before.sides)
    assert not moved(before, after)
    assert judged(images, after.sides) == after
