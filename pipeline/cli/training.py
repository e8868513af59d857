"""The commands that train a translator and use it: train, watch, test, evaluate, translate, serve."""

import dataclasses
from pathlib import Path
from typing import Any

import click

from pipeline.cli.aitorzip import aitorzip_words, hear_aitorzip
from pipeline.cli.command import bars, command, need_torch, runs_dir_option, show
from pipeline.errors import UsageError
from pipeline.language import _
from pipeline.listening import ListenOptions
from pipeline.parameters import collect
from train.options import EvaluateOptions, ServeOptions, TestOptions, TrainOptions, TranslateOptions


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
    need_torch()
    from train.loop import train as teach
    from train.rehearsal import rehearse

    del dataset  # what it is now may come from --dataroot
    given = hear_aitorzip(context)
    options, dataroot = collect(context, TrainOptions), context.obj.dataset(context.params["dataset"]).root
    names = options.names(context.obj.recipe.names())
    if dry_run:
        rehearsal = rehearse(options, dataroot, Path("augmented.jpg"), bars())
        show(rehearsal, as_json, rehearsal.text(names))
        return
    if "extend" in given and resume is None:
        resume = ""
    summary = teach(options, dataroot, runs_dir, resume=resume, progress=bars(), said=given)
    show(summary, as_json, summary.text(names))


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
    show(summary, as_json, summary.text())


@command("test", _("Translate the test images both ways, into the run's folder."), TestOptions)
@runs_dir_option
@click.argument("run", default="", metavar="[RUN]")
def test(context: click.Context, run: str, runs_dir: Path, dataset: str, as_json: bool, **_options: Any) -> None:
    need_torch()
    from train.rundir import find_run
    from train.testing import test as translate_test_set

    options = collect(context, TestOptions)
    weights = options.generator_a2b or options.generator_b2a
    if weights and run:
        raise UsageError(_("{file}: comes in place of the run {run}. Give one of them.", file=weights, run=run))
    if not options.dataroot and (dataset or weights):
        options = dataclasses.replace(options, dataroot=str(context.obj.dataset(dataset).root))
    tested = None if weights else find_run(runs_dir, run).root
    summary = translate_test_set(options, tested, progress=bars())
    show(summary, as_json, summary.text(context.obj.recipe.names()))


@command(
    "evaluate",
    _("Measure a run on its test images: what comes back, what stays, how near to the goal."),
    EvaluateOptions,
)
@runs_dir_option
@click.argument("run", default="", metavar="[RUN]")
def evaluate(context: click.Context, run: str, runs_dir: Path, dataset: str, as_json: bool, **_options: Any) -> None:
    need_torch()
    from train.evaluate import evaluate as measure_run
    from train.rundir import find_run

    options = collect(context, EvaluateOptions)
    if dataset and not options.dataroot:
        options = dataclasses.replace(options, dataroot=str(context.obj.dataset(dataset).root))
    summary = measure_run(options, find_run(runs_dir, run).root, progress=bars())
    show(summary, as_json, summary.text())


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
    need_torch()
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
    summary = translate_pictures(options, files, source, progress=bars())
    show(summary, as_json, summary.text())


@command("serve", _("A page on which a photo is dropped and comes back translated; for a phone too."), ServeOptions)
@runs_dir_option
@click.argument("run", default="", metavar="[RUN]")
def serve(context: click.Context, run: str, runs_dir: Path, dataset: str, as_json: bool, **_options: Any) -> None:
    need_torch()
    from train.rundir import find_run
    from train.serve.door import serve as serve_run

    options = collect(context, ServeOptions)
    if options.weights and run:
        raise UsageError(_("{file}: comes in place of the run {run}. Give one of them.", file=options.weights, run=run))
    dataroot = context.obj.dataset(dataset).root if dataset or options.weights else None
    served = None if options.weights else find_run(runs_dir, run)
    names = context.obj.recipe.names()
    summary = serve_run(options, served, dataroot, names=names, announce=lambda text: click.echo(text, err=True))
    show(summary, as_json, summary.text())
