"""How far a review is, and whether it said anything since a curation."""

import pytest

from pipeline.decisions import DISTINCT, KEEP, LOOK, MOVE, NOTE, REJECT, UNDO
from pipeline.records import Decision, Verdict
from pipeline.reviewed import Reviewed, reviewed_of, words_changed

REJECTED = Verdict("a" * 64, "duplicate", other="f" * 64)
FLAGGED = Verdict("b" * 64, "", "A", "train", flags="blurred,text")
FINE = Verdict("c" * 64, "", "B", "test")
VERDICTS = (REJECTED, FLAGGED, FINE)


def _said(sha256: str, action: str, value: str = "", other: str = "", at: float = 1.0) -> Decision:
    return Decision(sha256, other, action, value, at)


def test_only_what_is_rejected_or_flagged_asks_for_a_look() -> None:
    assert reviewed_of(VERDICTS, []) == Reviewed(images=2, decided=0, looked_at=0, doubtful=1)
    assert reviewed_of(VERDICTS, [_said(FINE.sha256, REJECT)]).decided == 0


@pytest.mark.parametrize(
    "word",
    [
        _said(REJECTED.sha256, KEEP),
        _said(REJECTED.sha256, MOVE, "B"),
        _said(REJECTED.sha256, DISTINCT, other=REJECTED.other),
    ],
)
def test_a_word_on_an_image_its_pair_or_its_domain_decides_it(word: Decision) -> None:
    assert reviewed_of(VERDICTS, [word]) == Reviewed(images=2, decided=1, looked_at=0, doubtful=1)
    taken_back = _said(
        word.sha256, UNDO, {KEEP: "verdict", MOVE: "domain", DISTINCT: "pair"}[word.action], word.other, 2.0
    )
    assert reviewed_of(VERDICTS, [word, taken_back]).decided == 0


def test_a_look_counts_while_the_image_stands_as_it_did_then() -> None:
    looks = [_said(REJECTED.sha256, LOOK, "duplicate"), _said(FLAGGED.sha256, LOOK, "blurred,text")]
    assert reviewed_of(VERDICTS, looks) == Reviewed(images=2, decided=0, looked_at=2, doubtful=0)
    assert reviewed_of(VERDICTS, [_said(REJECTED.sha256, LOOK, "blurred")]).looked_at == 0


def test_what_was_looked_at_and_decided_counts_once() -> None:
    words = [_said(FLAGGED.sha256, LOOK, "blurred,text"), _said(FLAGGED.sha256, REJECT, at=2.0)]
    found = reviewed_of(VERDICTS, words)
    assert (found.decided, found.looked_at, found.waiting) == (1, 0, 1)


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        ([], False),
        ([_said("a" * 64, KEEP, at=9.0)], False),
        ([_said("a" * 64, KEEP, at=11.0)], True),
        ([_said("a" * 64, KEEP, at=9.0), _said("a" * 64, REJECT, at=11.0)], True),
        ([_said("a" * 64, KEEP, at=9.0), _said("a" * 64, UNDO, "verdict", at=11.0)], True),
        ([_said("a" * 64, KEEP, at=11.0), _said("a" * 64, UNDO, "verdict", at=12.0)], False),
        ([_said("a" * 64, LOOK, "duplicate", at=11.0), _said("a" * 64, NOTE, "nice", at=12.0)], False),
    ],
)
def test_only_words_that_would_change_a_verdict_call_for_a_new_curation(words: list[Decision], changed: bool) -> None:
    assert words_changed(words, since=10.0) is changed
