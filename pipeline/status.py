"""What a dataset holds, counted: found, fetched, failed, kept, rejected, split, reviewed; its runs; what to do next."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.advice import Advice, Situation, next_command
from pipeline.catalog import Catalog, read_catalog
from pipeline.counts import Counts
from pipeline.dataset import DatasetDir
from pipeline.errors import UsageError
from pipeline.language import _
from pipeline.records import DOMAINS, Decision, Domain, Source, Split, Verdict
from pipeline.reviewed import Reviewed, reviewed_of, words_changed
from pipeline.runs import RunStatus, runs_of

MOST_FAILED = 20
"""Addresses shown of each reason for a failure; --json has them all."""
MOST_RUNS = 5
"""Runs shown, the newest; --json has them all."""


@dataclass(frozen=True, slots=True)
class Status:
    """The counts of one dataset; `failed` and `rejected` by reason, `train` and `test` by domain.

    `failed_urls`: the addresses of failed candidates by reason, each once, where they were asked for. `runs` are those
    that were trained on it, oldest first; `next` is what to do now.
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
    reviewed: Reviewed
    runs: Sequence[RunStatus]
    next: Advice
    failed_urls: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def text(self, names: Mapping[Domain, str]) -> str:
        """The counts as lines to paste into a note."""
        from pipeline.terminal import columns

        return "\n".join(
            [
                _("Dataset {dataset}", dataset=self.dataset),
                *(f"  {line}" for line in columns([*self._counted(names), *self._run_rows(), *self._next_rows()])),
                *_failed_lines(self.failed_urls),
            ]
        )

    def _counted(self, names: Mapping[Domain, str]) -> list[tuple[str, str]]:
        found = _(
            "{candidates} candidates: fetched {fetched}, waiting {waiting}, failed {failed}",
            candidates=self.candidates,
            fetched=self.fetched,
            waiting=self.waiting,
            failed=reasons_text(self.failed),
        )
        images = _(
            "{images}: kept {kept}, rejected {rejected}",
            images=self.images,
            kept=self.kept,
            rejected=reasons_text(self.rejected),
        )
        reviewed = _(
            "{seen} of {images} that are rejected or flagged: decided {decided}, looked at {looked_at}",
            seen=self.reviewed.decided + self.reviewed.looked_at,
            images=self.reviewed.images,
            decided=self.reviewed.decided,
            looked_at=self.reviewed.looked_at,
        )
        split = split_text(names, {"train": self.train, "test": self.test})
        return [(_("found"), found), (_("images"), images), (_("split"), split), (_("reviewed"), reviewed)]

    def _run_rows(self) -> list[tuple[str, str]]:
        shown = [f"{run.name}: {run.text()}" for run in self.runs[-MOST_RUNS:]]
        if len(self.runs) > MOST_RUNS:
            shown.insert(0, _("{count} older ones (all with --json)", count=len(self.runs) - MOST_RUNS))
        first, *rest = shown or [_("none")]
        return [(_("runs"), first), *(("", line) for line in rest)]

    def _next_rows(self) -> list[tuple[str, str]]:
        return [(_("next"), self.next.command), ("", f"({self.next.why})")]


def status_of(
    dataset: DatasetDir, runs_dir: Path, *, failed: bool = False, said_dataset: str = "", said_runs_dir: str = ""
) -> Status:
    """Count what lies in a dataset folder, with or without a catalogue; with `failed`, name what failed.

    `said_dataset` and `said_runs_dir` are the user's words for them, which the advice repeats. Raises UsageError where
    there is no folder.
    """
    if not dataset.root.is_dir():
        raise UsageError(_("{dataset}: no such dataset. Collect one with `pipeline crawl`.", dataset=dataset.root))
    with read_catalog(dataset.catalog) as catalog:
        counts = catalog.counts() if catalog else Counts.none()
        failed_urls = _failed_urls(catalog.sources()) if catalog and failed else {}
        verdicts, decisions, images = _read(catalog) if catalog else ([], [], frozenset())
    splits = dataset.counts()
    reviewed = reviewed_of(verdicts, decisions)
    runs = runs_of(dataset, runs_dir, images)
    situation = Situation(
        candidates=counts.candidates,
        images=counts.images,
        new_images=len(images - {one.sha256 for one in verdicts}),
        curated=dataset.summary.is_file(),
        words_changed=dataset.summary.is_file() and words_changed(decisions, dataset.summary.stat().st_mtime),
        training=(splits["train"]["A"], splits["train"]["B"]),
        doubtful=reviewed.doubtful,
        runs=runs,
    )
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
        reviewed=reviewed,
        runs=runs,
        next=next_command(situation, said_dataset, said_runs_dir),
        failed_urls=failed_urls,
    )


def _read(catalog: Catalog) -> tuple[list[Verdict], list[Decision], frozenset[str]]:
    return catalog.verdicts(), catalog.decisions(), frozenset(image.sha256 for image in catalog.images())


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
