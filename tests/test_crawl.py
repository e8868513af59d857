"""Crawls against the loopback site: with a search that lists addresses, and a few with a real browser."""

import dataclasses
import io
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from PIL import Image

from crawler.crawl import CrawlSummary, Search, crawl, finished
from crawler.options import CrawlOptions
from pipeline.catalog import open_catalog
from pipeline.dataset import DatasetDir
from pipeline.demo.offers import Offer
from pipeline.demo.searchhost import Behaviour
from pipeline.demo.site import Site, serve
from pipeline.errors import CaptchaError, DatasetLockedError, LayoutChangedError, NoResultsError, OfflineError
from pipeline.files import lock, sha256_of
from pipeline.progress import Silent
from pipeline.records import Candidate, Query

STREET = Query("A", "거리")
BLOSSOM = Query("B", "벚꽃 이미지")
NAMES = {"A": "거리", "B": "벚꽃"}


def jpeg(seed: int) -> bytes:
    file = io.BytesIO()
    Image.frombytes("RGB", (32, 24), random.Random(seed).randbytes(32 * 24 * 3)).save(file, "JPEG")
    return file.getvalue()


def heic() -> bytes:
    file = io.BytesIO()
    Image.frombytes("RGB", (64, 48), random.Random(7).randbytes(64 * 48 * 3)).save(file, "HEIF")
    return file.getvalue()


def offers(count: int, first: int = 0) -> list[Offer]:
    return [
        Offer(f"벚꽃 {number}.jpg", jpeg(number), title=f"title {number}") for number in range(first, first + count)
    ]


def mixed(count: int) -> list[Offer]:
    """Images among copies under other names, dead links, pages called .jpg and truncated files."""
    made: list[Offer] = []
    for number, offer in enumerate(offers(count)):
        change = {
            3: {"status": 404},
            5: {"data": b"<html>"},
            6: {"data": jpeg(0)},
            9: {"data": offer.data[:-100]},
        }
        made.append(dataclasses.replace(offer, **change.get(number % 10, {})))  # type: ignore[arg-type]
    return made


def listing(site: Site, offered: Sequence[Offer], engine: str = "google") -> Search:
    """A search engine that is a list of addresses."""

    def search(query: Query) -> Iterator[Candidate]:
        for rank, offer in enumerate(offered):
            yield Candidate(query.domain, engine, query.text, rank, site.address(offer), title=offer.title)

    return search


def options(site: Site, **values: object) -> CrawlOptions:
    allowed = {"search_url": site.search_url, "allow_host": (site.image_host,), "per_host": 4}
    return CrawlOptions(**{**allowed, **values})  # type: ignore[arg-type]


def collect(
    site: Site, dataset: DatasetDir, search: Search | None, queries: Sequence[Query] = (BLOSSOM,), **values: object
) -> CrawlSummary:
    return crawl(options(site, **values), queries, dataset, progress=Silent(), search=search)


def dump(dataset: DatasetDir) -> list[tuple[object, ...]]:
    with open_catalog(dataset.catalog) as catalog:
        return catalog.dump()


def raw(dataset: DatasetDir) -> dict[str, bytes]:
    return {path.relative_to(dataset.root).as_posix(): path.read_bytes() for path in dataset.raw.glob("*/*")}


@pytest.fixture
def dataset(tmp_path: Path) -> DatasetDir:
    return DatasetDir(tmp_path / "data")


def test_images_lie_in_raw_under_their_sha256_with_their_provenance(dataset: DatasetDir) -> None:
    offered = offers(3)
    with serve({BLOSSOM.text: offered}) as site:
        summary = collect(site, dataset, listing(site, offered))
    assert raw(dataset) == {f"raw/{sha[:2]}/{sha}.jpg": o.data for o in offered for sha in [sha256_of(o.data)]}
    with open_catalog(dataset.catalog) as catalog:
        titles = {source.sha256: source.candidate.title for source in catalog.sources()}
    assert titles == {sha256_of(offer.data): offer.title for offer in offered}
    assert (summary.images, summary.queries[0].fetched) == (3, 3)


def test_every_candidate_ends_as_an_image_or_with_a_reason(dataset: DatasetDir) -> None:
    offered = mixed(20)
    with serve({BLOSSOM.text: offered}) as site:
        row = collect(site, dataset, listing(site, offered)).queries[0]
    assert row.failed == {"corrupt": 2, "http_404": 2, "not_image": 2}
    assert (row.candidates, row.fetched, row.known, row.images) == (20, 14, 0, 12)
    with open_catalog(dataset.catalog) as catalog:
        counts = catalog.counts()
    assert (counts.candidates, counts.waiting, counts.fetched, counts.failed.total()) == (20, 0, 14, 6)


def test_the_limit_counts_different_images_and_stops_the_search_there(dataset: DatasetDir) -> None:
    offered = mixed(40)
    with serve({BLOSSOM.text: offered}) as site:
        row = collect(site, dataset, listing(site, offered), limit=10).queries[0]
        asked = site.requests.downloads.total()
    assert row.images == len(raw(dataset)) == 10
    assert asked == row.candidates == 15  # ten images, a copy of the first, two dead links, a page, a truncated file


@pytest.mark.parametrize("concurrency", [1, 8])
def test_the_result_does_not_depend_on_how_many_downloads_run(tmp_path: Path, concurrency: int) -> None:
    offered = mixed(40)
    made = []
    with serve({BLOSSOM.text: offered}) as site:
        for name, downloads in (("one", 3), ("other", concurrency)):
            dataset = DatasetDir(tmp_path / name)
            collect(site, dataset, listing(site, offered), limit=17, concurrency=downloads, per_host=downloads)
            made.append((dump(dataset), raw(dataset)))
    assert made[0] == made[1]


def test_a_crawl_that_finds_only_known_images_says_so_and_requests_none(dataset: DatasetDir) -> None:
    offered = mixed(20)
    with serve({BLOSSOM.text: offered}) as site:
        collect(site, dataset, listing(site, offered))
        before = site.requests.downloads
        again = collect(site, dataset, listing(site, offered))
        assert site.requests.downloads == before
    assert (again.queries[0].known, again.queries[0].fetched) == (20, 0)
    assert "Nothing new" in again.text(NAMES)  # type: ignore[arg-type]


def test_a_query_that_has_its_limit_does_not_ask_the_engine(dataset: DatasetDir) -> None:
    offered = offers(5)

    def never(_query: Query) -> Iterator[Candidate]:
        raise AssertionError("asked")

    with serve({BLOSSOM.text: offered}) as site:
        collect(site, dataset, listing(site, offered), limit=5)
        assert collect(site, dataset, never, limit=5).queries[0].images == 5


def test_a_query_that_has_its_limit_says_that_another_filter_will_not_be_asked(
    dataset: DatasetDir, caplog: pytest.LogCaptureFixture
) -> None:
    offered = offers(5)
    with serve({BLOSSOM.text: offered}) as site:
        collect(site, dataset, listing(site, offered), limit=5)
        collect(site, dataset, listing(site, offered), limit=4)
        assert caplog.messages == []
        collect(site, dataset, listing(site, offered), limit=5, color="pink", size="large")
    assert caplog.messages == [
        "'벚꽃 이미지' has its 5 images already, so google (size=large,color=pink) will not be asked."
        " For other images raise --limit, or take another --dataset."
    ]


def test_an_address_that_another_query_fetched_is_not_requested_again(dataset: DatasetDir) -> None:
    offered = offers(4)
    with serve({BLOSSOM.text: offered}) as site:
        summary = collect(site, dataset, listing(site, offered), [STREET, BLOSSOM])
        assert set(site.requests.downloads.values()) == {1}
    assert [row.images for row in summary.queries] == [4, 4]
    assert summary.images == 4


def test_a_raised_limit_goes_on_where_the_last_crawl_stopped(dataset: DatasetDir) -> None:
    offered = offers(12)
    with serve({BLOSSOM.text: offered}) as site:
        collect(site, dataset, listing(site, offered), limit=5)
        row = collect(site, dataset, listing(site, offered), limit=9).queries[0]
        assert set(site.requests.downloads.values()) == {1}
    assert (row.known, row.fetched, row.images) == (5, 4, 9)


def test_a_query_is_finished_for_its_limit_and_every_lower_one(dataset: DatasetDir) -> None:
    offered = offers(6)
    with serve({BLOSSOM.text: offered}) as site:
        assert not finished(options(site, limit=4), [BLOSSOM], dataset)
        assert not dataset.root.exists()
        collect(site, dataset, listing(site, offered), limit=4)
        assert finished(options(site, limit=4), [BLOSSOM], dataset)
        assert finished(options(site, limit=3), [BLOSSOM], dataset)
        assert not finished(options(site, limit=5), [BLOSSOM], dataset)
        assert not finished(options(site, limit=4), [BLOSSOM, STREET], dataset)
        collect(site, dataset, listing(site, offered), limit=50)
        assert finished(options(site, limit=50), [BLOSSOM], dataset)


def smaller(data: bytes) -> bytes:
    file = io.BytesIO()
    with Image.open(io.BytesIO(data)) as picture:
        picture.resize((320, 240)).save(file, "JPEG", quality=60)
    return file.getvalue()


def test_near_duplicates_of_this_crawl_and_of_earlier_ones_are_counted(dataset: DatasetDir) -> None:
    offered = offers(3)
    copies = [Offer(f"copy {number}.jpg", smaller(offer.data)) for number, offer in enumerate(offered)]
    with serve({BLOSSOM.text: [*offered, *copies]}) as site:
        first = collect(site, dataset, listing(site, [*offered, copies[0]])).queries[0]
        second = collect(site, dataset, listing(site, [*offered, *copies, *offered])).queries[0]
    assert (first.near_duplicates, second.near_duplicates) == (1, 2)
    assert "2 of the new ones look like another image" in CrawlSummary((second,), {}, 6).text(NAMES)  # type: ignore[arg-type]


def test_temporary_failures_are_tried_again_only_when_asked(dataset: DatasetDir) -> None:
    offered = [dataclasses.replace(offers(1)[0], fail_first=1), *offers(2, first=5)]
    with serve({BLOSSOM.text: offered}) as site:
        impatient = {"deadline_seconds": 0.9}  # the site asks for a second
        first = collect(site, dataset, listing(site, offered), **impatient)
        second = collect(site, dataset, listing(site, offered), **impatient)
        third = collect(site, dataset, listing(site, offered), retry_failed=True)
    assert [row.images for row in (first.queries + second.queries + third.queries)] == [2, 2, 3]
    assert first.queries[0].failed == {"http_503": 1}


def test_what_failed_for_want_of_the_heic_decoder_is_fetched_once_it_is_installed(
    dataset: DatasetDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pillow_heif").register_heif_opener()
    offered = [Offer("a.heic", heic()), *offers(2)]
    with serve({BLOSSOM.text: offered}) as site:
        with monkeypatch.context() as without:
            without.setitem(sys.modules, "pillow_heif", None)
            without.delitem(Image.OPEN, "HEIF")
            first = collect(site, dataset, listing(site, offered)).queries[0]
            collect(site, dataset, listing(site, offered))
            asked_without = site.requests.downloads.total()
            assert finished(options(site, limit=2), [BLOSSOM], dataset)
        assert not finished(options(site, limit=2), [BLOSSOM], dataset)
        last = collect(site, dataset, listing(site, offered)).queries[0]
        assert (asked_without, site.requests.downloads.total()) == (3, 4)
    assert (first.failed, first.images) == ({"needs_heic": 1}, 2)
    assert (last.failed, last.fetched, last.images) == ({}, 1, 3)


def test_a_query_whose_images_all_failed_is_not_finished(dataset: DatasetDir) -> None:
    offered = [Offer("gone.jpg", b"", status=404)]
    with serve({BLOSSOM.text: offered}) as site:
        with pytest.raises(NoResultsError):
            collect(site, dataset, listing(site, offered), limit=1)
        assert not finished(options(site, limit=1), [BLOSSOM], dataset)


def test_what_was_found_before_a_captcha_is_kept(dataset: DatasetDir) -> None:
    offered = offers(9)
    with serve({BLOSSOM.text: offered}) as site:

        def search(query: Query) -> Iterator[Candidate]:
            yield from listing(site, offered)(query)
            raise CaptchaError("a captcha")

        with pytest.raises(CaptchaError):
            collect(site, dataset, search)
        assert not finished(options(site), [BLOSSOM], dataset)
    assert len(raw(dataset)) == 9


def nothing(query: Query) -> Iterator[Candidate]:
    raise NoResultsError(query.text)
    yield


def test_a_crawl_that_finds_nothing_at_all_has_no_results(dataset: DatasetDir) -> None:
    with serve({}) as site, pytest.raises(NoResultsError, match=r"벚꽃 이미지"):
        collect(site, dataset, nothing, [STREET, BLOSSOM])


def test_a_query_without_results_does_not_stop_the_others(dataset: DatasetDir) -> None:
    offered = offers(3)
    with serve({BLOSSOM.text: offered}) as site:

        def search(query: Query) -> Iterator[Candidate]:
            return listing(site, offered)(query) if query == BLOSSOM else nothing(query)

        summary = collect(site, dataset, search, [STREET, BLOSSOM])
    assert [row.images for row in summary.queries] == [0, 3]


def test_images_on_a_private_host_that_was_not_allowed_are_named_as_such(dataset: DatasetDir) -> None:
    offered = offers(3)
    with serve({BLOSSOM.text: offered}) as site:
        with pytest.raises(NoResultsError, match=r"blocked_address 3.*--allow-host"):
            collect(site, dataset, listing(site, offered), allow_host=())
        assert site.requests.downloads.total() == 0


def test_what_was_blocked_is_fetched_once_its_host_is_allowed(dataset: DatasetDir) -> None:
    offered = offers(3)
    with serve({BLOSSOM.text: offered}) as site:
        with pytest.raises(NoResultsError, match="blocked_address 3"):
            collect(site, dataset, listing(site, offered), allow_host=())
        with pytest.raises(NoResultsError, match=r"all 3 images .* failed in an earlier crawl.*status --failed"):
            collect(site, dataset, listing(site, offered), allow_host=("127.0.0.1:1",))
        row = collect(site, dataset, listing(site, offered)).queries[0]
    assert (row.images, row.fetched, len(raw(dataset))) == (3, 3, 3)


def test_a_host_that_nobody_reaches_is_offline(dataset: DatasetDir) -> None:
    offered = offers(1)
    with serve({BLOSSOM.text: offered}) as site:
        search = listing(site, offered)
        candidates = list(search(BLOSSOM))
    with serve({}) as other, pytest.raises(OfflineError, match=r"connection 1"):
        allowed = {"allow_host": (site.image_host,), "deadline_seconds": 1.0}
        collect(other, dataset, lambda _query: iter(candidates), **allowed)


def test_a_second_crawl_of_a_dataset_is_refused(dataset: DatasetDir) -> None:
    with serve({}) as site, lock(dataset.lock), pytest.raises(DatasetLockedError, match=str(os.getpid())):
        collect(site, dataset, nothing)


def test_half_written_files_go_and_whole_ones_without_a_row_are_adopted(dataset: DatasetDir) -> None:
    offered = offers(2)
    torn, whole = sha256_of(offered[0].data), sha256_of(offered[1].data)
    dataset.raw_file(torn, "jpg").parent.mkdir(parents=True)
    dataset.raw_file(torn, "jpg").write_bytes(b"")
    half = dataset.raw_file(torn, "jpg").with_name(".tmp-x")
    half.write_bytes(b"half")
    dataset.raw_file(whole, "jpg").parent.mkdir(parents=True, exist_ok=True)
    dataset.raw_file(whole, "jpg").write_bytes(offered[1].data)
    stranger = dataset.raw_file(whole, "jpg").with_name("notes.txt")
    stranger.write_text("mine")
    with serve({BLOSSOM.text: offered}) as site:
        summary = collect(site, dataset, listing(site, offered), limit=1)
    assert not half.exists()
    assert stranger.exists()
    assert dataset.raw_file(torn, "jpg").read_bytes() == offered[0].data
    assert summary.images == 2


def test_the_summary_is_json_with_plain_numbers(dataset: DatasetDir) -> None:
    offered = mixed(10)
    with serve({BLOSSOM.text: offered}) as site:
        summary = collect(site, dataset, listing(site, offered))
    told = json.loads(json.dumps(dataclasses.asdict(summary)))
    assert told["queries"][0]["failed"] == {"corrupt": 1, "http_404": 1, "not_image": 1}
    assert told["images"] == 6


PROGRAM = """
import json, sys
from pathlib import Path
from crawler.crawl import crawl
from crawler.options import CrawlOptions
from pipeline.dataset import DatasetDir
from pipeline.progress import Silent
from pipeline.records import Candidate, Query

root, image_host, search_url, limit, addresses = sys.argv[1:]

def search(query):
    for rank, (address, title) in enumerate(json.loads(addresses)):
        yield Candidate(query.domain, "google", query.text, rank, address, title=title)

options = CrawlOptions(limit=int(limit), search_url=search_url, allow_host=(image_host,), per_host=4)
engine = None if addresses == "" else search
crawl(options, [Query("B", "벚꽃 이미지")], DatasetDir(Path(root)), progress=Silent(), search=engine)
"""


def child(site: Site, dataset: DatasetDir, offered: Sequence[Offer], limit: int = 100) -> subprocess.Popen[bytes]:
    """A crawl in a process of its own; with no offers, by a real browser."""
    addresses = json.dumps([[site.address(offer), offer.title] for offer in offered]) if offered else ""
    arguments = [str(dataset.root), site.image_host, site.search_url, str(limit), addresses]
    return subprocess.Popen([sys.executable, "-c", PROGRAM, *arguments], stderr=subprocess.PIPE)


def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, "never came true"
        time.sleep(0.005)


def ended(process: subprocess.Popen[bytes]) -> str:
    _out, err = process.communicate(timeout=30)
    return err.decode()


def acknowledged(dataset: DatasetDir) -> set[str]:
    with sqlite3.connect(dataset.catalog) as connection:
        rows = connection.execute("SELECT title FROM sources WHERE state <> 'seen'").fetchall()
    connection.close()
    return {title for (title,) in rows}


def test_an_interrupted_crawl_settles_what_it_has_and_stops(dataset: DatasetDir) -> None:
    offered = offers(60)
    with serve({BLOSSOM.text: offered}) as site:
        process = child(site, dataset, offered)
        until(lambda: site.requests.downloads.total() >= 12)
        process.send_signal(signal.SIGINT)
        talk = ended(process)
        asked = site.requests.downloads.total()
    assert "KeyboardInterrupt" in talk
    with open_catalog(dataset.catalog) as catalog:
        counts = catalog.counts()
    assert counts.images == counts.fetched >= asked - 8
    assert not list(dataset.raw.glob("*/.tmp-*"))


@pytest.fixture(scope="module")
def gallery() -> list[Offer]:
    return offers(45)


@pytest.mark.browser
def test_a_real_browser_collects_what_the_page_offers(dataset: DatasetDir, gallery: list[Offer]) -> None:
    with serve({BLOSSOM.text: gallery}, Behaviour(show_more_after=2)) as site:
        summary = collect(site, dataset, None)
        assert set(site.requests.downloads.values()) == {1}
        assert collect(site, dataset, None, limit=45).queries[0].fetched == 0
        assert site.requests.pages == 1  # the limit was reached: no browser, no page
    assert summary.queries[0].images == 45
    assert summary.layers["hover"] >= 45
    assert {source[6] for source in dump(dataset) if source[0] == "B"} == {offer.title for offer in gallery}


@pytest.mark.browser
def test_a_captcha_on_the_way_keeps_what_was_found(dataset: DatasetDir, gallery: list[Offer]) -> None:
    walled = Behaviour(captcha_after=3, batch=12)  # the third batch is fetched while the first is read
    with serve({BLOSSOM.text: gallery}, walled) as site, pytest.raises(CaptchaError):
        collect(site, dataset, None)
    assert raw(dataset)


@pytest.mark.browser
def test_a_changed_layout_is_named_and_its_page_is_kept(
    dataset: DatasetDir, gallery: list[Offer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawler.engines.google.page.PAGE_SECONDS", 1.0)
    changed = Behaviour(layout_changed=True)
    with (
        serve({BLOSSOM.text: gallery}, changed) as site,
        pytest.raises(LayoutChangedError, match=r"data-docid.*layout-1\.txt"),
    ):
        collect(site, dataset, None)
    assert "벚꽃 이미지" in (dataset.layouts / "layout-1.txt").read_text()
    assert (dataset.layouts / "layout-1.png").read_bytes().startswith(b"\x89PNG")
