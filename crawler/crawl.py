"""The door of the crawler: search queries in, raw images with their provenance out. It can be killed at any time."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial

from crawler.addresses import Addresses
from crawler.downloads import Download, Downloads
from crawler.examine import Examiner, work_of
from crawler.fetch import Fetcher
from crawler.guard import BLOCKED_ADDRESS, is_allowed_host, parse
from crawler.likeness import Likenesses
from crawler.options import NO_LIMIT, CrawlOptions
from crawler.raw import Batch, store
from crawler.search import IncompleteError, Search, check, open_search
from pipeline.adoption import adopt_raw
from pipeline.catalog import FORGOTTEN, Catalog, open_catalog, read_catalog
from pipeline.dataset import DatasetDir
from pipeline.errors import NoResultsError, OfflineError, PipelineError
from pipeline.files import lock
from pipeline.image import NEEDS_HEIC, load_decoders, reads_heic
from pipeline.language import _
from pipeline.progress import Progress
from pipeline.records import Candidate, Domain, Query, Source

BATCH = 8
"""So many images are acknowledged together."""
MOST_UNDER_WAY = 1000
"""No more candidates wait for a download at a time, so that a list of a million addresses is not held in memory."""
DRAIN_SECONDS = 3.0
"""After Ctrl-C, running downloads may end within this time; what is longer is cut and fetched by the next crawl."""
OFFLINE_REASONS = frozenset(("connection", "deadline", "host_failing"))

UNREAD = "unread"
"""How an engine counts, among its layers, the results that none of them could read."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class QuerySummary:
    """What a crawl did for one query: candidates = fetched + known + failed, if it was not interrupted.

    `fetched` downloads brought an image; `known` candidates needed no download; `images` is how many different images
    the query has now. `near_duplicates` of the downloaded images look like another one of the dataset.
    """

    domain: Domain
    query: str
    candidates: int
    fetched: int
    known: int
    failed: Mapping[str, int]
    images: int
    near_duplicates: int = 0


@dataclass(frozen=True, slots=True)
class CrawlSummary:
    """What a crawl did. `layers`: how many candidates each layer of extraction gave; `images`: all in the dataset."""

    queries: tuple[QuerySummary, ...]
    layers: Mapping[str, int]
    images: int

    def text(self, names: Mapping[Domain, str]) -> str:
        """The closing lines of the command, one for each query, worth pasting into a note."""
        lines = [_line(query, names) for query in self.queries]
        lines += _layer_lines(self.layers)
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
    if search is None:
        check(options)
    with (
        lock(dataset.lock),
        open_catalog(dataset.catalog) as catalog,
        nullcontext(search) if search else open_search(options, dataset, layers) as engine,
    ):
        adopt_raw(dataset, catalog)
        with _collector(options, dataset, catalog, progress) as collector:
            rows = tuple(collector.collect(query, engine) for query in queries)
        _raise_if_nothing(rows)
        return CrawlSummary(rows, dict(sorted(layers.items())), len(catalog.images()))


def finished(options: CrawlOptions, queries: Sequence[Query], dataset: DatasetDir) -> bool:
    """Whether every query was crawled to its end before, with at least this limit: a crawl would find nothing new.

    A query whose images all failed is not finished, nor is one with an image that can be fetched only now.
    """
    with read_catalog(dataset.catalog) as catalog:
        return catalog is not None and all(_is_finished(catalog, options, query) for query in queries)


def _is_finished(catalog: Catalog, options: CrawlOptions, query: Query) -> bool:
    if int(catalog.setting(_setting(options, query)) or 0) < options.limit:
        return False
    sources = [one for one in catalog.sources_of(query, *options.engines) if one.state != "seen"]
    waits = any(_waits(source, options.allow_host) for source in sources)
    return not waits and (not sources or any(source.state == "fetched" for source in sources))


def _waits(source: Source, allowed_hosts: Sequence[str]) -> bool:
    """Whether a source is to be fetched: it never was, or what it failed for is there now: a decoder, a permission."""
    if source.reason == BLOCKED_ADDRESS:
        return is_allowed_host(parse(source.candidate.image_url), allowed_hosts)
    return source.state == "seen" or (source.reason == NEEDS_HEIC and reads_heic())


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
    addresses: Addresses
    likenesses: Likenesses
    _batch: list[Download] = field(default_factory=list)

    def collect(self, query: Query, search: Search) -> QuerySummary:
        """First what an earlier crawl left waiting, then what the engine offers, until the limit or the end."""
        if self.options.retry_failed:
            self.catalog.wait_again(query, *self.options.engines)
        sources = list(self.catalog.sources_of(query, *self.options.engines))
        tally = Tally(query, images={source.sha256 for source in sources if source.state == "fetched"})
        known = {source.candidate.image_url for source in sources}
        self.progress.start(query.text, total=None if self.options.limit == NO_LIMIT else self.options.limit)
        self.progress.update(len(tally.images))
        self._warn_of_unasked(tally)
        try:
            self._take_all([source.candidate for source in sources if _waits(source, self.options.allow_host)], tally)
            if self._missing(tally) <= 0 or self._ask(search, known, tally):
                self.catalog.remember(_setting(self.options, query), str(self.options.limit))
        except KeyboardInterrupt:
            self._cut_short(tally)
            raise
        except PipelineError:
            self._settle_all(tally)
            raise
        finally:
            self.progress.finish()
        return tally.summary(len(tally.images))

    def _warn_of_unasked(self, tally: "Tally") -> None:
        """Say so where other engines or filters would be asked if the limit had not been reached without them."""
        told = self.catalog.setting(_setting(self.options, tally.query))
        if self._missing(tally) <= 0 and int(told or 0) < self.options.limit:
            log.warning(
                _(
                    "{query} has its {limit} images already, so {engines} ({filters}) will not be asked."
                    " For other images raise --limit, or take another --dataset.",
                    query=repr(tally.query.text),
                    limit=self.options.limit,
                    engines=", ".join(self.options.engines),
                    filters=self.options.filters.text() or _("no filter"),
                )
            )

    def _ask(self, search: Search, known: set[str], tally: "Tally") -> bool:
        """Whether nothing more is to be had: an engine among several that failed may have more another time.

        A query without results does not stop the others.
        """
        try:
            self._take_all(self._offered(search, known, tally), tally)
        except NoResultsError as error:
            log.warning("%s", error)
        except IncompleteError:
            self._settle_all(tally)
            return self._missing(tally) <= 0
        return True

    def _offered(self, search: Search, known: set[str], tally: "Tally") -> Iterator[Candidate]:
        """What the engine offers and the query does not have yet."""
        has_forgotten = self.catalog.has_forgotten()
        for candidate in search(tally.query):
            if candidate.image_url in known:
                tally.known += 1
                continue
            known.add(candidate.image_url)
            if has_forgotten and self.catalog.is_forgotten(candidate.image_url, candidate.page_url):
                tally.failed[FORGOTTEN] += 1
                continue
            self.catalog.see([candidate])
            yield candidate

    def _take_all(self, candidates: Iterable[Candidate], tally: "Tally") -> None:
        offered = iter(candidates)
        while True:
            missing = self._missing(tally)
            if missing > self._under_way() >= MOST_UNDER_WAY:
                self._settle(tally, wait_seconds=1.0, at_least=BATCH)
            elif missing > self._under_way():
                candidate = next(offered, None)
                if candidate is None:
                    break
                self._take(candidate, tally)
                self._settle(tally, wait_seconds=0.0)
            elif self._under_way():
                self._settle(tally, wait_seconds=1.0, at_least=BATCH if self._under_way() > 2 * BATCH else 1)
            else:
                break
        self._settle_all(tally)

    def _take(self, candidate: Candidate, tally: "Tally") -> None:
        known = self.addresses.known(candidate)
        if known is not None:
            tally.known += 1
            tally.images.add(known.sha256)
            self.catalog.settle([known])
        elif self.addresses.leads(candidate):
            self.downloads.add(candidate)

    def _settle(self, tally: "Tally", wait_seconds: float, at_least: int = 1) -> None:
        """Acknowledge what ended: a full batch of them, or `at_least` so many when there is time to wait."""
        self._batch += self.downloads.take(wait_seconds)
        if len(self._batch) >= (at_least if wait_seconds else BATCH):
            batch, ended = Batch(self.dataset), list(self._batch)
            for download in ended:
                batch.add(download)
            batch.commit(self.catalog)
            self._batch.clear()
            for download in ended:
                self._acknowledge(download, tally)
            self.progress.update(len(tally.images))
            for error in (download.error for download in ended if download.error):
                raise error

    def _acknowledge(self, download: Download, tally: "Tally") -> None:
        tally.count(download)
        if download.record:
            tally.near_duplicates += self.likenesses.add(download.record)
        sha256 = download.record.sha256 if download.record else ""
        final_url = download.fetched.final_url if download.fetched else ""
        for follower in self.addresses.ended(download.candidate, sha256, final_url):
            self._take(follower, tally)

    def _settle_all(self, tally: "Tally") -> None:
        while self._under_way():
            self._settle(tally, wait_seconds=1.0)

    def _cut_short(self, tally: "Tally") -> None:
        log.info(_("Stopping: running downloads may end, the rest waits for the next crawl."))
        self.downloads.forget_waiting()
        self.addresses.forget_waiting()
        give_up_at = self.fetcher.clock() + DRAIN_SECONDS
        while self._under_way() and self.fetcher.clock() < give_up_at:
            self._settle(tally, wait_seconds=0.1)

    def _under_way(self) -> int:
        return self.downloads.pending + len(self._batch) + self.addresses.waiting

    def _missing(self, tally: "Tally") -> int:
        return self.options.limit - len(tally.images)


@dataclass
class Tally:
    """What happened to one query's candidates in this crawl; `images`: the sha256 of all that the query has."""

    query: Query
    images: set[str] = field(default_factory=set)
    fetched: int = 0
    known: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    near_duplicates: int = 0

    def count(self, download: Download) -> None:
        self.fetched += download.fetched is not None
        if download.record:
            self.images.add(download.record.sha256)
        if download.reason:
            self.failed[download.reason] += 1

    def summary(self, images: int) -> QuerySummary:
        candidates = self.fetched + self.known + self.failed.total()
        failed = dict(sorted(self.failed.items()))
        return QuerySummary(
            domain=self.query.domain,
            query=self.query.text,
            candidates=candidates,
            fetched=self.fetched,
            known=self.known,
            failed=failed,
            images=images,
            near_duplicates=self.near_duplicates,
        )


@contextmanager
def _collector(options: CrawlOptions, dataset: DatasetDir, catalog: Catalog, progress: Progress) -> Iterator[Collector]:
    load_decoders()  # before downloads have opened all that may be open
    fetcher = Fetcher(options)
    examiner = Examiner()
    work = work_of(fetcher.fetch, examiner, partial(store, dataset, catalog.forgotten_marks()))
    downloads = Downloads(work, concurrency=options.concurrency, per_host=options.per_host)
    known = Addresses(catalog.sources()), Likenesses(catalog.images())
    if options.ignore_robots:
        catalog.remember("robots", "ignored")
    try:
        yield Collector(options, dataset, catalog, progress, fetcher, downloads, *known)
    finally:
        fetcher.stop()
        examiner.stop()
        downloads.close(wait_seconds=1.0)


def _raise_if_nothing(rows: Sequence[QuerySummary]) -> None:
    """A crawl that leaves no image says why, and is no success."""
    if not rows or any(row.images for row in rows):
        return
    texts = ", ".join(repr(row.query) for row in rows)
    failed = sum((Counter(row.failed) for row in rows), Counter[str]())
    known = sum(row.known for row in rows)
    if not failed and known:
        raise NoResultsError(
            _(
                "{queries}: all {count} images that were found failed in an earlier crawl. `pipeline status --failed`"
                " says why; --retry-failed tries those again that may come another time.",
                queries=texts,
                count=known,
            )
        )
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
    alike = _(", {count} of the new ones look like another image", count=query.near_duplicates)
    return line + (failed if query.failed else "") + (alike if query.near_duplicates else "")


def _layer_lines(layers: Mapping[str, int]) -> Iterator[str]:
    """What each layer or engine gave, where any gave something, and what none could read."""
    gave = {layer: count for layer, count in layers.items() if count and layer != UNREAD}
    if gave:
        yield _("Found by {layers}.", layers=_listed(gave))
    if layers.get(UNREAD):
        yield _("{count} results of the search page could not be read.", count=layers[UNREAD])


def _listed(reasons: Mapping[str, int]) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items()))


def _setting(options: CrawlOptions, query: Query) -> str:
    """The name under which the catalogue knows how far a query was crawled: by which engines, with which filters."""
    filters = options.filters.text()
    engines = ",".join(sorted(options.engines)) + (f"({filters})" if filters else "")
    return f"crawl:{engines}:{query.domain}:{query.text}"
