"""An engine's pages: one address to its text, over the same checked connections as the images, bounded in every way."""

import http.client
import logging
import ssl
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import urllib3.exceptions
from urllib3.response import BaseHTTPResponse

from crawler.answers import Page
from crawler.connections import Connections, Exchange, LateError, Resolve, resolve
from crawler.guard import RefusedError, WebAddress, parse
from crawler.options import CrawlOptions
from crawler.retry import MAX_ATTEMPTS, backoff, retry_after
from pipeline.errors import OfflineError, UsageError
from pipeline.language import _

MAX_REDIRECTS = 5
MAX_SIZE_BYTES = 8_000_000
"""The largest page that is read, decoded; those that were seen have some hundred kilobytes."""
_REDIRECTS = (301, 302, 303, 307, 308)
_TEMPORARY_STATUSES = (408, 425, 429)
_BLOCK_BYTES = 65536

log = logging.getLogger(__name__)


class _FailedError(Exception):
    """One attempt that brought no answer. `reason` is a short word."""

    def __init__(self, reason: str, *, temporary: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.temporary = temporary


def open_connections(
    options: CrawlOptions,
    base_url: str,
    *,
    resolve: Resolve = resolve,
    clock: Callable[[], float] = time.monotonic,
) -> Connections:
    """The connections to one engine. A base address that the user named may lie in a private network, and only it.

    Raises UsageError for a base address that is none.
    """
    try:
        base = parse(base_url)
    except RefusedError as error:
        raise UsageError(_("--search-url {url}: not an address.", url=base_url)) from error
    named = (f"{base.host}:{base.port}",) if options.search_url else ()
    return Connections(replace(options, allow_host=(*options.allow_host, *named)), resolve, clock)


def fetch_page(
    url: str,
    options: CrawlOptions,
    connections: Connections,
    *,
    headers: dict[str, str],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
    now: Callable[[], float] = time.time,
) -> Page:
    """The answer at `url`, whatever its status, after at most five redirects.

    Temporary failures are asked again as Retry-After says (never later than in 30 seconds), else after growing waits;
    no cookie is kept, no credential sent. Raises OfflineError where no attempt brings an answer that is one.
    """
    for attempt in range(1, MAX_ATTEMPTS + 1):
        is_last = attempt == MAX_ATTEMPTS
        wait_seconds: float | None = None
        try:
            page, wait_text = _follow(url, connections, headers, clock() + options.deadline_seconds)
            is_refusal = page.status in _TEMPORARY_STATUSES  # the engine says what it means in the end
            if page.status < 500 and (is_last or not is_refusal):
                return page
            reason, wait_seconds = f"http_{page.status}", retry_after(wait_text, now())
        except _FailedError as error:
            reason, is_last = error.reason, is_last or not error.temporary
        if is_last:
            raise OfflineError(
                _("{url} cannot be reached ({reason}). Check the connection and run again.", url=url, reason=reason)
            )
        seconds = backoff(url, attempt) if wait_seconds is None else wait_seconds
        log.debug("%s: %s, again in %.1f s", url, reason, seconds)
        sleep(seconds)
    raise AssertionError("unreachable")


def _follow(url: str, connections: Connections, headers: dict[str, str], deadline: float) -> tuple[Page, str]:
    """The page, and what its Retry-After says."""
    address = _parsed(url)
    for _hop in range(MAX_REDIRECTS + 1):
        page, location, wait_text = _exchange(address, connections, headers, deadline)
        if not location:
            return page, wait_text
        address = _parsed(location, address.url)
    raise _FailedError("too_many_redirects")


def _exchange(
    address: WebAddress, connections: Connections, headers: dict[str, str], deadline: float
) -> tuple[Page, str, str]:
    """One request: the page, where it redirects to, and its Retry-After."""
    try:
        with connections.exchange(address, deadline, fresh=True) as exchange:
            return _ask(address, connections, headers, exchange)
    except RefusedError as error:
        raise _FailedError(error.reason) from error
    except LateError as error:
        raise _FailedError("deadline", temporary=True) from error
    except (ssl.SSLCertVerificationError, urllib3.exceptions.SSLError) as error:
        raise _FailedError("tls") from error
    except (OSError, urllib3.exceptions.HTTPError, http.client.HTTPException) as error:
        raise _FailedError("connection", temporary=True) from error


def _ask(
    address: WebAddress, connections: Connections, headers: dict[str, str], exchange: Exchange
) -> tuple[Page, str, str]:
    connection = exchange.connection
    assert connection is not None
    try:
        connection.request(
            "GET",
            connections.target(address),
            headers={**headers, **connections.headers(address), "Host": address.authority},
            preload_content=False,
        )
        with closing(connection.getresponse()) as response:
            location = response.headers.get("Location", "") if response.status in _REDIRECTS else ""
            text = "" if location else _text(response)
    except (OSError, urllib3.exceptions.HTTPError, http.client.HTTPException):
        connections.raise_if_cut(exchange)
        raise
    connections.raise_if_cut(exchange)
    return Page(response.status, text, address.url), location, response.headers.get("Retry-After", "")


def _text(response: BaseHTTPResponse) -> str:
    """The body as text: all engines write UTF-8, and what is none of it becomes a replacement character."""
    blocks: list[bytes] = []
    size_bytes = 0
    for block in response.stream(_BLOCK_BYTES, decode_content=True):
        size_bytes += len(block)
        if size_bytes > MAX_SIZE_BYTES:
            raise _FailedError("too_large")
        blocks.append(block)
    return b"".join(blocks).decode("utf-8", errors="replace")


def _parsed(url: str, base: str = "") -> WebAddress:
    try:
        return parse(url, base)
    except RefusedError as error:
        raise _FailedError(error.reason) from error
