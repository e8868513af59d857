"""Downloads against a loopback server that misbehaves."""

import base64
import gzip
import io
import os
import resource
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from faults import Answer, Clock, Server, drip, fixed, jpeg, reply, serving, tunnel
from PIL import Image

from crawler.connections import StoppedError
from crawler.fetch import Fetcher
from crawler.fetched import FetchError
from crawler.guard import REFUSED_IPV4
from crawler.options import CrawlOptions
from crawler.retry import COOL_DOWN_SECONDS, FAILURES_TO_OPEN, MAX_WAIT_SECONDS, retry_after
from pipeline.errors import DiskError

CERTIFICATE = """-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgNbOBI4Kdvl6HDrfO
l+j4gBqlMp3DmCIrIEW1l7ZWayuhRANCAATF1JOcwBsI1h/RoGVzSOwNXirIDZX/
w5X+InC58oxSFjDzes5QyEvW8Y4wMaWwTpcKuYOomPg228zwV7xnI7Mg
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBaDCCAQ2gAwIBAgIBATAKBggqhkjOPQQDAjAWMRQwEgYDVQQDDAtpbWFnZXMu
dGVzdDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowFjEUMBIGA1UE
AwwLaW1hZ2VzLnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATF1JOcwBsI
1h/RoGVzSOwNXirIDZX/w5X+InC58oxSFjDzes5QyEvW8Y4wMaWwTpcKuYOomPg2
28zwV7xnI7Mgo0owSDAWBgNVHREEDzANggtpbWFnZXMudGVzdDAPBgNVHRMBAf8E
BTADAQH/MB0GA1UdDgQWBBQ0u9CAzyj6T/TzoPTEuGx7mnXQUDAKBggqhkjOPQQD
AgNJADBGAiEAkMWGwL11pcvaNei3G+ZP1J32QPxzZE11FdehhNi4orYCIQCPus6f
wliwC+wFCwUSa18hxZnw+g08L8+L4wfxIiFAqQ==
-----END CERTIFICATE-----
"""
"""A key and a certificate of nobody, for images.test, valid from 2020 to 2120."""


def fetcher(
    server: Server, *, allow: tuple[str, ...] | None = None, deadline: float = 20.0, **parts: object
) -> Fetcher:
    options = CrawlOptions(
        allow_host=(server.host,) if allow is None else allow,
        timeout_seconds=10.0,
        deadline_seconds=deadline,
        max_size_bytes=1_000_000,
        ignore_robots=True,
    )
    return Fetcher(options, **{"sleep": lambda _seconds: None, **parts})  # type: ignore[arg-type]


def failure(server: Server, path: str = "/", **parts: object) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetcher(server, **parts).fetch(server.url(path))  # type: ignore[arg-type]
    return caught.value


def test_an_image_comes_back_whole_with_the_extension_of_its_content() -> None:
    picture = jpeg()
    with serving({"/a.png": fixed(reply(picture, "200 OK", "Content-Type: text/html"))}) as server:
        fetched = fetcher(server).fetch(server.url("/a.png"))
    assert (fetched.data, fetched.extension, fetched.final_url) == (picture, "jpg", server.url("/a.png"))


def test_a_request_carries_no_cookie_no_referer_no_credentials_and_says_who_asks() -> None:
    answers = {"/": fixed(reply(b"", "302 Found", "Location: /b", "Set-Cookie: a=1")), "/b": fixed(reply(jpeg()))}
    with serving(answers) as server:
        fetcher(server).fetch(f"http://user:secret@{server.host}/")
    for request in server.requests:
        names = {line.partition(":")[0].lower() for line in request.splitlines()[1:]}
        assert names.isdisjoint({"cookie", "referer", "authorization"})
        assert "User-Agent: unpaired/" in request
        assert f"Host: {server.host}" in request


def test_proxies_and_netrc_of_the_environment_are_never_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("default login me password secret\n")
    with serving({"/": fixed(reply(jpeg()))}) as server, serving({}) as trap:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, trap.url())
        fetcher(server).fetch(server.url())
    assert trap.requests == []
    assert "secret" not in server.requests[0]


def test_a_korean_file_name_is_requested_percent_encoded() -> None:
    encoded = "/%EB%B2%9A%EA%BD%83%20%EC%9D%B4%EB%AF%B8%EC%A7%80.jpg"
    with serving({encoded: fixed(reply(jpeg()))}) as server:
        assert fetcher(server).fetch(server.url("/벚꽃 이미지.jpg")).data


def test_a_redirect_may_be_relative_and_written_in_raw_hangul() -> None:
    redirect = b"HTTP/1.1 301 Moved\r\nLocation: /\xeb\xb2\x9a.jpg\r\nContent-Length: 0\r\n\r\n"
    with serving({"/": fixed(redirect), "/%EB%B2%9A.jpg": fixed(reply(jpeg()))}) as server:
        assert fetcher(server).fetch(server.url()).final_url == server.url("/%EB%B2%9A.jpg")


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"", "empty"), (b"<html>no</html>", "not_image"), (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_image")],
)
def test_a_body_that_is_no_image_is_refused_whatever_its_type_says(body: bytes, reason: str) -> None:
    with serving({"/": fixed(reply(body, "200 OK", "Content-Type: image/jpeg"))}) as server:
        error = failure(server)
    assert (error.reason, error.temporary) == (reason, False)


def test_a_picture_of_absurd_dimensions_is_refused() -> None:
    file = io.BytesIO()
    Image.new("1", (12_000, 10_000)).save(file, "PNG")
    with serving({"/": fixed(reply(file.getvalue()))}) as server:
        assert failure(server).reason == "too_many_pixels"


def test_a_truncated_image_is_kept_since_its_bytes_are_what_the_server_has() -> None:
    half = jpeg(300, 200)[:2000]
    with serving({"/": fixed(reply(half))}) as server:
        assert fetcher(server).fetch(server.url()).data == half


def test_a_body_shorter_than_its_content_length_is_no_image() -> None:
    whole = reply(jpeg())
    with serving({"/": fixed(whole[:-100])}) as server:
        error = failure(server)
    assert (error.reason, error.temporary) == ("connection", True)


def test_a_body_over_the_cap_is_dropped() -> None:
    with serving({"/": fixed(reply(bytes(1_000_001)))}) as server:
        assert failure(server).reason == "too_large"


def test_a_body_without_length_and_end_is_dropped_at_the_cap() -> None:
    def endless(connection: socket.socket, _target: str) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(bytes(65536))

    with serving({"/": endless}) as server:
        assert failure(server).reason == "too_large"


def test_the_cap_counts_decoded_bytes() -> None:
    bomb = gzip.compress(bytes(2_000_000))
    with serving({"/": fixed(reply(bomb, "200 OK", "Content-Encoding: gzip"))}) as server:
        assert failure(server).reason == "too_large"


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n",
        b"HTTP/1.1 503 No\r\nContent-Length: 100000\r\nX: ",
    ],
    ids=["status", "header", "length", "no length", "chunk", "error"],
)
def test_a_server_that_sends_a_byte_at_a_time_meets_the_deadline(start: bytes) -> None:
    with serving({"/": drip(start)}) as server:
        error = failure(server, deadline=0.4)
    assert (error.reason, error.temporary) == ("deadline", True)


def test_a_temporary_failure_is_tried_again_after_the_wait_that_the_server_asks_for() -> None:
    waits: list[float] = []
    busy = reply(b"", "503 Busy", "Retry-After: 7")
    with serving({"/": fixed(busy, reply(b"", "429 Slow down"), reply(jpeg()))}) as server:
        assert fetcher(server, sleep=waits.append).fetch(server.url()).data
    assert waits[0] == 7
    assert 1.0 <= waits[1] <= 2.0


def test_a_server_that_stays_busy_is_left_after_three_attempts_as_a_temporary_failure() -> None:
    with serving({"/": fixed(reply(b"", "503 Busy"))}) as server:
        error = failure(server)
    assert (error.reason, error.temporary, len(server.requests)) == ("http_503", True, 3)


def test_no_wait_goes_beyond_the_deadline() -> None:
    waits: list[float] = []
    with serving({"/": fixed(reply(b"", "503 Busy", "Retry-After: 25"))}) as server:
        error = failure(server, sleep=waits.append)
    assert (error.reason, waits, len(server.requests)) == ("http_503", [], 1)


@pytest.mark.parametrize("status", ["404 Not Found", "403 Forbidden", "410 Gone", "304 Not Modified"])
def test_a_permanent_failure_is_asked_once(status: str) -> None:
    with serving({"/": fixed(reply(b"", status))}) as server:
        error = failure(server)
    assert (error.reason, error.temporary, len(server.requests)) == (f"http_{status[:3]}", False, 1)


def test_a_reset_in_the_middle_of_the_body_is_tried_again() -> None:
    picture = jpeg()
    left = [1]

    def answer(connection: socket.socket, _target: str) -> None:
        if left:
            left.pop()
            connection.sendall(reply(picture)[:-50])
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # close() sends RST
            return
        connection.sendall(reply(picture))

    with serving({"/": answer}) as server:
        assert fetcher(server).fetch(server.url()).data == picture


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("5", 5.0),
        ("1000000000", MAX_WAIT_SECONDS),
        ("Thu, 01 Jan 1970 00:00:12 GMT", 12.0),
        ("Thu, 01 Jan 2037 00:00:00 GMT", MAX_WAIT_SECONDS),
        ("Wed, 31 Dec 1969 23:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("9" * 400, MAX_WAIT_SECONDS),
    ],
)
def test_retry_after_is_read_as_seconds_or_date_and_capped(header: str, seconds: float | None) -> None:
    assert retry_after(header, now=0.0) == seconds


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0.0.0.0"])
def test_a_private_address_is_refused_without_a_connection(host: str) -> None:
    with serving({"*": fixed(reply(jpeg()))}) as server:
        with pytest.raises(FetchError) as caught:
            fetcher(server, allow=()).fetch(f"http://{host}:{server.port}/")
        server.listening.settimeout(0)
    assert (caught.value.reason, caught.value.temporary, server.requests) == ("blocked_address", False, [])


@pytest.mark.parametrize("scheme", ["file:///etc/hostname", "ftp://127.0.0.1/a", "javascript:alert(1)", "blob:x"])
def test_other_schemes_are_refused_at_first_and_after_a_redirect(scheme: str) -> None:
    with serving({"/": fixed(reply(b"", "302 Found", f"Location: {scheme}"))}) as server:
        assert failure(server).reason == "bad_scheme"
        with pytest.raises(FetchError, match="bad_scheme"):
            fetcher(server).fetch(scheme)


def test_a_redirect_from_an_allowed_host_to_another_private_one_is_refused() -> None:
    with serving({"*": fixed(reply(jpeg()))}) as secret:
        redirect = fixed(reply(b"", "302 Found", f"Location: {secret.url()}"))
        with serving({"/": redirect}) as server:
            assert failure(server).reason == "blocked_address"
    assert secret.requests == []


def test_six_redirects_are_one_too_many() -> None:
    def answer(connection: socket.socket, target: str) -> None:
        number = int(target[1:])
        last = reply(jpeg())
        connection.sendall(reply(b"", "302 Found", f"Location: /{number - 1}") if number else last)

    with serving({"*": answer}) as server:
        assert fetcher(server).fetch(server.url("/5")).data
        assert failure(server, "/6").reason == "too_many_redirects"


def test_a_name_is_resolved_once_a_hop_and_its_private_second_answer_is_refused() -> None:
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    with serving({"/": fixed(reply(b"", "302 Found", "Location: http://second.test/"))}) as server:
        allowed = (f"first.test:{server.port}",)
        with pytest.raises(FetchError, match="blocked_address"):
            fetcher(server, allow=allowed, resolve=resolve).fetch(f"http://first.test:{server.port}/")
    assert asked == ["first.test", "second.test"]
    assert f"Host: first.test:{server.port}" in server.requests[0]


def test_a_name_that_nobody_knows_is_a_temporary_failure() -> None:
    def resolve(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "no")

    with pytest.raises(FetchError) as caught:
        Fetcher(CrawlOptions(), resolve=resolve, sleep=lambda _seconds: None).fetch("http://nowhere.test/a.jpg")
    assert (caught.value.reason, caught.value.temporary) == ("connection", True)


@contextmanager
def serving_tls(tmp_path: Path, answer: Answer | None = None) -> Iterator[tuple[Server, Path]]:
    certificate = tmp_path / "images.test.pem"
    certificate.write_text(CERTIFICATE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving({"*": answer or fixed(reply(jpeg()))}, context) as server:
        yield server, certificate


def over_tls(server: Server, host: str) -> bytes:
    options = CrawlOptions(allow_host=(host,))
    loopback = Fetcher(options, resolve=lambda _host, _port: ["127.0.0.1"], sleep=lambda _seconds: None)
    return loopback.fetch(f"https://{host}:{server.port}/").data


def test_tls_greets_and_verifies_the_name_although_the_connection_goes_to_the_checked_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving_tls(tmp_path) as (server, certificate):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert over_tls(server, "images.test")


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    with serving_tls(tmp_path) as (server, _certificate), pytest.raises(FetchError, match="tls"):
        over_tls(server, "images.test")


def test_a_certificate_of_another_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving_tls(tmp_path) as (server, certificate):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with pytest.raises(FetchError, match="tls"):
            over_tls(server, "other.test")


def test_a_data_url_is_decoded_under_the_same_cap() -> None:
    picture = jpeg()
    url = "data:image/jpeg;base64," + base64.b64encode(picture).decode()
    assert Fetcher(CrawlOptions()).fetch(url).data == picture
    with pytest.raises(FetchError, match="too_large"):
        Fetcher(CrawlOptions(max_size_bytes=100)).fetch(url)


@pytest.mark.parametrize("url", ["data:image/png", "data:;base64,AAA", "data:;base64,é"])
def test_a_broken_data_url_is_refused(url: str) -> None:
    with pytest.raises(FetchError, match="bad_url"):
        Fetcher(CrawlOptions()).fetch(url)


def test_stopping_ends_a_running_download_at_once_and_says_nothing_about_its_url() -> None:
    begun = threading.Event()

    def answer(connection: socket.socket, target: str) -> None:
        begun.set()
        drip(b"HTTP/1.1 200 OK\r\n\r\n")(connection, target)

    with serving({"/": answer}) as server:
        running = fetcher(server)
        ended: list[type] = []

        def fetch() -> None:
            try:
                running.fetch(server.url())
            except StoppedError as error:
                ended.append(type(error))

        thread = threading.Thread(target=fetch)
        thread.start()
        assert begun.wait(10)
        running.stop()
        thread.join(10)
        assert ended == [StoppedError]


def fetcher_of(clock: Clock, *hosts: str, **values: object) -> Fetcher:
    options = CrawlOptions(allow_host=hosts, ignore_robots=True, **values)  # type: ignore[arg-type]
    return Fetcher(options, clock=clock, sleep=clock.sleep, now=clock)


def test_the_host_that_fails_is_left_alone_and_not_the_one_that_redirected_to_it() -> None:
    clock, answers = Clock(), {"/good": fixed(reply(jpeg()))}
    with serving({"*": fixed(reply(b"", "500 Broken"))}) as bad, serving(answers) as first:
        answers["*"] = fixed(reply(b"", "302 Found", f"Location: {bad.url('/a.jpg')}"))
        fetching = fetcher_of(clock, first.host, bad.host)
        for number in range(FAILURES_TO_OPEN):
            with pytest.raises(FetchError, match="http_500"):
                fetching.fetch(first.url(f"/{number}"))
        asked = len(bad.requests)
        for host in (first, bad):
            with pytest.raises(FetchError, match="host_failing"):
                fetching.fetch(host.url("/another"))
        assert (asked, len(bad.requests)) == (3 * FAILURES_TO_OPEN, asked)
        assert first.targets()[-1] == "/another"
        assert fetching.fetch(first.url("/good")).data
        clock.now += COOL_DOWN_SECONDS
        with pytest.raises(FetchError, match="http_500"):
            fetching.fetch(first.url("/once more"))
    assert len(bad.requests) == asked + 3


def test_a_host_that_redirects_to_itself_and_fails_there_is_left_alone() -> None:
    answers = {f"/{number}": fixed(reply(b"", "302 Found", "Location: /a.jpg")) for number in range(6)}
    with serving({**answers, "*": fixed(reply(b"", "500 Broken"))}) as server:
        fetching = fetcher_of(Clock(), server.host)
        reasons = []
        for path in answers:
            with pytest.raises(FetchError) as caught:
                fetching.fetch(server.url(path))
            reasons.append(caught.value.reason)
    assert reasons == ["http_500"] * FAILURES_TO_OPEN + ["host_failing"]


def test_a_pause_that_a_host_asked_for_holds_for_those_who_are_redirected_to_it() -> None:
    clock = Clock()
    answers = {"/busy": fixed(reply(b"", "503 Busy", "Retry-After: 25")), "/a.jpg": fixed(reply(jpeg()))}
    with (
        serving(answers) as second,
        serving({"/": fixed(reply(b"", "302 Found", f"Location: {second.url('/a.jpg')}"))}) as first,
    ):
        fetching = fetcher_of(clock, first.host, second.host, deadline_seconds=20.0)
        with pytest.raises(FetchError, match="http_503"):
            fetching.fetch(second.url("/busy"))
        with pytest.raises(FetchError, match="deadline"):
            fetching.fetch(first.url())
        assert (clock.waits, second.targets()) == ([], ["/busy"])
        clock.now += 10.0
        assert fetching.fetch(first.url()).data
    assert clock.waits == [15.0]


def test_no_cookie_no_credential_and_no_referer_goes_from_https_to_http(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving({"/a.jpg": fixed(reply(jpeg()))}) as plain:
        onward = f"Location: http://me:secret@{plain.host}/a.jpg"
        moved = fixed(reply(b"", "302 Found", onward, "Set-Cookie: id=1", "Set-Cookie: other=2; Domain=127.0.0.1"))
        with serving_tls(tmp_path, moved) as (server, certificate):
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
            options = CrawlOptions(allow_host=("images.test", plain.host), ignore_robots=True)
            fetching = Fetcher(options, resolve=lambda _host, _port: ["127.0.0.1"])
            page = "https://images.test/page"
            assert fetching.fetch(f"https://me:secret@images.test:{server.port}/", page).final_url == plain.url(
                "/a.jpg"
            )
    assert f"Referer: {page}" in server.requests[0]
    for request in (*server.requests, *plain.requests):
        names = {line.partition(":")[0].lower() for line in request.splitlines()[1:]}
        assert names.isdisjoint({"cookie", "authorization"})
    assert "referer" not in plain.requests[0].lower()


@pytest.mark.parametrize("user", ["", "me:se%20cret@"])
def test_through_a_tunnel_of_the_proxy_tls_still_verifies_the_name_that_was_asked_for(
    user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving_tls(tmp_path) as (server, certificate), serving({"*": tunnel(server.port)}) as proxy:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        options = CrawlOptions(proxy=f"http://{user}{proxy.host}", ignore_robots=True)
        fetching = Fetcher(options, resolve=nobody_asks, sleep=lambda _seconds: None)
        for _image in range(2):
            assert fetching.fetch(f"https://images.test:{server.port}/a.jpg").data
        with pytest.raises(FetchError, match="tls"):
            fetching.fetch(f"https://other.test:{server.port}/a.jpg")
        fetching.stop()
    assert proxy.targets() == [f"images.test:{server.port}"] * 2 + [f"other.test:{server.port}"]
    assert all(request.startswith("CONNECT ") for request in proxy.requests)
    told = "proxy-authorization: basic bwu6c2ugy3jlda=="  # me:se cret
    assert [told in request.lower() for request in proxy.requests] == [bool(user)] * len(proxy.requests)
    assert server.targets() == ["/a.jpg"] * 2
    assert not any("proxy-authorization" in request.lower() for request in server.requests)


def nobody_asks(_host: str, _port: int) -> list[str]:
    raise AssertionError("the proxy resolves names")


@pytest.mark.parametrize("lookup", [True, False])
def test_too_many_open_files_are_no_fault_of_the_host_and_stop_the_crawl_with_the_remedy(lookup: bool) -> None:
    with serving({"/": fixed(reply(jpeg()))}) as server:
        host = f"localhost:{server.port}" if lookup else server.host
        fetching = Fetcher(CrawlOptions(allow_host=(host,), ignore_robots=True))
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        lowest_free = os.open("/", os.O_RDONLY)
        os.close(lowest_free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
        try:
            with pytest.raises(DiskError, match=rf"{host}: no connection.*ulimit -n.*--concurrency"):
                fetching.fetch(f"http://{host}/")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_name_that_is_public_at_first_and_private_later_is_reached_only_where_it_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    public = tuple(network for network in REFUSED_IPV4 if not network.is_loopback)
    monkeypatch.setattr("crawler.guard.REFUSED_IPV4", public)  # loopback plays the open web
    asked: list[str] = []

    def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.1", "10.0.0.1"]

    with serving({"*": fixed(reply(jpeg()))}) as server:
        fetching = Fetcher(CrawlOptions(ignore_robots=True), resolve=rebinding, sleep=lambda _seconds: None)
        assert fetching.fetch(
            f"http://turncoat.test:{server.port}/a"
        ).data  # its connection is closed after this answer
        with pytest.raises(FetchError, match="blocked_address"):
            fetching.fetch(f"http://turncoat.test:{server.port}/b")
    assert (asked, server.targets()) == (["turncoat.test"] * 2, ["/a"])
