"""Who may ask a server of ours: names, pages and tokens."""

import pytest

from pipeline.gate import Address, Pass, comes_from_here

PORT = 8765
HERE = Address("127.0.0.1", PORT)


@pytest.mark.parametrize(
    ("host", "named"),
    [
        (f"127.0.0.1:{PORT}", True),
        (f"localhost:{PORT}", True),
        (f"[::1]:{PORT}", True),
        ("evil.example", False),
        (f"evil.example:{PORT}", False),
        ("127.0.0.1", False),
        (f"127.0.0.1:{PORT + 1}", False),
        (f"127.0.0.1.evil.example:{PORT}", False),
        (f"evil@127.0.0.1:{PORT}", False),
        (f"127.0.0.1:{PORT}/x", False),
        ("[::1", False),
        ("", False),
        (f"192.168.0.7:{PORT}", False),
    ],
)
def test_only_loopback_s_own_names_are_answered(host: str, named: bool) -> None:
    assert HERE.is_named(host) is named


def test_on_another_host_addresses_and_the_host_s_own_names_are_answered_and_no_stranger_s() -> None:
    everywhere, named = Address("0.0.0.0", PORT), Address("Desk.local", PORT)
    assert everywhere.is_named(f"192.168.0.7:{PORT}")
    assert named.is_named(f"desk.local:{PORT}")
    assert not everywhere.is_named(f"evil.example:{PORT}")
    assert not named.is_named(f"evil.example:{PORT}")


@pytest.mark.parametrize(
    ("method", "origin", "site", "allowed"),
    [
        ("GET", None, None, True),
        ("GET", None, "none", True),
        ("GET", None, "same-origin", True),
        ("GET", None, "cross-site", False),
        ("GET", None, "same-site", False),
        ("POST", None, None, False),
        ("POST", None, "same-origin", True),
        ("POST", None, "none", False),
        ("POST", None, "cross-site", False),
        ("POST", f"http://127.0.0.1:{PORT}", None, True),
        ("POST", f"http://127.0.0.1:{PORT}", "same-site", False),
        ("POST", f"http://127.0.0.1:{PORT + 1}", "same-origin", False),
        ("POST", f"https://127.0.0.1:{PORT}", None, False),
        ("POST", "null", None, False),
        ("POST", "http://evil.example", "same-origin", False),
    ],
)
def test_only_the_page_itself_may_change_something(
    method: str, origin: str | None, site: str | None, allowed: bool
) -> None:
    assert comes_from_here(method, f"127.0.0.1:{PORT}", origin, site) is allowed


def test_a_token_that_works_once_works_once_and_another_lets_every_device_in() -> None:
    once, often = Pass(), Pass(once=False)
    assert once.exchange("x") == "" != (cookie := once.exchange(once.token))
    assert once.lets_in(cookie) and not once.lets_in(once.token) and not once.lets_in("벚꽃")
    assert once.exchange(once.token) == ""
    assert often.exchange(often.token) == often.exchange(often.token) != ""
    assert often.exchange("") == often.exchange(once.token) == ""


def test_a_token_can_be_typed_on_a_phone() -> None:
    tokens = {Pass().token for _time in range(50)}
    assert len(tokens) == 50
    assert all(len(token) == 12 and not set(token) & set("0o1li") and token == token.lower() for token in tokens)
