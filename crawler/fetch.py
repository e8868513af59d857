"""Downloads: one URL to the bytes of an image, or to a short word that says why not; every hop checked and bounded."""

import base64
import binascii
import http.client
import logging
import ssl
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib import metadata
from math import inf
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote_to_bytes

import urllib3.exceptions
from urllib3.response import BaseHTTPResponse

from crawler.connections import Connections, Exchange, LateError, Resolve, StoppedError, resolve
from crawler.guard import RefusedError, WebAddress, parse, referer_of
from crawler.options import CrawlOptions
from crawler.retry import MAX_ATTEMPTS, Circuit, backoff, retry_after
from crawler.robots import MAX_SIZE_BYTES as MAX_ROBOTS_BYTES
from crawler.robots import RobotsFiles, agent_token, forbids
from pipeline.files import disk_errors
from pipeline.image import ImageError, inspect

__all__ = ["FetchError", "Fetched", "Fetcher", "StoppedError"]

MAX_REDIRECTS = 5
MIN_BYTES_PER_SECOND = 1000.0
"""What is slower over SLOW_START_SECONDS and more holds a place that other downloads could use."""
SLOW_START_SECONDS = 10.0
MIN_SIDE = 8
"""A picture with a shorter side, in pixels, is a spacer or counts visitors."""
_REDIRECTS = (301, 302, 303, 307, 308)
_TEMPORARY_STATUSES = (408, 425, 429)
_NOT_ASKED = ("robots", "host_failing")
"""Reasons why nothing was asked: to try again at once changes nothing, and they say nothing of the host's health."""
_DECODERS_REASONS = ("empty", "not_image", "needs_heic", "too_many_pixels", "corrupt")
_HOST_IS_UP = frozenset((*_DECODERS_REASONS, "too_large", "too_small", "noai", "too_many_redirects"))
_BLOCK_BYTES = 65536
_SMALL_BYTES = 16384
_NETWORK_ERRORS = (OSError, urllib3.exceptions.HTTPError, http.client.HTTPException)

log = logging.getLogger(__name__)
Taken = TypeVar("Taken")


class FetchError(Exception):
    """A download that brought no image.

    `reason` is one short word: bad_scheme, bad_url, blocked_address, too_many_redirects, too_large, too_slow, deadline,
    connection, bad_answer, bad_encoding, tls, http_<status>, host_failing, robots, noai, too_small, or one of the
    decoder's: empty, not_image, needs_heic, too_many_pixels, corrupt. A `temporary` one may be tried again.
    """

    def __init__(self, reason: str, *, temporary: bool = False, wait_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.temporary = temporary
        self.wait_seconds = wait_seconds


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes of an image as the server sent them, its extension by content, and where they came from in the end.

    `etag` and `last_modified` are the server's validators as it wrote them (RFC 9110, 8.8), "" where it sent none.
    Width and height are the upright picture's; `dhash` is its difference hash, "" before it was decoded.
    """

    data: bytes
    extension: str
    final_url: str
    etag: str = ""
    last_modified: str = ""
    width: int = 0
    height: int = 0
    dhash: str = ""


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
            return _image(_inline_bytes(url, self._options.max_size_bytes), "")
        address, way = _parsed(url), _Way()
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
            answer = self._ask(address, deadline, headers, self._image_answer)
            if not answer.location:
                image = _image(answer.body, address.url)
                return replace(image, etag=answer.etag, last_modified=answer.last_modified)
            address = _parsed(answer.location, address.url)
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
            answer = self._ask(address, deadline, self._headers, self._robots_answer)
            if not answer.location:
                return answer.body
            address = _parsed(answer.location, address.url)
        raise FetchError("too_many_redirects")

    def _ask(
        self,
        address: WebAddress,
        deadline: float,
        headers: dict[str, str],
        take: Callable[[BaseHTTPResponse, WebAddress], _Answer],
    ) -> _Answer:
        """One request and what `take` makes of its answer; once more where a kept connection turns out to be dead."""
        answer = self._ask_once(address, deadline, headers, take, fresh=False)
        return answer or self._ask_once(address, deadline, headers, take, fresh=True) or _Answer()

    def _ask_once(
        self,
        address: WebAddress,
        deadline: float,
        headers: dict[str, str],
        take: Callable[[BaseHTTPResponse, WebAddress], _Answer],
        *,
        fresh: bool,
    ) -> _Answer | None:
        try:
            with self._connections.exchange(address, deadline, fresh=fresh) as exchange:
                try:
                    response = self._sent(address, exchange, headers)
                    if response is None:
                        return None
                    answer = _taken(response, address, exchange, take)
                except (FetchError, *_NETWORK_ERRORS):
                    self._connections.raise_if_cut(exchange)
                    raise
                self._connections.raise_if_cut(exchange)
                return answer
        except LateError as error:
            raise FetchError("deadline", temporary=True) from error
        except RefusedError as error:
            raise FetchError(error.reason) from error
        except _NETWORK_ERRORS as error:
            raise _network_failure(error) from error

    def _sent(self, address: WebAddress, exchange: Exchange, headers: dict[str, str]) -> BaseHTTPResponse | None:
        """The head of the answer, None where a kept connection was closed meanwhile or holds the rest of another."""
        assert exchange.connection is not None
        own = {"Host": address.authority, **self._connections.headers(address)}
        try:
            exchange.connection.request(
                "GET", self._connections.target(address), headers={**headers, **own}, preload_content=False
            )
            return exchange.connection.getresponse()
        except _NETWORK_ERRORS as error:
            self._connections.raise_if_cut(exchange)
            if exchange.is_reused and not isinstance(error, TimeoutError):
                return None
            raise

    def _image_answer(self, response: BaseHTTPResponse, address: WebAddress) -> _Answer:
        if not self._options.ignore_robots and forbids(response.headers.getlist("X-Robots-Tag"), self._agent):
            raise FetchError("noai")
        location = self._location(response, address)
        if location:
            return _Answer(location=location)
        body = self._body(response, self._options.max_size_bytes)
        etag, last_modified = (response.headers.get(name, "") for name in ("ETag", "Last-Modified"))
        return _Answer(body, etag=etag, last_modified=last_modified)

    def _robots_answer(self, response: BaseHTTPResponse, address: WebAddress) -> _Answer:
        location = self._location(response, address)
        return _Answer(location=location) if location else _Answer(self._body(response, MAX_ROBOTS_BYTES, cut=True))

    def _location(self, response: BaseHTTPResponse, address: WebAddress) -> str:
        """Where the answer redirects to, "" for one that is the thing itself; all others raise FetchError."""
        location = response.headers.get("Location", "")
        if response.status in _REDIRECTS and location:
            _drain(response)
            return _as_utf8(location)
        if response.status >= 300 or response.status == 206:  # a part that nobody asked for
            _drain(response)
            raise self._status_failure(response, address)
        return ""

    def _status_failure(self, response: BaseHTTPResponse, address: WebAddress) -> FetchError:
        temporary = response.status >= 500 or response.status in _TEMPORARY_STATUSES
        wait_seconds = retry_after(response.headers.get("Retry-After", ""), self._now())
        if temporary and wait_seconds:
            self._circuit.pause(address.authority, wait_seconds)
        return FetchError(f"http_{response.status}", temporary=temporary, wait_seconds=wait_seconds)

    def _body(self, response: BaseHTTPResponse, max_size_bytes: int, *, cut: bool = False) -> bytes:
        """The decoded body; one that is too large is cut off or refused, as soon as it is."""
        begun = self.clock()
        blocks: list[bytes] = []
        size_bytes = 0
        while block := response.read1(_BLOCK_BYTES, decode_content=True):
            blocks.append(block)
            size_bytes += len(block)
            if size_bytes > max_size_bytes:
                if cut:
                    break
                raise FetchError("too_large")
            if is_too_slow(size_bytes, self.clock() - begun):
                raise FetchError("too_slow", temporary=True)
        return b"".join(blocks)


def default_user_agent() -> str:
    """Who asks, by name and version, and what for."""
    version = metadata.version("unpaired")
    return f"unpaired/{version} (image dataset crawler; obeys robots.txt and X-Robots-Tag for unpaired)"


def is_too_slow(size_bytes: int, seconds: float) -> bool:
    """Whether a body that has brought so much in so long holds up the others."""
    return seconds > SLOW_START_SECONDS and size_bytes < seconds * MIN_BYTES_PER_SECOND


def _taken(
    response: BaseHTTPResponse,
    address: WebAddress,
    exchange: Exchange,
    take: Callable[[BaseHTTPResponse, WebAddress], _Answer],
) -> _Answer:
    try:
        return take(response, address)
    finally:
        exchange.is_whole = response.closed
        if not exchange.is_whole:
            response.close()


def _drain(response: BaseHTTPResponse) -> None:
    """Read what little is left of an answer, so that its connection can be used again."""
    size_bytes = response.length_remaining
    if size_bytes is not None and size_bytes < _SMALL_BYTES:
        with suppress(*_NETWORK_ERRORS):
            while response.read1(_SMALL_BYTES, decode_content=False):
                continue


def _parsed(url: str, base: str = "") -> WebAddress:
    try:
        return parse(url, base)
    except RefusedError as error:
        raise FetchError(error.reason) from error


def _inline_bytes(url: str, max_size_bytes: int) -> bytes:
    """The bytes of a data: URL (RFC 2397)."""
    head, comma, body = url[5:].partition(",")
    if not comma:
        raise FetchError("bad_url")
    if len(body) > 3 * max_size_bytes:  # %XX takes three characters a byte
        raise FetchError("too_large")
    try:
        plain = unquote_to_bytes(body)
        data = base64.b64decode(b"".join(plain.split()), validate=True) if head.lower().endswith(";base64") else plain
    except (binascii.Error, ValueError) as error:
        raise FetchError("bad_url") from error
    if len(data) > max_size_bytes:
        raise FetchError("too_large")
    return data


def _image(data: bytes, final_url: str) -> Fetched:
    """What the bytes are by their header, whatever the server called them; whether they decode is seen elsewhere."""
    try:
        with disk_errors(Path(sys.executable)):  # a decoder that cannot be loaded
            facts = inspect(data)
    except ImageError as error:
        raise FetchError(error.reason) from error
    if min(facts.width, facts.height) < MIN_SIDE:
        raise FetchError("too_small")
    return Fetched(data, facts.extension, final_url, width=facts.width, height=facts.height)


def _network_failure(error: Exception) -> FetchError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return FetchError("tls")
    if isinstance(error, ssl.SSLError | urllib3.exceptions.SSLError):
        return FetchError("tls", temporary=True)
    if isinstance(error, urllib3.exceptions.DecodeError):
        return FetchError("bad_encoding")
    if isinstance(error, http.client.HTTPException) and not isinstance(error, OSError):
        return FetchError("bad_answer")  # no status line, a flood of headers
    return FetchError("connection", temporary=True)


def _as_utf8(location: str) -> str:
    """Servers write Hangul into Location as raw UTF-8, which http.client reads as Latin-1."""
    try:
        return location.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return location
