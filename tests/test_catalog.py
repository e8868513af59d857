"""The catalogue: one transaction a method, migrations, refusals, and what a killed writer leaves."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import pytest

from pipeline.catalog import FORGOTTEN, Catalog, open_catalog, read_catalog
from pipeline.errors import DiskError, UnusableError
from pipeline.migrations import MIGRATIONS
from pipeline.records import Candidate, Decision, Domain, ImageRecord, Measurement, Query, Source, Verdict
from pipeline.rows import domains_of, least_sources

IMAGE, OTHER = "a" * 64, "b" * 64


def _candidate(rank: int = 0, domain: Domain = "B", url: str = "") -> Candidate:
    return Candidate(domain, "google", "벚꽃 이미지", rank, url or f"http://example.org/{rank}.jpg")


def _fetched(candidate: Candidate, sha256: str = IMAGE) -> Source:
    return Source(candidate, "fetched", sha256=sha256, final_url=candidate.image_url)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with open_catalog(tmp_path / "catalog.sqlite", clock=lambda: 0.0) as opened:
        yield opened


def test_a_candidate_is_counted_as_new_once(catalog: Catalog) -> None:
    assert catalog.see([_candidate(0), _candidate(1), _candidate(1)]) == 2
    assert catalog.see([_candidate(1)]) == 0


def test_a_candidate_waits_until_it_is_settled(catalog: Catalog) -> None:
    catalog.see([_candidate()])
    assert catalog.counts().waiting == 1
    catalog.settle([_fetched(_candidate())], [ImageRecord(IMAGE, "jpg", 5)])
    assert catalog.counts().waiting == 0
    assert list(catalog.sources()) == [_fetched(_candidate())]
    assert catalog.images() == [ImageRecord(IMAGE, "jpg", 5)]


def test_counts_add_up(catalog: Catalog) -> None:
    catalog.see([_candidate(rank) for rank in range(6)])
    catalog.settle([_fetched(_candidate(0)), _fetched(_candidate(1), OTHER)])
    catalog.settle([Source(_candidate(2), "failed", "http_404"), Source(_candidate(3), "failed", "deadline", True)])
    counts = catalog.counts()
    assert counts.candidates == counts.waiting + counts.fetched + counts.failed.total() == 6
    assert counts.failed == {"http_404": 1, "deadline": 1}


def test_only_temporary_failures_wait_again(catalog: Catalog) -> None:
    catalog.see([_candidate(0), _candidate(1)])
    catalog.settle([Source(_candidate(0), "failed", "http_404"), Source(_candidate(1), "failed", "deadline", True)])
    assert catalog.wait_again(Query("B", "벚꽃 이미지")) == 1
    assert [source.state for source in catalog.sources()] == ["failed", "seen"]


def test_the_images_of_a_query_are_counted_once_each(catalog: Catalog) -> None:
    catalog.see([_candidate(rank) for rank in range(3)])
    catalog.settle([_fetched(_candidate(0)), _fetched(_candidate(1)), _fetched(_candidate(2), OTHER)])
    assert catalog.fetched_images(Query("B", "벚꽃 이미지"), "google") == 2
    assert catalog.fetched_images(Query("A", "벚꽃 이미지"), "google") == 0


def test_metadata_quotes_the_least_source_and_not_the_first_download(catalog: Catalog) -> None:
    catalog.see([_candidate(7), _candidate(2)])
    catalog.settle([_fetched(_candidate(7))])
    catalog.settle([_fetched(_candidate(2))])
    assert least_sources(catalog.sources())[IMAGE].candidate.rank == 2


def test_an_image_with_sources_in_both_domains_is_known_as_such(catalog: Catalog) -> None:
    catalog.see([_candidate(0, "A"), _candidate(0, "B")])
    catalog.settle([_fetched(_candidate(0, "A")), _fetched(_candidate(0, "B"))])
    assert domains_of(catalog.sources()) == {IMAGE: {"A", "B"}}


def test_a_new_curation_replaces_verdicts_and_sides(catalog: Catalog) -> None:
    catalog.judge([Verdict(IMAGE, "", "A", "train"), Verdict(OTHER, "duplicate")], {IMAGE: "train"}, {"split": "0.9"})
    catalog.judge([Verdict(IMAGE, "too_small", score=3, threshold=128)], {}, {"split": "0.8"})
    assert catalog.verdicts() == [Verdict(IMAGE, "too_small", score=3, threshold=128)]
    assert catalog.sides() == {}
    assert catalog.setting("split") == "0.8"
    assert catalog.setting("never set") == ""
    assert catalog.counts().rejected == {"too_small": 1}


def test_a_measurement_is_kept_and_may_be_replaced(catalog: Catalog) -> None:
    catalog.measure([Measurement(IMAGE, "crashed")])
    catalog.measure([Measurement(IMAGE, "", 40, 30, "0f" * 8)])
    assert catalog.measurements() == {IMAGE: Measurement(IMAGE, "", 40, 30, "0f" * 8)}


def test_decisions_are_appended_and_never_overwritten(catalog: Catalog) -> None:
    said = [Decision(IMAGE, "", "keep", ""), Decision(IMAGE, OTHER, "distinct", ""), Decision(IMAGE, "", "reject", "")]
    for decision in said:
        catalog.decide(decision)
    assert catalog.decisions() == said


def test_adopting_counts_only_what_was_not_known(catalog: Catalog) -> None:
    assert catalog.adopt([ImageRecord(IMAGE, "jpg", 5)]) == 1
    assert catalog.adopt([ImageRecord(IMAGE, "jpg", 5), ImageRecord(OTHER, "png", 6)]) == 1


def test_two_catalogues_that_say_the_same_dump_equal_whatever_the_clock(tmp_path: Path) -> None:
    dumps = []
    for number in range(2):
        with open_catalog(tmp_path / f"{number}.sqlite", clock=lambda hour=number: hour * 3600.0) as catalog:
            catalog.see([_candidate(rank) for rank in (range(3) if number else reversed(range(3)))])
            catalog.settle([_fetched(_candidate(0))], [ImageRecord(IMAGE, "jpg", 5)])
            dumps.append(catalog.dump())
    assert dumps[0] == dumps[1]


def test_a_closed_catalogue_is_one_file(tmp_path: Path) -> None:
    with open_catalog(tmp_path / "catalog.sqlite") as catalog:
        catalog.see([_candidate()])
    assert [path.name for path in tmp_path.iterdir() if path.stat().st_size] == ["catalog.sqlite"]


def test_reading_where_there_is_no_catalogue_makes_none(tmp_path: Path) -> None:
    with read_catalog(tmp_path / "catalog.sqlite") as catalog:
        assert catalog is None
    assert list(tmp_path.iterdir()) == []


def test_a_catalogue_of_a_newer_version_is_refused_with_advice(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    with open_catalog(path):
        pass
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(UnusableError, match="Upgrade"), open_catalog(path):
        pass


def test_a_file_that_is_no_catalogue_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(UnusableError, match="Move it aside"), open_catalog(path):
        pass
    assert path.read_bytes() == b"not a database" * 100


def test_a_folder_in_the_place_of_the_catalogue_is_a_disk_error(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite").mkdir()
    with pytest.raises(DiskError, match=r"catalog\.sqlite"), open_catalog(tmp_path / "catalog.sqlite"):
        pass


KILLED = """
import os, signal, sys
from pathlib import Path
from pipeline.catalog import open_catalog
from pipeline.records import Candidate
with open_catalog(Path(sys.argv[1])) as catalog:
    for rank in range(50):
        catalog.see([Candidate("A", "google", "q", rank, f"http://example.org/{rank}")])
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_writer_loses_nothing_that_was_committed(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    child = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert child.returncode == -signal.SIGKILL
    with open_catalog(path) as catalog:
        assert catalog.counts().candidates == 50


def test_a_download_tells_the_size_and_the_hash_of_an_image_that_was_adopted_without_one(tmp_path: Path) -> None:
    with open_catalog(tmp_path / "c.sqlite") as catalog:
        catalog.adopt([ImageRecord(IMAGE, "jpg", 5)])
        catalog.settle([], [ImageRecord(IMAGE, "jpg", 5, 40, 30, "0f" * 8)])
        catalog.adopt([ImageRecord(IMAGE, "jpg", 5)])
        assert catalog.images() == [ImageRecord(IMAGE, "jpg", 5, 40, 30, "0f" * 8)]


FIXTURES = Path(__file__).parent / "fixtures"


def catalogue_of(version: int, folder: Path) -> Path:
    path = folder / "old.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((FIXTURES / f"catalog-{version}.sql").read_text(encoding="utf-8"))
    return path


def test_a_catalogue_of_version_1_is_migrated_and_keeps_every_row(tmp_path: Path) -> None:
    with open_catalog(catalogue_of(1, tmp_path)) as catalog:
        sources = list(catalog.sources())
        assert [(source.state, source.candidate.query) for source in sources] == [
            ("failed", "거리"),
            ("seen", "거리"),
            ("fetched", "벚꽃 이미지"),
        ]
        title, page = "제목 'one'", "http://example.org/p"
        candidate = Candidate(
            "B", "google", "벚꽃 이미지", 0, "http://example.org/1.jpg", page, title, "CC", "A. Nyone", 800, 600
        )
        assert sources[2] == Source(candidate, "fetched", sha256=IMAGE, final_url="http://example.org/f.jpg")
        assert catalog.images() == [ImageRecord(IMAGE, "jpg", 5), ImageRecord(OTHER, "png", 6)]
        assert catalog.measurements() == {IMAGE: Measurement(IMAGE, "", 40, 30, "0f" * 8)}
        assert [verdict.other for verdict in catalog.verdicts()] == ["", IMAGE]
        assert (catalog.sides(), catalog.setting("split")) == ({IMAGE: "train"}, "0.9")
        assert catalog.decisions() == [Decision(IMAGE, "", "keep", "")]
        assert not catalog.has_forgotten()


def test_a_catalogue_of_version_2_is_migrated_and_keeps_what_that_version_added(tmp_path: Path) -> None:
    with open_catalog(catalogue_of(2, tmp_path)) as catalog:
        fetched = next(source for source in catalog.sources() if source.state == "fetched")
        assert (fetched.etag, fetched.last_modified) == ('"abc"', "Mon, 02 Nov 2026 10:00:00 GMT")
        assert catalog.forgotten_marks() == {"d" * 64}
        assert catalog.images() == [ImageRecord(IMAGE, "jpg", 5), ImageRecord(OTHER, "png", 6)]


def test_pairs_of_a_catalogue_of_version_3_are_compared_anew_where_their_place_is_missing(tmp_path: Path) -> None:
    with open_catalog(catalogue_of(3, tmp_path)) as catalog:
        assert [(one.kind, one.place) for one in catalog.comparisons()] == [("unrelated", ())]
        assert catalog.compared() == {"c" * 64}


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_a_migrated_catalogue_is_like_a_new_one(version: int, tmp_path: Path) -> None:
    columns = []
    for path in (catalogue_of(version, tmp_path), tmp_path / "new.sqlite"):
        with open_catalog(path), closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
            tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master ORDER BY name")]
            columns.append({table: connection.execute(f"PRAGMA table_info({table})").fetchall() for table in tables})
    assert columns[0] == columns[1]


MIGRATING = """
import sys
from pathlib import Path
from pipeline.catalog import open_catalog
sys.stdin.read(1)
with open_catalog(Path(sys.argv[1])) as catalog:
    assert len(list(catalog.sources())) == 3
"""


def test_two_commands_may_migrate_the_same_catalogue_at_once(tmp_path: Path) -> None:
    old = catalogue_of(1, tmp_path)
    children = [subprocess.Popen([sys.executable, "-c", MIGRATING, str(old)], stdin=subprocess.PIPE) for _ in range(3)]
    for child in children:
        child.communicate(b"\n")
    assert [child.returncode for child in children] == [0, 0, 0]


def test_what_the_server_said_of_an_image_is_kept_and_who_fetched_it(tmp_path: Path) -> None:
    source = Source(_candidate(), "fetched", sha256=IMAGE, etag='W/"1"', last_modified="Mon, 23 Nov 2026 15:00:00 GMT")
    with open_catalog(tmp_path / "catalog.sqlite") as catalog:
        catalog.see([_candidate()])
        catalog.settle([source], [ImageRecord(IMAGE, "jpg", 5)])
        assert list(catalog.sources()) == [source]
    with closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as connection:
        assert connection.execute("SELECT tool_version FROM sources").fetchone() == (version("unpaired"),)


def test_a_source_that_is_forgotten_leaves_the_hash_of_its_address_and_no_row(catalog: Catalog) -> None:
    catalog.see([_candidate(0), _candidate(1)])
    catalog.settle([Source(_candidate(0), "failed", FORGOTTEN)])
    assert [source.candidate for source in catalog.sources()] == [_candidate(1)]
    assert catalog.is_forgotten(_candidate(0).image_url)
    assert not catalog.is_forgotten(_candidate(1).image_url)
    assert catalog.forgotten_images() == set()


def test_exports_are_named_by_the_images_that_they_used_last(catalog: Catalog) -> None:
    catalog.exported("one", [IMAGE, OTHER])
    catalog.exported("two", [OTHER])
    assert (catalog.exports_of([IMAGE]), catalog.exports_of([OTHER])) == (["one"], ["one", "two"])
    catalog.exported("one", [OTHER])
    assert catalog.exports_of([IMAGE]) == []
