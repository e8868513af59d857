"""What a person may say of images, and which of all the words said stand: pure functions over append-only rows."""

import re
from collections.abc import Iterable, Mapping

from pipeline.records import DOMAINS, Decision

KEEP, REJECT, DISTINCT, PREFER, MOVE, NOTE, LOOK, UNDO = (
    "keep",
    "reject",
    "distinct",
    "prefer",
    "move",
    "note",
    "look",
    "undo",
)
TOPICS: Mapping[str, str] = {
    KEEP: "verdict",
    REJECT: "verdict",
    DISTINCT: "pair",
    PREFER: "pair",
    MOVE: "domain",
    NOTE: "note",
    LOOK: "look",
}
"""What each action is about: of what is said of one image, or of one pair, on one topic, the latest counts.

`distinct` (not a duplicate) and `prefer` (keep the copy that `value` names, not the other) concern a pair, whose lesser
sha256 comes first. `move` names the domain, `note` any text, `look` the reason, flags or "" under which an image stood
when a person looked at it. `undo` takes back what was said on the topic that `value` names.
"""
REVIEWED = "reviewed"
"""The flag of an image of which a person decided something."""
MOST_CHARACTERS = 2000
"""The longest note."""

Topic = tuple[str, str, str]
"""sha256, other sha256 or "", and what was talked about."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


def topic_of(decision: Decision) -> Topic:
    """What a decision is about; the third part is "" for one that this version does not know."""
    topic = decision.value if decision.action == UNDO else TOPICS.get(decision.action, "")
    return decision.sha256, decision.other, topic


def standing(decisions: Iterable[Decision]) -> dict[Topic, Decision]:
    """The words that count: the latest of each topic, unless it was taken back.

    The order in which rows come does not matter, nor how often: each carries its time, and what was said in the same
    moment is ordered by what it says.
    """
    latest = {topic_of(one): one for one in sorted(decisions, key=_age)}
    return {topic: one for topic, one in latest.items() if one.action != UNDO and topic[2]}


def _age(decision: Decision) -> tuple[float | str, ...]:
    return decision.decided_at, decision.sha256, decision.other, decision.action, decision.value


def fault_of(decision: Decision) -> str:
    """What is wrong with a decision that came from outside, in English; "" where nothing is."""
    if not _SHA256.fullmatch(decision.sha256):
        return "sha256"
    if not _has_right_other(decision):
        return "other"
    if decision.action != UNDO and decision.action not in TOPICS:
        return "action"
    return "" if _has_right_value(decision) else "value"


def _has_right_other(decision: Decision) -> bool:
    if topic_of(decision)[2] != "pair":
        return decision.other == ""
    return bool(_SHA256.fullmatch(decision.other)) and decision.sha256 < decision.other


def _has_right_value(decision: Decision) -> bool:
    value = decision.value
    allowed: Mapping[str, tuple[str, ...]] = {
        KEEP: ("",),
        REJECT: ("",),
        DISTINCT: ("",),
        PREFER: (decision.sha256, decision.other),
        MOVE: DOMAINS,
        UNDO: tuple(TOPICS.values()),
    }
    if decision.action in allowed:
        return value in allowed[decision.action]
    return len(value) <= MOST_CHARACTERS and _is_text(value)


def _is_text(value: str) -> bool:
    """Whether a text can be stored: JSON can spell halves of characters, which UTF-8 cannot."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value
