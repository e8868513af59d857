"""What `pipeline status` tells, and the addresses that failed."""

from pathlib import Path

import pytest

from pipeline.catalog import open_catalog
from pipeline.dataset import DatasetDir
from pipeline.records import Candidate, Source
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


def test_failed_addresses_are_listed_by_reason_each_once(dataset: DatasetDir) -> None:
    status = status_of(dataset, failed=True)
    assert list(status.failed_urls) == ["http_404", "deadline"]
    assert sorted(status.failed_urls["http_404"]) == sorted(f"http://example.org/{rank}" for rank in range(25))
    assert status.failed_urls["deadline"] == ["http://example.org/25"]


def test_the_text_shows_twenty_of_a_reason_and_counts_the_rest(dataset: DatasetDir) -> None:
    lines = status_of(dataset, failed=True).text(NAMES).splitlines()  # type: ignore[arg-type]
    assert sum(line.startswith("  http://") for line in lines) == MOST_FAILED + 1
    assert "  and 5 more (all with --json)" in lines
    assert "deadline 1:" in lines


def test_without_being_asked_no_address_is_told(dataset: DatasetDir) -> None:
    status = status_of(dataset)
    assert status.failed == {"http_404": 26, "deadline": 1}
    assert status.failed_urls == {}
    assert "example.org" not in status.text(NAMES)  # type: ignore[arg-type]


def test_an_address_with_control_characters_does_not_reach_the_terminal(tmp_path: Path) -> None:
    dataset = DatasetDir(tmp_path / "data")
    candidate = Candidate("A", "google", "q", 0, "http://example.org/\x1b[31m\n\u202e")
    with open_catalog(dataset.catalog) as catalog:
        catalog.see([candidate])
        catalog.settle([Source(candidate, "failed", "http_404")])
    text = status_of(dataset, failed=True).text(NAMES)  # type: ignore[arg-type]
    assert "  http://example.org/\ufffd[31m\ufffd\ufffd" in text.splitlines()
