"""The words of aitorzip's program, and what they mean in ours."""

import os
from collections.abc import Callable

import click

from pipeline.errors import UsageError
from pipeline.language import _
from pipeline.parameters import GroupedOption, said, say
from train.words import refuse_twice, translated

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
