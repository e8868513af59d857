"""The commands on what was collected: curate, review, status, export, forget."""

from pathlib import Path
from typing import Any

import click

from curate.options import CurateOptions
from pipeline.cli.command import EXPORTED_SUFFIX, bars, command, need_torch, runs_dir_option, show
from pipeline.dataset import DatasetDir
from pipeline.errors import UsageError
from pipeline.language import _
from pipeline.listening import ListenOptions
from pipeline.parameters import collect, said
from train.options import DIRECTIONS, MODEL_FORMS

FORMS = ("imagefolder", "webdataset", "parquet")
"""The forms of exports that hold pictures."""


@command("curate", _("Sort out duplicates and what is no photo, resize, and split into train and test."), CurateOptions)
def curate(context: click.Context, dataset: str, as_json: bool, **_options: Any) -> None:
    from curate.build import curate as build

    names = context.obj.recipe.names()
    summary = build(collect(context, CurateOptions), context.obj.dataset(dataset), names=names, progress=bars())
    show(summary, as_json, summary.text(names))


@command("review", _("Look through what was rejected and kept, in the browser, and overrule it."), ListenOptions)
def review(context: click.Context, dataset: str, as_json: bool, **_options: Any) -> None:
    from curate.review.serve import review as serve

    names, folder = context.obj.recipe.names(), context.obj.dataset(dataset)
    summary = serve(
        collect(context, ListenOptions), folder, names=names, announce=lambda text: click.echo(text, err=True)
    )
    show(summary, as_json, summary.text())


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
    show(summary, as_json, summary.text(context.obj.recipe.names()))


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
        need_torch()
        from train.export import export_model
        from train.rundir import find_run

        model = export_model(form, find_run(runs_dir, run).root, direction, output)
        show(model, as_json, model.text())
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
        show(recipe, as_json, recipe.text())
        return
    made = publish(form, folder, output or Path(f"{folder.name}.{form}"))
    show(made, as_json, made.text())


@command("forget", _("Remove images for good by address, host or sha256; only hashes stay, so that they never return."))
@runs_dir_option
@click.argument("targets", nargs=-1, required=True, metavar="URL|DOMAIN|SHA256...")
def forget(context: click.Context, targets: tuple[str, ...], runs_dir: Path, dataset: str, as_json: bool) -> None:
    from curate.swap import finish_or_undo
    from pipeline.forget import forget as remove_for_good

    summary = remove_for_good(targets, context.obj.dataset(dataset), runs_dir, finish_swap=finish_or_undo)
    show(summary, as_json, summary.text())
