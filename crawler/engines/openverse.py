"""Openverse: openly licensed images through its JSON API; licence and attribution are kept. Knows its website only.

`/v1/images/?q=&page_size=20&page=`: `results` of `url`, `foreign_landing_url`, `title`, `license`, `license_version`,
`license_url`, `attribution`, `width`, `height`; `page_count`. Without a key 20 a page and 20 questions a minute at most
(https://api.openverse.org/v1/). Never asked live: see docs/engines.md.
"""

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
    read_json,
    refuse_if_walled,
    size_of,
    text_of,
)
from crawler.filters import Filters, FilterTable
from pipeline.records import Candidate, Query

NAME = "openverse"
ADDRESS = "https://api.openverse.org"
PAGE = 20

FILTERS: FilterTable = {
    "license": {"cc": "license_type=all-cc", "commercial": "license_type=commercial"},
    "size": {"large": "size=large", "medium": "size=medium", "icon": "size=small"},
    "type": {"photo": "category=photograph"},
    "aspect": {"tall": "aspect_ratio=tall", "square": "aspect_ratio=square", "wide": "aspect_ratio=wide"},
}


def search(query: Query, filters: Filters, fetch: FetchPage, base_url: str = ADDRESS) -> Iterator[Candidate]:
    """Every image that the engine offers, in its order. Raises NoResultsError, CaptchaError, UnknownLayoutError."""
    return candidates(query, NAME, _pages(query, filters, fetch, base_url))


def page_url(query: Query, filters: Filters, base_url: str, number: int) -> str:
    """The address of a page; `number` counts from 1."""
    values = {"q": query.text, "page_size": str(PAGE), "page": str(number)}
    values |= dict(written.split("=", 1) for written in filters.mapped(FILTERS).values())
    return f"{base_url}/v1/images/?{urlencode(values)}"


def read_page(text: str) -> tuple[list[Found], int]:
    """The results, and how many pages there are. Raises UnknownLayoutError for anything else."""
    answer = read_json(text, "v1/images JSON")
    results = member(answer, "results")
    if not isinstance(results, list):
        raise UnknownLayoutError("v1/images results", text)
    found = [_found(item) for item in items(results)]
    if results and not any(one.image_url for one in found):
        raise UnknownLayoutError("v1/images results[].url", text)
    return found, size_of(member(answer, "page_count"))


def _pages(query: Query, filters: Filters, fetch: FetchPage, base_url: str) -> Iterator[list[Found]]:
    for number in range(1, MAX_PAGES + 1):
        page = fetch(page_url(query, filters, base_url, number))
        if number > 1 and _is_too_deep(page):
            return
        refuse_if_walled(query, NAME, page)
        found, pages = read_page(page.text)
        if not found and number == 1:
            raise no_results(query, NAME)
        yield found
        if number >= pages:
            return


def _is_too_deep(page: Page) -> bool:
    """Whoever has no key may not turn the pages to the end; the API then says so instead of giving the next one."""
    return page.status in (400, 401, 404)


def _found(item: dict[str, object]) -> Found:
    return Found(
        image_url=address_of(item.get("url")),
        page_url=address_of(item.get("foreign_landing_url")),
        title=plain_of(item.get("title")),
        licence=licence(item),
        attribution=plain_of(item.get("attribution")) or plain_of(item.get("creator")),
        width=size_of(item.get("width")),
        height=size_of(item.get("height")),
    )


def licence(item: dict[str, object]) -> str:
    """`CC BY-SA 4.0 https://creativecommons.org/licenses/by-sa/4.0/`, as much of it as the answer tells."""
    code = text_of(item.get("license")).upper()
    name = {"": "", "CC0": "CC0", "PDM": "Public Domain Mark"}.get(code, f"CC {code}")
    version = text_of(item.get("license_version")) if name else ""
    return " ".join(part for part in (name, version, address_of(item.get("license_url"))) if part)
