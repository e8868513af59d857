"""The verdicts as the page shows them: in groups by reason, the least certain first."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import groupby

from curate.decisions import REVIEW
from curate.measure import PASSING_REASONS
from curate.report.reasons import DOUBTFUL, doubts, reasons, why
from curate.report.shown import Shown
from pipeline.decisions import REVIEWED
from pipeline.language import _
from pipeline.records import DOMAINS, Comparison, Domain, Verdict

Places = Mapping[tuple[str, str], tuple[float, ...]]
"""`Comparison.place` by the two sha256, the lesser first."""

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


def places_of(comparisons: Iterable[Comparison]) -> Places:
    """How the pairs lie on each other of which that was found."""
    return {(one.first, one.second): one.place for one in comparisons if one.place}


def groups_of(
    verdicts: Iterable[Verdict], names: Mapping[Domain, str], images: Mapping[str, Shown], places: Places
) -> list[dict[str, object]]:
    """The groups of the report, as the script reads them: doubtful ones, then by size, what a person decided last."""
    found = sorted(filter(_group_of, verdicts), key=_group_of)
    groups = [(reason, list(members)) for reason, members in groupby(found, key=_group_of)]
    groups.sort(key=lambda group: (group[0] not in _FIRST, group[0] in _LAST, -len(group[1]), group[0]))
    row = partial(_row, names=names, images=images, places=places)
    return [_group(reason, members, [row(one) for one in shown_verdicts(members)]) for reason, members in groups]


def all_groups_of(
    verdicts: Sequence[Verdict], names: Mapping[Domain, str], images: Mapping[str, Shown], places: Places
) -> list[dict[str, object]]:
    """The groups of the report with all their images, and after them what is kept, by domain."""
    found = sorted(sorted(filter(_group_of, verdicts), key=_certainty), key=_group_of)
    groups = [(reason, list(members)) for reason, members in groupby(found, key=_group_of)]
    groups.sort(key=lambda group: (group[0] not in _FIRST, group[0] in _LAST, -len(group[1]), group[0]))
    row = partial(_row, names=names, images=images, places=places)
    shown = [_group(reason, members, [row(one) for one in members]) for reason, members in groups]
    for domain in DOMAINS:
        members = [one for one in verdicts if one.kept and one.domain == domain and not _group_of(one)]
        if members:
            kept = _group(f"kept-{domain}", members, [row(one) for one in members])
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
    rows: Sequence[dict[str, object]],
) -> dict[str, object]:
    name, meaning = reasons().get(reason, (reason, ""))
    more = len(members) - len(rows)
    return {
        "reason": reason,
        "name": name,
        "meaning": meaning,
        "role": _roles().get(reason, ""),
        "counts": reason not in _LAST,
        "total": len(members),
        "more": _("and {count} more that are not shown", count=more) if more else "",
        "images": rows,
    }


def _roles() -> dict[str, str]:
    """What the other image of a pair is, by the reason of the first."""
    return {
        "duplicate": _("kept instead"),
        "domain_conflict": _("its like in the other domain"),
        REVIEW: _("what you rejected"),
    }


def _row(
    verdict: Verdict, names: Mapping[Domain, str], images: Mapping[str, Shown], places: Places
) -> dict[str, object]:
    shown = images.get(verdict.sha256)
    source = shown.candidate if shown else None
    return {
        "sha256": verdict.sha256,
        "other": verdict.other if verdict.other in images else "",
        "place": _place(verdict, places),
        "why": why(verdict, names, images),
        "domain": verdict.domain or (source.domain if source else ""),
        "flags": ",".join(doubts(verdict)),
        "fixed": verdict.reason in _UNCHANGEABLE,
    }


def _place(verdict: Verdict, places: Places) -> tuple[float, ...]:
    """How the other image of a pair lies in the one that the verdict is about; none where that is not known."""
    place = places.get((verdict.sha256, verdict.other), ())
    if place:
        return place
    a, b, c, d, e, f = places.get((verdict.other, verdict.sha256)) or (0, 0, 0, 0, 0, 0)
    area = a * e - b * d
    if not area:
        return ()
    inverse = (e, -b, b * f - c * e, -d, a, c * d - a * f)
    return tuple(round(number / area, 5) for number in inverse)
