"""An engine's pages: what is asked again, what is bounded, and where no page comes from."""

import email.utils
import gzip
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from replicas import Answer, door, serve

from crawler.options import CrawlOptions
from crawler.pages import MAX_SIZE_BYTES, open_connections
from pipeline.errors import OfflineError, UsageError


def test_a_page_is_given_with_its_status_whatever_it_is() -> None:
    with serve(lambda _path, _parameters: Answer("없음", 404)) as replica:
        page = door(replica.url)(f"{replica.url}/벚꽃?q=이미지")
        assert (page.status, page.text) == (404, "없음")
        assert page.url.endswith("/%EB%B2%9A%EA%BD%83?q=%EC%9D%B4%EB%AF%B8%EC%A7%80")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_temporary_failure_is_asked_again_after_the_wait_that_it_names(status: int) -> None:
    answers = [Answer("late"), Answer(status=status, headers={"Retry-After": "3"})]
    slept: list[float] = []
    with serve(lambda _path, _parameters: answers.pop()) as replica:
        assert door(replica.url, slept)(replica.url).text == "late"
    assert slept == [3.0]


@pytest.mark.parametrize("text", ["1000000000", email.utils.formatdate(4_000_000_000, usegmt=True)])
def test_an_absurd_wait_is_capped(text: str) -> None:
    slept: list[float] = []
    busy = Answer(status=429, headers={"Retry-After": text})
    with serve(lambda _path, _parameters: busy) as replica:
        assert door(replica.url, slept)(replica.url).status == 429
    assert slept == [30.0, 30.0]


@pytest.mark.parametrize("status", [500, 501, 599])
def test_a_server_that_stays_broken_is_offline_after_three_attempts(status: int) -> None:
    slept: list[float] = []
    with serve(lambda _path, _parameters: Answer(status=status)) as replica:
        with pytest.raises(OfflineError, match=f"http_{status}"):
            door(replica.url, slept)(replica.url)
        assert len(replica.asked) == 3
    assert 0.5 <= slept[0] <= 1.0 <= slept[1] <= 2.0


def test_redirects_are_followed_to_a_bound() -> None:
    def turning(path: str, _parameters: object) -> Answer:
        count = int(path.strip("/") or 0)
        return Answer("there") if count == 5 else Answer(status=302, headers={"Location": f"/{count + 1}"})

    with serve(turning) as replica:
        assert door(replica.url)(replica.url).text == "there"
    around = Answer(status=302, headers={"Location": "/"})
    with (
        serve(lambda _path, _parameters: around) as replica,
        pytest.raises(OfflineError, match="too_many_redirects"),
    ):
        door(replica.url)(replica.url)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://a.kr/", "http://[", "http://169.254.169.254/latest"])
def test_a_page_that_is_not_on_the_web_is_not_asked_for(url: str) -> None:
    with pytest.raises(OfflineError, match=r"bad_scheme|bad_url|blocked_address"):
        door("http://127.0.0.1:1")(url)


def test_a_base_address_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="--search-url"):
        open_connections(CrawlOptions(), "http://")


@contextmanager
def sending(head: bytes, body: bytes, *, times: int = 1) -> Iterator[str]:
    """A server that sends exactly these bytes, the body several times over, as long as somebody listens."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                self.wfile.write(head)
                for _time in range(times):
                    self.wfile.write(body)
            except OSError:
                return

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_page_without_end_is_cut() -> None:
    endless = sending(b"HTTP/1.0 200 OK\r\n\r\n", b"x" * 65536, times=1000)
    with endless as url, pytest.raises(OfflineError, match="too_large"):
        door(url)(url)


def test_a_page_is_measured_unpacked() -> None:
    bomb = gzip.compress(b"x" * (MAX_SIZE_BYTES + 1))
    head = b"HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    with sending(head, bomb) as url, pytest.raises(OfflineError, match="too_large"):
        door(url)(url)


def test_a_page_that_never_comes_is_given_up_at_the_deadline() -> None:
    held = threading.Event()

    def waiting(_path: str, _parameters: object) -> Answer:
        held.wait(20)
        return Answer()

    with serve(waiting) as replica:
        try:
            with pytest.raises(OfflineError, match=r"connection|deadline"):
                door(replica.url, deadline_seconds=0.3, timeout_seconds=0.2)(replica.url)
        finally:
            held.set()
