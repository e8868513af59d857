"""What a website forbids: robots.txt as RFC 9309 reads it, and X-Robots-Tag."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from faults import Answer, Clock, Server, drip, fixed, jpeg, redirect, reply, serving

from crawler.fetch import Fetcher
from crawler.fetched import FetchError
from crawler.guard import WebAddress, parse
from crawler.options import CrawlOptions
from crawler.robots import MAX_SIZE_BYTES, RobotsFiles, agent_token, forbids
from crawler.robots import parse as parse_robots


def fetcher(server: Server, **values: object) -> Fetcher:
    clock = Clock()
    chosen = {"allow_host": (server.host,), "timeout_seconds": 5.0, "deadline_seconds": 20.0, **values}
    return Fetcher(CrawlOptions(**chosen), clock=clock, sleep=clock.sleep)  # type: ignore[arg-type]


def outcome(server: Server, path: str = "/a.jpg", **values: object) -> tuple[str, bool]:
    """The reason why an image does not come and whether that is temporary; "" for one that comes."""
    try:
        fetcher(server, **values).fetch(server.url(path))
    except FetchError as error:
        return error.reason, error.temporary
    return "", False


def robots(text: str | bytes, status: str = "200 OK", *headers: str) -> dict[str, Answer]:
    body = text.encode() if isinstance(text, str) else text
    return {"/robots.txt": fixed(reply(body, status, *headers)), "*": fixed(reply(jpeg()))}


def test_what_robots_txt_disallows_is_never_requested() -> None:
    with serving(robots("User-agent: *\nDisallow: /private/\n")) as server:
        assert outcome(server, "/private/a.jpg") == ("robots", False)
        assert outcome(server, "/public/a.jpg") == ("", False)
    assert "/private/a.jpg" not in server.targets()


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("User-agent: unpaired\nDisallow: /\n\nUser-agent: *\nAllow: /\n", False),
        ("User-agent: UNPAIRED\nDisallow: /\n", False),
        ("User-agent: unpaired\nAllow: /\n\nUser-agent: *\nDisallow: /\n", True),
        ("User-agent: googlebot\nDisallow: /\n", True),
        ("User-agent: *\nDisallow: /\nAllow: /a.jpg$\n", True),
        ("User-agent: *\nDisallow: /*.jpg$\n", False),
        ("", True),
        ("\ufeffUser-agent: *\nDisallow: /\n", False),
    ],
)
def test_the_group_that_names_us_counts_and_the_longest_rule_wins(text: str, allowed: bool) -> None:
    with serving(robots(text)) as server:
        assert (outcome(server) == ("", False)) == allowed


@pytest.mark.parametrize("status", ["404 Not Found", "403 Forbidden", "410 Gone", "401 Unauthorized"])
def test_a_host_without_robots_txt_allows_everything(status: str) -> None:
    with serving(robots("User-agent: *\nDisallow: /\n", status)) as server:
        assert outcome(server) == ("", False)


@pytest.mark.parametrize("status", ["500 Broken", "503 Busy", "429 Slow down"])
def test_a_host_that_fails_to_say_forbids_everything_for_now(status: str) -> None:
    with serving(robots("", status)) as server:
        assert outcome(server) == ("robots", True)
    assert set(server.targets()) == {"/robots.txt"}


def test_a_host_that_asks_for_a_pause_instead_of_its_rules_is_asked_again_after_it() -> None:
    clock = Clock()
    slow = reply(b"", "429 Slow down", "Retry-After: 7")
    rules = {"/robots.txt": fixed(slow, reply(b"User-agent: *\nDisallow: /b")), "*": fixed(reply(jpeg()))}
    with serving(rules) as server:
        patient = Fetcher(CrawlOptions(allow_host=(server.host,)), clock=clock, sleep=clock.sleep, now=clock)
        assert patient.fetch(server.url("/a")).data
        with pytest.raises(FetchError, match="robots"):
            patient.fetch(server.url("/b"))
    assert clock.waits == [7.0]
    assert server.targets() == ["/robots.txt", "/robots.txt", "/a"]


def test_a_robots_txt_that_never_ends_to_come_forbids_everything_for_now() -> None:
    with serving({"/robots.txt": drip(b"HTTP/1.1 200 OK\r\n\r\n"), "*": fixed(reply(jpeg()))}) as server:
        slow = Fetcher(CrawlOptions(allow_host=(server.host,), deadline_seconds=0.3), sleep=lambda _seconds: None)
        with pytest.raises(FetchError, match="robots"):
            slow.fetch(server.url("/a.jpg"))
    assert "/a.jpg" not in server.targets()


def test_a_host_that_is_not_there_has_no_connection_rather_than_no_permission() -> None:
    with serving({}) as server:
        gone = server
    assert outcome(gone) == ("connection", True)


def test_of_a_huge_robots_txt_500_kib_are_read() -> None:
    filler = b"# " + b"x" * 1021 + b"\n"
    before = filler * 100 + b"User-agent: *\nDisallow: /a.jpg\n"
    after = filler * (MAX_SIZE_BYTES // 1024) + b"\nUser-agent: *\nDisallow: /\n" + filler * 600
    with serving(robots(before + filler * 900)) as server:
        assert outcome(server) == ("robots", False)
    with serving(robots(after)) as server:
        assert outcome(server) == ("", False)


def test_a_robots_txt_that_is_no_utf8_is_read_as_far_as_it_goes() -> None:
    rules = parse_robots(b"\xff\xfe# \xb9\xfe\xb2\xc9\nUser-agent: *\nDisallow: /a\n")
    assert not rules.can_fetch("http://x.kr/a.jpg", "unpaired")
    assert rules.can_fetch("http://x.kr/b.jpg", "unpaired")


def test_redirects_of_robots_txt_are_followed_and_each_is_checked() -> None:
    with serving({"*": fixed(reply(b"User-agent: *\nAllow: /\n"))}) as secret:
        hidden = {"/robots.txt": redirect(secret.url("/robots.txt")), "*": fixed(reply(jpeg()))}
        with serving(hidden) as server:
            assert outcome(server) == ("", False)
    assert secret.requests == []
    moved = {"/robots.txt": redirect("/r"), "/r": fixed(reply(b"User-agent: *\nDisallow: /\n"))}
    with serving(moved) as server:
        assert outcome(server) == ("robots", False)


def test_a_robots_txt_that_redirects_forever_counts_as_none() -> None:
    with serving({"/robots.txt": redirect("/robots.txt"), "*": fixed(reply(jpeg()))}) as server:
        assert outcome(server) == ("", False)
    assert server.targets().count("/robots.txt") == 6


def test_a_redirect_to_a_forbidden_address_is_not_followed() -> None:
    forbidding = {**robots("User-agent: *\nDisallow: /private/\n"), "/a.jpg": redirect("/private/a.jpg")}
    with serving(forbidding) as server:
        assert outcome(server) == ("robots", False)
    assert "/private/a.jpg" not in server.targets()


def test_robots_txt_is_asked_for_once_however_many_threads_come_at_once() -> None:
    gate = threading.Barrier(8)
    asked: list[str] = []

    def get(address: WebAddress) -> bytes:
        asked.append(address.url)
        return b"User-agent: *\nDisallow: /b\n"

    files = RobotsFiles(get, "unpaired")

    def permission(number: int) -> str:
        gate.wait(10)
        return files.permission(parse(f"http://x.kr/{'ab'[number % 2]}"))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(permission, range(8))) == ["allowed", "forbidden"] * 4
    assert asked == ["http://x.kr/robots.txt"]


def test_the_user_may_ignore_robots_txt_and_x_robots_tag() -> None:
    with serving(robots("User-agent: *\nDisallow: /\n", "200 OK", "X-Robots-Tag: noai")) as server:
        assert outcome(server, ignore_robots=True) == ("", False)
    assert "/robots.txt" not in server.targets()


def test_an_agent_of_the_users_own_is_judged_by_its_own_name() -> None:
    with serving(robots("User-agent: petals\nDisallow: /\n")) as server:
        assert outcome(server, user_agent="Petals/2 (me@example.kr)") == ("robots", False)
        assert outcome(server) == ("", False)
    assert agent_token("Petals/2 (me@example.kr)") == "petals"
    assert "User-Agent: Petals/2 (me@example.kr)" in server.requests[0]


@pytest.mark.parametrize(
    ("headers", "forbidden"),
    [
        (["noai"], True),
        (["NoImageAI"], True),
        (["noindex, nofollow"], True),
        (["noimageindex"], True),
        (["none"], True),
        (["nofollow", "noarchive, NOAI"], True),
        (["unpaired: noai"], True),
        (["UNPAIRED: noindex"], True),
        (["*: noai"], True),
        (["googlebot: noindex, noai"], False),
        (["googlebot: noindex", "noai"], True),
        (["googlebot: noindex, unpaired: noai"], True),
        (["unavailable_after: 25 Jun 2027 15:00:00 PST, noai"], True),
        (["unavailable_after: 25 Jun 2027 15:00:00 PST"], False),
        (["max-image-preview: none"], False),
        (["all", "nofollow", ""], False),
        ([], False),
    ],
)
def test_x_robots_tag_forbids_by_directive_agent_and_any_of_several_headers(
    headers: list[str], forbidden: bool
) -> None:
    assert forbids(headers, "unpaired") == forbidden


def test_an_image_that_its_server_keeps_from_machines_is_not_read() -> None:
    tagged = reply(jpeg(), "200 OK", "X-Robots-Tag: otherbot: nofollow", "x-robots-tag: NoAI")
    with serving({"/a.jpg": fixed(tagged)}) as server:
        assert outcome(server) == ("noai", False)
    assert server.targets().count("/a.jpg") == 1
