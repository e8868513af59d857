"""Google Images: a query to candidates, by a page that a real browser shows. Knows its website and nothing else.

The page's facts (DESIGN.md, section 5): a tile's link gets its address only under a mouse that the browser trusts, so
every tile is hovered and read; where that gives nothing it is clicked, and where that gives nothing the page's inline
script data is read. Tiles are found by structure first and by `jsname` second; class names change too often to be used.
"""

import itertools
import logging
from collections.abc import Iterator

from selenium.webdriver.remote.webdriver import WebDriver

from crawler.answers import MAX_ADDRESS, UnknownLayoutError, text_of
from crawler.engines.google.addresses import NAME, NO_FILTERS, Link, search_url
from crawler.engines.google.gestures import wait
from crawler.engines.google.layers import Layers, Tile, links
from crawler.engines.google.page import BATCH, batches, is_walled, open_page
from crawler.engines.google.scripts import TILES
from crawler.filters import Filters
from pipeline.errors import CaptchaError
from pipeline.language import _
from pipeline.records import Candidate, Query

log = logging.getLogger(__name__)


def search(
    query: Query,
    driver: WebDriver,
    base_url: str,
    layers: Layers,
    *,
    filters: Filters = NO_FILTERS,
    patience_seconds: float = 0.0,
) -> Iterator[Candidate]:
    """Every image that the engine offers for `query`, in its order, each once, as long as somebody asks.

    A tile that no layer can read is counted as "unread". A captcha is never solved here: with `patience_seconds` a
    person may solve it in the window, as often as it comes, and the search goes on. Raises NoResultsError,
    CaptchaError, OfflineError, and UnknownLayoutError for a page that cannot be read; what was yielded before stands.
    """
    open_page(driver, search_url(query, base_url, filters))
    known: set[str] = set()
    ranks = itertools.count()
    while True:
        try:
            for tile, link in _read_through(driver, query, layers, known):
                yield _candidate(query, next(ranks), tile, link)
        except CaptchaError:
            if not _is_solved(driver, query, patience_seconds):
                raise
        else:
            return


def _read_through(driver: WebDriver, query: Query, layers: Layers, known: set[str]) -> Iterator[tuple[Tile, Link]]:
    """The images of the page that is open, but for those that are known by their address or their document."""
    tiles_read = found = 0
    for elements in batches(driver, query):
        for tile, link in links(driver, elements, layers):
            tiles_read += 1
            if link is None:
                layers.found["unread"] += 1
                continue
            found += 1
            if not known & {link.image_url, tile.document_id}:
                known |= {link.image_url, tile.document_id} - {""}
                yield tile, link
        if tiles_read >= BATCH and not found:
            break
    if tiles_read and not found:
        raise UnknownLayoutError(f"{TILES[0]} a[href*=imgurl]")


def _is_solved(driver: WebDriver, query: Query, patience_seconds: float) -> bool:
    """Whether a person gets the page past the captcha; it then shows what was asked for."""
    if not patience_seconds:
        return False
    log.warning(
        _("{query}: solve the captcha in the browser's window; the crawl goes on then.", query=repr(query.text))
    )
    return wait(lambda: not is_walled(driver)[0], patience_seconds)


def _candidate(query: Query, rank: int, tile: Tile, link: Link) -> Candidate:
    return Candidate(
        domain=query.domain,
        engine=NAME,
        query=query.text,
        rank=rank,
        image_url=link.image_url,
        page_url=text_of(tile.page_url or link.page_url, MAX_ADDRESS),
        title=text_of(tile.title),
        claimed_width=link.width,
        claimed_height=link.height,
    )
