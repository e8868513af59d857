"""The command line: parse, hand one options object to one stage, print what it did; it alone knows all stages."""

import logging
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType
from typing import NoReturn

import click

from pipeline.cli.collecting import add, crawl
from pipeline.cli.command import COMMANDS, Project
from pipeline.cli.curating import curate, export, forget, review, status
from pipeline.cli.machine import demo, doctor, selftest
from pipeline.cli.recipe import run
from pipeline.cli.training import evaluate, serve, test, train, translate, watch
from pipeline.errors import EXIT_INTERRUPTED, PipelineError, Terminated
from pipeline.language import _
from pipeline.recipe import find_recipe

GOES_ON = ("crawl", "add", "curate", "run")
"""The commands that go on where they were stopped when they are given again."""


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
for each in (crawl, add, curate, review, train, watch, test, evaluate, translate, serve, run):
    cli.add_command(each)
for each in (status, export, forget, doctor, selftest, demo):
    cli.add_command(each)


def main() -> NoReturn:
    """Run the command line and leave with the exit code of what happened (DESIGN: the tree in pipeline/errors.py)."""
    signal.signal(signal.SIGTERM, _terminate)
    code = _exit_code()
    if _command(sys.argv[1:]) == "serve":
        _leave_at_once(code)
    sys.exit(code)


def _leave_at_once(code: int) -> NoReturn:
    """End without unloading the libraries: torch, used from a server's threads, sometimes aborts in that (SIGABRT).

    Seen in one of four runs with torch on Python 3.11, after all threads of the server had been joined.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(code)


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


def _command(words: Sequence[str]) -> str:
    """The command among the words of a command line, "" for none."""
    return next((word for word in words if word in cli.commands), "")


def _stopped_text(words: Sequence[str]) -> str:
    """What to say after Ctrl-C or SIGTERM: how to go on, where that is possible."""
    name = _command(words)
    if name == "train" and "--dry-run" not in words:
        return _("Stopped. Go on with: pipeline train --resume")
    if name in GOES_ON:
        return _("Stopped. What was done is kept; the same command goes on from there.")
    return _("Stopped.")


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise Terminated
