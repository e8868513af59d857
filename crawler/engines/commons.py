"""Wikimedia Commons: freely licensed files through the MediaWiki API; licence and author are kept.

`/w/api.php?action=query&generator=search&gsrnamespace=6&prop=imageinfo&iiprop=url|size|mime|extmetadata`: `query.pages`
of `title`, `index` and `imageinfo`, and `continue`, whose members are given back for the next page
(https://www.mediawiki.org/wiki/API:Continue). The User-Agent must name a contact. Knows its website and nothing else.
Never asked live: see docs/engines.md.
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

from crawler.answers import (
    MAX_PAGES,
    FetchPage,
    Found,
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

NAME = "commons"
ADDRESS = "https://commons.wikimedia.org"
PAGE = 50
BUSY = ("ratelimited", "maxlag", "readonly")
"""The API's own words for "not now", given with HTTP 200."""

FILTERS: FilterTable = {
    "license": {"commercial": ""},  # what may not be sold may not be uploaded (Commons:Licensing)
    "size": {"large": "fileres:>1000", "medium": "fileres:500,1000", "icon": "fileres:<500"},
}

_BUSY = re.compile(rf'"code"\s*:\s*"({"|".join(BUSY)})"')


def search(query: Query, filters: Filters, fetch: FetchPage, base_url: str = ADDRESS) -> Iterator[Candidate]:
    """Every image that the engine offers, in its order. Raises NoResultsError, CaptchaError, UnknownLayoutError."""
    return candidates(query, NAME, _pages(query, filters, fetch, base_url))


def page_url(query: Query, filters: Filters, base_url: str, following: Mapping[str, str]) -> str:
    """The address of a page; `following` is what the page before gave to continue with."""
    words = " ".join(word for word in (query.text, "filetype:bitmap", *filters.mapped(FILTERS).values()) if word)
    values = {
        "action": "query",
        "format": "json",
        "formatversion": "2",
        "generator": "search",
        "gsrsearch": words,
        "gsrnamespace": "6",
        "gsrlimit": str(PAGE),
        "prop": "imageinfo",
        "iiprop": "url|size|mime|extmetadata",
        "iiextmetadatafilter": "LicenseShortName|LicenseUrl|Artist|Credit|Attribution",
    }
    return f"{base_url}/w/api.php?{urlencode({**values, **following})}"


def read_page(text: str) -> tuple[list[Found], dict[str, str]]:
    """The results in the engine's order, and how to continue ({}: this is the last).

    Raises UnknownLayoutError for anything else, naming the API's error where it gives one.
    """
    answer = read_json(text, "api.php JSON")
    if not isinstance(answer, dict) or "error" in answer:
        raise UnknownLayoutError(f"api.php query ({text_of(member(answer, 'error', 'code')) or 'no object'})", text)
    pages = items(member(answer, "query", "pages"))
    if not pages and not {"batchcomplete", "continue"} & answer.keys():
        raise UnknownLayoutError("api.php query.pages", text)
    found = [_found(page) for page in sorted(pages, key=lambda page: size_of(page.get("index")))]
    if found and not any(one.image_url for one in found):
        raise UnknownLayoutError("api.php query.pages[].imageinfo[].url", text)
    following = member(answer, "continue")
    parts = following.items() if isinstance(following, dict) else ()
    return found, {text_of(name): text_of(str(value)) for name, value in parts if isinstance(value, str | int)}


def _pages(query: Query, filters: Filters, fetch: FetchPage, base_url: str) -> Iterator[list[Found]]:
    following: dict[str, str] = {}
    asked: list[dict[str, str]] = []
    for number in range(MAX_PAGES):
        page = fetch(page_url(query, filters, base_url, following))
        refuse_if_walled(query, NAME, page, _BUSY.findall(page.text))
        asked.append(following)
        found, following = read_page(page.text)
        if not found and not following and number == 0:
            raise no_results(query, NAME)
        yield found
        if not following or following in asked:
            return


def _found(page: dict[str, object]) -> Found:
    information = next(iter(items(page.get("imageinfo"))), {})
    return Found(
        image_url=address_of(information.get("url")),
        page_url=address_of(information.get("descriptionurl")),
        title=text_of(page.get("title")).removeprefix("File:"),
        licence=licence(information),
        attribution=_described(information, "Attribution", "Artist", "Credit"),
        width=size_of(information.get("width")),
        height=size_of(information.get("height")),
    )


def licence(information: dict[str, object]) -> str:
    """`CC BY-SA 4.0 https://creativecommons.org/licenses/by-sa/4.0`, as much of it as the answer tells."""
    address = address_of(_described(information, "LicenseUrl"))
    return " ".join(part for part in (_described(information, "LicenseShortName"), address) if part)


def _described(information: dict[str, object], *names: str) -> str:
    """The first of these descriptions that says something; they are written in HTML."""
    texts = (plain_of(member(information, "extmetadata", name, "value")) for name in names)
    return next((text for text in texts if text), "")
