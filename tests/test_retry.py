"""When a server is asked again, and when it is left alone."""

import time

import pytest
from faults import Clock
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.retry import COOL_DOWN_SECONDS, FAILURES_TO_OPEN, MAX_WAIT_SECONDS, Circuit, backoff, retry_after


@settings(derandomize=True, deadline=None)
@given(st.text(max_size=40), st.floats(0, 4e9))
def test_no_retry_after_asks_for_a_negative_or_an_endless_wait(header: str, now: float) -> None:
    seconds = retry_after(header, now)
    assert seconds is None or 0.0 <= seconds <= MAX_WAIT_SECONDS


@pytest.mark.parametrize("attempt", [1, 2, 3])
def test_waits_double_with_a_jitter_that_is_the_same_for_the_same_url(attempt: int) -> None:
    waits = {backoff(f"http://a.test/{number}", attempt) for number in range(50)}
    assert len(waits) == 50
    assert all(2 ** (attempt - 1) / 2 <= wait <= 2 ** (attempt - 1) for wait in waits)
    assert backoff("http://a.test/", attempt) == backoff("http://a.test/", attempt)


def test_a_success_in_between_keeps_a_host_open() -> None:
    circuit = Circuit(Clock())
    for _round in range(3):
        for _failure in range(FAILURES_TO_OPEN - 1):
            circuit.failed("a.test")
        circuit.succeeded("a.test")
    assert circuit.admits("a.test")


def test_after_the_cool_down_one_request_tries_and_its_failure_closes_the_host_again() -> None:
    clock = Clock()
    circuit = Circuit(clock)
    for _failure in range(FAILURES_TO_OPEN):
        circuit.failed("a.test")
    assert not circuit.admits("a.test")
    assert circuit.admits("b.test")
    clock.now += COOL_DOWN_SECONDS
    assert [circuit.admits("a.test") for _thread in range(3)] == [True, False, False]
    circuit.failed("a.test")
    assert not circuit.admits("a.test")
    clock.now += COOL_DOWN_SECONDS
    assert circuit.admits("a.test")
    circuit.succeeded("a.test")
    assert [circuit.admits("a.test") for _thread in range(3)] == [True, True, True]


@pytest.mark.parametrize("zone", ["UTC", "XXX-14:59", "YYY12"])
@pytest.mark.parametrize(
    "date", ["Thu, 01 Jan 1970 00:00:12 GMT", "Thursday, 01-Jan-70 00:00:12 GMT", "Thu Jan  1 00:00:12 1970"]
)
def test_each_form_of_an_http_date_is_utc_wherever_this_machine_is(
    date: str, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        assert retry_after(date, now=2.0) == 10.0
    time.tzset()


def test_a_success_of_another_download_does_not_end_the_pause_that_a_host_asked_for() -> None:
    clock = Clock()
    circuit = Circuit(clock)
    circuit.pause("a.test", 20.0)
    for _failure in range(FAILURES_TO_OPEN):
        circuit.failed("a.test")
    circuit.succeeded("a.test")
    assert (circuit.admits("a.test"), circuit.pause_seconds("a.test")) == (True, 20.0)
    clock.now += 20.0
    assert circuit.pause_seconds("a.test") == 0.0


def test_the_longest_pause_that_a_host_asked_for_holds() -> None:
    clock = Clock()
    circuit = Circuit(clock)
    circuit.pause("a.test", 20.0)
    circuit.pause("a.test", 5.0)
    clock.now += 4.0
    assert circuit.pause_seconds("a.test") == 16.0
    assert circuit.pause_seconds("b.test") == 0.0
