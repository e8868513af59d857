"""docs/reference.md: every command and option of the command line, as Markdown.

`python -m pipeline.reference > docs/reference.md` writes it; tests/test_reference.py says when that is due.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click

HEAD = """\
# Reference

Every command and option, as `pipeline COMMAND --help` says them. Made by `python -m pipeline.reference >
docs/reference.md`; a test holds it equal to the command line.

Options of crawl, curate, review, train, test, evaluate, translate and demo may stand in `pipeline.toml`, under the name
of the command in brackets, by their long names with `_` for `-`. The command line wins.
"""


def reference(group: click.Group) -> str:
    """The whole page: a section for each command in the order of the source, a table for each heading of its help."""
    context = click.Context(group, info_name="pipeline")
    sections = (_section(command, context) for command in group.commands.values() if not command.hidden)
    return "\n".join([HEAD, *sections])


def _section(command: click.Command, parent: click.Context) -> str:
    context = click.Context(command, info_name=command.name, parent=parent)
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    tables = (_table(heading, options) for heading, options in _by_heading(command).items())
    return "\n".join([f"## pipeline {command.name}", "", command.help or "", "", f"    {usage}", "", *tables])


def _by_heading(command: click.Command) -> dict[str, list[click.Option]]:
    headings: dict[str, list[click.Option]] = {"": []}
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            headings.setdefault(getattr(parameter, "group", ""), []).append(parameter)
    return headings


def _table(heading: str, options: list[click.Option]) -> str:
    title = [f"### {heading}", ""] if heading else []
    rows = ["| option | | default |", "| --- | --- | --- |", *(_row(option) for option in options)]
    return "\n".join([*title, *rows, ""])


def _row(option: click.Option) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in _cells(option)) + " |"


def _cells(option: click.Option) -> Iterator[str]:
    value = "" if option.is_flag else f" {option.make_metavar(click.Context(click.Command('')))}"
    names = [*option.opts, *option.secondary_opts]
    yield ", ".join(f"`{name}{value}`" for name in names)
    yield option.help or ""
    has_default = isinstance(option.default, str | int | float | Path) and option.default != "" and not option.is_flag
    yield f"`{option.default}`" if has_default else ""


def main() -> None:
    """Print the page in English, whatever the locale."""
    os.environ["LC_ALL"] = "C.UTF-8"
    from pipeline.cli import cli

    sys.stdout.write(reference(cli))


if __name__ == "__main__":
    main()
