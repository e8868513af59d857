"""The commands that try things out on this machine: doctor, selftest, demo."""

from pathlib import Path
from typing import Any

import click

from crawler.options import ENGINES, CrawlOptions
from pipeline.cli.command import bars, command, need_torch, runs_dir_option, show
from pipeline.demo.options import DemoOptions
from pipeline.language import _
from pipeline.parameters import collect


@command("doctor", _("Say what is there and what is missing, each with its remedy."))
@click.option(
    "--live",
    type=click.Choice(ENGINES),
    is_flag=False,
    flag_value="google",
    metavar="[ENGINE]",
    help=_("Ask a search engine for three images and say which layers of its pages are still read; else google."),
)
@click.option("--search-url", default="", metavar="URL", help=_("With --live: the engine's base address."))
@click.option("--no-sandbox", is_flag=True, help=_("With --live: run the browser without its sandbox, as root must."))
def doctor(context: click.Context, live: str | None, dataset: str, as_json: bool, **live_options: Any) -> None:
    if live:
        from crawler.live import examine_live

        report = examine_live(CrawlOptions(engine=live, **live_options))
        show(report, as_json, report.text())
        context.exit(report.exit_code)
    from crawler.browser import find_browser, find_driver
    from pipeline.doctor import examine

    summary = examine(find_browser, find_driver, context.obj.dataset(dataset))
    show(summary, as_json, summary.text())
    if not summary.healthy:
        context.exit(1)


@command("selftest", _("Measure how copies are found: every photo of DIR, or drawn streets, edited in 38 ways."))
@click.option("--seed", default=0, help=_("Draws how strong each edit is."))
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
def selftest(context: click.Context, folder: Path | None, seed: int, dataset: str, as_json: bool) -> None:
    del context, dataset
    from curate.selftest import check, photos_in
    from pipeline.demo.scenes import drawn_streets

    report = check(photos_in(folder) if folder else drawn_streets(), seed, progress=bars())
    show(report, as_json, report.text())


@command("demo", _("The whole main job on this machine without a network, in minutes."), DemoOptions)
@runs_dir_option
def demo(context: click.Context, runs_dir: Path, dataset: str, as_json: bool, **_options: Any) -> None:
    need_torch()
    from pipeline.demo.run import run_demo

    folder = context.obj.dataset(dataset) if dataset else None
    summary = run_demo(collect(context, DemoOptions), folder, runs_dir, progress=bars())
    show(summary, as_json, summary.text())
