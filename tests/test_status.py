"""What `pipeline status` tells, and the addresses that failed."""

import dataclasses
from pathlib import Path

import pytest

from pipeline.catalog import open_catalog
from pipeline.dataset import DatasetDir
from pipeline.records import DOMAINS, Candidate, Decision, ImageRecord, Source, Verdict
from pipeline.status import MOST_FAILED, status_of

NAMES = {"A": "street", "B": "blossom"}


@pytest.fixture
def dataset(tmp_path: Path) -> DatasetDir:
    """25 dead links, a timeout, one of the dead links in another query too, and one that waits."""
    made = DatasetDir(tmp_path / "data")
    candidates = [Candidate("A", "google", "q", rank, f"http://example.org/{rank}") for rank in range(27)]
    again = Candidate("B", "google", "q", 0, "http://example.org/0")
    failed = [Source(candidate, "failed", "http_404") for candidate in [*candidates[:25], again]]
    with open_catalog(made.catalog) as catalog:
        catalog.see([*candidates, again])
        catalog.settle([*failed, Source(candidates[25], "failed", "deadline", True)])
    return made


def test_failed_addresses_are_listed_by_reason_each_once(dataset: DatasetDir, tmp_path: Path) -> None:
    status = status_of(dataset, tmp_path, failed=True)
    assert list(status.failed_urls) == ["http_404", "deadline"]
    assert sorted(status.failed_urls["http_404"]) == sorted(f"http://example.org/{rank}" for rank in range(25))
    assert status.failed_urls["deadline"] == ["http://example.org/25"]


def test_the_text_shows_twenty_of_a_reason_and_counts_the_rest(dataset: DatasetDir, tmp_path: Path) -> None:
    lines = status_of(dataset, tmp_path, failed=True).text(NAMES).splitlines()  # type: ignore[arg-type]
    assert sum(line.startswith("  http://") for line in lines) == MOST_FAILED + 1
    assert "  and 5 more (all with --json)" in lines
    assert "deadline 1:" in lines


def test_without_being_asked_no_address_is_told(dataset: DatasetDir, tmp_path: Path) -> None:
    status = status_of(dataset, tmp_path)
    assert status.failed == {"http_404": 26, "deadline": 1}
    assert status.failed_urls == {}
    assert "example.org" not in status.text(NAMES)  # type: ignore[arg-type]


def test_an_address_with_control_characters_does_not_reach_the_terminal(tmp_path: Path) -> None:
    dataset = DatasetDir(tmp_path / "data")
    candidate = Candidate("A", "google", "q", 0, "http://example.org/\x1b[31m\n\u202e")
    with open_catalog(dataset.catalog) as catalog:
        catalog.see([candidate])
        catalog.settle([Source(candidate, "failed", "http_404")])
    text = status_of(dataset, tmp_path, failed=True).text(NAMES)  # type: ignore[arg-type]
    assert "  http://example.org/\ufffd[31m\ufffd\ufffd" in text.splitlines()


def test_one_screen_shows_review_runs_and_the_next_command_and_json_has_all_of_it(tmp_path: Path) -> None:
    dataset = DatasetDir(tmp_path / "data")
    sources = [Candidate(domain, "google", "q", 0, f"http://example.org/{domain}") for domain in DOMAINS]
    with open_catalog(dataset.catalog, clock=lambda: 1.0) as catalog:
        catalog.see(sources)
        images = [ImageRecord(name * 64, "jpg", 5) for name in "ab"]
        catalog.settle(
            [Source(one, "fetched", sha256=image.sha256) for one, image in zip(sources, images, strict=True)], images
        )
        verdicts = [Verdict("a" * 64, "", "A", "train"), Verdict("b" * 64, "blurred")]
        catalog.judge(verdicts, {"a" * 64: "train"}, {})
        catalog.decide(Decision("b" * 64, "", "look", "blurred"))
    dataset.summary.write_text("{}")
    status = status_of(dataset, tmp_path / "runs", said_dataset="./data")
    shown = status.text(NAMES)  # type: ignore[arg-type]
    assert "1 of 1 that are rejected or flagged: decided 0, looked at 1" in shown
    assert "pipeline crawl --domain A --dataset ./data" in shown
    told = dataclasses.asdict(status)
    assert told["reviewed"] == {"images": 1, "decided": 0, "looked_at": 1, "doubtful": 0}
    assert (told["runs"], told["next"]["command"]) == ([], "pipeline crawl --domain A --dataset ./data")
    with open_catalog(dataset.catalog) as catalog:
        catalog.decide(Decision("b" * 64, "", "keep", ""))
    assert status_of(dataset, tmp_path / "runs").next.command == "pipeline curate"
