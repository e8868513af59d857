"""Which engine answers: every engine against its replica, several that take turns, and what an engine cannot do."""

import dataclasses
import io
import itertools
import logging
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from replicas import WEBSITES, Answer, Picture, pictures, serve

from crawler.crawl import CrawlSummary, crawl, finished
from crawler.filters import Filters
from crawler.options import ENGINES, CrawlOptions
from crawler.search import PAGE_ENGINES, IncompleteError, Search, open_search, refuse_filters, taking_turns
from pipeline.catalog import open_catalog
from pipeline.dataset import DatasetDir
from pipeline.demo.offers import Offer
from pipeline.demo.site import Site
from pipeline.demo.site import serve as serve_images
from pipeline.errors import (
    CaptchaError,
    DiskError,
    LayoutChangedError,
    NoResultsError,
    OfflineError,
    OptionError,
    PipelineError,
    UsageError,
)
from pipeline.progress import Silent
from pipeline.records import Candidate, Query

BLOSSOM = Query("B", "벚꽃 이미지")
every_engine = pytest.mark.parametrize("engine", WEBSITES)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits between attempts are a parameter of the door; the tests of the door itself note them."""
    monkeypatch.setattr("crawler.retry.MAX_WAIT_SECONDS", 0.0)
    monkeypatch.setattr("crawler.pages.backoff", lambda _url, _attempt: 0.0)


@pytest.fixture
def dataset(tmp_path: Path) -> DatasetDir:
    return DatasetDir(tmp_path / "data")


def found(
    engine: str, url: str, dataset: DatasetDir, layers: Counter[str] | None = None, **values: Any
) -> list[Candidate]:
    options = CrawlOptions(engine=engine, search_url=url, **values)
    with open_search(options, dataset, layers if layers is not None else Counter()) as search:
        return list(search(BLOSSOM))


@every_engine
def test_every_image_comes_once_in_the_engines_order_with_what_is_known_of_it(engine: str, dataset: DatasetDir) -> None:
    known = [dataclasses.replace(one, title=f"{number:03} 벚꽃 & 거리") for number, one in enumerate(pictures(120))]
    layers: Counter[str] = Counter()
    with serve(WEBSITES[engine](known)) as replica:
        candidates = found(engine, replica.url, dataset, layers)
        assert len(replica.asked) <= 8
    assert [candidate.image_url for candidate in candidates] == [one.url for one in known]
    assert [candidate.rank for candidate in candidates] == list(range(120))
    first = candidates[0]
    assert (first.domain, first.engine, first.query) == ("B", engine, BLOSSOM.text)
    assert (first.page_url, first.title) == (known[0].page, "000 벚꽃 & 거리")
    assert (first.claimed_width, first.claimed_height) == (1280, 853)
    assert layers == {engine: 120}


@every_engine
def test_the_query_goes_out_as_it_was_typed_by_a_client_that_names_itself(engine: str, dataset: DatasetDir) -> None:
    with serve(WEBSITES[engine](pictures(3))) as replica:
        found(engine, replica.url, dataset, user_agent="mine/1 (+mailto:me@example.org)")
        for _path, parameters, headers in replica.asked:
            query = parameters.get("q") or parameters.get("query") or parameters.get("gsrsearch", "")
            assert query.startswith(BLOSSOM.text)
            assert headers["User-Agent"] == "mine/1 (+mailto:me@example.org)"
            assert "Cookie" not in headers


@every_engine
def test_an_engine_is_asked_no_further_than_somebody_wants(engine: str, dataset: DatasetDir) -> None:
    with serve(WEBSITES[engine](pictures(500))) as replica:
        options = CrawlOptions(engine=engine, search_url=replica.url)
        with open_search(options, dataset, Counter()) as search:
            assert len(list(itertools.islice(search(BLOSSOM), 5))) == 5
        assert len(replica.asked) <= 2


@every_engine
def test_an_engine_that_answers_and_has_nothing_has_no_results(engine: str, dataset: DatasetDir) -> None:
    with serve(WEBSITES[engine]([])) as replica, pytest.raises(NoResultsError, match=f"벚꽃 이미지.*{engine}"):
        found(engine, replica.url, dataset)


@every_engine
@pytest.mark.parametrize("status", [403, 429])
def test_an_engine_that_refuses_is_a_wall_and_no_layout(engine: str, status: int, dataset: DatasetDir) -> None:
    wall = Answer("<html>no</html>", status, headers={"Retry-After": "1"})
    with serve(lambda _path, _parameters: wall) as replica:
        with pytest.raises(CaptchaError, match=f"{engine} refuses.*HTTP {status}.*--engine"):
            found(engine, replica.url, dataset)
        assert len(replica.asked) == (3 if status == 429 else 1)


@every_engine
def test_an_engine_that_does_not_answer_is_offline(engine: str, dataset: DatasetDir) -> None:
    with serve(WEBSITES[engine]([])) as replica:
        gone = replica.url
    with pytest.raises(OfflineError, match=r"connection"):
        found(engine, gone, dataset)


@every_engine
def test_an_engine_that_stays_out_of_order_is_offline(engine: str, dataset: DatasetDir) -> None:
    with (
        serve(lambda _path, _parameters: Answer("oops", 502)) as replica,
        pytest.raises(OfflineError, match="http_502"),
    ):
        found(engine, replica.url, dataset)


@every_engine
@pytest.mark.parametrize(
    "body", ["<html><body>Something new</body></html>", "[" * 100_000, '{"a":1}', "null", "\x00\xff"]
)
def test_an_unknown_answer_is_a_changed_layout_whose_page_is_kept_as_text(
    engine: str, body: str, dataset: DatasetDir
) -> None:
    new = pytest.raises(LayoutChangedError, match=rf"{engine}.*layout-1\.txt")
    with serve(lambda _path, _parameters: Answer(body)) as replica, new:
        found(engine, replica.url, dataset)
    assert (dataset.layouts / "layout-1.txt").read_text()[:20] == body[:20]
    assert not list(dataset.layouts.glob("*.html"))


@every_engine
def test_a_page_that_comes_again_and_again_is_the_end(engine: str, dataset: DatasetDir) -> None:
    website = WEBSITES[engine](pictures(300))

    def same(path: str, parameters: dict[str, str]) -> Answer:
        first = {"first": "0", "start": "1", "page": "1"}
        kept = {name: first.get(name, value) for name, value in parameters.items() if name not in ("s", "gsroffset")}
        return website(path, kept)

    with serve(same) as replica:  # type: ignore[arg-type]
        assert 20 <= len(found(engine, replica.url, dataset)) <= 100
        assert len(replica.asked) <= 4


@every_engine
def test_a_website_that_never_ends_is_left_in_the_end(
    engine: str, dataset: DatasetDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"crawler.engines.{engine}.MAX_PAGES", 4)
    with serve(WEBSITES[engine](pictures(5000))) as replica:
        found(engine, replica.url, dataset)
        assert len(replica.asked) <= 5


@every_engine
def test_a_base_address_of_this_machine_is_reached_only_because_the_user_named_it(
    engine: str, dataset: DatasetDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(WEBSITES[engine](pictures(1))) as replica:
        monkeypatch.setattr(PAGE_ENGINES[engine], "ADDRESS", replica.url)
        with pytest.raises(OfflineError, match="blocked_address"):
            found(engine, "", dataset)
        assert replica.asked == []


@every_engine
def test_a_redirect_to_another_private_place_is_not_followed(engine: str, dataset: DatasetDir) -> None:
    with serve(WEBSITES[engine](pictures(1))) as secret:
        away = Answer(status=302, headers={"Location": f"{secret.url}/"})
        with serve(lambda _path, _parameters: away) as replica, pytest.raises(OfflineError, match="blocked_address"):
            found(engine, replica.url, dataset)
        assert secret.asked == []


def listed(engine: str, names: str) -> Search:
    """An engine that offers one image for each letter, and fails at a `!`."""

    def search(query: Query) -> Iterator[Candidate]:
        for rank, name in enumerate(names):
            if name == "!":
                raise CaptchaError(f"{engine} walled")
            yield Candidate(query.domain, engine, query.text, rank, f"https://a.kr/{name}.jpg")
        if not names:
            raise NoResultsError(f"{engine} empty")

    return search


def turns(**engines: str) -> Iterator[Candidate]:
    return taking_turns({engine: listed(engine, names) for engine, names in engines.items()})(BLOSSOM)


def letters(candidates: Iterator[Candidate]) -> str:
    return "".join(candidate.image_url[-5] for candidate in candidates)


def test_several_engines_take_turns_by_rank() -> None:
    assert letters(turns(google="abcd", naver="1", bing="xyz")) == "a1xbyczd"


def test_an_image_that_two_engines_offer_comes_once_and_costs_neither_its_turn() -> None:
    assert letters(turns(google="abc", naver="axy")) == "axbyc"


def test_an_engine_that_fails_does_not_stop_the_others_and_is_told(caplog: pytest.LogCaptureFixture) -> None:
    offered = turns(google="a!", naver="1234")
    with caplog.at_level(logging.WARNING):
        assert letters(itertools.islice(offered, 5)) == "a1234"
    assert "google walled" in caplog.text
    with pytest.raises(IncompleteError):
        next(offered)


def test_the_error_of_an_engine_counts_where_nobody_else_brought_anything() -> None:
    offered = turns(google="ab!", naver="", bing="")
    assert letters(itertools.islice(offered, 2)) == "ab"
    with pytest.raises(CaptchaError, match="google"):
        next(offered)


def test_engines_that_all_have_nothing_have_no_results() -> None:
    with pytest.raises(NoResultsError, match="google empty"):
        next(turns(google="", naver=""))


def test_an_engine_without_results_beside_one_that_has_some_is_no_failure() -> None:
    assert letters(turns(google="", naver="12")) == "12"


def test_a_full_disk_is_no_failure_of_an_engine() -> None:
    def full(_query: Query) -> Iterator[Candidate]:
        raise DiskError("full")
        yield

    with pytest.raises(DiskError):
        next(taking_turns({"google": full, "naver": listed("naver", "12")})(BLOSSOM))


def test_a_search_that_is_left_closes_its_engines() -> None:
    closed: list[str] = []

    def open_ended(query: Query) -> Iterator[Candidate]:
        try:
            yield from listed("google", "abc")(query)
        finally:
            closed.append("google")

    offered = taking_turns({"google": open_ended, "naver": listed("naver", "12")})(BLOSSOM)
    next(offered)
    offered.close()  # type: ignore[attr-defined]
    assert closed == ["google"]


def offers(count: int) -> list[Offer]:
    made = []
    for number in range(count):
        file = io.BytesIO()
        Image.frombytes("RGB", (64, 48), random.Random(number).randbytes(64 * 48 * 3)).save(file, "JPEG")
        made.append(Offer(f"{number}.jpg", file.getvalue()))
    return made


def shown(site: Site, offered: Sequence[Offer]) -> list[Picture]:
    return [Picture(site.address(offer)) for offer in offered]


def collect(dataset: DatasetDir, site: Site, **values: Any) -> CrawlSummary:
    return crawl(CrawlOptions(allow_host=(site.image_host,), **values), [BLOSSOM], dataset, progress=Silent())


def test_the_limit_counts_different_images_over_all_engines(dataset: DatasetDir) -> None:
    offered = offers(12)
    with (
        serve_images({"x": offered}) as site,
        serve(WEBSITES["bing"](shown(site, offered))) as one,
        serve(WEBSITES["naver"](shown(site, offered[::-1]))) as other,
    ):
        urls = f"bing={one.url},naver={other.url}"
        summary = collect(dataset, site, engine="bing,naver", search_url=urls, limit=8)
        assert site.requests.downloads.total() == 8
        assert summary.queries[0].images == summary.images == 8
        options = CrawlOptions(engine="naver,bing", search_url=urls, limit=8)
        assert finished(options, [BLOSSOM], dataset)
        assert not finished(dataclasses.replace(options, engine="bing", search_url=""), [BLOSSOM], dataset)
        assert not finished(dataclasses.replace(options, size="large"), [BLOSSOM], dataset)
    with open_catalog(dataset.catalog) as catalog:
        assert Counter(source.candidate.engine for source in catalog.sources()) == {"bing": 4, "naver": 4}
    assert "Found by bing 4, naver 4." in summary.text({"A": "거리", "B": "벚꽃"})


def test_several_engines_give_the_same_in_two_crawls_as_in_one(tmp_path: Path) -> None:
    offered = offers(14)
    dumps = []
    with (
        serve_images({"x": offered}) as site,
        serve(WEBSITES["bing"](shown(site, offered[:9]))) as one,
        serve(WEBSITES["naver"](shown(site, offered[::-1]))) as other,
    ):
        values: dict[str, Any] = {"engine": "bing,naver", "search_url": f"bing={one.url},naver={other.url}"}
        for name, limits in (("whole", [11]), ("halves", [4, 11])):
            dataset = DatasetDir(tmp_path / name)
            for limit in limits:
                collect(dataset, site, limit=limit, **values)
            with open_catalog(dataset.catalog) as catalog:
                dumps.append(catalog.dump())
    assert dumps[0] == dumps[1]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer("<p>검색결과가 없습니다</p>"), 3),
        (Answer(status=403), 4),
        (Answer("<p>new</p>"), 5),
        (Answer(status=500), 6),
    ],
)
def test_the_command_leaves_with_the_code_of_what_happened(answer: Answer, code: int, tmp_path: Path) -> None:
    program = "import crawler.pages; crawler.pages.backoff = lambda *_: 0.0; from pipeline.cli import main; main()"
    with serve(lambda _path, _parameters: answer) as replica:
        words = ["crawl", "벚꽃 이미지", "--engine", "naver", "--search-url", replica.url, "--dataset", "x", "--json"]
        left = subprocess.run([sys.executable, "-c", program, *words], cwd=tmp_path, capture_output=True, check=False)
    assert (left.returncode, left.stdout) == (code, b"")
    assert "naver" in left.stderr.decode() or code == 6


@pytest.mark.parametrize("limit", [3, 50])
def test_a_crawl_with_a_failed_engine_is_finished_only_if_it_reached_its_limit(dataset: DatasetDir, limit: int) -> None:
    offered = offers(6)
    with (
        serve_images({"x": offered}) as site,
        serve(WEBSITES["bing"](shown(site, offered))) as one,
        serve(lambda _path, _parameters: Answer(status=403)) as wall,
    ):
        values: dict[str, Any] = {"engine": "naver,bing", "search_url": f"bing={one.url},naver={wall.url}"}
        summary = collect(dataset, site, limit=limit, **values)
        assert summary.images == min(limit, 6)
        assert finished(CrawlOptions(limit=limit, **values), [BLOSSOM], dataset) == (limit == 3)


def test_a_crawl_whose_engines_all_fail_leaves_with_the_first_error(dataset: DatasetDir) -> None:
    with (
        serve_images({}) as site,
        serve(lambda _path, _parameters: Answer("new", 200)) as changed,
        serve(lambda _path, _parameters: Answer(status=403)) as wall,
        pytest.raises(CaptchaError),
    ):
        collect(dataset, site, engine="naver,bing", search_url=f"bing={changed.url},naver={wall.url}")


def test_licence_and_attribution_reach_the_catalogue(dataset: DatasetDir) -> None:
    offered = offers(2)
    with (
        serve_images({"x": offered}) as site,
        serve(WEBSITES["openverse"](shown(site, offered))) as replica,
    ):
        collect(dataset, site, engine="openverse", search_url=replica.url)
    with open_catalog(dataset.catalog) as catalog:
        candidate = next(catalog.sources()).candidate
    assert candidate.licence == "CC BY-SA 4.0 https://creativecommons.org/licenses/by-sa/4.0/"
    assert "홍길동" in candidate.attribution


def test_a_filter_that_an_engine_cannot_honour_is_refused_before_anything_starts(dataset: DatasetDir) -> None:
    options = CrawlOptions(engine="bing,naver", color="pink")
    with pytest.raises(UsageError, match=r"--color pink: naver .*google, bing, duckduckgo"):
        crawl(options, [BLOSSOM], dataset, progress=Silent())
    assert not dataset.root.exists()


@pytest.mark.parametrize("engine", [*ENGINES, "urls"])
def test_no_filter_is_refused_where_none_is_set(engine: str) -> None:
    refuse_filters(CrawlOptions(urls="list.txt") if engine == "urls" else CrawlOptions(engine=engine))


def test_a_list_of_addresses_filters_nothing() -> None:
    with pytest.raises(UsageError, match="--license cc: urls"):
        refuse_filters(CrawlOptions(urls="list.txt", license="cc"))


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"engine": ""}, "engine"),
        ({"engine": "altavista"}, "engine"),
        ({"engine": "google,google"}, "engine"),
        ({"engine": "urls"}, "engine"),
        ({"engine": "google,bing", "search_url": "http://a"}, "search_url"),
        ({"engine": "google", "search_url": "bing=http://a"}, "search_url"),
        ({"engine": "bing", "search_url": "bing=file:///etc/passwd"}, "search_url"),
    ],
)
def test_engines_and_addresses_that_cannot_be_meant_are_refused(values: dict[str, str], named: str) -> None:
    with pytest.raises(OptionError) as refused:
        CrawlOptions(**values)  # type: ignore[arg-type]
    assert refused.value.option == named


def test_each_engine_has_the_address_it_was_given() -> None:
    options = CrawlOptions(engine="bing, naver", search_url="bing=http://a:1/x,naver=https://b")
    assert options.engines == ("bing", "naver")
    assert options.search_urls == {"bing": "http://a:1/x", "naver": "https://b"}
    assert CrawlOptions(search_url="http://a").search_urls == {"google": "http://a"}
    assert CrawlOptions().search_urls == {}
    assert CrawlOptions(license="cc", size="large").filters == Filters(license="cc", size="large")


def test_every_error_of_an_engine_has_an_exit_code_of_its_own() -> None:
    errors: list[type[PipelineError]] = [NoResultsError, CaptchaError, LayoutChangedError, OfflineError]
    assert len({error.exit_code for error in errors}) == 4
