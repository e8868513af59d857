"""The command line: parse, hand one options object to one stage, print what it did; it alone knows all stages."""

import dataclasses
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

import click
from click.core import ParameterSource

from crawler.options import ENGINES, NO_LIMIT, CrawlOptions
from curate.options import CurateOptions
from pipeline.dataset import DatasetDir
from pipeline.demo.options import DemoOptions
from pipeline.errors import EXIT_INTERRUPTED, PipelineError, Terminated, UsageError
from pipeline.language import _
from pipeline.listening import ListenOptions
from pipeline.parameters import GroupedCommand, GroupedOption, collect, options_of, said, say
from pipeline.recipe import Recipe, find_recipe, normalise
from pipeline.records import DOMAINS, Domain, Query
from train.options import (
    DIRECTIONS,
    MODEL_FORMS,
    EvaluateOptions,
    ServeOptions,
    TestOptions,
    TrainOptions,
    TranslateOptions,
)
from train.words import refuse_twice, translated

if TYPE_CHECKING:
    from crawler.crawl import CrawlSummary
    from curate.build import CurateSummary
    from pipeline.terminal import Bars
    from train.rundir import TestSummary, TrainSummary

COMMANDS: Mapping[str, type] = {
    "crawl": CrawlOptions,
    "curate": CurateOptions,
    "review": ListenOptions,
    "train": TrainOptions,
    "test": TestOptions,
    "evaluate": EvaluateOptions,
    "translate": TranslateOptions,
    "watch": ListenOptions,
    "serve": ServeOptions,
    "demo": DemoOptions,
}
"""The commands that a recipe may set options for, and the dataclass that holds them."""
FORMS = ("imagefolder", "webdataset", "parquet")
"""The forms of exports that hold pictures."""
GOES_ON = ("crawl", "add", "curate", "run")
"""The commands that go on where they were stopped when they are given again."""
EXPORTED_SUFFIX = ".jsonl"
"""How the file names of exported recipes end; `crawl --urls` knows them by it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Project:
    """What every command knows before it starts: the recipe."""

    recipe: Recipe

    def dataset(self, name: str) -> DatasetDir:
        """The dataset that `--dataset` names, else the recipe's."""
        return DatasetDir.named(name or self.recipe.dataset)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="unpaired")
@click.pass_context
def cli(context: click.Context) -> None:
    recipe = find_recipe(COMMANDS)
    context.obj = Project(recipe)
    context.default_map = {name: dict(values) for name, values in recipe.options.items()}


cli.help = _(
    "Two search queries in, a trained unpaired image-to-image translator out.\n\n"
    "crawl, curate, train and test are the stages; run does them all by pipeline.toml; demo shows the whole way here."
)


def command(name: str, help: str, options: type | None = None) -> Callable[[Callable[..., None]], click.Command]:
    """A command of `cli`: the options of its dataclass, then --dataset and --json."""

    def decorate(function: Callable[..., None]) -> click.Command:
        wrapped = click.option("--json", "as_json", is_flag=True, help=_("Print one JSON object and nothing else."))(
            click.pass_context(function)
        )
        wrapped = click.option("--dataset", default="", metavar="NAME|PATH", help=_("Else the recipe's."))(wrapped)
        if options is not None:
            wrapped = options_of(options)(wrapped)
        return cli.command(name, cls=GroupedCommand, help=help, short_help=help)(wrapped)

    return decorate


domain_option = click.option("--domain", type=click.Choice(DOMAINS), help=_("The side that the images belong to."))
runs_dir_option = click.option(
    "--runs-dir", type=click.Path(path_type=Path), default=Path("runs"), help=_("Where the run folders lie.")
)


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

        rebuilt = rebuild(options, context.obj.dataset(dataset), domain, progress=_bars())
        _show(rebuilt, as_json, rebuilt.text(recipe.names()))
        return
    asked = queries_of(recipe, queries, domain, urls=options.urls)
    summary = collect_images(options, asked, context.obj.dataset(dataset), progress=_bars())
    _show(summary, as_json, summary.text(recipe.names()))


@command("add", _("Take a folder of your own photos into the dataset."))
@click.option("--domain", type=click.Choice(DOMAINS), required=True, help=_("The side that the images belong to."))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def add(context: click.Context, folder: Path, domain: Domain, dataset: str, as_json: bool) -> None:
    from crawler.folder import add as add_folder

    summary = add_folder(folder, domain, context.obj.dataset(dataset), progress=_bars())
    _show(summary, as_json, summary.text(context.obj.recipe.names()))


@command("curate", _("Sort out duplicates and what is no photo, resize, and split into train and test."), CurateOptions)
def curate(context: click.Context, dataset: str, as_json: bool, **_options: Any) -> None:
    from curate.build import curate as build

    names = context.obj.recipe.names()
    summary = build(collect(context, CurateOptions), context.obj.dataset(dataset), names=names, progress=_bars())
    _show(summary, as_json, summary.text(names))


AITORZIP_WORDS = (
    ("dataroot", str, "DIR", _("The dataset, as --dataset PATH.")),
    ("n_epochs", int, "N", _("Epochs in all.")),
    ("decay_epoch", int, "N", _("The epoch at which the learning rate begins to fall; no length.")),
    ("epoch", int, "N", _("0; to go on with a run: --resume.")),
    ("batchSize", int, "N", _("As --batch-size.")),
    ("lr", float, "RATE", _("As --learning-rate.")),
    ("n_cpu", int, "N", _("As --num-workers.")),
    ("input_nc", int, "N", _("3: red, green and blue.")),
    ("output_nc", int, "N", _("3: red, green and blue.")),
)
"""The options of aitorzip's program that are spelled in another way than ours."""


def aitorzip_words(function: Callable[..., None]) -> Callable[..., None]:
    for name, kind, metavar, text in reversed(AITORZIP_WORDS):
        function = click.option(
            f"--{name}", cls=GroupedOption, group=_("In the words of aitorzip's program"),
            type=kind, metavar=metavar, help=text,
        )(function)  # fmt: skip
    return function


def hear_aitorzip(context: click.Context) -> frozenset[str]:
    """Put what was said in aitorzip's words into ours; returns the names of all that was said then.

    Epochs that were said win over steps or a time that the recipe or a preset has. Raises UsageError.
    """
    given = {name.lower(): context.params[name.lower()] for name, *_rest in AITORZIP_WORDS}
    given = {name: value for name, value in given.items() if value is not None}
    meant = translated(given)
    refuse_twice(given, meant, said(context))
    say(context, meant)
    if "dataroot" in given:
        if "dataset" in said(context):
            raise UsageError(_("--dataroot and --dataset say the same. Give one of them."))
        say(context, {"dataset": f"{given['dataroot']}{os.sep}"})  # a path, even where it looks like a name
    if said(context) & {"epochs", "decay_epochs"}:
        unsaid = {"steps": 0, "time_budget": ""}
        context.params.update({name: value for name, value in unsaid.items() if name not in said(context)})
    return said(context)


@command("review", _("Look through what was rejected and kept, in the browser, and overrule it."), ListenOptions)
def review(context: click.Context, dataset: str, as_json: bool, **_options: Any) -> None:
    from curate.review.serve import review as serve

    names, folder = context.obj.recipe.names(), context.obj.dataset(dataset)
    summary = serve(
        collect(context, ListenOptions), folder, names=names, announce=lambda text: click.echo(text, err=True)
    )
    _show(summary, as_json, summary.text())


@command("train", _("Teach a CycleGAN to translate A to B and B to A."), TrainOptions)
@aitorzip_words
@runs_dir_option
@click.option(
    "--dry-run", is_flag=True, help=_("Say what would be done; write nothing but augmented.jpg, in this folder.")
)
@click.option(
    "--resume", is_flag=False, flag_value="", metavar="[RUN]", help=_("Go on with a run; without RUN, the latest.")
)
def train(
    context: click.Context,
    *,
    runs_dir: Path,
    resume: str | None,
    dry_run: bool,
    dataset: str,
    as_json: bool,
    **_options: Any,
) -> None:
    _need_torch()
    from train.loop import train as teach
    from train.rehearsal import rehearse

    del dataset  # what it is now may come from --dataroot
    given = hear_aitorzip(context)
    options, dataroot = collect(context, TrainOptions), context.obj.dataset(context.params["dataset"]).root
    names = options.names(context.obj.recipe.names())
    if dry_run:
        rehearsal = rehearse(options, dataroot, Path("augmented.jpg"), _bars())
        _show(rehearsal, as_json, rehearsal.text(names))
        return
    if "extend" in given and resume is None:
        resume = ""
    summary = teach(options, dataroot, runs_dir, resume=resume, progress=_bars(), said=given)
    _show(summary, as_json, summary.text(names))


@command(
    "watch", _("Curves and samples of a run in the browser, as it trains; of several RUNs side by side."), ListenOptions
)
@runs_dir_option
@click.argument("runs", nargs=-1, metavar="[RUN]...")
def watch(
    context: click.Context, runs: tuple[str, ...], runs_dir: Path, dataset: str, as_json: bool, **_options: Any
) -> None:
    del dataset
    from train.rundir import find_run
    from train.watch import watch as serve

    found = [find_run(runs_dir, run) for run in runs or ("",)]
    summary = serve(collect(context, ListenOptions), found, announce=lambda text: click.echo(text, err=True))
    _show(summary, as_json, summary.text())


@command("test", _("Translate the test images both ways, into the run's folder."), TestOptions)
@runs_dir_option
@click.argument("run", default="", metavar="[RUN]")
def test(context: click.Context, run: str, runs_dir: Path, dataset: str, as_json: bool, **_options: Any) -> None:
    _need_torch()
    from train.rundir import find_run
    from train.testing import test as translate_test_set

    options = collect(context, TestOptions)
    weights = options.generator_a2b or options.generator_b2a
    if weights and run:
        raise UsageError(_("{file}: comes in place of the run {run}. Give one of them.", file=weights, run=run))
    if not options.dataroot and (dataset or weights):
        options = dataclasses.replace(options, dataroot=str(context.obj.dataset(dataset).root))
    tested = None if weights else find_run(runs_dir, run).root
    summary = translate_test_set(options, tested, progress=_bars())
    _show(summary, as_json, summary.text(context.obj.recipe.names()))


@command(
    "evaluate",
    _("Measure a run on its test images: what comes back, what stays, how near to the goal."),
    EvaluateOptions,
)
@runs_dir_option
@click.argument("run", default="", metavar="[RUN]")
def evaluate(context: click.Context, run: str, runs_dir: Path, dataset: str, as_json: bool, **_options: Any) -> None:
    _need_torch()
    from train.evaluate import evaluate as measure_run
    from train.rundir import find_run

    options = collect(context, EvaluateOptions)
    if dataset and not options.dataroot:
        options = dataclasses.replace(options, dataroot=str(context.obj.dataset(dataset).root))
    summary = measure_run(options, find_run(runs_dir, run).root, progress=_bars())
    _show(summary, as_json, summary.text())


@command("translate", _("Translate pictures of your own, each at its own size."), TranslateOptions)
@runs_dir_option
@click.option("--run", default="", metavar="RUN", help=_("The run that learned it; else the latest."))
@click.argument("files", nargs=-1, metavar="FILE|DIR...", type=click.Path(path_type=Path))
def translate(
    context: click.Context,
    files: tuple[Path, ...],
    *,
    run: str,
    runs_dir: Path,
    dataset: str,
    as_json: bool,
    **_options: Any,
) -> None:
    del dataset
    _need_torch()
    from train.rundir import find_run
    from train.translate import translate as translate_pictures

    options = collect(context, TranslateOptions)
    if not files:
        raise UsageError(_("translate: no FILE. Give photos, or a folder of them."))
    if options.weights and run:
        raise UsageError(
            _("--weights {file}: comes in place of --run {run}. Give one of them.", file=options.weights, run=run)
        )
    source = None if options.weights else find_run(runs_dir, run).root
    summary = translate_pictures(options, files, source, progress=_bars())
    _show(summary, as_json, summary.text())


@command("serve", _("A page on which a photo is dropped and comes back translated; for a phone too."), ServeOptions)
@runs_dir_option
@click.argument("run", default="", metavar="[RUN]")
def serve(context: click.Context, run: str, runs_dir: Path, dataset: str, as_json: bool, **_options: Any) -> None:
    _need_torch()
    from train.rundir import find_run
    from train.serve.door import serve as serve_run

    options = collect(context, ServeOptions)
    if options.weights and run:
        raise UsageError(_("{file}: comes in place of the run {run}. Give one of them.", file=options.weights, run=run))
    dataroot = context.obj.dataset(dataset).root if dataset or options.weights else None
    served = None if options.weights else find_run(runs_dir, run)
    names = context.obj.recipe.names()
    summary = serve_run(options, served, dataroot, names=names, announce=lambda text: click.echo(text, err=True))
    _show(summary, as_json, summary.text())


@command("run", _("Crawl, curate, train and test by the recipe, skipping what is up to date."))
@runs_dir_option
def run(context: click.Context, runs_dir: Path, dataset: str, as_json: bool) -> None:
    _need_torch()
    folder = context.obj.dataset(dataset)
    bars = _bars()
    done: dict[str, Any] = {}
    for name, stage in (("crawl", _run_crawl), ("curate", _run_curate), ("train", _run_train), ("test", _run_test)):
        summary = stage(context, folder, runs_dir, bars)
        done[name] = dataclasses.asdict(summary) if summary else None
        if not as_json:
            text = summary.text(context.obj.recipe.names()) if summary else _("up to date")
            click.echo(f"{name}: {text}")
    if as_json:
        click.echo(json.dumps(done, ensure_ascii=False, default=str))


def _run_crawl(context: click.Context, folder: DatasetDir, _runs_dir: Path, bars: "Bars") -> "CrawlSummary | None":
    from crawler.crawl import crawl as collect_images
    from crawler.crawl import finished

    options = _by_recipe(context, "crawl")
    if options.urls:
        _query_of_list(options.urls, (), None)  # a recipe has queries for both sides, and a list belongs to one
    waiting = [query for query in context.obj.recipe.queries() if not finished(options, [query], folder)]
    return collect_images(options, waiting, folder, progress=bars) if waiting else None


def _run_curate(context: click.Context, folder: DatasetDir, _runs_dir: Path, bars: "Bars") -> "CurateSummary | None":
    from curate.build import curate as build

    summary = build(_by_recipe(context, "curate"), folder, names=context.obj.recipe.names(), progress=bars)
    return summary if summary.changed else None


def _run_train(context: click.Context, folder: DatasetDir, runs_dir: Path, bars: "Bars") -> "TrainSummary | None":
    from train.loop import train as teach
    from train.resuming import FREE
    from train.standing import has_images, is_trained, latest_run

    options = _by_recipe(context, "train")
    latest = latest_run(runs_dir, folder.root, options)
    if latest and is_trained(latest, folder.root):
        return None
    goes_on = latest and not latest.finished and has_images(latest, folder.root)
    resume = str(latest.root) if latest and goes_on else None
    return teach(options, folder.root, runs_dir, resume=resume, progress=bars, said=FREE)


def _run_test(context: click.Context, folder: DatasetDir, runs_dir: Path, bars: "Bars") -> "TestSummary | None":
    from train.standing import is_tested, latest_run
    from train.testing import test as translate_test_set

    latest = latest_run(runs_dir, folder.root, _by_recipe(context, "train"))
    assert latest is not None
    if is_tested(latest, folder.root):
        return None
    return translate_test_set(_by_recipe(context, "test"), latest.root, progress=bars)


@command("status", _("What the dataset holds, how far its review is, the runs that used it, and what to do next."))
@click.option("--failed", is_flag=True, help=_("List the addresses that failed, by reason."))
@runs_dir_option
def status(context: click.Context, failed: bool, runs_dir: Path, dataset: str, as_json: bool) -> None:
    from pipeline.status import status_of

    summary = status_of(
        context.obj.dataset(dataset),
        runs_dir,
        failed=failed,
        said_dataset=dataset,
        said_runs_dir=str(runs_dir) if "runs_dir" in said(context) else "",
    )
    _show(summary, as_json, summary.text(context.obj.recipe.names()))


@command(
    "export",
    _(
        "Write the dataset in a form to share: its pictures as imagefolder, webdataset or parquet, or a recipe, which"
        " holds addresses, hashes and verdicts, no image. Or a run's generator: onnx, torchscript, safetensors, pth."
    ),
)
@click.option(
    "--format", "form", type=click.Choice(("recipe", *FORMS, *MODEL_FORMS)), required=True, help=_("What is written.")
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help=_(
        "The recipe's or model's file, or the pictures' folder; else named after the dataset or run, in this folder."
    ),
)
@click.option(
    "--direction", type=click.Choice(DIRECTIONS), default="a2b", help=_("Of a model: which way it translates.")
)
@runs_dir_option
@click.argument("run", default="", metavar="[RUN]")
def export(
    context: click.Context,
    *,
    form: str,
    output: Path | None,
    direction: str,
    runs_dir: Path,
    run: str,
    dataset: str,
    as_json: bool,
) -> None:
    if form in MODEL_FORMS:
        _need_torch()
        from train.export import export_model
        from train.rundir import find_run

        model = export_model(form, find_run(runs_dir, run).root, direction, output)
        _show(model, as_json, model.text())
        return
    if run:
        raise UsageError(
            _("{run}: --format {form} writes a dataset, no run. Name it by --dataset.", run=run, form=form)
        )
    from pipeline.export import export_recipe
    from pipeline.publish import publish

    folder: DatasetDir = context.obj.dataset(dataset)
    if form == "recipe":
        recipe = export_recipe(folder, output or Path(f"{folder.name}.{form}{EXPORTED_SUFFIX}"))
        _show(recipe, as_json, recipe.text())
        return
    made = publish(form, folder, output or Path(f"{folder.name}.{form}"))
    _show(made, as_json, made.text())


@command("forget", _("Remove images for good by address, host or sha256; only hashes stay, so that they never return."))
@runs_dir_option
@click.argument("targets", nargs=-1, required=True, metavar="URL|DOMAIN|SHA256...")
def forget(context: click.Context, targets: tuple[str, ...], runs_dir: Path, dataset: str, as_json: bool) -> None:
    from curate.swap import finish_or_undo
    from pipeline.forget import forget as remove_for_good

    summary = remove_for_good(targets, context.obj.dataset(dataset), runs_dir, finish_swap=finish_or_undo)
    _show(summary, as_json, summary.text())


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
        _show(report, as_json, report.text())
        context.exit(report.exit_code)
    from crawler.browser import find_browser, find_driver
    from pipeline.doctor import examine

    summary = examine(find_browser, find_driver, context.obj.dataset(dataset))
    _show(summary, as_json, summary.text())
    if not summary.healthy:
        context.exit(1)


@command("selftest", _("Measure how copies are found: every photo of DIR, or drawn streets, edited in 38 ways."))
@click.option("--seed", default=0, help=_("Draws how strong each edit is."))
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
def selftest(context: click.Context, folder: Path | None, seed: int, dataset: str, as_json: bool) -> None:
    del context, dataset
    from curate.selftest import check, photos_in
    from pipeline.demo.scenes import drawn_streets

    report = check(photos_in(folder) if folder else drawn_streets(), seed, progress=_bars())
    _show(report, as_json, report.text())


@command("demo", _("The whole main job on this machine without a network, in minutes."), DemoOptions)
@runs_dir_option
def demo(context: click.Context, runs_dir: Path, dataset: str, as_json: bool, **_options: Any) -> None:
    _need_torch()
    from pipeline.demo.run import run_demo

    folder = context.obj.dataset(dataset) if dataset else None
    summary = run_demo(collect(context, DemoOptions), folder, runs_dir, progress=_bars())
    _show(summary, as_json, summary.text())


def queries_of(recipe: Recipe, texts: Sequence[str], domain: Domain | None, urls: str = "") -> list[Query]:
    """The queries that the user means, each with its domain; of a list of addresses, the name of its file.

    Raises UsageError for a query that is empty, or that the recipe does not know where no --domain was given.
    """
    if urls:
        return [_query_of_list(urls, texts, domain)]
    if not texts:
        return [query for query in recipe.queries() if domain in (None, query.domain)]
    return [Query(_domain_of(recipe, text, domain), normalise(text)) for text in texts]


def _query_of_list(urls: str, texts: Sequence[str], domain: Domain | None) -> Query:
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


def _by_recipe(context: click.Context, name: str) -> Any:
    """The options object of another command as the recipe sets it, with no word from the command line."""
    with cli.commands[name].make_context(name, [], parent=context.parent) as inner:
        return collect(inner, COMMANDS[name])


def _need_torch() -> None:
    from importlib.util import find_spec

    if find_spec("torch") is None:
        raise UsageError(_("This command needs torch. Install it: pip install -e '.[train]'"))


def _bars() -> "Bars":
    from rich.console import Console

    from pipeline.terminal import Bars, set_up_logging

    console = Console(stderr=True)
    set_up_logging(console)
    return Bars(console)


def _show(summary: Any, as_json: bool, text: str) -> None:
    click.echo(json.dumps(dataclasses.asdict(summary), ensure_ascii=False, default=str) if as_json else text)


def main() -> NoReturn:
    """Run the command line and leave with the exit code of what happened (DESIGN: the tree in pipeline/errors.py)."""
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(_exit_code())


def _exit_code() -> int:
    try:
        result = cli.main(standalone_mode=False)
    except PipelineError as error:
        prefix, message = click.style(_("Error:"), fg="red", bold=True), str(error)
        click.echo(f"{prefix} {message}", err=True)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort as aborted:  # click's word for KeyboardInterrupt
        click.echo(_stopped_text(sys.argv[1:]), err=True)
        return Terminated.exit_code if isinstance(aborted.__cause__, Terminated) else EXIT_INTERRUPTED
    return result if isinstance(result, int) else 0


def _stopped_text(words: Sequence[str]) -> str:
    """What to say after Ctrl-C or SIGTERM: how to go on, where that is possible."""
    name = next((word for word in words if word in cli.commands), "")
    if name == "train" and "--dry-run" not in words:
        return _("Stopped. Go on with: pipeline train --resume")
    if name in GOES_ON:
        return _("Stopped. What was done is kept; the same command goes on from there.")
    return _("Stopped.")


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise Terminated
