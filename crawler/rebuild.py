"""A recipe into a dataset again: every address as it was found first, then the sides and decisions of its images."""

import dataclasses
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from crawler.crawl import CrawlSummary, QuerySummary, crawl
from crawler.options import ENGINES, URLS, CrawlOptions
from pipeline.catalog import open_catalog
from pipeline.dataset import DatasetDir
from pipeline.errors import NoResultsError, OfflineError
from pipeline.export import Recipe, Vanished, missing_text, plant, read_recipe, restore
from pipeline.files import lock
from pipeline.language import _
from pipeline.progress import Progress
from pipeline.records import Candidate, Domain, Query

MOST_SHOWN = 20
"""Vanished images that the text lists; --json has them all."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RebuildSummary:
    """What a recipe gave: the crawl's counts, and each image of the recipe that is not to be had any more, and why."""

    queries: tuple[QuerySummary, ...]
    layers: Mapping[str, int]
    images: int
    vanished: tuple[Vanished, ...]

    def text(self, names: Mapping[Domain, str]) -> str:
        """The crawl's closing lines, then what has vanished."""
        lines = [CrawlSummary(self.queries, self.layers, self.images).text(names)]
        if self.vanished:
            lines.append(_("{count} images of the recipe have vanished:", count=len(self.vanished)))
            lines += [f"  {line}" for line in missing_text(self.vanished[:MOST_SHOWN])]
        if len(self.vanished) > MOST_SHOWN:
            lines.append("  " + _("and {count} more (all with --json)", count=len(self.vanished) - MOST_SHOWN))
        return "\n".join(lines)


def rebuild(
    options: CrawlOptions, dataset: DatasetDir, domain: Domain | None = None, *, progress: Progress
) -> RebuildSummary:
    """Fetch every image that the recipe `options.urls` names, or those of one side, as what query and engine found it.

    Can be killed and started again, as every crawl. The next curation deals the images to the sides that they had.
    Raises UsageError for what is no recipe, NoResultsError where not one image is to be had any more, OfflineError,
    DatasetLockedError, UnusableError, DiskError.
    """
    recipe = read_recipe(Path(options.urls))
    recipe = recipe.of(domain) if domain else recipe
    with lock(dataset.lock), open_catalog(dataset.catalog) as catalog:
        plant(recipe, catalog)
    rows = tuple(row for each in _passes(options, recipe) for row in _fetched(*each, dataset, progress))
    with lock(dataset.lock), open_catalog(dataset.catalog) as catalog:
        vanished = tuple(restore(recipe, catalog))
        images = len(catalog.images())
    if not images:
        raise NoResultsError(_("{file}: none of its images is to be had any more.", file=options.urls))
    return RebuildSummary(rows, {}, images, vanished)


def _passes(options: CrawlOptions, recipe: Recipe) -> Iterator[tuple[CrawlOptions, list[Query]]]:
    """The engines of the recipe, and apart from them the lists: options name one kind or the other."""
    engines = [name for name in ENGINES if any(one.candidate.engine == name for one in recipe.ingredients)]
    if engines:
        of_engines = dataclasses.replace(options, urls="", engine=",".join(engines), search_url="")
        yield of_engines, _queries(recipe, engines)
    if any(one.candidate.engine == URLS for one in recipe.ingredients):
        yield options, _queries(recipe, [URLS])


def _queries(recipe: Recipe, engines: list[str]) -> list[Query]:
    found = [one.candidate for one in recipe.ingredients if one.candidate.engine in engines]
    return sorted({Query(candidate.domain, candidate.query) for candidate in found})


def _fetched(
    options: CrawlOptions, queries: list[Query], dataset: DatasetDir, progress: Progress
) -> tuple[QuerySummary, ...]:
    try:
        return crawl(options, queries, dataset, progress=progress, search=_nothing_more).queries
    except (NoResultsError, OfflineError) as error:
        log.warning("%s", error)  # what has vanished is told in the end
        return ()


def _nothing_more(_query: Query) -> Iterator[Candidate]:
    """The recipe's addresses wait in the catalogue; no engine is asked for others."""
    return iter(())
