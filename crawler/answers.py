"""What engines read answers with: JSON, texts, sizes and addresses that strangers wrote; what they say of a wall."""

import html
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pipeline.errors import CaptchaError, NoResultsError
from pipeline.language import _
from pipeline.records import Candidate, Query

MAX_PAGES = 200
"""No engine is asked for more pages of one query: a website that never ends must not hold a crawl forever."""
MAX_TEXT = 2_000
MAX_ADDRESS = 8_000
MAX_PIXELS = 1_000_000
"""A side of more pixels is no claim but nonsense, and is not known."""
WALLED_STATUSES = (202, 401, 403, 418, 429)
"""How servers say that they do not want this client now: too many questions, or a challenge for a browser."""

_TAG = re.compile(r"<[^<>]{0,2000}>")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Page:
    """An engine's answer: its HTTP status, its text, and the address that gave it after redirects."""

    status: int
    text: str
    url: str


FetchPage = Callable[[str], Page]
"""Asks for one page by GET. Raises OfflineError where nothing answers."""


class UnknownLayoutError(Exception):
    """A page is none that this version knows: `selector` is what it looked for in vain, `page` the text that came."""

    def __init__(self, selector: str, page: str = "") -> None:
        super().__init__(selector)
        self.selector = selector
        self.page = page


@dataclass(frozen=True, slots=True)
class Found:
    """An image as an engine describes it; "" and 0 for what it does not say."""

    image_url: str
    page_url: str = ""
    title: str = ""
    licence: str = ""
    attribution: str = ""
    width: int = 0
    height: int = 0


def candidates(query: Query, engine: str, pages: Iterable[Iterable[Found]]) -> Iterator[Candidate]:
    """Every image once, ranked as it comes; a page that brings nothing new is the last."""
    known: set[str] = set()
    for page in pages:
        fresh = [found for found in page if found.image_url]
        before = len(known)
        for found in fresh:
            if found.image_url not in known:
                yield _candidate(query, engine, len(known), found)
                known.add(found.image_url)
        if len(known) == before:
            return


def read_json(text: str, selector: str) -> Any:
    """The value that a JSON text holds. Raises UnknownLayoutError(selector) for anything else, also too deep."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnknownLayoutError(selector, text) from error


def items(value: object) -> list[dict[str, Any]]:
    """The objects of a list; nothing for what is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def member(value: object, *names: str) -> Any:
    """What lies under these names, one inside the other; None as soon as one is missing."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def text_of(value: object, most: int = MAX_TEXT) -> str:
    """A text on one line that any catalogue can hold: no control characters, no lone surrogates, at most so long."""
    if not isinstance(value, str):
        return ""
    return _CONTROL.sub(" ", _whole(value[:most])).strip()


def plain_of(value: object) -> str:
    """The text of a piece of HTML: tags dropped, entities read."""
    return text_of(html.unescape(_TAG.sub("", value[: 4 * MAX_TEXT]))) if isinstance(value, str) else ""


def address_of(value: object) -> str:
    """An http or https address; "" for anything else, also for one of absurd length."""
    if not isinstance(value, str) or len(value) > MAX_ADDRESS:
        return ""
    address = _CONTROL.sub("", _whole(value)).strip()
    address = f"https:{address}" if address.startswith("//") else address
    try:
        parts = urlsplit(address)
        return address if parts.scheme in ("http", "https") and parts.hostname else ""
    except ValueError:
        return ""


def size_of(value: object) -> int:
    """A side in pixels; 0 for what is no whole number of a sane size."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MAX_PIXELS:
        return 0
    return value


def refuse_if_walled(query: Query, engine: str, page: Page, words: Iterable[str] = ()) -> None:
    """Raise CaptchaError for an answer that only a person gets past, by its status or by words that it holds."""
    said = next((word for word in words if word in page.text or word in page.url), "")
    if page.status in WALLED_STATUSES or said:
        raise CaptchaError(
            _(
                "{query}: {engine} refuses further questions ({reason}). What was found is kept. Wait some hours and"
                " run again, or choose another engine with --engine.",
                query=repr(query.text),
                engine=engine,
                reason=said or f"HTTP {page.status}",
            )
        )


def no_results(query: Query, engine: str) -> NoResultsError:
    """The error of an engine that answered, and had nothing."""
    return NoResultsError(
        _("{query}: {engine} has no images for it. Try other words.", query=repr(query.text), engine=engine)
    )


def _candidate(query: Query, engine: str, rank: int, found: Found) -> Candidate:
    return Candidate(
        domain=query.domain,
        engine=engine,
        query=query.text,
        rank=rank,
        image_url=found.image_url,
        page_url=found.page_url,
        title=found.title,
        licence=found.licence,
        attribution=found.attribution,
        claimed_width=found.width,
        claimed_height=found.height,
    )


def _whole(text: str) -> str:
    return text.encode("utf-8", errors="replace").decode("utf-8")
