"""Downloads: one URL to the bytes of an image, or to a short word that says why not; every hop checked and bounded."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib import metadata
from math import inf
from typing import TypeVar

from urllib3.response import BaseHTTPResponse

from crawler.connections import Connections, Resolve, resolve
from crawler.fetched import Fetched, FetchError, inline_bytes, read_image
from crawler.guard import WebAddress, referer_of
from crawler.options import CrawlOptions
from crawler.request import MAX_REDIRECTS, REDIRECTS, TEMPORARY_STATUSES, as_utf8, ask, drain, parsed, read_body
from crawler.retry import MAX_ATTEMPTS, Circuit, backoff, retry_after
from crawler.robots import MAX_SIZE_BYTES as MAX_ROBOTS_BYTES
from crawler.robots import RobotsFiles, agent_token, forbids

_NOT_ASKED = ("robots", "host_failing")
"""Reasons why nothing was asked: to try again at once changes nothing, and they say nothing of the host's health."""
_DECODERS_REASONS = ("empty", "not_image", "needs_heic", "too_many_pixels", "corrupt")
_HOST_IS_UP = frozenset((*_DECODERS_REASONS, "too_large", "too_small", "noai", "too_many_redirects"))

log = logging.getLogger(__name__)
Taken = TypeVar("Taken")


@dataclass(frozen=True, slots=True)
class _Answer:
    """The body of an answer, or where it redirects to."""

    body: bytes = b""
    location: str = ""
    etag: str = ""
    last_modified: str = ""


@dataclass(slots=True)
class _Way:
    """Where one image leads: the hosts of this attempt's hops, the last of which is asked now, and those that were
    asked in any attempt, whose turn it was."""

    hosts: list[str] = field(default_factory=list)
    admitted: set[str] = field(default_factory=set)


class Fetcher:
    """Fetches images, from any number of threads at once.

    Neither proxies of the environment, cookies nor credentials are ever used; a redirect is a new URL that is checked
    like the first. robots.txt and X-Robots-Tag are obeyed unless `options.ignore_robots`.
    """

    def __init__(
        self,
        options: CrawlOptions,
        *,
        resolve: Resolve = resolve,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._options = options
        self.clock = clock
        self._now = now
        self._stopped = threading.Event()
        self._sleep = sleep or self._stopped.wait
        self._connections = Connections(options, resolve, clock)
        self._circuit = Circuit(clock)
        user_agent = options.user_agent or default_user_agent()
        self._agent = agent_token(user_agent)
        self._robots = RobotsFiles(self._robots_file, self._agent)
        self._headers = {
            "User-Agent": user_agent,
            "Accept": "image/*,*/*;q=0.5",
            "Accept-Encoding": "identity",
        }

    def fetch(self, url: str, page_url: str = "") -> Fetched:
        """The image at `url`, by http, https or inside a data: URL; `page_url`, where it stands, is the Referer.

        The URL is requested exactly as it is written, but for what no request may contain (spaces, Hangul).
        Raises FetchError, StoppedError; DiskError where this process may open no more files.
        """
        if url[:5].lower() == "data:":
            return read_image(inline_bytes(url, self._options.max_size_bytes), "")
        address, way = parsed(url), _Way()
        self._wait_for_its_turn(address, way)
        try:
            fetched = self._persist(url, lambda deadline: self._follow(address, page_url, deadline, way))
        except FetchError as error:
            self._judge(way.hosts, error)
            raise
        for host in way.hosts:
            self._circuit.succeeded(host)
        return fetched

    def stop(self) -> None:
        """End every running download at once; they raise StoppedError."""
        self._stopped.set()
        self._connections.stop()

    def _wait_for_its_turn(self, address: WebAddress, way: _Way, deadline: float = inf) -> None:
        """Let a host that this image has not led to before be asked, when it wants to be."""
        host = address.authority
        if host in way.admitted:
            return
        if not self._circuit.admits(host):
            raise FetchError("host_failing", temporary=True)
        pause_seconds = self._circuit.pause_seconds(host)
        if self.clock() + pause_seconds >= deadline:
            raise FetchError("deadline", temporary=True, wait_seconds=pause_seconds)
        if pause_seconds:
            self._sleep(pause_seconds)
        way.admitted.add(host)

    def _judge(self, hosts: list[str], error: FetchError) -> None:
        """What a failure says of the hosts: the last one is down, or it works and only this image does not.

        Those before it answered with a redirect, as hosts that work do.
        """
        last = hosts[-1]
        for host in set(hosts) - {last}:
            self._circuit.succeeded(host)
        if error.temporary and error.reason not in _NOT_ASKED:
            self._circuit.failed(last)
        elif error.reason in _HOST_IS_UP or error.reason.startswith("http_"):
            self._circuit.succeeded(last)

    def _persist(self, url: str, attempt_until: Callable[[float], Taken]) -> Taken:
        """Temporary failures are tried again, with growing waits, a few times and never beyond the deadline."""
        deadline = self.clock() + self._options.deadline_seconds
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                return attempt_until(deadline)
            except FetchError as error:
                wait_seconds = backoff(url, attempt) if error.wait_seconds is None else error.wait_seconds
                is_over = attempt == MAX_ATTEMPTS or self.clock() + wait_seconds >= deadline
                if not error.temporary or error.reason in _NOT_ASKED or is_over:
                    raise
                log.debug("%s: %s, again in %.1f s", url, error.reason, wait_seconds)
                self._sleep(wait_seconds)
        raise AssertionError("unreachable")

    def _follow(self, address: WebAddress, page_url: str, deadline: float, way: _Way) -> Fetched:
        way.hosts.clear()
        for _hop in range(MAX_REDIRECTS + 1):
            way.hosts.append(address.authority)
            self._wait_for_its_turn(address, way, deadline)
            self._heed_robots(address)
            referer = referer_of(page_url, address)
            headers = {**self._headers, "Referer": referer} if referer else self._headers
            answer = ask(self._connections, address, deadline, headers, self._image_answer)
            if not answer.location:
                image = read_image(answer.body, address.url)
                return replace(image, etag=answer.etag, last_modified=answer.last_modified)
            address = parsed(answer.location, address.url)
        raise FetchError("too_many_redirects")

    def _heed_robots(self, address: WebAddress) -> None:
        permission = "allowed" if self._options.ignore_robots else self._robots.permission(address)
        if permission != "allowed":
            raise FetchError("robots", temporary=permission == "unreachable")

    def _robots_file(self, address: WebAddress) -> bytes | None:
        """A robots.txt, b"" for none, None where the server fails to say (RFC 9309, 2.3.1).

        "Too many requests" (RFC 6585, 4) is such a failure, though it is a 4xx, after which a crawler MAY fetch all:
        a server that asks for a pause has allowed nothing. Google reads it so, too: all 4xx but 429 mean that there is
        no robots.txt (developers.google.com/search/docs/crawling-indexing/robots/robots_txt).
        Raises what keeps an image from being fetched as well: no connection, no trust in the certificate.
        """
        try:
            return self._persist(address.url, lambda deadline: self._follow_to_robots(address, deadline))
        except FetchError as error:
            if error.temporary and error.reason != "connection":
                return None
            if error.reason in ("connection", "tls"):
                raise
            return b""

    def _follow_to_robots(self, address: WebAddress, deadline: float) -> bytes:
        for _hop in range(MAX_REDIRECTS + 1):
            answer = ask(self._connections, address, deadline, self._headers, self._robots_answer)
            if not answer.location:
                return answer.body
            address = parsed(answer.location, address.url)
        raise FetchError("too_many_redirects")

    def _image_answer(self, response: BaseHTTPResponse, address: WebAddress) -> _Answer:
        if not self._options.ignore_robots and forbids(response.headers.getlist("X-Robots-Tag"), self._agent):
            raise FetchError("noai")
        location = self._location(response, address)
        if location:
            return _Answer(location=location)
        body = read_body(response, self._options.max_size_bytes, self.clock)
        etag, last_modified = (response.headers.get(name, "") for name in ("ETag", "Last-Modified"))
        return _Answer(body, etag=etag, last_modified=last_modified)

    def _robots_answer(self, response: BaseHTTPResponse, address: WebAddress) -> _Answer:
        location = self._location(response, address)
        if location:
            return _Answer(location=location)
        return _Answer(read_body(response, MAX_ROBOTS_BYTES, self.clock, cut=True))

    def _location(self, response: BaseHTTPResponse, address: WebAddress) -> str:
        """Where the answer redirects to, "" for one that is the thing itself; all others raise FetchError."""
        location = response.headers.get("Location", "")
        if response.status in REDIRECTS and location:
            drain(response)
            return as_utf8(location)
        if response.status >= 300 or response.status == 206:  # a part that nobody asked for
            drain(response)
            raise self._status_failure(response, address)
        return ""

    def _status_failure(self, response: BaseHTTPResponse, address: WebAddress) -> FetchError:
        temporary = response.status >= 500 or response.status in TEMPORARY_STATUSES
        wait_seconds = retry_after(response.headers.get("Retry-After", ""), self._now())
        if temporary and wait_seconds:
            self._circuit.pause(address.authority, wait_seconds)
        return FetchError(f"http_{response.status}", temporary=temporary, wait_seconds=wait_seconds)


def default_user_agent() -> str:
    """Who asks, by name and version, and what for."""
    version = metadata.version("unpaired")
    return f"unpaired/{version} (image dataset crawler; obeys robots.txt and X-Robots-Tag for unpaired)"
