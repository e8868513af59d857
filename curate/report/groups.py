"""The verdicts as the page shows them: in groups by reason, the least certain first."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from curate.decisions import REVIEW
from curate.measure import PASSING_REASONS
from curate.report.reasons import DOUBTFUL, doubts, reasons, why
from curate.report.shown import Shown
from pipeline.decisions import REVIEWED
from pipeline.language import _
from pipeline.records import DOMAINS, Domain, Verdict

MOST_PER_REASON = 500
"""Pictures that the report shows for one reason; more are only counted, so that the file still opens."""
_FIRST = (DOUBTFUL,)
_LAST = (REVIEW, REVIEWED)
_UNCHANGEABLE = (
    "no_source",
    "split_bridge",
    "empty",
    "not_image",
    "corrupt",
    "too_many_pixels",
    "crashed",
    *PASSING_REASONS,
)
"""What a person's word cannot keep."""


def shown_verdicts(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """What the report shows: the MOST_PER_REASON least certain of each reason, and of the kept images with a doubt."""
    seen: Counter[str] = Counter()
    shown = []
    for verdict in sorted(filter(_group_of, verdicts), key=_certainty):
        seen[_group_of(verdict)] += 1
        if seen[_group_of(verdict)] <= MOST_PER_REASON:
            shown.append(verdict)
    return shown


def groups_of(
    verdicts: Iterable[Verdict], names: Mapping[Domain, str], images: Mapping[str, Shown]
) -> list[dict[str, object]]:
    """The groups of the report, as the script reads them: doubtful ones, then by size, what a person decided last."""
    found = sorted(filter(_group_of, verdicts), key=_group_of)
    groups = [(reason, list(members)) for reason, members in groupby(found, key=_group_of)]
    groups.sort(key=lambda group: (group[0] not in _FIRST, group[0] in _LAST, -len(group[1]), group[0]))
    return [_group(reason, members, shown_verdicts(members), names, images) for reason, members in groups]


def all_groups_of(
    verdicts: Sequence[Verdict], names: Mapping[Domain, str], images: Mapping[str, Shown]
) -> list[dict[str, object]]:
    """The groups of the report with all their images, and after them what is kept, by domain."""
    found = sorted(sorted(filter(_group_of, verdicts), key=_certainty), key=_group_of)
    groups = [(reason, list(members)) for reason, members in groupby(found, key=_group_of)]
    groups.sort(key=lambda group: (group[0] not in _FIRST, group[0] in _LAST, -len(group[1]), group[0]))
    shown = [_group(reason, members, members, names, images) for reason, members in groups]
    for domain in DOMAINS:
        members = [one for one in verdicts if one.kept and one.domain == domain and not _group_of(one)]
        if members:
            kept = _group(f"kept-{domain}", members, members, names, images)
            shown.append(kept | {"name": _("Kept: {name}", name=names[domain]), "counts": False})
    return shown


def _group_of(verdict: Verdict) -> str:
    """Under which heading an image stands, "" for one that is kept without a doubt."""
    if verdict.kept and REVIEWED in verdict.flags.split(","):
        return REVIEWED
    return verdict.reason or (DOUBTFUL if verdict.flags else "")


def _certainty(verdict: Verdict) -> tuple[float, str]:
    """How far an image lies beyond the limit, for copies how much they correlate; the least certain comes first."""
    far = abs(verdict.score - verdict.threshold) / (abs(verdict.threshold) or 1)
    return far, verdict.other or verdict.sha256


def _group(
    reason: str,
    members: Sequence[Verdict],
    shown: Sequence[Verdict],
    names: Mapping[Domain, str],
    images: Mapping[str, Shown],
) -> dict[str, object]:
    name, meaning = reasons().get(reason, (reason, ""))
    more = len(members) - len(shown)
    return {
        "reason": reason,
        "name": name,
        "meaning": meaning,
        "role": _roles().get(reason, ""),
        "counts": reason not in _LAST,
        "total": len(members),
        "more": _("and {count} more that are not shown", count=more) if more else "",
        "images": [_row(verdict, names, images) for verdict in shown],
    }


def _roles() -> dict[str, str]:
    """What the other image of a pair is, by the reason of the first."""
    return {
        "duplicate": _("kept instead"),
        "domain_conflict": _("its like in the other domain"),
        REVIEW: _("what you rejected"),
    }


def _row(verdict: Verdict, names: Mapping[Domain, str], images: Mapping[str, Shown]) -> dict[str, object]:
    shown = images.get(verdict.sha256)
    source = shown.candidate if shown else None
    return {
        "sha256": verdict.sha256,
        "other": verdict.other if verdict.other in images else "",
        "why": why(verdict, names, images),
        "domain": verdict.domain or (source.domain if source else ""),
        "flags": ",".join(doubts(verdict)),
        "fixed": verdict.reason in _UNCHANGEABLE,
    }
