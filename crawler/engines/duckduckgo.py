"""DuckDuckGo Images: a token from the result page, then pages of JSON. Knows its website and nothing else.

The result page of a query holds `vqd="..."`; with it `/i.js?o=json&q=&vqd=&f=` gives `results` (`image`, `url`,
`title`, `width`, `height`) and `next`, whose `s` is the place of the next page. Never asked live: see docs/engines.md.
"""

import re
from collections.abc import Callable, Iterator
from typing import TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

from crawler.answers import (
    MAX_PAGES,
    FetchPage,
    Found,
    Page,
    UnknownLayoutError,
    address_of,
    candidates,
    items,
    member,
    no_results,
    plain_of,
    read_json,
    refuse_if_walled,
    size_of,
)
from crawler.filters import HUES, Filters, FilterTable
from pipeline.records import Candidate, Query

NAME = "duckduckgo"
ADDRESS = "https://duckduckgo.com"
TOKEN = 'vqd="..."'
CAPTCHA = ("anomaly-modal", "anomaly.js", "bots use DuckDuckGo")
FIELDS = ("since", "size", "color", "type", "aspect", "license")
"""The filters in the order in which the parameter `f` lists them."""

FILTERS: FilterTable = {
    "license": {"cc": "license:Any", "commercial": "license:ShareCommercially"},
    "size": {"large": "size:Large", "medium": "size:Medium", "icon": "size:Small"},
    "type": {"photo": "type:photo", "clipart": "type:clipart", "lineart": "type:line", "animated": "type:gif"},
    "aspect": {"tall": "layout:Tall", "square": "layout:Square", "wide": "layout:Wide"},
    "color": {
        "color": "color:color",
        "gray": "color:Monochrome",
        **{color: f"color:{color.capitalize()}" for color in HUES},
    },
    "since": {word: f"time:{word.capitalize()}" for word in ("day", "week", "month", "year")},
}

Read = TypeVar("Read")

_TOKEN = re.compile(r"""vqd\s*[=:]\s*["']?([\w-]{1,200})""")


def search(query: Query, filters: Filters, fetch: FetchPage, base_url: str = ADDRESS) -> Iterator[Candidate]:
    """Every image that the engine offers, in its order. Raises NoResultsError, CaptchaError, UnknownLayoutError."""
    return candidates(query, NAME, _pages(query, filters, fetch, base_url))


def page_url(query: Query, filters: Filters, base_url: str, token: str, place: int) -> str:
    """The address of the JSON from place `place` on."""
    words = filters.mapped(FILTERS)
    written = ",".join(words.get(name, "") for name in FIELDS)
    values = {"l": "wt-wt", "o": "json", "q": query.text, "vqd": token, "f": written, "p": "1"}
    return f"{base_url}/i.js?{urlencode({**values, **({'s': str(place)} if place else {})})}"


def read_token(text: str) -> str:
    """The token that the result page gives out. Raises UnknownLayoutError where there is none."""
    token = _TOKEN.search(text)
    if token is None:
        raise UnknownLayoutError(TOKEN, text)
    return token[1]


def read_page(text: str) -> tuple[list[Found], int]:
    """The results, and the place of the next page (0: this is the last). Raises UnknownLayoutError."""
    answer = read_json(text, "i.js JSON")
    results = member(answer, "results")
    if not isinstance(results, list):
        raise UnknownLayoutError("i.js results", text)
    found = [_found(item) for item in items(results)]
    if results and not any(one.image_url for one in found):
        raise UnknownLayoutError("i.js results[].image", text)
    return found, _next_place(member(answer, "next"))


def _pages(query: Query, filters: Filters, fetch: FetchPage, base_url: str) -> Iterator[list[Found]]:
    home = fetch(f"{base_url}/?{urlencode({'q': query.text, 'iax': 'images', 'ia': 'images'})}")
    refuse_if_walled(query, NAME, home)
    token = _unless_walled(query, home, read_token)
    place = 0
    for number in range(MAX_PAGES):
        page = fetch(page_url(query, filters, base_url, token, place))
        refuse_if_walled(query, NAME, page)
        found, following = _unless_walled(query, page, read_page)
        if not found and number == 0:
            raise no_results(query, NAME)
        yield found
        if following <= place:
            return
        place = following


def _unless_walled(query: Query, page: Page, read: Callable[[str], Read]) -> Read:
    """What a page holds; where it holds nothing, the words of a wall are looked for."""
    try:
        return read(page.text)
    except UnknownLayoutError:
        refuse_if_walled(query, NAME, page, CAPTCHA)
        raise


def _next_place(address: object) -> int:
    """Only the place is taken from the address: it leads nowhere but back to the same engine."""
    try:
        return size_of(parse_qs(urlsplit(str(address or "")).query).get("s", [""])[0])
    except ValueError:
        return 0


def _found(item: dict[str, object]) -> Found:
    return Found(
        image_url=address_of(item.get("image")),
        page_url=address_of(item.get("url")),
        title=plain_of(item.get("title")),
        width=size_of(item.get("width")),
        height=size_of(item.get("height")),
    )
