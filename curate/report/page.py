"""The page of what was rejected, put together: one HTML file that opens from disk, or the same from a local server.

Titles, queries and addresses are strangers' text: they lie in a JSON block in which no tag can begin, the script puts
them in as text only, links are http or https, and the page's policy forbids every script but this one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from curate.report.groups import all_groups_of, groups_of
from curate.report.shown import Shown, image_row
from curate.report.texts import texts
from pipeline.document import document, policy_of
from pipeline.language import _
from pipeline.records import DOMAINS, SPLITS, Decision, Domain, Split, Verdict

PACKAGE = "curate.report"
PICTURES = "'self' data:"


@dataclass(frozen=True, slots=True)
class Reported:
    """What is reported: of which dataset, by its identity and name, which domains and counts, and what stands there.

    `images` must hold every image that the page shows, by sha256, and the images that these name as others.
    `decisions` are a person's, oldest first; `places` say how pairs lie on each other (`Comparison.place`).
    """

    identity: str
    name: str
    names: Mapping[Domain, str]
    counts: Mapping[Split, Mapping[Domain, int]]
    verdicts: Sequence[Verdict]
    images: Mapping[str, Shown]
    decisions: Sequence[Decision] = ()
    places: Mapping[tuple[str, str], tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit that can be moved by hand: of which check, its value, and between which scores the images lie."""

    name: str
    label: str
    value: float
    low: float
    high: float


def report_page(reported: Reported) -> bytes:
    """The report as one file in UTF-8, its pictures inside."""
    data = _data(reported) | {
        "groups": groups_of(reported.verdicts, reported.names, reported.images, reported.places),
        "images": {sha256: image_row(image) for sha256, image in sorted(reported.images.items())},
        "served": False,
    }
    return document(PACKAGE, _heading(reported), data)


def served_page(reported: Reported, number: int, limits: Iterable[Limit]) -> bytes:
    """The page of `pipeline review`: all images, also the kept ones; `number` is that of the latest decision."""
    data = _data(reported) | {
        "groups": all_groups_of(reported.verdicts, reported.names, reported.images, reported.places),
        "images": {sha256: image_row(one, f"thumb/{sha256}") for sha256, one in sorted(reported.images.items())},
        "served": True,
        "number": number,
        "limits": [
            {"name": one.name, "label": one.label, "value": one.value, "low": one.low, "high": one.high}
            for one in limits
        ],
    }
    return document(PACKAGE, _heading(reported), data, pictures=PICTURES, requests="'self'")


def served_policy() -> str:
    """What a served page may do, for the server to send as well."""
    return policy_of(PACKAGE, PICTURES, "'self'")


def decision_row(decision: Decision) -> dict[str, str | float]:
    """A decision as the script and the files of decisions spell it; `time` is in seconds since 1970."""
    return {
        "sha256": decision.sha256,
        "other": decision.other,
        "action": decision.action,
        "value": decision.value,
        "time": decision.decided_at,
    }


def _data(reported: Reported) -> dict[str, object]:
    return {
        "dataset": {"id": reported.identity, "name": reported.name},
        "heading": _heading(reported),
        "texts": texts(),
        "names": dict(reported.names),
        "table": _table(reported.names, reported.counts),
        "decisions": [decision_row(one) for one in reported.decisions],
    }


def _heading(reported: Reported) -> str:
    return _("{dataset}: what was rejected", dataset=reported.name)


def _table(names: Mapping[Domain, str], counts: Mapping[Split, Mapping[Domain, int]]) -> list[list[str]]:
    """The kept images by domain and split, the first row and column being headings."""
    rows = [[f"{names[domain]} ({domain})", *(str(counts[split][domain]) for split in SPLITS)] for domain in DOMAINS]
    return [[_("kept"), *SPLITS], *rows]
