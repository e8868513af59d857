"""The commands that find images: crawl and add; and which queries a user means."""

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from crawler.options import NO_LIMIT, CrawlOptions
from pipeline.cli.command import EXPORTED_SUFFIX, bars, command, domain_option, show
from pipeline.errors import UsageError
from pipeline.language import _
from pipeline.parameters import collect
from pipeline.recipe import Recipe, normalise
from pipeline.records import DOMAINS, Domain, Query


@command("crawl", _("Collect images with a real browser; without a QUERY, every query of the recipe."), CrawlOptions)
@domain_option
@click.argument("queries", nargs=-1, metavar="[QUERY]...")
def crawl(
    context: click.Context,
    queries: tuple[str, ...],
    domain: Domain | None,
    dataset: str,
    as_json: bool,
    **_options: Any,
) -> None:
    from crawler.crawl import crawl as collect_images

    recipe: Recipe = context.obj.recipe
    options = collect(context, CrawlOptions)
    if options.urls and context.get_parameter_source("limit") is not ParameterSource.COMMANDLINE:
        options = dataclasses.replace(options, limit=NO_LIMIT)
    if options.urls.endswith(EXPORTED_SUFFIX) and not queries:
        from crawler.rebuild import rebuild

        rebuilt = rebuild(options, context.obj.dataset(dataset), domain, progress=bars())
        show(rebuilt, as_json, rebuilt.text(recipe.names()))
        return
    asked = queries_of(recipe, queries, domain, urls=options.urls)
    summary = collect_images(options, asked, context.obj.dataset(dataset), progress=bars())
    show(summary, as_json, summary.text(recipe.names()))


@command("add", _("Take a folder of your own photos into the dataset."))
@click.option("--domain", type=click.Choice(DOMAINS), required=True, help=_("The side that the images belong to."))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def add(context: click.Context, folder: Path, domain: Domain, dataset: str, as_json: bool) -> None:
    from crawler.folder import add as add_folder

    summary = add_folder(folder, domain, context.obj.dataset(dataset), progress=bars())
    show(summary, as_json, summary.text(context.obj.recipe.names()))


def queries_of(recipe: Recipe, texts: Sequence[str], domain: Domain | None, urls: str = "") -> list[Query]:
    """The queries that the user means, each with its domain; of a list of addresses, the name of its file.

    Raises UsageError for a query that is empty, or that the recipe does not know where no --domain was given.
    """
    if urls:
        return [query_of_list(urls, texts, domain)]
    if not texts:
        return [query for query in recipe.queries() if domain in (None, query.domain)]
    return [Query(_domain_of(recipe, text, domain), normalise(text)) for text in texts]


def query_of_list(urls: str, texts: Sequence[str], domain: Domain | None) -> Query:
    if texts or domain is None:
        raise UsageError(
            _("--urls {file}: takes no QUERY but a side: pipeline crawl --urls FILE --domain A|B.", file=urls)
        )
    return Query(domain, normalise(os.fsencode(Path(urls).name).decode("utf-8", errors="replace")))


def _domain_of(recipe: Recipe, text: str, domain: Domain | None) -> Domain:
    if not normalise(text):
        raise UsageError(_('The query is empty. Give words to search for, such as "벚꽃 이미지".'))
    known = domain or recipe.domain_of(text)
    if known is None:
        raise UsageError(
            _(
                "The recipe does not know the query {query}. Say which side it belongs to: --domain A ({a}) or"
                " --domain B ({b}).",
                query=repr(text),
                a=recipe.domain_a.name,
                b=recipe.domain_b.name,
            )
        )
    return known
