"""The command that does all stages by the recipe: run."""

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.collecting import query_of_list
from pipeline.cli.command import COMMANDS, bars, command, need_torch, runs_dir_option
from pipeline.dataset import DatasetDir
from pipeline.language import _
from pipeline.parameters import collect

if TYPE_CHECKING:
    from crawler.crawl import CrawlSummary
    from curate.build import CurateSummary
    from pipeline.terminal import Bars
    from train.rundir import TestSummary, TrainSummary


@command("run", _("Crawl, curate, train and test by the recipe, skipping what is up to date."))
@runs_dir_option
def run(context: click.Context, runs_dir: Path, dataset: str, as_json: bool) -> None:
    need_torch()
    folder = context.obj.dataset(dataset)
    progress = bars()
    done: dict[str, Any] = {}
    for name, stage in (("crawl", _run_crawl), ("curate", _run_curate), ("train", _run_train), ("test", _run_test)):
        summary = stage(context, folder, runs_dir, progress)
        done[name] = dataclasses.asdict(summary) if summary else None
        if not as_json:
            text = summary.text(context.obj.recipe.names()) if summary else _("up to date")
            click.echo(f"{name}: {text}")
    if as_json:
        click.echo(json.dumps(done, ensure_ascii=False, default=str))


def _run_crawl(context: click.Context, folder: DatasetDir, _runs_dir: Path, progress: "Bars") -> "CrawlSummary | None":
    from crawler.crawl import crawl as collect_images
    from crawler.crawl import finished

    options = _by_recipe(context, "crawl")
    if options.urls:
        query_of_list(options.urls, (), None)  # a recipe has queries for both sides, and a list belongs to one
    waiting = [query for query in context.obj.recipe.queries() if not finished(options, [query], folder)]
    return collect_images(options, waiting, folder, progress=progress) if waiting else None


def _run_curate(
    context: click.Context, folder: DatasetDir, _runs_dir: Path, progress: "Bars"
) -> "CurateSummary | None":
    from curate.build import curate as build

    summary = build(_by_recipe(context, "curate"), folder, names=context.obj.recipe.names(), progress=progress)
    return summary if summary.changed else None


def _run_train(context: click.Context, folder: DatasetDir, runs_dir: Path, progress: "Bars") -> "TrainSummary | None":
    from train.loop import train as teach
    from train.resuming import FREE
    from train.standing import has_images, is_trained, latest_run

    options = _by_recipe(context, "train")
    latest = latest_run(runs_dir, folder.root, options)
    if latest and is_trained(latest, folder.root):
        return None
    goes_on = latest and not latest.finished and has_images(latest, folder.root)
    resume = str(latest.root) if latest and goes_on else None
    return teach(options, folder.root, runs_dir, resume=resume, progress=progress, said=FREE)


def _run_test(context: click.Context, folder: DatasetDir, runs_dir: Path, progress: "Bars") -> "TestSummary | None":
    from train.standing import is_tested, latest_run
    from train.testing import test as translate_test_set

    latest = latest_run(runs_dir, folder.root, _by_recipe(context, "train"))
    assert latest is not None
    if is_tested(latest, folder.root):
        return None
    return translate_test_set(_by_recipe(context, "test"), latest.root, progress=progress)


def _by_recipe(context: click.Context, name: str) -> Any:
    """The options object of another command as the recipe sets it, with no word from the command line."""
    group = context.find_root().command
    assert isinstance(group, click.Group)
    with group.commands[name].make_context(name, [], parent=context.parent) as inner:
        return collect(inner, COMMANDS[name])
