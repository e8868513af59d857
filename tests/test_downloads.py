"""Candidates through threads: every one comes out, and never too many of one host at a time."""

import threading
from collections import Counter

import pytest

from crawler.downloads import Download, Downloads
from pipeline.records import Candidate


def candidate(number: int, host: str = "a.test") -> Candidate:
    return Candidate("A", "google", "q", number, f"http://{host}/{number}.jpg")


def take_all(downloads: Downloads) -> list[Download]:
    taken: list[Download] = []
    while downloads.pending:
        taken += downloads.take(10.0)
    return taken


def test_every_candidate_comes_out_once() -> None:
    downloads = Downloads(Download, concurrency=4, per_host=2)
    for number in range(100):
        downloads.add(candidate(number, f"{number % 7}.test"))
    assert sorted(one.candidate.rank for one in take_all(downloads)) == list(range(100))
    downloads.close(10.0)


def test_never_more_from_one_host_than_allowed_and_other_hosts_do_not_wait() -> None:
    lock, under_way, most = threading.Lock(), Counter[str](), Counter[str]()
    others = threading.Barrier(3)

    def work(one: Candidate) -> Download:
        host = one.image_url.split("/")[2]
        with lock:
            under_way[host] += 1
            most[host] = max(most[host], under_way[host])
        if one.rank < 3:
            others.wait(10)  # three hosts at the same time, though the first has nine more candidates waiting
        with lock:
            under_way[host] -= 1
        return Download(one)

    downloads = Downloads(work, concurrency=6, per_host=1)
    for number, host in enumerate(["a.test", "b.test", "c.test", *["a.test"] * 9]):
        downloads.add(candidate(number, host))
    assert len(take_all(downloads)) == 12
    assert set(most.values()) == {1}
    downloads.close(10.0)


def test_what_has_not_begun_can_be_forgotten() -> None:
    begun, may_end = threading.Event(), threading.Event()

    def work(one: Candidate) -> Download:
        begun.set()
        may_end.wait(10)
        return Download(one)

    downloads = Downloads(work, concurrency=1, per_host=1)
    for number in range(5):
        downloads.add(candidate(number))
    downloads.add(candidate(5, "b.test"))
    assert begun.wait(10)
    downloads.forget_waiting()
    may_end.set()
    assert [one.candidate.rank for one in take_all(downloads)] == [0]
    downloads.add(candidate(6))
    downloads.add(candidate(7, "b.test"))
    assert {one.candidate.rank for one in take_all(downloads)} == {6, 7}
    downloads.close(10.0)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_in_the_work_is_no_silence() -> None:
    def work(_one: Candidate) -> Download:
        raise ZeroDivisionError

    downloads = Downloads(work, concurrency=1, per_host=1)
    downloads.add(candidate(0))
    with pytest.raises(RuntimeError, match="bug"):
        downloads.take(10.0)
    downloads.close(10.0)
