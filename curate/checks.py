"""What is kept and why the rest is not: pure functions from what is known of the images to a verdict for each."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from curate.decisions import REVIEW, SILENCE, Said
from curate.duplicates import Neighbours, by_quality, choose, neighbours_of
from curate.options import KEEPABLE, CurateOptions
from curate.scores import Looks
from curate.split import Groups, deal, group
from curate.thresholds import Appraisal, Finding, failures_of
from pipeline.records import Comparison, Domain, ImageRecord, Measurement, Split, Verdict

MAX_ASPECT = 4.0
"""The longest picture that is kept, long side to short side: a panorama passes, a banner and a sliver do not."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of an image before it is judged; `domains` are those of its sources."""

    image: ImageRecord
    measurement: Measurement
    domains: frozenset[Domain]

    @property
    def sha256(self) -> str:
        return self.image.sha256

    @property
    def short_side(self) -> int:
        return min(self.measurement.width, self.measurement.height)

    @property
    def long_side(self) -> int:
        return max(self.measurement.width, self.measurement.height)

    def appraisal(self, options: CurateOptions) -> Appraisal:
        """What its looks say, nothing where it gives no picture."""
        if self.measurement.reason:
            return Appraisal(None, ())
        return failures_of(Looks(*self.measurement.looks), options.thresholds, options.keep)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict for each image, by sha256, and the side of the split that every group has from now on.

    `links` is the graph that the groups were made of.
    """

    verdicts: tuple[Verdict, ...]
    sides: Mapping[str, Split]
    links: Neighbours

    @property
    def kept(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if verdict.kept]


Check = Callable[[Evidence, CurateOptions], Verdict | None]


def is_undecodable(evidence: Evidence, options: CurateOptions) -> Verdict | None:
    """Rejected with the decoder's reason: empty, not_image, corrupt, too_many_pixels, crashed, missing or changed."""
    del options
    reason = evidence.measurement.reason
    return Verdict(evidence.sha256, reason) if reason else None


def has_no_source(evidence: Evidence, options: CurateOptions) -> Verdict | None:
    """Rejected as `no_source`: an adopted file of a killed crawl; the next crawl will say whose it is."""
    del options
    return None if evidence.domains else Verdict(evidence.sha256, "no_source")


def is_too_small(evidence: Evidence, options: CurateOptions) -> Verdict | None:
    """Rejected as `too_small`: the short side has fewer than `min_size` pixels."""
    if evidence.short_side >= options.least_side or "too_small" in options.keep:
        return None
    return Verdict(evidence.sha256, "too_small", score=evidence.short_side, threshold=options.least_side)


def is_extreme_aspect(evidence: Evidence, options: CurateOptions) -> Verdict | None:
    """Rejected as `extreme_aspect`: the long side is more than MAX_ASPECT times the short one."""
    aspect = evidence.long_side / evidence.short_side
    if aspect <= MAX_ASPECT or "extreme_aspect" in options.keep:
        return None
    return Verdict(evidence.sha256, "extreme_aspect", score=round(aspect, 2), threshold=MAX_ASPECT)


def looks_wrong(evidence: Evidence, options: CurateOptions) -> Verdict | None:
    """Rejected with the reason of the first check of looks that is certain (`curate.thresholds`)."""
    found = evidence.appraisal(options).rejected
    return Verdict(evidence.sha256, found.reason, score=found.score, threshold=found.threshold) if found else None


CHECKS: tuple[Check, ...] = (is_undecodable, has_no_source, is_too_small, is_extreme_aspect, looks_wrong)
"""What an image can fail by itself; the first that it fails gives the reason."""


def judge(
    evidence: Iterable[Evidence],
    comparisons: Iterable[Comparison],
    sides: Mapping[str, Split],
    options: CurateOptions,
    said: Said = SILENCE,
) -> Judgement:
    """Judge all images together: each by itself, then bridges, conflicts of domain, copies, and the split.

    `sides` are those that earlier curations dealt, `said` is what a person decided, which outranks every check. Three
    things no word can give: a picture to what does not decode, a source, and a side to what hangs on both. The result
    depends on nothing else: not on order, time or chance.
    """
    comparisons = list(comparisons)
    images = {one.sha256: _moved(one, said) for one in sorted(evidence, key=lambda one: one.sha256)}
    rejected = {sha256: verdict for sha256, one in images.items() if (verdict := first_failure(one, options, said))}
    again = said.copies_of_rejected(comparisons)
    rejected |= {name: verdict for name, verdict in again.items() if name in images and name not in rejected}
    neighbours = _linked(images, rejected, sides, comparisons)
    groups = group(neighbours, sides)
    rejected |= {name: Verdict(name, "split_bridge") for name in groups.bridges if name not in rejected}
    able = [one for name, one in images.items() if name not in rejected]
    related = _relations(able, neighbours, options, said)
    rejected |= related.rejected
    judged = _with_split(images, rejected, groups, neighbours, sides=sides, options=options, domains=related.domains)
    verdicts = (_flagged(one, images[one.sha256], _options_for(one.sha256, options, said)) for one in judged.verdicts)
    return replace(judged, verdicts=tuple(said.signed(one) for one in verdicts))


def first_failure(evidence: Evidence, options: CurateOptions, said: Said = SILENCE) -> Verdict | None:
    """Why an image is rejected by itself, whatever the others are; None where it is not."""
    options = _options_for(evidence.sha256, options, said)
    verdict = next((verdict for check in CHECKS if (verdict := check(evidence, options))), None)
    if evidence.sha256 in said.rejected and not (verdict and verdict.reason in _hopeless(evidence)):
        return Verdict(evidence.sha256, REVIEW)
    return verdict


def _hopeless(evidence: Evidence) -> tuple[str, ...]:
    """The reasons that stand whatever a person says."""
    return evidence.measurement.reason, "no_source"


def _options_for(sha256: str, options: CurateOptions, said: Said) -> CurateOptions:
    return _keeping_all(options) if sha256 in said.wanted else options


@cache
def _keeping_all(options: CurateOptions) -> CurateOptions:
    """A person who wants an image sets aside every check that `--keep` can: they flag, and reject nothing."""
    return replace(options, keep=KEEPABLE)


def _moved(evidence: Evidence, said: Said) -> Evidence:
    domain = said.domains.get(evidence.sha256)
    return replace(evidence, domains=frozenset({domain})) if domain and evidence.domains else evidence


def _flagged(verdict: Verdict, evidence: Evidence, options: CurateOptions) -> Verdict:
    flags = [finding.reason for finding in evidence.appraisal(options).flags]
    return replace(verdict, flags=",".join(flags)) if flags else verdict


def with_strangers(judgement: Judgement, found: Mapping[str, Finding]) -> Judgement:
    """The judgement with these images flagged besides, by sha256 (`curate.offtopic`); nothing is rejected for it."""
    verdicts = (
        replace(one, flags=",".join(filter(None, (one.flags, found[one.sha256].reason))))
        if one.sha256 in found
        else one
        for one in judgement.verdicts
    )
    return replace(judgement, verdicts=tuple(verdicts))


def _linked(
    images: Mapping[str, Evidence],
    rejected: Mapping[str, Verdict],
    sides: Mapping[str, Split],
    comparisons: Iterable[Comparison],
) -> dict[str, dict[str, Comparison]]:
    """The graph of links over all images that may be kept, and those that were dealt once: heirs look for them."""
    able = [
        name for name, one in images.items() if not one.measurement.reason and (name not in rejected or name in sides)
    ]
    return neighbours_of(able, comparisons)


@dataclass(frozen=True, slots=True)
class _Related:
    """The verdicts that images get for each other's sake, and the domains that a person gave to pictures."""

    rejected: dict[str, Verdict]
    domains: dict[str, Domain]


def _relations(able: list[Evidence], neighbours: Neighbours, options: CurateOptions, said: Said) -> _Related:
    """`domain_conflict` first, then `duplicate`."""
    names = {one.sha256 for one in able}
    copies = {name: _copies(name, neighbours[name], names, said) for name in names}
    ranked = said.ranked(by_quality((one.image, one.measurement) for one in able))
    originals = choose(ranked, copies, said.wanted)
    duplicates = {
        name: Verdict(name, "duplicate", score=link.score, detail=link.detail, other=kept)
        for name, kept in originals.items()
        if kept != name and (link := copies[name][kept])
        if "duplicate" not in options.keep or (kept, name) in said.preferred
    }
    pictures = {name: [name, *sorted(copies[name])] for name, original in originals.items() if original == name}
    settled = {name: domain for name, picture in pictures.items() if (domain := said.domain_of(picture))}
    open_ones = {name: picture for name, picture in pictures.items() if name not in settled}
    return _Related(duplicates | _conflicts({one.sha256: one.domains for one in able}, open_ones), settled)


def _copies(name: str, links: Mapping[str, Comparison], names: set[str], said: Said) -> dict[str, Comparison]:
    return {
        other: link
        for other, link in links.items()
        if link.kind == "copy" and other in names and not said.are_apart(name, other)
    }


def _conflicts(domains: Mapping[str, frozenset[Domain]], pictures: Mapping[str, Sequence[str]]) -> dict[str, Verdict]:
    """A kept image and its copies are one picture; where their sources lie in both domains all of them are rejected.

    `other` names a copy whose sources are in the other domain, where there is one.
    """
    rejected: dict[str, Verdict] = {}
    for _name, picture in sorted(pictures.items()):
        if len(frozenset().union(*(domains[member] for member in picture))) < 2:
            continue
        for member in picture:
            other = next((one for one in picture if domains[one] != domains[member]), "")
            rejected.setdefault(member, Verdict(member, "domain_conflict", detail="A B", other=other))
    return rejected


def _with_split(
    images: Mapping[str, Evidence],
    rejected: Mapping[str, Verdict],
    groups: Groups,
    links: Neighbours,
    *,
    sides: Mapping[str, Split],
    options: CurateOptions,
    domains: Mapping[str, Domain],
) -> Judgement:
    kept: dict[str, Domain] = {
        name: domains.get(name) or min(one.domains) for name, one in images.items() if name not in rejected
    }
    dealt = deal(groups, kept, options.split)
    verdicts = [
        rejected[name] if name in rejected else Verdict(name, "", domain=kept[name], split=dealt[name])
        for name in images
    ]
    return Judgement(tuple(verdicts), {**dealt, **sides}, links)
