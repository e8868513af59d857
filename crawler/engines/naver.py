"""Naver image search: a page's embedded data, no browser needed. Knows its website and nothing else.

`/search.naver?where=image&query=&start=` carries `var imageSearchTabData = {...}`, a JavaScript object whose
`content.items` have `originalUrl`, `link` (the page), `title`, `orgWidth` and `orgHeight` (DESIGN.md, section 5).
Never asked live: see docs/engines.md.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlencode

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
    refuse_if_walled,
    size_of,
)
from crawler.filters import Filters, FilterTable
from crawler.javascript import read_literal
from pipeline.records import Candidate, Query

NAME = "naver"
ADDRESS = "https://search.naver.com"
PAGE = 50
DATA = "var imageSearchTabData"
NO_RESULTS = ("검색결과가 없습니다", "not_found02")
CAPTCHA = ("captcha", "자동입력 방지", "비정상적인 검색")

FILTERS: FilterTable = {
    "size": {"large": "res_fr=786432&res_to=100000000"},  # pixels in all: from 1024 x 768 on
    "since": {
        word: f"nso=so:r,p:{period},a:all"
        for word, period in zip(("day", "week", "month", "year"), ("1d", "1w", "1m", "1y"), strict=True)
    },
}
"""No licence and no colours: what the website's numbers for those mean is not documented anywhere we know."""

_MARKER = re.compile(r"\bimageSearchTabData\s*=\s*(?=\{)")


def search(query: Query, filters: Filters, fetch: FetchPage, base_url: str = ADDRESS) -> Iterator[Candidate]:
    """Every image that the engine offers, in its order. Raises NoResultsError, CaptchaError, UnknownLayoutError."""
    return candidates(query, NAME, _pages(query, filters, fetch, base_url))


def page_url(query: Query, filters: Filters, base_url: str, start: int) -> str:
    """The address of the results from place `start` on, which counts from 1."""
    values = {"where": "image", "query": query.text, "start": str(start)}
    for written in filters.mapped(FILTERS).values():
        values |= dict(pair.split("=", 1) for pair in written.split("&"))
    return f"{base_url}/search.naver?{urlencode(values)}"


def read_page(text: str) -> list[Found] | None:
    """The results of a page, None for a page without data. Raises UnknownLayoutError for data that cannot be read."""
    marker = _MARKER.search(text)
    if marker is None:
        return None
    try:
        data = read_literal(text, marker.end())
    except ValueError as error:
        raise UnknownLayoutError(f"{DATA} = {{...}}", text) from error
    entries = member(data, "content", "items")
    if not isinstance(entries, list):
        raise UnknownLayoutError(f"{DATA}.content.items", text)
    found = [_found(item) for item in items(entries) if item.get("type", "image") == "image"]
    if found and not any(one.image_url for one in found):
        raise UnknownLayoutError(f"{DATA}.content.items[].originalUrl", text)
    return found


def _pages(query: Query, filters: Filters, fetch: FetchPage, base_url: str) -> Iterator[list[Found]]:
    for number in range(MAX_PAGES):
        page = fetch(page_url(query, filters, base_url, 1 + PAGE * number))
        refuse_if_walled(query, NAME, page)
        found = read_page(page.text)
        if not found:
            _end(query, page, is_first=number == 0, has_data=found is not None)
            return
        yield found


def _end(query: Query, page: Page, *, is_first: bool, has_data: bool) -> None:
    """A page without results: the end, nothing at all, a wall, or a layout that this version does not know."""
    if has_data or any(words in page.text for words in NO_RESULTS):
        if is_first:
            raise no_results(query, NAME)
        return
    refuse_if_walled(query, NAME, page, CAPTCHA)
    if is_first:
        raise UnknownLayoutError(DATA, page.text)


def _found(item: dict[str, object]) -> Found:
    return Found(
        image_url=address_of(item.get("originalUrl")),
        page_url=address_of(item.get("link")),
        title=plain_of(item.get("title")),
        width=size_of(item.get("orgWidth")),
        height=size_of(item.get("orgHeight")),
    )
