"""The door of the crawler: search queries in, raw images with their provenance out. It can be killed at any time."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.downloads import Download, Downloads
from crawler.fetch import Fetcher
from crawler.options import CrawlOptions
from crawler.raw import Batch
from pipeline.adoption import adopt_raw
from pipeline.catalog import Catalog, open_catalog, read_catalog
from pipeline.dataset import DatasetDir
from pipeline.errors import LayoutChangedError, NoResultsError, OfflineError, PipelineError
from pipeline.files import lock, write_atomically
from pipeline.language import _
from pipeline.progress import Progress
from pipeline.records import Candidate, Domain, Query, Source

if TYPE_CHECKING:
    from selenium.webdriver.remote.webdriver import WebDriver

BATCH = 8
"""So many images are synced to disk and acknowledged together."""
DRAIN_SECONDS = 3.0
"""After Ctrl-C, running downloads may end within this time; what is longer is cut and fetched by the next crawl."""
OFFLINE_REASONS = frozenset(("connection", "deadline"))

log = logging.getLogger(__name__)
Search = Callable[[Query], Iterator[Candidate]]


@dataclass(frozen=True, slots=True)
class QuerySummary:
    """What a crawl did for one query: candidates = fetched + known + failed, if it was not interrupted.

    `fetched` downloads brought an image; `known` candidates needed no download; `images` is how many different images
    the query has now.
    """

    domain: Domain
    query: str
    candidates: int
    fetched: int
    known: int
    failed: Mapping[str, int]
    images: int


@dataclass(frozen=True, slots=True)
class CrawlSummary:
    """What a crawl did. `layers`: how many candidates each layer of extraction gave; `images`: all in the dataset."""

    queries: tuple[QuerySummary, ...]
    layers: Mapping[str, int]
    images: int

    def text(self, names: Mapping[Domain, str]) -> str:
        """The closing lines of the command, one for each query, worth pasting into a note."""
        lines = [_line(query, names) for query in self.queries]
        if not any(query.fetched for query in self.queries):
            lines.append(_("Nothing new: everything that was found is known already."))
        return "\n".join([*lines, _("{images} images in the dataset.", images=self.images)])


def crawl(
    options: CrawlOptions,
    queries: Sequence[Query],
    dataset: DatasetDir,
    *,
    progress: Progress,
    search: Search | None = None,
) -> CrawlSummary:
    """Collect `options.limit` different images for each query, or as many as the engine has.

    Resumes where an earlier crawl stopped: nothing that the catalogue knows is requested again. `search` replaces the
    engine. Raises NoResultsError, CaptchaError, LayoutChangedError, OfflineError, BrowserError, DatasetLockedError,
    DiskError; what was found before is kept, in each case.
    """
    layers: Counter[str] = Counter()
    with (
        lock(dataset.lock),
        open_catalog(dataset.catalog) as catalog,
        nullcontext(search) if search else _engine(options, dataset, layers) as engine,
    ):
        adopt_raw(dataset, catalog)
        with _collector(options, dataset, catalog, progress) as collector:
            rows = tuple(collector.collect(query, engine) for query in queries)
        _raise_if_nothing(rows)
        return CrawlSummary(rows, dict(sorted(layers.items())), len(catalog.images()))


def finished(options: CrawlOptions, queries: Sequence[Query], dataset: DatasetDir) -> bool:
    """Whether every query was crawled to its end before, with at least this limit: a crawl would find nothing new."""
    with read_catalog(dataset.catalog) as catalog:
        return catalog is not None and all(
            int(catalog.setting(_setting(options.engine, query)) or 0) >= options.limit for query in queries
        )


@dataclass
class Collector:
    """One crawl at work on one dataset. Everything here runs in one thread; the downloads have their own.

    No candidate is taken while those under way may suffice. So the candidates that a crawl takes are always the
    shortest run that reaches the limit, however fast each download is and however often the crawl is killed.
    """

    options: CrawlOptions
    dataset: DatasetDir
    catalog: Catalog
    progress: Progress
    fetcher: Fetcher
    downloads: Downloads
    _batch: list[Download] = field(default_factory=list)

    def collect(self, query: Query, search: Search) -> QuerySummary:
        """First what an earlier crawl left waiting, then what the engine offers, until the limit or the end."""
        tally = Tally(query)
        self.progress.start(query.text, total=self.options.limit)
        self.progress.update(self._stored(query))
        try:
            self._take_all(self._waiting(query), tally)
            if self._missing(query) > 0:
                self._ask(query, search, tally)
            self.catalog.remember(_setting(self.options.engine, query), str(self.options.limit))
        except KeyboardInterrupt:
            self._cut_short(tally)
            raise
        except PipelineError:
            self._settle_all(tally)
            raise
        finally:
            self.progress.finish()
        return tally.summary(self._stored(query))

    def _ask(self, query: Query, search: Search, tally: "Tally") -> None:
        """A query without results does not stop the others."""
        try:
            self._take_all(self._offered(query, search, tally), tally)
        except NoResultsError as error:
            log.warning("%s", error)

    def _waiting(self, query: Query) -> list[Candidate]:
        if self.options.retry_failed:
            self.catalog.wait_again(query)
        return [source.candidate for source in self._sources(query) if source.state == "seen"]

    def _offered(self, query: Query, search: Search, tally: "Tally") -> Iterator[Candidate]:
        """What the engine offers and the query does not have yet."""
        known = {source.candidate.image_url for source in self._sources(query)}
        for candidate in search(query):
            if candidate.image_url in known:
                tally.known += 1
                continue
            known.add(candidate.image_url)
            self.catalog.see([candidate])
            yield candidate

    def _take_all(self, candidates: Iterable[Candidate], tally: "Tally") -> None:
        offered = iter(candidates)
        while True:
            missing = self._missing(tally.query)
            if missing > self._under_way():
                candidate = next(offered, None)
                if candidate is None:
                    break
                self._take(candidate, tally)
                self._settle(tally, wait_seconds=0.0)
            elif self._under_way():
                self._settle(tally, wait_seconds=1.0)
            else:
                break
        self._settle_all(tally)

    def _take(self, candidate: Candidate, tally: "Tally") -> None:
        before = self.catalog.fetched_url(candidate.image_url)
        if before is None:
            self.downloads.add(candidate)
            return
        tally.known += 1
        self.catalog.settle([Source(candidate, "fetched", sha256=before.sha256, final_url=before.final_url)])

    def _settle(self, tally: "Tally", wait_seconds: float) -> None:
        """Acknowledge ended downloads: a full batch of them, or all when there is nothing better to do."""
        self._batch += self.downloads.take(wait_seconds)
        if self._batch and (wait_seconds or len(self._batch) >= BATCH):
            batch = Batch(self.dataset)
            for download in self._batch:
                batch.add(download)
            batch.commit(self.catalog)
            for download in self._batch:
                tally.count(download)
            self._batch.clear()
            self.progress.update(self._stored(tally.query))

    def _settle_all(self, tally: "Tally") -> None:
        while self._under_way():
            self._settle(tally, wait_seconds=1.0)

    def _cut_short(self, tally: "Tally") -> None:
        log.info(_("Stopping: running downloads may end, the rest waits for the next crawl."))
        self.downloads.forget_waiting()
        give_up_at = self.fetcher.clock() + DRAIN_SECONDS
        while self._under_way() and self.fetcher.clock() < give_up_at:
            self._settle(tally, wait_seconds=0.1)

    def _under_way(self) -> int:
        return self.downloads.pending + len(self._batch)

    def _stored(self, query: Query) -> int:
        return self.catalog.fetched_images(query, self.options.engine)

    def _missing(self, query: Query) -> int:
        return self.options.limit - self._stored(query)

    def _sources(self, query: Query) -> Iterator[Source]:
        key = (query.domain, self.options.engine, query.text)
        for source in self.catalog.sources():
            candidate = source.candidate
            if (candidate.domain, candidate.engine, candidate.query) == key:
                yield source


@dataclass
class Tally:
    """What happened to one query's candidates in this crawl."""

    query: Query
    fetched: int = 0
    known: int = 0
    failed: Counter[str] = field(default_factory=Counter)

    def count(self, download: Download) -> None:
        self.fetched += download.fetched is not None
        if download.reason:
            self.failed[download.reason] += 1

    def summary(self, images: int) -> QuerySummary:
        candidates = self.fetched + self.known + self.failed.total()
        failed = dict(sorted(self.failed.items()))
        return QuerySummary(self.query.domain, self.query.text, candidates, self.fetched, self.known, failed, images)


@contextmanager
def _collector(options: CrawlOptions, dataset: DatasetDir, catalog: Catalog, progress: Progress) -> Iterator[Collector]:
    fetcher = Fetcher(options)
    downloads = Downloads(fetcher.fetch, concurrency=options.concurrency, per_host=options.per_host)
    try:
        yield Collector(options, dataset, catalog, progress, fetcher, downloads)
    finally:
        fetcher.stop()
        downloads.close(wait_seconds=1.0)


def _raise_if_nothing(rows: Sequence[QuerySummary]) -> None:
    """A crawl that leaves no image says why, and is no success."""
    if not rows or any(row.images for row in rows):
        return
    texts = ", ".join(repr(row.query) for row in rows)
    failed = sum((Counter(row.failed) for row in rows), Counter[str]())
    if not failed:
        raise NoResultsError(_("{queries}: the search engine has no images. Try other words.", queries=texts))
    advice = _(
        "{queries}: none of the {count} images that were found could be fetched ({reasons})."
        " For blocked_address, name the host with --allow-host; else try again later with --retry-failed.",
        queries=texts,
        count=failed.total(),
        reasons=_listed(failed),
    )
    raise OfflineError(advice) if failed.keys() <= OFFLINE_REASONS else NoResultsError(advice)


def _line(query: QuerySummary, names: Mapping[Domain, str]) -> str:
    line = _(
        "{name} ({domain}) · {query}: {images} images, {fetched} fetched now, {known} known",
        name=names[query.domain],
        domain=query.domain,
        query=query.query or _("own photos"),
        images=query.images,
        fetched=query.fetched,
        known=query.known,
    )
    failed = _(", {count} failed ({reasons})", count=sum(query.failed.values()), reasons=_listed(query.failed))
    return line + failed if query.failed else line


def _listed(reasons: Mapping[str, int]) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items()))


def _setting(engine: str, query: Query) -> str:
    return f"crawl:{engine}:{query.domain}:{query.text}"


def _engine(options: CrawlOptions, dataset: DatasetDir, layers: Counter[str]) -> AbstractContextManager[Search]:
    return {"google": _google}[options.engine](options, dataset, layers)


@contextmanager
def _google(options: CrawlOptions, dataset: DatasetDir, layers: Counter[str]) -> Iterator[Search]:
    """Google Images in a browser that opens when the first query needs it."""
    from crawler.browser import browser_errors, open_browser
    from crawler.engines import google

    hosts = (urlsplit(options.search_url).netloc,) if options.search_url else google.HOSTS
    opened: list[WebDriver] = []
    with ExitStack() as stack:

        def search(query: Query) -> Iterator[Candidate]:
            if not opened:
                opened.append(stack.enter_context(open_browser(options, hosts)))
            tally = google.Layers()
            try:
                with browser_errors():
                    yield from google.search(query, opened[0], options.search_url, tally)
            except google.UnknownLayoutError as error:
                raise _layout_changed(query, error.selector, opened[0], dataset) from error
            finally:
                layers.update(tally.found)

        yield search


def _layout_changed(query: Query, selector: str, driver: "WebDriver", dataset: DatasetDir) -> LayoutChangedError:
    """Keep the page, as text and as a picture, for whoever teaches the crawler the new layout."""
    number = 1 + sum(1 for _kept in dataset.layouts.glob("layout-*.html"))
    page = dataset.layouts / f"layout-{number}.html"
    write_atomically(page, driver.page_source.encode("utf-8", errors="replace"))
    write_atomically(page.with_suffix(".png"), driver.get_screenshot_as_png())
    return LayoutChangedError(
        _(
            "{query}: the search page has changed: nothing matches {selector}. Its HTML is kept in {page};"
            " upgrade unpaired, or report it with that file.",
            query=repr(query.text),
            selector=selector,
            page=page,
        )
    )
