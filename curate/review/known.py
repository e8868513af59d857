"""What a review knows of a curated dataset, read from its catalogue, and what another limit would change in it."""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from curate.checks import Evidence, judge
from curate.decisions import Said
from curate.duplicates import real_pixels
from curate.options import CurateOptions
from curate.report.page import Limit
from curate.report.reasons import reasons
from curate.report.shown import Shown
from curate.scores import Looks
from curate.thresholds import LOOK_CHECKS, LookCheck
from pipeline.catalog import Catalog
from pipeline.dataset import DatasetDir
from pipeline.errors import OptionError, UnusableError
from pipeline.finished import open_curation
from pipeline.records import DOMAINS, SPLITS, Comparison, Domain, Split, Verdict
from pipeline.rows import domains_of, least_sources

TOO_SMALL = "too_small"


@dataclass(frozen=True, slots=True)
class Known:
    """Everything of the last curation that a page shows or a judgement needs."""

    evidence: Mapping[str, Evidence]
    comparisons: Sequence[Comparison]
    sides: Mapping[str, Split]
    verdicts: Sequence[Verdict]
    images: Mapping[str, Shown]
    options: CurateOptions

    def counts(self) -> dict[Split, dict[Domain, int]]:
        counted = Counter((one.split, one.domain) for one in self.verdicts if one.kept)
        return {split: {domain: counted[split, domain] for domain in DOMAINS} for split in SPLITS}

    def kept(self, options: CurateOptions, said: Said) -> frozenset[str]:
        """The images that these options and words keep."""
        judgement = judge(self.evidence.values(), self.comparisons, self.sides, options, said)
        return frozenset(one.sha256 for one in judgement.kept)


@dataclass(frozen=True, slots=True)
class Change:
    """What another limit would change: images that would be kept, and rejected; and the command that sets it."""

    kept: list[str]
    rejected: list[str]
    command: str


def known_of(dataset: DatasetDir, catalog: Catalog) -> Known:
    """Read what the last curation left. Raises DiskError."""
    sources = [source for source in catalog.sources() if source.sha256]
    domains, least = domains_of(sources), least_sources(sources)
    measurements = catalog.measurements()
    evidence = {
        image.sha256: Evidence(image, measurements[image.sha256], frozenset(domains.get(image.sha256, ())))
        for image in catalog.images()
        if image.sha256 in measurements
    }
    images = {}
    for name, one in evidence.items():
        source, measurement = least.get(name), one.measurement
        pixels = 0 if measurement.reason else round(real_pixels(measurement))
        candidate = source.candidate if source else None
        images[name] = Shown(
            measurement.width, measurement.height, pixels, one.image.size_bytes, thumbnail=b"", candidate=candidate
        )
    verdicts = [verdict for verdict in catalog.verdicts() if verdict.sha256 in evidence]
    return Known(evidence, catalog.comparisons(), catalog.sides(), verdicts, images, _options(dataset))


def _options(dataset: DatasetDir) -> CurateOptions:
    """The options of the last curation; the usual ones where it was not finished or another version knows others."""
    try:
        said = dict(open_curation(dataset).options)
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in said.items()}
        return CurateOptions(**values)  # type: ignore[arg-type]
    except (UnusableError, TypeError, OptionError):
        return CurateOptions()


def limits_of(known: Known) -> list[Limit]:
    """Every limit that rejects and can be moved, and between which scores the images lie."""
    pictures = [one for one in known.evidence.values() if not one.measurement.reason]
    if not pictures:
        return []
    sizes = [one.short_side for one in pictures]
    name = reasons()[TOO_SMALL][0]
    found = [
        Limit(TOO_SMALL, name, known.options.least_side, min(0, *sizes), max(*sizes, known.options.least_side) + 1)
    ]
    looks = [Looks(*one.measurement.looks) for one in pictures]
    checks = [check for check in LOOK_CHECKS if check.reason not in known.options.keep]
    return [one for one in found if TOO_SMALL not in known.options.keep] + [
        _limit(check, looks, known.options) for check in checks
    ]


def _limit(check: LookCheck, looks: Sequence[Looks], options: CurateOptions) -> Limit:
    """A check that never rejects has its limit at the end of all scores."""
    scores = [getattr(one, check.score) for one in looks]
    value = getattr(options.thresholds, check.reason).reject
    if not math.isfinite(value):
        value = max(scores) if check.high else min(scores)
    return Limit(check.reason, reasons()[check.reason][0], value, min(*scores, value), max(*scores, value))


def change_by(known: Known, name: str, value: float, said: Said, before: Collection[str]) -> Change:
    """What a limit of this value would change of what is kept `before`.

    Raises OptionError for a name that no check has, and a wrong value.
    """
    options, flags = _moved(known.options, name, value)
    after = known.kept(options, said)
    return Change(
        kept=sorted(after.difference(before)),
        rejected=sorted(set(before) - after),
        command=" ".join(["pipeline curate", *flags]),
    )


def _moved(options: CurateOptions, name: str, value: float) -> tuple[CurateOptions, list[str]]:
    """The options with another limit, and the flags that give it."""
    if name == TOO_SMALL:
        if not 0 <= value <= 1_000_000:
            raise OptionError("min_size", value, "0 or more")
        size = max(1, round(value))
        return replace(options, min_size=size), [f"--min-size {size}"]
    setting = f"{name}={value:.6g}"
    others = tuple(one for one in options.threshold if one.partition("=")[0].strip() != name)
    settings = (*others, setting)
    return replace(options, threshold=settings), [f"--threshold {one}" for one in settings]
