"""Which engine answers a query: the one that was asked for, or several that take turns."""

import itertools
import logging
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from crawler.answers import FetchPage, UnknownLayoutError
from crawler.engines import bing, commons, duckduckgo, naver, openverse, urls
from crawler.fetch import default_user_agent
from crawler.filters import Filters, FilterTable
from crawler.options import ENGINES, URLS, CrawlOptions
from crawler.pages import fetch_page, open_connections
from pipeline.dataset import DatasetDir
from pipeline.errors import (
    BrowserError,
    CaptchaError,
    LayoutChangedError,
    NoResultsError,
    OfflineError,
    PipelineError,
    UsageError,
)
from pipeline.files import write_atomically
from pipeline.language import _
from pipeline.records import Candidate, Query

if TYPE_CHECKING:
    from selenium.webdriver.remote.webdriver import WebDriver

    from crawler.browser import LastingBrowser

CAPTCHA_SECONDS = 600.0
"""So long a person who sees the browser's window may take to solve a captcha."""
ENGINE_ERRORS = (BrowserError, CaptchaError, LayoutChangedError, NoResultsError, OfflineError)
"""What befalls one engine and not the crawl."""

log = logging.getLogger(__name__)
Search = Callable[[Query], Iterator[Candidate]]


class IncompleteError(Exception):
    """Several engines were asked, and one of them failed after or while others brought candidates."""


class PageEngine(Protocol):
    """An engine that is asked without a browser: the module of its website."""

    NAME: str
    ADDRESS: str
    FILTERS: FilterTable

    def search(self, query: Query, filters: Filters, fetch: FetchPage, base_url: str) -> Iterator[Candidate]: ...


PAGE_ENGINES: Mapping[str, PageEngine] = {
    engine.NAME: engine for engine in (bing, naver, duckduckgo, openverse, commons)
}


@contextmanager
def open_search(options: CrawlOptions, dataset: DatasetDir, layers: Counter[str]) -> Iterator[Search]:
    """The search that the options mean; what it opens is closed at the end of the block.

    `layers` counts what each layer of extraction, or each engine without layers, gave. The search raises
    NoResultsError, CaptchaError, LayoutChangedError, OfflineError and BrowserError; of several engines as
    `taking_turns` says. Raises UsageError and NoResultsError for a list that cannot be used.
    """
    with ExitStack() as stack:
        opened = {name: _opened(name, options, dataset, layers, stack) for name in options.engines}
        yield taking_turns(opened) if len(opened) > 1 else opened[options.engines[0]]


def check(options: CrawlOptions) -> None:
    """What can be known to be wrong before anything starts.

    Raises UsageError for a filter that an engine cannot honour and for a list that cannot be read, and NoResultsError
    for a list that names nothing.
    """
    refuse_filters(options)
    if options.urls:
        urls.read(Path(options.urls))


def refuse_filters(options: CrawlOptions) -> None:
    """Raise UsageError for a filter that an engine cannot honour, naming those that can."""
    for name in options.engines:
        for filter_name, word in options.filters.refused_by(_table(name)):
            able = [other for other in ENGINES if word in _table(other).get(filter_name, {})]
            raise UsageError(
                _(
                    "--{filter} {word}: {engine} cannot do that. Engines that can: {engines}.",
                    filter=filter_name,
                    word=word,
                    engine=name,
                    engines=", ".join(able),
                )
            )


def taking_turns(searches: Mapping[str, Search]) -> Search:
    """One search out of several: the best of each, then the second of each, and so on; an image comes once.

    An engine that fails does not stop the others; its error is told. When all have ended, the first error is raised
    where no engine but those that failed brought anything, and IncompleteError where another did. NoResultsError is
    raised where every engine has none.
    """

    def search(query: Query) -> Iterator[Candidate]:
        turns = _Turns(query, searches)
        yield from turns.candidates()
        turns.raise_if_failed()

    return search


class _Turns:
    """Several engines at one query."""

    def __init__(self, query: Query, searches: Mapping[str, Search]) -> None:
        self._waiting = deque((name, search(query)) for name, search in searches.items())
        self._brought: Counter[str] = Counter()
        self._failed: dict[str, PipelineError] = {}

    def candidates(self) -> Iterator[Candidate]:
        known: set[str] = set()
        with ExitStack() as stack:
            for _name, offered in self._waiting:
                if isinstance(offered, Generator):
                    stack.callback(offered.close)
            while self._waiting:
                name, offered = self._waiting.popleft()
                candidate = self._next(name, offered, known)
                if candidate is not None:
                    yield candidate
                    self._waiting.append((name, offered))

    def raise_if_failed(self) -> None:
        errors = [error for error in self._failed.values() if not isinstance(error, NoResultsError)]
        others = sum(count for name, count in self._brought.items() if name not in self._failed)
        if errors and others:
            raise IncompleteError
        if errors:
            raise errors[0]
        if self._failed and not others:
            raise next(iter(self._failed.values()))

    def _next(self, name: str, offered: Iterator[Candidate], known: set[str]) -> Candidate | None:
        """The engine's next image that no other engine offered before, None when it has ended or failed."""
        try:
            for candidate in offered:
                self._brought[name] += 1
                if candidate.image_url not in known:
                    known.add(candidate.image_url)
                    return candidate
        except ENGINE_ERRORS as error:
            self._failed[name] = error
            log.warning("%s", error)
        return None


def _opened(name: str, options: CrawlOptions, dataset: DatasetDir, layers: Counter[str], stack: ExitStack) -> Search:
    if name == "google":
        return _google(options, dataset, layers, stack)
    if name == URLS:
        found = urls.read(Path(options.urls))
        return lambda query: _counted(name, urls.search(query, found), layers)
    return _by_pages(PAGE_ENGINES[name], options, dataset, layers, stack)


def _by_pages(
    engine: PageEngine, options: CrawlOptions, dataset: DatasetDir, layers: Counter[str], stack: ExitStack
) -> Search:
    """An engine that is asked page by page; a page that it does not know is kept."""
    fetch = page_fetcher(engine, options, stack)
    base_url = address_of(engine, options)

    def search(query: Query) -> Iterator[Candidate]:
        try:
            yield from _counted(engine.NAME, engine.search(query, options.filters, fetch, base_url), layers)
        except UnknownLayoutError as error:
            kept = _keep(dataset, error.page)
            raise _layout_changed(query, engine.NAME, error.selector, kept) from error

    return search


def address_of(engine: PageEngine, options: CrawlOptions) -> str:
    """The base address of an engine: the user's, else its own."""
    return options.search_urls.get(engine.NAME, engine.ADDRESS).rstrip("/")


def page_fetcher(engine: PageEngine, options: CrawlOptions, stack: ExitStack) -> FetchPage:
    """What asks an engine for its pages as what we are: the user agent of the downloads, and no browser's."""
    base_url = address_of(engine, options)
    connections = open_connections(options, base_url)
    stack.callback(connections.stop)
    headers = {
        "User-Agent": options.user_agent or default_user_agent(),
        "Accept": "text/html, application/json;q=0.9, */*;q=0.5",
        "Accept-Language": "ko-KR, ko;q=0.9, en;q=0.8",
        "Accept-Encoding": "identity",
        "Referer": f"{base_url}/",
    }
    return partial(fetch_page, options=options, connections=connections, headers=headers)


def _counted(name: str, offered: Iterator[Candidate], layers: Counter[str]) -> Iterator[Candidate]:
    for candidate in offered:
        layers[name] += 1
        yield candidate


def _google(options: CrawlOptions, dataset: DatasetDir, layers: Counter[str], stack: ExitStack) -> Search:
    """Google Images in a browser that opens when the first query needs it."""
    base_url = options.search_urls.get("google", "")
    opened: list[LastingBrowser] = []

    def search(query: Query) -> Iterator[Candidate]:
        from crawler.browser import LastingBrowser
        from crawler.engines.google import addresses, engine
        from crawler.engines.google.layers import Layers

        hosts = (urlsplit(base_url).netloc,) if base_url else addresses.HOSTS
        if not opened:
            opened.append(stack.enter_context(LastingBrowser(options, hosts)))
        tallies = [Layers()]

        def look(driver: "WebDriver") -> Iterator[Candidate]:
            tallies.append(Layers())  # a browser that takes the place of a dead one begins anew
            patience_seconds = CAPTCHA_SECONDS if options.headed else 0.0
            return engine.search(
                query, driver, base_url, tallies[-1], filters=options.filters, patience_seconds=patience_seconds
            )

        try:
            yield from opened[0].search(look)
        except UnknownLayoutError as error:
            driver = opened[0].driver()
            kept = _keep(dataset, driver.page_source, driver.get_screenshot_as_png())
            raise _layout_changed(query, addresses.NAME, error.selector, kept) from error
        finally:
            layers.update(tallies[-1].found)

    return search


def _table(name: str) -> FilterTable:
    if name == "google":
        from crawler.engines.google import addresses

        return addresses.FILTERS
    return urls.FILTERS if name == URLS else PAGE_ENGINES[name].FILTERS


def _keep(dataset: DatasetDir, text: str, picture: bytes = b"") -> Path:
    """Keep a page for whoever teaches the crawler the new layout: as text, since a .html would run in a browser."""
    paths = (dataset.layouts / f"layout-{number}.txt" for number in itertools.count(1))
    path = next(path for path in paths if not path.exists())
    write_atomically(path, text.encode("utf-8", errors="replace"))
    if picture:
        write_atomically(path.with_suffix(".png"), picture)
    return path


def _layout_changed(query: Query, engine: str, selector: str, kept: Path) -> LayoutChangedError:
    return LayoutChangedError(
        _(
            "{query}: the pages of {engine} have changed: nothing matches {selector}. The page is kept in {page};"
            " upgrade unpaired, or report it with that file.",
            query=repr(query.text),
            engine=engine,
            selector=selector,
            page=kept,
        )
    )
