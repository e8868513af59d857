"""Rows N1 to N9 and I4 of FAULTS.md, as whole crawls see them; what concerns one download alone is in test_fetch.py."""

import gzip
import io
import subprocess
import sys
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import pytest
from faults import (
    LOOPBACK,
    Answer,
    Clock,
    Server,
    bomb,
    crashing,
    drip,
    endless,
    fixed,
    header_flood,
    jpeg,
    redirect,
    reply,
    reset,
    serving,
    wall,
)
from PIL import Image

from crawler import crawl as crawling
from crawler.crawl import CrawlSummary, crawl
from crawler.examine import Examiner
from crawler.fetch import Fetcher
from crawler.fetched import Fetched, FetchError
from crawler.options import CrawlOptions
from crawler.retry import COOL_DOWN_SECONDS, FAILURES_TO_OPEN, MAX_WAIT_SECONDS
from pipeline.catalog import open_catalog
from pipeline.dataset import DatasetDir
from pipeline.errors import NoResultsError
from pipeline.progress import Silent
from pipeline.records import Candidate, Query

BLOSSOM = Query("B", "벚꽃")


@pytest.fixture
def dataset(tmp_path: Path) -> DatasetDir:
    return DatasetDir(tmp_path / "data")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock and the sleep of every crawl in this test: nothing really waits."""
    made = Clock()

    def fetcher(options: CrawlOptions) -> Fetcher:
        return Fetcher(options, clock=made, sleep=made.sleep, now=made)

    monkeypatch.setattr(crawling, "Fetcher", fetcher)
    return made


def collect(dataset: DatasetDir, urls: list[str], *, allow: tuple[str, ...], **values: object) -> CrawlSummary:
    def search(query: Query) -> Iterator[Candidate]:
        for rank, url in enumerate(urls):
            yield Candidate(query.domain, "google", query.text, rank, url, page_url="https://page.test/p?q=1#top")

    options = CrawlOptions(allow_host=allow, **values)  # type: ignore[arg-type]
    return crawl(options, [BLOSSOM], dataset, progress=Silent(), search=search)


def reasons(dataset: DatasetDir) -> dict[str, str]:
    """Of each address the reason why it failed, "" for an image; every candidate has ended in one of the two."""
    with open_catalog(dataset.catalog) as catalog:
        sources = list(catalog.sources())
    assert all((source.state == "fetched") != (source.state == "failed" and bool(source.reason)) for source in sources)
    return {source.candidate.image_url: source.reason for source in sources}


def fetched(
    server: Server, path: str = "/", *, page_url: str = "", clock: Clock | None = None, **values: object
) -> Fetched:
    clock = clock or Clock()
    chosen = {"allow_host": (server.host,), "ignore_robots": True, **values}
    fetcher = Fetcher(CrawlOptions(**chosen), clock=clock, sleep=clock.sleep, now=clock)  # type: ignore[arg-type]
    return fetcher.fetch(server.url(path), page_url)


def failure(server: Server, path: str = "/", **values: object) -> tuple[str, bool]:
    with pytest.raises(FetchError) as caught:
        fetched(server, path, **values)  # type: ignore[arg-type]
    return caught.value.reason, caught.value.temporary


def test_no_spelling_of_loopback_reaches_a_secret_page(dataset: DatasetDir) -> None:
    with serving({"*": fixed(reply(jpeg()))}) as secret:
        urls = [f"http://{host}:{secret.port}/secret" for host in LOOPBACK]
        with pytest.raises(NoResultsError, match="blocked_address"):
            collect(dataset, urls, allow=())
        assert (secret.connections, secret.requests) == (0, [])
    assert set(reasons(dataset).values()) == {"blocked_address"}


def test_no_redirect_to_any_spelling_of_loopback_is_followed(dataset: DatasetDir) -> None:
    with serving({"*": fixed(reply(jpeg()))}) as secret:
        tricks = {f"/{n}": redirect(f"http://{host}:{secret.port}/secret") for n, host in enumerate(LOOPBACK)}
        tricks["/slashes"] = redirect(f"//{secret.host}/secret")
        tricks["/user"] = redirect(f"http://images.test@{secret.host}/secret")
        with serving(tricks) as server, pytest.raises(NoResultsError):
            collect(dataset, [server.url(path) for path in tricks], allow=(server.host,))
        assert (secret.connections, secret.requests) == (0, [])
    assert set(reasons(dataset).values()) == {"blocked_address"}


def test_through_a_proxy_written_private_addresses_are_still_refused(dataset: DatasetDir) -> None:
    with serving({"*": fixed(reply(jpeg()))}) as proxy:
        urls = [f"http://{host}/a.jpg" for host in LOOPBACK] + ["http://10.0.0.1/a.jpg", "https://[fd00::1]/a.jpg"]
        with pytest.raises(NoResultsError):
            collect(dataset, urls, allow=(), proxy=proxy.url())
        assert proxy.requests == []
    assert set(reasons(dataset).values()) == {"blocked_address"}


def test_a_proxy_is_asked_for_the_whole_address_and_resolves_it() -> None:
    def nobody(_host: str, _port: int) -> list[str]:
        raise AssertionError("resolved here")

    picture = jpeg()
    with serving({"http://images.test/a.jpg": fixed(reply(picture))}) as proxy:
        options = CrawlOptions(proxy=f"http://me:secret@{proxy.host}", ignore_robots=True)
        assert Fetcher(options, resolve=nobody).fetch("http://images.test/a.jpg").data == picture
    assert "proxy-authorization: basic bwu6c2vjcmv0" in proxy.requests[0].lower()


def test_a_proxy_that_refuses_a_tunnel_is_no_connection() -> None:
    with serving({"images.test:443": fixed(reply(b"", "403 Forbidden"))}) as proxy:
        clock = Clock()
        options = CrawlOptions(proxy=proxy.url(), ignore_robots=True)
        with pytest.raises(FetchError, match="connection"):
            Fetcher(options, clock=clock, sleep=clock.sleep).fetch("https://images.test/a.jpg")
    assert proxy.requests[0].startswith("CONNECT images.test:443 HTTP/1.1\r\nHost: images.test:443\r\n")


def test_a_redirect_loop_ends_after_five_hops() -> None:
    with serving({"/": redirect("/b", "Set-Cookie: a=1"), "/b": redirect("/")}) as server:
        assert failure(server) == ("too_many_redirects", False)
    assert len(server.requests) == 6
    assert not any("Cookie" in request for request in server.requests)


def test_the_page_is_named_as_referer_without_its_fragment_and_credentials() -> None:
    picture = jpeg()
    with serving({"/": wall("referer", "http://page.test/p?q=1", picture)}) as server:
        assert fetched(server, page_url="http://me:secret@page.test/p?q=1#top").data == picture
        assert failure(server) == ("http_403", False)


@pytest.mark.parametrize("page_url", ["https://page.test/p", "file:///home/me/list.txt", "about:blank", "", "http://"])
def test_no_referer_goes_from_https_to_http_or_names_what_is_no_web_page(page_url: str) -> None:
    with serving({"/": fixed(reply(jpeg()))}) as server:
        fetched(server, page_url=page_url)
    assert "referer" not in server.requests[0].lower()


def test_a_wall_that_wants_a_cookie_is_a_permanent_failure() -> None:
    with serving({"/": wall("cookie", "seen=1", jpeg())}) as server:
        assert failure(server) == ("http_403", False)


def test_a_length_that_promises_less_gives_a_truncated_file_and_that_is_refused(dataset: DatasetDir) -> None:
    picture = jpeg(200, 150)
    lying = reply(picture).replace(str(len(picture)).encode(), str(len(picture) - 500).encode(), 1)
    with (
        serving({"/a.jpg": fixed(lying), "/b.jpg": fixed(reply(picture[:-500]))}) as server,
        pytest.raises(NoResultsError),
    ):
        collect(dataset, [server.url("/a.jpg"), server.url("/b.jpg")], allow=(server.host,))
    assert set(reasons(dataset).values()) == {"corrupt"}
    assert not list(dataset.raw.glob("*/*"))


def test_a_part_that_nobody_asked_for_is_no_image() -> None:
    with serving({"/": fixed(reply(jpeg(), "206 Partial Content"))}) as server:
        assert failure(server) == ("http_206", False)


def test_a_body_slower_than_a_kilobyte_a_second_is_given_up_before_the_deadline() -> None:
    class Passing(Clock):
        def __call__(self) -> float:
            self.now += 2.0
            return self.now

    with serving({"/": drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")}) as server:
        assert failure(server, clock=Passing(), deadline_seconds=1000.0) == ("too_slow", True)


def test_a_crawl_goes_on_beside_servers_that_never_end(dataset: DatasetDir) -> None:
    answers: dict[str, Answer] = {
        "/drip": drip(b"HTTP/1.1 200 OK\r\n\r\n"),
        "/silent": drip(),
        "/endless": endless,
        "/a.jpg": fixed(reply(jpeg())),
    }
    with serving(answers) as server:
        urls = [server.url(path) for path in answers]
        limits = {"deadline_seconds": 0.5, "max_size_bytes": 1_000_000}
        collect(dataset, urls, allow=(server.host,), concurrency=4, per_host=4, **limits)
        expected = {"/drip": "deadline", "/silent": "deadline", "/endless": "too_large", "/a.jpg": ""}
        assert reasons(dataset) == {server.url(path): reason for path, reason in expected.items()}


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "twice"])
def test_a_compression_bomb_takes_no_memory(encoding: str) -> None:
    program = """if True:
        import resource, sys
        from crawler.fetch import Fetcher
        from crawler.fetched import FetchError
        from crawler.options import CrawlOptions
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            Fetcher(CrawlOptions(allow_host=(sys.argv[1],), ignore_robots=True)).fetch(f"http://{sys.argv[1]}/")
        except FetchError as error:
            sys.stdout.write(f"{error.reason} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before}")
    """
    twice = gzip.compress(gzip.compress(bytes(800_000_000), 1), 1) if encoding == "twice" else b""
    answer = reply(twice, "200 OK", "Content-Encoding: gzip, gzip") if twice else bomb(encoding, 400_000_000)
    with serving({"/": fixed(answer)}) as server:
        child = subprocess.run(
            [sys.executable, "-c", program, server.host], capture_output=True, text=True, check=True, timeout=60
        )
    reason, grown_kilobytes = child.stdout.split()
    assert reason == "too_large"
    assert int(grown_kilobytes) < 200_000


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, gzip, gzip, gzip, gzip, gzip"])
def test_a_body_that_is_not_encoded_as_it_says_is_refused(encoding: str) -> None:
    with serving({"/": fixed(reply(jpeg(), "200 OK", f"Content-Encoding: {encoding}"))}) as server:
        assert failure(server) == ("bad_encoding", False)


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [("7", 7.0, 7.0), (formatdate(1012, usegmt=True), 11.0, 12.0), ("1000000000", MAX_WAIT_SECONDS, MAX_WAIT_SECONDS)],
)
def test_a_crawl_waits_as_long_as_a_busy_host_asks_but_not_forever(
    dataset: DatasetDir, clock: Clock, header: str, least: float, most: float
) -> None:
    busy = reply(b"", "429 Slow down", f"Retry-After: {header}")
    answers = {"/robots.txt": fixed(reply(b"", "404 No")), "/a.jpg": fixed(busy, reply(jpeg()))}
    with serving(answers) as server:
        assert collect(dataset, [server.url("/a.jpg")], allow=(server.host,)).images == 1
    assert len(clock.waits) == 1
    assert least <= clock.waits[0] <= most


def test_a_busy_host_is_left_alone_by_every_download() -> None:
    clock = Clock()
    busy = reply(b"", "503 Busy", "Retry-After: 25")
    with serving({"/a": fixed(busy), "/b": fixed(reply(jpeg()))}) as server:
        options = CrawlOptions(allow_host=(server.host,), ignore_robots=True, deadline_seconds=20.0)
        fetcher = Fetcher(options, clock=clock, sleep=clock.sleep, now=clock)
        with pytest.raises(FetchError, match="http_503"):
            fetcher.fetch(server.url("/a"))  # its deadline comes before the end of the wait
        assert clock.waits == []
        fetcher.fetch(server.url("/b"))
    assert clock.waits == [25.0]


@pytest.mark.parametrize("first", [reply(b"", "503 Busy"), reply(b"", "500 Broken"), reply(b"", "429 No"), b""])
def test_one_bad_answer_loses_no_image(dataset: DatasetDir, clock: Clock, first: bytes) -> None:
    answers = {f"/{n}.jpg": fixed(first, reply(jpeg())) for n in range(6)}
    with serving({"/robots.txt": fixed(reply(b"", "404 No")), **answers}) as server:
        assert collect(dataset, [server.url(path) for path in answers], allow=(server.host,)).images == 6
    assert len(clock.waits) == 6
    assert all(0.5 <= wait <= 1.0 for wait in clock.waits)


def test_a_host_that_resets_every_body_is_left_alone_and_others_are_not(dataset: DatasetDir, clock: Clock) -> None:
    broken = {f"/{n}.jpg": reset(jpeg()) for n in range(12)}
    with (
        serving({"/robots.txt": fixed(reply(b"", "404 No")), **broken}) as bad,
        serving({"*": fixed(reply(jpeg()))}) as good,
    ):
        urls = [bad.url(path) for path in broken] + [good.url("/a.jpg")]
        summary = collect(dataset, urls, allow=(bad.host, good.host), concurrency=1)
        asked = len(bad.requests)
    assert summary.images == 1
    assert dict(summary.queries[0].failed) == {
        "connection": FAILURES_TO_OPEN, "host_failing": len(broken) - FAILURES_TO_OPEN,
    }  # fmt: skip
    assert asked == 1 + 3 * FAILURES_TO_OPEN


def test_a_failing_host_gets_one_trial_after_the_cool_down() -> None:
    clock = Clock()
    with serving({"/good": fixed(reply(jpeg()))}) as server:
        options = CrawlOptions(allow_host=("127.0.0.1",), ignore_robots=True)
        fetcher = Fetcher(options, clock=clock, sleep=clock.sleep, now=clock)
        failing = fixed(reply(b"", "500 Broken"))
        server_answers = server._answers
        server_answers["/bad"] = failing
        for _image in range(FAILURES_TO_OPEN):
            with pytest.raises(FetchError, match="http_500"):
                fetcher.fetch(server.url("/bad"))
        with pytest.raises(FetchError, match="host_failing"):
            fetcher.fetch(server.url("/good"))
        clock.now += COOL_DOWN_SECONDS
        assert fetcher.fetch(server.url("/good")).data
        assert fetcher.fetch(server.url("/good")).data


def test_temporary_failures_and_permanent_ones_are_told_apart_in_the_catalogue(
    dataset: DatasetDir, clock: Clock
) -> None:
    del clock
    answers = {
        "/robots.txt": fixed(reply(b"", "404 No")),
        "/503": fixed(reply(b"", "503 Busy")),
        "/a": fixed(reply(jpeg())),
    }
    with serving(answers) as server:
        collect(dataset, [server.url(path) for path in ("/503", "/404", "/a")], allow=(server.host,))
        with open_catalog(dataset.catalog) as catalog:
            told = {source.reason: source.temporary for source in catalog.sources()}
    assert told == {"http_503": True, "http_404": False, "": False}


@pytest.mark.parametrize(
    "answer", [header_flood(2000), reply(b"", "200 OK", "X: " + "x" * 100_000), b"\x16\x03\x01 no\r\n\r\n"]
)
def test_an_answer_that_is_no_http_is_refused_for_good(answer: bytes) -> None:
    with serving({"/": fixed(answer)}) as server:
        assert failure(server) == ("bad_answer", False)
    assert len(server.requests) == 1


def png(width: int, height: int, color: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), color).save(file, "PNG")
    return file.getvalue()


def test_what_is_no_picture_is_refused_with_its_reason_whatever_its_type_says(dataset: DatasetDir) -> None:
    bodies = {
        "/page.jpg": (b"<!doctype html><title>gone</title>", "not_image"),
        "/drawing.jpg": (b"<svg xmlns='http://www.w3.org/2000/svg' width='900' height='900'/>", "not_image"),
        "/pixel.gif": (png(1, 1, "white"), "too_small"),
        "/line.png": (png(600, 2, "red"), "too_small"),
        "/grey.jpg": (png(400, 300, "#ddd"), "placeholder"),
        "/half.jpg": (jpeg(300, 200)[:3000], "corrupt"),
        "/empty.jpg": (b"", "empty"),
        "/good.html": (jpeg(), ""),
    }
    answers = {
        path: fixed(reply(body, "200 OK", "Content-Type: image/jpeg")) for path, (body, _reason) in bodies.items()
    }
    with serving(answers) as server:
        summary = collect(dataset, [server.url(path) for path in bodies], allow=(server.host,))
        assert reasons(dataset) == {server.url(path): reason for path, (_body, reason) in bodies.items()}
    assert (summary.images, len(list(dataset.raw.glob("*/*")))) == (1, 1)


def test_a_crawl_never_requests_what_robots_txt_forbids_and_says_why(dataset: DatasetDir) -> None:
    rules = b"User-agent: *\nDisallow: /private/\n"
    answers = {"/robots.txt": fixed(reply(rules)), "/moved.jpg": redirect("/private/1.jpg"), "*": fixed(reply(jpeg()))}
    paths = ["/private/1.jpg", "/private/2.jpg", "/moved.jpg", "/public.jpg"]
    with serving(answers) as server:
        collect(dataset, [server.url(path) for path in paths], allow=(server.host,), concurrency=4, per_host=4)
        assert list(reasons(dataset).values()).count("robots") == 3
    assert not [target for target in server.targets() if target.startswith("/private/")]
    assert server.targets().count("/robots.txt") == 1


def test_an_override_of_robots_txt_is_recorded_in_the_catalogue(dataset: DatasetDir) -> None:
    with serving({"/robots.txt": fixed(reply(b"User-agent: *\nDisallow: /")), "*": fixed(reply(jpeg()))}) as server:
        assert collect(dataset, [server.url("/a.jpg")], allow=(server.host,), ignore_robots=True).images == 1
    with open_catalog(dataset.catalog) as catalog:
        assert catalog.setting("robots") == "ignored"


def test_two_spellings_of_an_address_are_requested_once_and_are_two_sources(dataset: DatasetDir) -> None:
    with serving({"/robots.txt": fixed(reply(b"", "404 No")), "*": fixed(reply(jpeg()))}) as server:
        spellings = ["/a.jpg?b=2&a=%EB%B2%9A", "/a.jpg?a=벚&b=2", "/a.jpg?b=2&a=%eb%b2%9a#part"]
        summary = collect(dataset, [server.url(path) for path in spellings], allow=(server.host,), concurrency=3)
        again = collect(dataset, [server.url("/a.jpg?a=%eb%b2%9a&b=2")], allow=(server.host,), limit=300)
    assert len(server.targets()) == 2
    assert server.targets()[0] == "/robots.txt"
    assert (summary.images, summary.queries[0].fetched, summary.queries[0].known) == (1, 1, 2)
    assert (again.queries[0].fetched, again.queries[0].known) == (0, 1)
    assert len(reasons(dataset)) == 4


def test_where_the_first_spelling_of_an_address_fails_the_next_one_is_tried(dataset: DatasetDir) -> None:
    answers = {
        "/robots.txt": fixed(reply(b"", "404 No")),
        "/a?x=1&y=2": fixed(reply(b"", "404 No")),
        "*": fixed(reply(jpeg())),
    }
    with serving(answers) as server:
        urls = [server.url(path) for path in ("/a?x=1&y=2", "/a?y=2&x=1", "/a?y=2&x=1#z")]
        summary = collect(dataset, urls, allow=(server.host,))
    assert dict(summary.queries[0].failed) == {"http_404": 1}
    assert (summary.queries[0].fetched, summary.queries[0].known) == (1, 1)


def test_a_signed_address_is_requested_exactly_as_it_is_written(dataset: DatasetDir) -> None:
    signed = "/a.jpg?X-Sig=a%2fb%2B+c==&Expires=9&Policy={x|y}~[z]&b=&a=%7E"
    with serving({"*": fixed(reply(jpeg()))}) as server:
        collect(dataset, [server.url(signed)], allow=(server.host,), ignore_robots=True)
    assert server.targets() == [signed]


def test_connections_are_kept_and_a_dead_one_is_replaced() -> None:
    clock = Clock()
    picture = jpeg()
    with serving({"/robots.txt": fixed(reply(b"", "404 No")), "*": fixed(reply(picture))}, keep=True) as server:
        fetcher = Fetcher(CrawlOptions(allow_host=(server.host,)), clock=clock, sleep=clock.sleep)
        for number in range(5):
            fetcher.fetch(server.url(f"/{number}"))
        assert server.connections == 1
        fetcher.stop()
    with serving({"*": fixed(reply(picture))}) as hasty:  # closes after each answer, without saying so
        fetcher = Fetcher(CrawlOptions(allow_host=(hasty.host,), ignore_robots=True), clock=clock, sleep=clock.sleep)
        for number in range(5):
            fetcher.fetch(hasty.url(f"/{number}"))
        assert (hasty.connections >= 5, clock.waits) == (True, [])


def test_the_rest_of_a_longer_body_is_never_taken_for_the_next_answer() -> None:
    first, second = jpeg(), jpeg()
    smuggled = reply(first) + reply(png(50, 50, "red"))
    with serving({"/a": fixed(smuggled), "/b": fixed(reply(second))}, keep=True) as server:
        fetcher = Fetcher(CrawlOptions(allow_host=(server.host,), ignore_robots=True))
        assert [fetcher.fetch(server.url(path)).data for path in ("/a", "/b")] == [first, second]


def test_a_decoder_that_crashes_or_hangs_loses_its_image_after_two_tries_and_nothing_else(
    dataset: DatasetDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawler.examine.find_flaw", crashing)
    monkeypatch.setattr(crawling, "Examiner", lambda: Examiner(timeout_seconds=0.5))
    bad = {"/crash.jpg": jpeg() + b"crash", "/hang.jpg": jpeg() + b"hang"}
    answers = {path: fixed(reply(body)) for path, body in {**bad, **{f"/{n}.jpg": jpeg() for n in range(6)}}.items()}
    with serving(answers) as server:
        summary = collect(dataset, [server.url(path) for path in answers], allow=(server.host,), per_host=8)
    assert dict(summary.queries[0].failed) == {"crashed": 2}
    assert summary.images == 6
