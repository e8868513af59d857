"""What a person said outranks every check, and neither order, repetition nor undoing leaves a trace."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_checks import OPTIONS, built, comparisons, image, looks_of, sha

from curate.checks import Evidence, Judgement, judge
from curate.decisions import notes_of, said_of
from curate.options import CurateOptions
from pipeline.decisions import DISTINCT, KEEP, LOOK, MOVE, NOTE, PREFER, REJECT, TOPICS, UNDO, fault_of, standing
from pipeline.records import Decision, Split, Verdict


def on_image(number: int, action: str, value: str = "", at: float = 0) -> Decision:
    return Decision(sha(number), "", action, value, at)


def on_pair(first: int, second: int, action: str, kept: int | None = None) -> Decision:
    return Decision(sha(min(first, second)), sha(max(first, second)), action, "" if kept is None else sha(kept))


def judged(
    images: Sequence[Evidence],
    decisions: Iterable[Decision],
    sides: Mapping[str, Split] | None = None,
    options: CurateOptions = OPTIONS,
) -> Judgement:
    return judge(images, comparisons(images), sides or {}, options, said_of(decisions))


def verdicts(images: Sequence[Evidence], *decisions: Decision) -> dict[str, Verdict]:
    return {one.sha256: one for one in judged(images, decisions).verdicts}


def reasons(images: Sequence[Evidence], *decisions: Decision) -> list[str]:
    return [one.reason for one in judged(images, decisions).verdicts]


@pytest.mark.parametrize(
    "one",
    [
        image(1, width=50),
        image(1, width=2000),
        image(1, looks=looks_of(graphic=99)),
        image(1, looks=looks_of(contrast=0)),
    ],
)
def test_what_a_person_keeps_is_kept_whatever_a_check_finds_and_says_so(one: Evidence) -> None:
    assert reasons([one]) != [""]
    (verdict,) = verdicts([one], on_image(1, KEEP)).values()
    assert verdict.kept
    assert verdict.flags.split(",")[-1] == "reviewed"


def test_what_was_kept_by_a_person_is_still_flagged_for_what_it_looks_like() -> None:
    (verdict,) = verdicts([image(1, looks=looks_of(graphic=99))], on_image(1, KEEP)).values()
    assert verdict.flags == "not_a_photo,reviewed"


@pytest.mark.parametrize("reason", ["corrupt", "empty", "missing"])
def test_what_cannot_be_decoded_cannot_be_kept(reason: str) -> None:
    assert reasons([image(1, reason=reason)], on_image(1, KEEP)) == [reason]
    assert reasons([image(1, reason=reason)], on_image(1, REJECT)) == [reason]


def test_what_has_no_source_has_no_domain_and_cannot_be_kept() -> None:
    assert reasons([image(1, domains="")], on_image(1, KEEP), on_image(1, MOVE, "A")) == ["no_source"]


def test_what_a_person_rejects_is_rejected() -> None:
    images = [image(1), image(2)]
    assert verdicts(images, on_image(1, REJECT))[sha(1)] == Verdict(sha(1), "review", flags="reviewed")
    assert verdicts(images, on_image(1, REJECT))[sha(2)].kept


def test_copies_of_what_a_person_rejected_do_not_come_in_its_place() -> None:
    images = [image(1, bits=0), image(2, bits=1, width=150), image(3)]
    assert reasons(images) == ["", "duplicate", ""]
    found = verdicts(images, on_image(1, REJECT))
    assert [one.reason for one in found.values()] == ["review", "review", ""]
    assert found[sha(2)].other == sha(1)


def test_a_copy_of_what_was_rejected_may_be_kept_all_the_same() -> None:
    images = [image(1, bits=0), image(2, bits=1, width=150), image(3)]
    assert reasons(images, on_image(1, REJECT), on_image(2, KEEP)) == ["review", "", ""]
    assert reasons(images, on_image(1, REJECT), on_pair(1, 2, DISTINCT)) == ["review", "", ""]


def test_no_duplicate_is_kept_and_stays_on_the_side_of_the_other() -> None:
    images = [image(1, bits=0), image(2, bits=1), *(image(number) for number in range(3, 9))]
    judgement = judged(images, [on_pair(1, 2, DISTINCT)])
    assert [one.reason for one in judgement.verdicts] == [""] * 8
    assert judgement.sides[sha(1)] == judgement.sides[sha(2)]
    assert sha(2) in judgement.links[sha(1)]


def test_a_kept_copy_is_kept_beside_the_other() -> None:
    assert reasons([image(1, bits=0), image(2, bits=1, width=150)], on_image(2, KEEP)) == ["", ""]


def test_the_other_copy_is_kept_and_takes_the_side() -> None:
    images = [image(1, bits=0), image(2, bits=1, width=150), image(3), image(4)]
    sides = judged(images, []).sides
    after = judged(images, [on_pair(1, 2, PREFER, kept=2)], sides)
    assert after.verdicts[0] == replace(after.verdicts[0], reason="duplicate", other=sha(2))
    assert after.verdicts[1].kept
    assert after.sides[sha(2)] == sides[sha(1)]


def test_the_other_copy_is_kept_although_it_is_too_small_and_although_copies_are_kept() -> None:
    images = [image(1, bits=0), image(2, bits=1, width=50)]
    choice = on_pair(1, 2, PREFER, kept=2)
    assert reasons(images, choice) == ["duplicate", ""]
    kept = judged(images, [choice], options=replace(OPTIONS, keep=("duplicate",)))
    assert [one.reason for one in kept.verdicts] == ["duplicate", ""]


def test_an_image_is_moved_to_the_other_domain() -> None:
    found = verdicts([image(1), image(2)], on_image(1, MOVE, "B"))
    assert (found[sha(1)].domain, found[sha(2)].domain) == ("B", "A")


def test_moving_settles_a_conflict_of_domains() -> None:
    assert verdicts([image(1, domains="AB")], on_image(1, MOVE, "B"))[sha(1)].domain == "B"


def test_keeping_settles_no_conflict_of_domains() -> None:
    assert reasons([image(1, domains="AB")], on_image(1, KEEP)) == ["domain_conflict"]


@pytest.mark.parametrize("moved", [1, 2])
@pytest.mark.parametrize("domain", ["A", "B"])
def test_a_word_on_one_of_two_copies_settles_the_picture(moved: int, domain: str) -> None:
    images = [image(1, bits=0), image(2, bits=1, width=150, domains="B")]
    assert reasons(images) == ["domain_conflict"] * 2
    found = verdicts(images, on_image(moved, MOVE, domain))
    assert (found[sha(1)].reason, found[sha(1)].domain) == ("", domain)
    assert found[sha(2)].reason == "duplicate"


def test_two_words_against_each_other_settle_nothing() -> None:
    images = [image(1, bits=0), image(2, bits=1, width=150, domains="B")]
    assert reasons(images, on_image(1, MOVE, "B"), on_image(2, MOVE, "A")) == ["domain_conflict"] * 2


def test_copies_that_are_told_apart_may_be_in_both_domains() -> None:
    images = [image(1, bits=0), image(2, bits=1, domains="B")]
    assert [one.domain for one in verdicts(images, on_pair(1, 2, DISTINCT)).values()] == ["A", "B"]


def test_what_hangs_on_both_sides_cannot_be_kept() -> None:
    images = [image(1, bits=0), image(2, bits=2**14 - 1), image(3, bits=2**7 - 1)]
    sides: dict[str, Split] = {sha(1): "train", sha(2): "test"}
    (bridge,) = [one for one in judged(images, [on_image(3, KEEP)], sides).verdicts if one.sha256 == sha(3)]
    assert bridge.reason == "split_bridge"


def test_notes_and_looks_decide_nothing() -> None:
    images = [image(1), image(2, width=50)]
    said = [on_image(1, NOTE, "벚꽃"), on_image(2, LOOK, "too_small")]
    assert judged(images, said) == judged(images, [])
    assert notes_of(said) == {sha(1): "벚꽃"}


def test_the_latest_word_on_a_topic_counts_and_a_note_takes_no_other_word_away() -> None:
    said = [on_image(1, KEEP, at=1), on_image(1, REJECT, at=3), on_image(1, KEEP, at=2), on_image(1, NOTE, "x", at=4)]
    assert said_of(said).rejected == {sha(1)}
    assert said_of(said).kept == frozenset()


@pytest.mark.parametrize(
    ("decision", "fault"),
    [
        (Decision("x", "", KEEP, ""), "sha256"),
        (Decision(sha(10).upper(), "", KEEP, ""), "sha256"),
        (Decision(sha(1), sha(2), KEEP, ""), "other"),
        (Decision(sha(2), sha(1), DISTINCT, ""), "other"),
        (Decision(sha(1), "", DISTINCT, ""), "other"),
        (Decision(sha(1), "", "burn", ""), "action"),
        (Decision(sha(1), sha(2), PREFER, sha(3)), "value"),
        (Decision(sha(1), "", MOVE, "C"), "value"),
        (Decision(sha(1), "", UNDO, "everything"), "value"),
        (Decision(sha(1), "", NOTE, "\ud800"), "value"),
        (Decision(sha(1), "", NOTE, "x" * 2001), "value"),
        (Decision(sha(1), sha(2), PREFER, sha(2)), ""),
        (Decision(sha(1), sha(2), UNDO, "pair"), ""),
        (Decision(sha(1), "", NOTE, "벚꽃 🌸"), ""),
    ],
)
def test_a_decision_from_outside_says_what_is_wrong_with_it(decision: Decision, fault: str) -> None:
    assert fault_of(decision) == fault


ACTIONS = st.sampled_from(
    [(KEEP, ""), (REJECT, ""), (MOVE, "A"), (MOVE, "B"), (NOTE, "n"), (UNDO, "verdict"), (UNDO, "domain")]
)
PAIR_ACTIONS = st.sampled_from([DISTINCT, PREFER, UNDO])
TIMES = st.integers(0, 4).map(float)


def _pair(first: int, second: int, action: str, at: float) -> Decision:
    value = {DISTINCT: "", PREFER: sha(first), UNDO: "pair"}[action]
    return Decision(min(sha(first), sha(second)), max(sha(first), sha(second)), action, value, at)


IMAGE_WORDS = st.builds(lambda n, word, at: on_image(n, *word, at), st.integers(0, 5), ACTIONS, TIMES)
NUMBERS = st.lists(st.integers(0, 5), min_size=2, max_size=2, unique=True)
PAIR_WORDS = st.builds(lambda pair, action, at: _pair(*pair, action, at), NUMBERS, PAIR_ACTIONS, TIMES)
WORDS = st.lists(st.one_of(IMAGE_WORDS, PAIR_WORDS), max_size=12)
ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(["A", "B", "AB"]), st.sampled_from([50, 150, 200])),
    min_size=1,
    max_size=6,
)


@settings(derandomize=True, deadline=None)
@given(WORDS, st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_of_decisions_matters(words: list[Decision], random: object) -> None:
    shuffled = words + words[: len(words) // 2]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert standing(shuffled) == standing(words)


@settings(derandomize=True, deadline=None)
@given(WORDS, st.integers(0, 5), st.sampled_from(sorted(set(TOPICS.values()) - {"pair"})))
def test_undoing_leaves_what_stood_before(words: list[Decision], number: int, topic: str) -> None:
    before = standing(words)
    action = next(action for action, known in TOPICS.items() if known == topic)
    key = (sha(number), "", topic)
    again = replace(before[key], decided_at=6.0) if key in before else on_image(number, UNDO, topic, 6.0)
    assert standing([*words, on_image(number, action, "A", 5.0), again]) == before


@settings(derandomize=True, deadline=None, max_examples=60)
@given(ROWS, WORDS, st.randoms(use_true_random=False))
def test_decided_verdicts_depend_on_no_order(
    rows: list[tuple[int, str, int]], words: list[Decision], random: object
) -> None:
    images = built(rows)
    shuffled, others = list(images), list(words)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    random.shuffle(others)  # type: ignore[attr-defined]
    assert judged(shuffled, others) == judged(images, words)


@settings(derandomize=True, deadline=None)
@given(ROWS, WORDS)
def test_what_is_wanted_is_kept_unless_nothing_can_keep_it_and_no_link_straddles(
    rows: list[tuple[int, str, int]], words: list[Decision]
) -> None:
    judgement, said = judged(built(rows), words), said_of(words)
    kept = {one.sha256: one for one in judgement.kept}
    for one in judgement.verdicts:
        assert one.sha256 not in said.wanted or one.reason in ("", "domain_conflict")
        assert not (one.sha256 in said.rejected and one.kept)
        assert ("reviewed" in one.flags.split(",")) == (one.sha256 in said.named)
    for name, one in kept.items():
        assert {kept[other].split for other in judgement.links[name].keys() & kept.keys()} <= {one.split}
