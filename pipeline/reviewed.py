"""How far a review is: which of the images that ask for a look a person decided, or looked at."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.decisions import LOOK, NOTE, REVIEWED, TOPICS, Topic, standing
from pipeline.records import Decision, Verdict

_DECIDING = ("verdict", "domain")


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Of the `images` that are rejected or flagged: those that a person `decided`, or only `looked_at`.

    `doubtful` are the kept ones among the rest: nobody looked at them, and a check was not sure.
    """

    images: int
    decided: int
    looked_at: int
    doubtful: int

    @property
    def waiting(self) -> int:
        return self.images - self.decided - self.looked_at


def reviewed_of(verdicts: Iterable[Verdict], decisions: Iterable[Decision]) -> Reviewed:
    """Count them. A look counts while an image still stands as it did then, as in the review itself."""
    words = standing(decisions)
    asking = [one for one in verdicts if one.reason or one.flags]
    decided = [one for one in asking if _is_decided(one, words)]
    rest = [one for one in asking if not _is_decided(one, words)]
    unseen = [one for one in rest if not _is_looked_at(one, words)]
    return Reviewed(len(asking), len(decided), len(rest) - len(unseen), sum(one.kept for one in unseen))


def words_changed(decisions: Iterable[Decision], since: float) -> bool:
    """Whether what stands of a person's words now would give other verdicts than what stood at that time, in seconds
    since 1970: looks and notes change none."""
    said = [one for one in decisions if TOPICS.get(one.action) not in (TOPICS[LOOK], TOPICS[NOTE])]
    return standing(said) != standing(one for one in said if one.decided_at <= since)


def _is_decided(verdict: Verdict, words: dict[Topic, Decision]) -> bool:
    pair = (min(verdict.sha256, verdict.other), max(verdict.sha256, verdict.other))
    return any((verdict.sha256, "", topic) in words for topic in _DECIDING) or (*pair, "pair") in words


def _is_looked_at(verdict: Verdict, words: dict[Topic, Decision]) -> bool:
    look = words.get((verdict.sha256, "", TOPICS[LOOK]))
    flags = ",".join(flag for flag in verdict.flags.split(",") if flag not in ("", REVIEWED))
    return look is not None and look.value == (verdict.reason or flags)
