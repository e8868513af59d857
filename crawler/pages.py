"""An engine's pages: one address to its text, over the same checked connections as the images, bounded in every way."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from urllib3.response import BaseHTTPResponse

from crawler.answers import Page
from crawler.connections import Connections, Resolve, resolve
from crawler.fetched import FetchError
from crawler.guard import RefusedError, WebAddress, parse
from crawler.options import CrawlOptions
from crawler.request import MAX_REDIRECTS, REDIRECTS, TEMPORARY_STATUSES, as_utf8, ask, parsed, read_body
from crawler.retry import MAX_ATTEMPTS, backoff, retry_after
from pipeline.errors import OfflineError, UsageError
from pipeline.language import _

MAX_SIZE_BYTES = 8_000_000
"""The largest page that is read, decoded; those that were seen have some hundred kilobytes."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Answer:
    """A page, where it redirects to, and its Retry-After."""

    page: Page
    location: str
    wait_text: str


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
            answer = _follow(url, connections, headers, clock() + options.deadline_seconds, clock)
            page = answer.page
            is_refusal = page.status in TEMPORARY_STATUSES  # the engine says what it means in the end
            if page.status < 500 and (is_last or not is_refusal):
                return page
            reason, wait_seconds = f"http_{page.status}", retry_after(answer.wait_text, now())
        except FetchError as error:
            reason, is_last = error.reason, is_last or not error.temporary
        if is_last:
            raise OfflineError(
                _("{url} cannot be reached ({reason}). Check the connection and run again.", url=url, reason=reason)
            )
        seconds = backoff(url, attempt) if wait_seconds is None else wait_seconds
        log.debug("%s: %s, again in %.1f s", url, reason, seconds)
        sleep(seconds)
    raise AssertionError("unreachable")


def _follow(
    url: str, connections: Connections, headers: dict[str, str], deadline: float, clock: Callable[[], float]
) -> _Answer:
    def take(response: BaseHTTPResponse, address: WebAddress) -> _Answer:
        location = as_utf8(response.headers.get("Location", "")) if response.status in REDIRECTS else ""
        body = b"" if location else read_body(response, MAX_SIZE_BYTES, clock)
        text = body.decode("utf-8", errors="replace")  # all engines write UTF-8
        return _Answer(Page(response.status, text, address.url), location, response.headers.get("Retry-After", ""))

    address = parsed(url)
    for _hop in range(MAX_REDIRECTS + 1):
        answer = ask(connections, address, deadline, headers, take)
        if not answer.location:
            return answer
        address = parsed(answer.location, address.url)
    raise FetchError("too_many_redirects")
