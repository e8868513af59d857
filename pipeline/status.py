"""What a dataset holds, counted: found, fetched, failed, kept, rejected, split."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.catalog import Counts, read_catalog
from pipeline.dataset import DatasetDir
from pipeline.errors import UsageError
from pipeline.language import _
from pipeline.records import DOMAINS, Domain, Split


@dataclass(frozen=True, slots=True)
class Status:
    """The counts of one dataset; `failed` and `rejected` by reason, `train` and `test` by domain."""

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
            ]
        )


def status_of(dataset: DatasetDir) -> Status:
    """Count what lies in a dataset folder, with or without a catalogue. Raises UsageError where there is no folder."""
    if not dataset.root.is_dir():
        raise UsageError(_("{dataset}: no such dataset. Collect one with `pipeline crawl`.", dataset=dataset.root))
    with read_catalog(dataset.catalog) as catalog:
        counts = catalog.counts() if catalog else Counts.none()
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
    )


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
