"""Which addresses downloads may go to."""

import ipaddress
import socket
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.fetch import Fetcher
from crawler.fetched import FetchError
from crawler.guard import (
    REFUSED_IPV4,
    REFUSED_IPV6,
    RefusedError,
    checked,
    checked_literal,
    is_allowed_host,
    is_refused,
    key_of,
    literal,
    parse,
    referer_of,
)
from crawler.options import CrawlOptions

REFUSED = """
    127.0.0.1 127.255.255.254 0.0.0.0 10.1.2.3 100.64.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8
    192.168.0.1 198.18.0.1 198.19.255.255 224.0.0.1 240.0.0.1 255.255.255.255 ::1 :: fe80::1 fc00::1 fd12::1 ff02::1
    ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 2002:7f00:1:: 2002:808:808::
    2001::1 2001:db8::1 3fff::1 5f00::1 ::127.0.0.1
"""
PUBLIC = """
    8.8.8.8 100.63.255.255 172.32.0.1 198.20.0.1 223.255.255.255 2606:4700::1111 64:ff9b::808:808 ::ffff:8.8.8.8
"""


@pytest.mark.parametrize("address", REFUSED.split())
def test_private_reserved_and_embedded_addresses_are_refused(address: str) -> None:
    assert is_refused(address)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_public_addresses_are_not_refused(address: str) -> None:
    assert not is_refused(address)


@settings(derandomize=True, deadline=None)
@given(st.sampled_from(REFUSED_IPV4), st.integers(0, 2**32 - 1))
def test_an_ipv4_address_is_refused_however_an_ipv6_address_hides_it(
    network: ipaddress.IPv4Network, offset: int
) -> None:
    address = network[offset % network.num_addresses]
    number = int(address)
    hidden = (
        ipaddress.IPv6Address(0xFFFF_0000_0000 | number),  # ::ffff:0:0/96
        ipaddress.IPv6Address(0x64_FF9B << 96 | number),  # 64:ff9b::/96
        ipaddress.IPv6Address(0x2002 << 112 | number << 80),  # 2002::/16
        ipaddress.IPv6Address(0x2001_0000 << 96 | number ^ 0xFFFF_FFFF),  # Teredo
    )
    assert is_refused(str(address))
    assert all(is_refused(str(one)) for one in hidden)


def test_every_network_of_the_ipv6_table_is_refused_to_its_last_address() -> None:
    assert all(is_refused(str(network[0])) and is_refused(str(network[-1])) for network in REFUSED_IPV6)


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "017700000001", "127.1", "127.0.1", "0x7f.0.0.1", "0177.1"]
)
def test_decimal_hexadecimal_octal_and_short_forms_mean_the_address_they_hide(host: str) -> None:
    assert literal(host) == "127.0.0.1"
    assert parse(f"http://{host}/").host == "127.0.0.1"


@pytest.mark.parametrize("host", ["１２７.0.0.1", "127.0.0.1.", "LOCALHOST", "[::1]"])
def test_a_host_is_judged_as_it_will_be_connected(host: str) -> None:
    assert parse(f"http://{host}/").host in ("127.0.0.1", "localhost", "::1")


@pytest.mark.parametrize("name", ["face.example", "beef.com", "1e100.net", "x.y"])
def test_a_name_is_no_address(name: str) -> None:
    assert literal(name) == ""


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://example.com/a.jpg", "javascript:alert(1)", "blob:http://x/1", "a.jpg", ""]
)
def test_only_http_and_https_are_fetched(url: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        parse(url)
    assert refusal.value.reason == "bad_scheme"


@pytest.mark.parametrize(
    "url", ["http://", "http://[::1/", "http://a:99999/", "http://a:x/", f"http://{'가' * 80}.kr/", "http://a b/"]
)
def test_what_cannot_be_a_url_is_refused(url: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        parse(url)
    assert refusal.value.reason == "bad_url"


def test_hangul_is_percent_encoded_and_a_korean_host_becomes_punycode() -> None:
    address = parse("http://한국.kr/사진/벚꽃 이미지.jpg?이름=벚꽃&x=1")
    assert address.host == "xn--3e0b707e.kr"
    assert address.target == (
        "/%EC%82%AC%EC%A7%84/%EB%B2%9A%EA%BD%83%20%EC%9D%B4%EB%AF%B8%EC%A7%80.jpg"
        "?%EC%9D%B4%EB%A6%84=%EB%B2%9A%EA%BD%83&x=1"
    )


def test_a_lone_percent_is_encoded_and_an_encoded_one_stays() -> None:
    assert parse("http://a.kr/100%/%EB%B2%9A?a=%zz").target == "/100%25/%EB%B2%9A?a=%25zz"


def test_credentials_and_the_fragment_never_reach_the_server() -> None:
    assert parse("https://user:secret@a.kr/x.jpg#part").url == "https://a.kr/x.jpg"


@settings(derandomize=True, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_a_parsed_url_is_ascii_and_parses_to_itself(path: str, query: str) -> None:
    try:
        address = parse(f"http://example.kr/{path}?{query}")
    except RefusedError:
        return
    assert address.url.isascii()
    assert parse(address.url) == address


@pytest.mark.parametrize("allowed", ["127.0.0.1", "127.0.0.1:8000", " 127.0.0.1:8000 "])
def test_a_host_that_the_user_names_is_allowed(allowed: str) -> None:
    assert is_allowed_host(parse("http://127.0.0.1:8000/"), [allowed])


@pytest.mark.parametrize("allowed", ["127.0.0.1:8001", "127.0.0.2", "localhost", "27.0.0.1", ""])
def test_an_allowed_host_opens_no_other_host_and_no_other_port(allowed: str) -> None:
    assert not is_allowed_host(parse("http://127.0.0.1:8000/"), [allowed])


def test_an_ipv6_host_is_named_with_or_without_brackets() -> None:
    address = parse("http://[::1]:8000/")
    assert is_allowed_host(address, ["[::1]:8000"])
    assert is_allowed_host(address, ["::1"])


def test_a_name_with_a_public_and_a_private_address_is_refused() -> None:
    with pytest.raises(RefusedError, match=r"blocked_address"):
        checked(parse("http://two.example/"), ["8.8.8.8", "192.168.0.1"], [])


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("http://a.kr/벚꽃?b=2&a=1#x", "HTTP://A.KR:80/%eb%b2%9a%ea%bd%83?a=1&b=2", True),
        ("http://a.kr/x?a=1", "http://a.kr/x?a=2", False),
        ("http://a.kr/x?a=", "http://a.kr/x", False),
        ("http://a.kr/x", "https://a.kr/x", False),
        ("http://한국.kr/x", "http://xn--3e0b707e.kr/x", True),
        ("no url at all", "no url at all", True),
    ],
)
def test_spellings_of_one_address_have_one_key(one: str, other: str, equal: bool) -> None:
    assert (key_of(one) == key_of(other)) == equal


@pytest.mark.parametrize("target", ["/a?X-Sig=a%2fb%2B+c==&P={x|y}~[z]&b=", "/a|b[1]?q=`^", "/%7Euser?e=%e2%82%ac"])
def test_a_signed_url_stays_as_it_was_written(target: str) -> None:
    assert parse(f"https://a.kr{target}").target == target


def test_a_referer_has_neither_fragment_nor_credentials_and_never_leaves_https() -> None:
    assert referer_of("http://me:x@a.kr/p?q=1#top", parse("http://b.kr/")) == "http://a.kr/p?q=1"
    assert referer_of("https://a.kr/p", parse("https://b.kr/")) == "https://a.kr/p"
    assert referer_of("https://a.kr/p", parse("http://b.kr/")) == ""
    assert referer_of("file:///home/me/list", parse("http://b.kr/")) == ""


@pytest.mark.parametrize("host", ["127.1", "10.0.0.1", "[fd00::1]", "localhost", "a.localhost"])
def test_behind_a_proxy_what_is_written_out_is_refused_unless_it_is_allowed(host: str) -> None:
    address = parse(f"http://{host}/")
    with pytest.raises(RefusedError, match="blocked_address"):
        checked_literal(address, [])
    checked_literal(address, [address.host])
    checked_literal(parse("http://images.example/"), [])


SPELLINGS = """
    127.0.0.1 2130706433 0x7f000001 017700000001 0177.0.0.1 127.1 127.0.1 0x7f.1 0 0.0.0.0 10.0.0.1 167772161
    0xa000001 012.0.0.1 10.1 172.16.0.1 192.168.1.1 3232235777 169.254.169.254 2852039166 0xa9fea9fe 100.64.0.1
    1681915905 １０.0.0.1 127。0。0。1 ①②⑦.0.0.1 [::1] [::] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1]
    [::ffff:169.254.169.254] [64:ff9b::127.0.0.1] [64:ff9b::a00:1] [64:ff9b::a9fe:a9fe] [2002:7f00:1::]
    [2002:a9fe:a9fe::] [2001:0:4136:e378:8000:63bf:80ff:fffe] [fe80::1] [fe80::1%25eth0] [fd00::1] [::127.0.0.1]
"""
MARK = ("watching", "")


@pytest.fixture(scope="module")
def hooked() -> list[tuple[str, object]]:
    """What this process connects to or looks up, as (event, where), while the list begins with a mark."""
    seen: list[tuple[str, object]] = []

    def hook(event: str, arguments: tuple[object, ...]) -> None:  # a hook stays for the life of the process
        if seen and event in ("socket.connect", "socket.getaddrinfo"):
            seen.append((event, arguments[1] if event == "socket.connect" else arguments[0]))

    sys.addaudithook(hook)
    return seen


@pytest.fixture
def watched(hooked: list[tuple[str, object]]) -> Iterator[list[tuple[str, object]]]:
    hooked[:] = [MARK]
    yield hooked
    hooked.clear()


@pytest.mark.parametrize("host", SPELLINGS.split())
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_spelling_of_a_private_address_is_connected_to_or_looked_up(
    scheme: str, host: str, watched: list[tuple[str, object]]
) -> None:
    with pytest.raises(FetchError, match=r"blocked_address|bad_url"):
        Fetcher(CrawlOptions(ignore_robots=True)).fetch(f"{scheme}://{host}/a.jpg")
    assert watched == [MARK]


def test_what_watches_connections_sees_them(watched: list[tuple[str, object]]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        options = CrawlOptions(ignore_robots=True, allow_host=(f"127.0.0.1:{port}",), deadline_seconds=1.0)
        with pytest.raises(FetchError, match="deadline"):
            Fetcher(options).fetch(f"http://127.0.0.1:{port}/a.jpg")
    assert ("socket.connect", ("127.0.0.1", port)) in watched
