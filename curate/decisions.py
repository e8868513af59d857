"""What a person said, as the curation hears it: pure functions from decisions to what they change in the verdicts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from pipeline.decisions import DISTINCT, KEEP, MOVE, NOTE, PREFER, REJECT, REVIEWED, standing
from pipeline.records import DOMAINS, Comparison, Decision, Domain, Verdict

REVIEW = "review"
"""The reason of an image that a person rejected, and of its copies."""

Pair = tuple[str, str]


@dataclass(frozen=True)
class Said:
    """The standing decisions of a person.

    `kept` and `rejected` are images, `domains` where images were moved to, `apart` the pairs that are no duplicates,
    the lesser sha256 first, and `preferred` the pairs (the copy to be kept, the other one).
    """

    kept: frozenset[str] = frozenset()
    rejected: frozenset[str] = frozenset()
    domains: Mapping[str, Domain] = field(default_factory=dict)
    apart: frozenset[Pair] = frozenset()
    preferred: frozenset[Pair] = frozenset()

    @cached_property
    def wanted(self) -> frozenset[str]:
        """The images that are kept whatever a check finds."""
        return (self.kept | {one for one, _other in self.preferred}) - self.rejected

    @cached_property
    def named(self) -> frozenset[str]:
        """Every image of which something was decided."""
        pairs = {name for pair in self.apart | self.preferred for name in pair}
        return self.kept | self.rejected | self.domains.keys() | pairs

    def are_apart(self, first: str, second: str) -> bool:
        """Whether a person said that these two are no duplicates."""
        return (min(first, second), max(first, second)) in self.apart

    def ranked(self, names: Sequence[str]) -> list[str]:
        """The images, best first, with each preferred copy before the one that it replaces."""
        order, known = list(names), set(names)
        for better, worse in sorted(pair for pair in self.preferred if known.issuperset(pair)):
            if order.index(better) > order.index(worse):
                order.remove(better)
                order.insert(order.index(worse), better)
        return order

    def domain_of(self, picture: Iterable[str]) -> Domain | None:
        """The one domain that was named for an image or one of its copies; None where none was, or both."""
        named = {self.domains[name] for name in picture if name in self.domains}
        return named.pop() if len(named) == 1 else None

    def copies_of_rejected(self, comparisons: Iterable[Comparison]) -> dict[str, Verdict]:
        """The copies of what a person rejected: the same picture from another address must not come back.

        An image that a person wants, or set apart from the rejected one, is none of them.
        """
        found: dict[str, Verdict] = {}
        for one in comparisons:
            if one.kind != "copy" or self.are_apart(one.first, one.second):
                continue
            for name, other in ((one.first, one.second), (one.second, one.first)):
                if other in self.rejected and name not in self.rejected | self.wanted:
                    verdict = Verdict(name, REVIEW, score=one.score, detail=one.detail, other=other)
                    found[name] = min(found.get(name, verdict), verdict, key=lambda one: (-one.score, one.other))
        return found

    def signed(self, verdict: Verdict) -> Verdict:
        """The verdict with the flag that says that a person decided, where one did."""
        if verdict.sha256 not in self.named:
            return verdict
        return replace(verdict, flags=",".join(filter(None, (verdict.flags, REVIEWED))))


SILENCE = Said()
"""Nobody said anything."""


def said_of(decisions: Iterable[Decision]) -> Said:
    """What stands of all decisions. Their order and repetition change nothing."""
    words = list(standing(decisions).values())
    return Said(
        kept=frozenset(one.sha256 for one in words if one.action == KEEP),
        rejected=frozenset(one.sha256 for one in words if one.action == REJECT),
        domains={
            one.sha256: domain for one in words if one.action == MOVE for domain in DOMAINS if domain == one.value
        },
        apart=frozenset((one.sha256, one.other) for one in words if one.action == DISTINCT),
        preferred=frozenset(_preference(one) for one in words if one.action == PREFER),
    )


def notes_of(decisions: Iterable[Decision]) -> dict[str, str]:
    """The notes that stand, by image."""
    return {one.sha256: one.value for one in standing(decisions).values() if one.action == NOTE and one.value}


def _preference(decision: Decision) -> Pair:
    pair = (decision.sha256, decision.other)
    return pair if decision.value == decision.sha256 else pair[::-1]
