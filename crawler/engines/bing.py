"""Bing Images: the pages that its own result page loads while one scrolls. Knows its website and nothing else.

`/images/async?q=&first=<place>&count=35` gives HTML in which each result is an `a.iusc` with an attribute `m`: a JSON
object of `murl` (the image), `purl` (its page) and `t` (its title); the link's own address tells the size (DESIGN.md,
section 5). Never asked live: see docs/engines.md.
"""

from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlencode, urlsplit

from crawler.answers import (
    MAX_PAGES,
    FetchPage,
    Found,
    Page,
    UnknownLayoutError,
    address_of,
    candidates,
    member,
    no_results,
    plain_of,
    read_json,
    refuse_if_walled,
    size_of,
)
from crawler.filters import HUES, Filters, FilterTable
from pipeline.records import Candidate, Query

NAME = "bing"
ADDRESS = "https://www.bing.com"
PAGE = 35
RESULT = "a.iusc[m]"
NO_RESULTS = ("결과가 없습니다", "There are no results", "No results found")
CAPTCHA = ("/challenge", "captcha", "unusual traffic")

FILTERS: FilterTable = {
    "license": {"cc": "licenseType-Any", "commercial": "license-L2_L3_L4"},
    "size": {"large": "imagesize-large", "medium": "imagesize-medium", "icon": "imagesize-small"},
    "type": {
        "photo": "photo-photo",
        "clipart": "photo-clipart",
        "lineart": "photo-linedrawing",
        "animated": "photo-animatedgif",
        "face": "face-face",
    },
    "aspect": {"tall": "aspect-tall", "square": "aspect-square", "wide": "aspect-wide"},
    "color": {
        "color": "color2-color",
        "gray": "color2-bw",
        "transparent": "photo-transparent",
        **{color: f"color2-FGcls_{color.upper()}" for color in HUES},
    },
    "since": {"day": "age-lt1440", "week": "age-lt10080", "month": "age-lt43200", "year": "age-lt525600"},
}


def search(query: Query, filters: Filters, fetch: FetchPage, base_url: str = ADDRESS) -> Iterator[Candidate]:
    """Every image that the engine offers, in its order. Raises NoResultsError, CaptchaError, UnknownLayoutError."""
    return candidates(query, NAME, _pages(query, filters, fetch, base_url))


def page_url(query: Query, filters: Filters, base_url: str, first: int) -> str:
    """The address of the results from place `first` on, which counts from 0."""
    values = {"q": query.text, "async": "1", "first": str(first), "count": str(PAGE)}
    qft = "".join(f"+filterui:{value}" for value in filters.mapped(FILTERS).values())
    return f"{base_url}/images/async?{urlencode({**values, **({'qft': qft} if qft else {})})}"


def read_page(text: str) -> list[Found]:
    """The results of a page; none where it has none. Raises UnknownLayoutError for results that cannot be read."""
    reader = _Reader()
    reader.feed(text)
    found = [_found(link, data) for link, data in reader.results]
    if found and not any(one.image_url for one in found):
        raise UnknownLayoutError(f"{RESULT} murl", text)
    return found


def _pages(query: Query, filters: Filters, fetch: FetchPage, base_url: str) -> Iterator[list[Found]]:
    first = 0
    for number in range(MAX_PAGES):
        page = fetch(page_url(query, filters, base_url, first))
        refuse_if_walled(query, NAME, page)
        found = read_page(page.text)
        if not found:
            _end(query, page, is_first=number == 0)
            return
        yield found
        first += len(found)


def _end(query: Query, page: Page, *, is_first: bool) -> None:
    """A page without results: the end, a wall, nothing at all, or a layout that this version does not know."""
    refuse_if_walled(query, NAME, page, CAPTCHA)
    if not is_first:
        return
    if page.status == 200 and (not page.text.strip() or any(words in page.text for words in NO_RESULTS)):
        raise no_results(query, NAME)
    raise UnknownLayoutError(RESULT, page.text)


def _found(link: str, data: str) -> Found:
    facts = read_json(data, f"{RESULT} JSON")
    width, height = _claimed(link)
    return Found(
        image_url=address_of(member(facts, "murl")),
        page_url=address_of(member(facts, "purl")),
        title=plain_of(member(facts, "t")),
        width=width,
        height=height,
    )


def _claimed(link: str) -> tuple[int, int]:
    try:
        values = parse_qs(urlsplit(link).query)
    except ValueError:  # too many fields, an address such as http://[
        return 0, 0
    return size_of(values.get("expw", [""])[0]), size_of(values.get("exph", [""])[0])


class _Reader(HTMLParser):
    """Collects the address and the attribute `m` of each result's link."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.results: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "a" and "iusc" in (values.get("class") or "").split() and values.get("m"):
            self.results.append((values.get("href") or "", values["m"] or ""))
