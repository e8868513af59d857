"""What a dataset holds, counted: found, fetched, failed, kept, rejected, split."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.catalog import Counts, read_catalog
from pipeline.dataset import DatasetDir
from pipeline.errors import UsageError
from pipeline.language import _
from pipeline.records import DOMAINS, Domain, Source, Split

MOST_FAILED = 20
"""Addresses shown of each reason for a failure; --json has them all."""


@dataclass(frozen=True, slots=True)
class Status:
    """The counts of one dataset; `failed` and `rejected` by reason, `train` and `test` by domain.

    `failed_urls`: the addresses of failed candidates by reason, each once, where they were asked for.
    """

    dataset: str
    candidates: int
    waiting: int
    fetched: int
    failed: Mapping[str, int]
    images: int
    kept: int
    rejected: Mapping[str, int]
    train: Mapping[Domain, int]
    test: Mapping[Domain, int]
    failed_urls: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def text(self, names: Mapping[Domain, str]) -> str:
        """The counts as lines to paste into a note."""
        split = split_text(names, {"train": self.train, "test": self.test})
        return "\n".join(
            [
                _("Dataset {dataset}", dataset=self.dataset),
                _(
                    "Candidates {candidates}: fetched {fetched}, waiting {waiting}, failed {failed}",
                    candidates=self.candidates,
                    fetched=self.fetched,
                    waiting=self.waiting,
                    failed=reasons_text(self.failed),
                ),
                _(
                    "Images {images}: kept {kept}, rejected {rejected}",
                    images=self.images,
                    kept=self.kept,
                    rejected=reasons_text(self.rejected),
                ),
                split,
                *_failed_lines(self.failed_urls),
            ]
        )


def status_of(dataset: DatasetDir, *, failed: bool = False) -> Status:
    """Count what lies in a dataset folder, with or without a catalogue; with `failed`, name what failed.

    Raises UsageError where there is no folder.
    """
    if not dataset.root.is_dir():
        raise UsageError(_("{dataset}: no such dataset. Collect one with `pipeline crawl`.", dataset=dataset.root))
    with read_catalog(dataset.catalog) as catalog:
        counts = catalog.counts() if catalog else Counts.none()
        failed_urls = _failed_urls(catalog.sources()) if catalog and failed else {}
    splits = dataset.counts()
    return Status(
        dataset=str(dataset.root),
        candidates=counts.candidates,
        waiting=counts.waiting,
        fetched=counts.fetched,
        failed=dict(counts.failed),
        images=counts.images,
        kept=counts.kept,
        rejected=dict(counts.rejected),
        train=splits["train"],
        test=splits["test"],
        failed_urls=failed_urls,
    )


def _failed_urls(sources: Iterable[Source]) -> dict[str, list[str]]:
    """The addresses of failed candidates by reason, the most frequent reason first, in the order of the catalogue."""
    by_reason: dict[str, dict[str, None]] = {}
    for source in sources:
        if source.state == "failed":
            by_reason.setdefault(source.reason, {})[source.candidate.image_url] = None
    ordered = sorted(by_reason.items(), key=lambda item: (-len(item[1]), item[0]))
    return {reason: list(urls) for reason, urls in ordered}


def _failed_lines(failed_urls: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for reason, urls in failed_urls.items():
        yield f"{reason} {len(urls)}:"
        yield from (f"  {plain_line(url)}" for url in urls[:MOST_FAILED])
        if len(urls) > MOST_FAILED:
            yield "  " + _("and {count} more (all with --json)", count=len(urls) - MOST_FAILED)


def plain_line(text: str) -> str:
    """What a website gave, safe to print on a terminal: one line without control characters."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def reasons_text(reasons: Mapping[str, int]) -> str:
    """'5 (http_404 3, not_image 2)', the most frequent first; '0' for none."""
    total = sum(reasons.values())
    parts = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return f"{total} ({', '.join(f'{reason} {count}' for reason, count in parts)})" if total else "0"


def split_text(names: Mapping[Domain, str], counts: Mapping[Split, Mapping[Domain, int]]) -> str:
    """'거리 (A): train 118, test 13 · 벚꽃 (B): train 120, test 13'."""
    return " · ".join(
        f"{names[domain]} ({domain}): train {counts['train'].get(domain, 0)}, test {counts['test'].get(domain, 0)}"
        for domain in DOMAINS
    )
