"""One request and its answer, over a checked connection: read no further than is allowed, failures with a reason."""

import http.client
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import urllib3.exceptions
from urllib3.response import BaseHTTPResponse

from crawler.connections import Connections, Exchange, LateError
from crawler.fetched import FetchError
from crawler.guard import RefusedError, WebAddress, parse

MAX_REDIRECTS = 5
REDIRECTS = (301, 302, 303, 307, 308)
TEMPORARY_STATUSES = (408, 425, 429)
MIN_BYTES_PER_SECOND = 1000.0
"""What is slower over SLOW_START_SECONDS and more holds a place that other downloads could use."""
SLOW_START_SECONDS = 10.0
_BLOCK_BYTES = 65536
_SMALL_BYTES = 16384
_NETWORK_ERRORS = (OSError, urllib3.exceptions.HTTPError, http.client.HTTPException)
Taken = TypeVar("Taken")
"""What a caller makes of an answer."""


def ask(
    connections: Connections,
    address: WebAddress,
    deadline: float,
    headers: dict[str, str],
    take: Callable[[BaseHTTPResponse, WebAddress], Taken],
) -> Taken:
    """One request and what `take` makes of its answer; once more where a kept connection turns out to be dead.

    Raises FetchError, StoppedError; DiskError where this process may open no more files.
    """
    answer = _ask_once(connections, address, deadline, headers, take, fresh=False)
    if answer is None:
        answer = _ask_once(connections, address, deadline, headers, take, fresh=True)
    assert answer is not None  # only a connection that served before can be dead
    return answer


def _ask_once(
    connections: Connections,
    address: WebAddress,
    deadline: float,
    headers: dict[str, str],
    take: Callable[[BaseHTTPResponse, WebAddress], Taken],
    *,
    fresh: bool,
) -> Taken | None:
    try:
        with connections.exchange(address, deadline, fresh=fresh) as exchange:
            try:
                response = _sent(connections, address, exchange, headers)
                if response is None:
                    return None
                answer = _taken(response, address, exchange, take)
            except (FetchError, *_NETWORK_ERRORS):
                connections.raise_if_over(exchange)
                raise
            connections.raise_if_cut(exchange)
            return answer
    except LateError as error:
        raise FetchError("deadline", temporary=True) from error
    except RefusedError as error:
        raise FetchError(error.reason) from error
    except _NETWORK_ERRORS as error:
        raise _network_failure(error) from error


def _sent(
    connections: Connections, address: WebAddress, exchange: Exchange, headers: dict[str, str]
) -> BaseHTTPResponse | None:
    """The head of the answer, None where a kept connection was closed meanwhile or holds the rest of another."""
    assert exchange.connection is not None
    own = {"Host": address.authority, **connections.headers(address)}
    try:
        exchange.connection.request(
            "GET", connections.target(address), headers={**headers, **own}, preload_content=False
        )
        return exchange.connection.getresponse()
    except _NETWORK_ERRORS as error:
        connections.raise_if_over(exchange)
        if exchange.is_reused and not isinstance(error, TimeoutError):
            return None
        raise


def _taken(
    response: BaseHTTPResponse,
    address: WebAddress,
    exchange: Exchange,
    take: Callable[[BaseHTTPResponse, WebAddress], Taken],
) -> Taken:
    try:
        return take(response, address)
    finally:
        exchange.is_whole = response.closed
        if not exchange.is_whole:
            response.close()


def read_body(
    response: BaseHTTPResponse, max_size_bytes: int, clock: Callable[[], float], *, cut: bool = False
) -> bytes:
    """The decoded body; one that is too large is cut off or refused, as soon as it is."""
    begun = clock()
    blocks: list[bytes] = []
    size_bytes = 0
    while block := response.read1(_BLOCK_BYTES, decode_content=True):
        blocks.append(block)
        size_bytes += len(block)
        if size_bytes > max_size_bytes:
            if cut:
                break
            raise FetchError("too_large")
        if is_too_slow(size_bytes, clock() - begun):
            raise FetchError("too_slow", temporary=True)
    return b"".join(blocks)


def is_too_slow(size_bytes: int, seconds: float) -> bool:
    """Whether a body that has brought so much in so long holds up the others."""
    return seconds > SLOW_START_SECONDS and size_bytes < seconds * MIN_BYTES_PER_SECOND


def drain(response: BaseHTTPResponse) -> None:
    """Read what little is left of an answer, so that its connection can be used again."""
    size_bytes = response.length_remaining
    if size_bytes is not None and size_bytes < _SMALL_BYTES:
        with suppress(*_NETWORK_ERRORS):
            while response.read1(_SMALL_BYTES, decode_content=False):
                continue


def as_utf8(location: str) -> str:
    """Servers write Hangul into Location as raw UTF-8, which http.client reads as Latin-1."""
    try:
        return location.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return location


def parsed(url: str, base: str = "") -> WebAddress:
    """The address that a URL is, which may be written in relation to `base`. Raises FetchError."""
    try:
        return parse(url, base)
    except RefusedError as error:
        raise FetchError(error.reason) from error


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
