"""The documents name what the command line takes: the reference equals it, and every command line in them parses."""

import itertools
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from pipeline.cli import cli
from pipeline.cli.aitorzip import hear_aitorzip
from pipeline.cli.command import COMMANDS
from pipeline.parameters import collect
from pipeline.reference import reference

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference.md"
REMAKE = "python -m pipeline.reference > docs/reference.md"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "datasets").glob("*.md")])
OF_OTHERS = re.compile(r"coming-from-.*\.md|colab\.md|windows-and-macos\.md|credits\.md|CHANGELOG\.md")
"""Documents in which options of other programs stand."""
KNOWN_ELSEWHERE = {
    *("--all", "--peer"),  # scripts/test and benchmarks/train.py
    *("--index-url", "--force-reinstall", "--logdir"),  # pip, tensorboard
}
PLACEHOLDERS = {
    "N": "8", "M": "8", "PIXELS": "64", "TIME": "6m", "SHARE": "0.9", "RATE": "0.1", "REASON": "duplicate",
    "NAME=VALUE": "blurred=30", "NAME_flag=VALUE": "blurred_flag=30", "ENGINE": "google", "NAMES": "visdom",
}  # fmt: skip
"""What stands in documents where a number or one of a few words is meant; any other word will do as it is."""


def _reference_now() -> str:
    made = [sys.executable, "-m", "pipeline.reference"]
    return subprocess.run(
        made, cwd=ROOT, capture_output=True, check=True, env={"LC_ALL": "ko_KR.UTF-8"}
    ).stdout.decode()


def test_the_reference_says_what_the_command_line_says() -> None:
    stands = REFERENCE.read_text(encoding="utf-8")
    assert stands == _reference_now(), f"the command line has changed; write the reference anew: {REMAKE}"


def test_the_reference_has_every_command_and_every_option_with_its_help() -> None:
    sections = dict(re.findall(r"^## pipeline (\w+)\n(.*?)(?=^## |\Z)", REFERENCE.read_text("utf-8"), re.M | re.S))
    assert set(sections) == set(cli.commands)
    for name, command in cli.commands.items():
        options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
        for option in options:
            assert option.help, (name, option.name)
            assert all(re.search(rf"`{word}[` ]", sections[name]) for word in option.opts), (name, option.opts)


def test_the_reference_changes_with_a_command_and_with_an_option() -> None:
    whole = reference(cli)
    train = cli.commands["train"]
    less = click.Command("train", params=train.params[1:], help=train.help)
    assert reference(click.Group(commands={**cli.commands, "train": less})) != whole
    assert (
        reference(click.Group(commands={name: cli.commands[name] for name in cli.commands if name != "demo"})) != whole
    )


def _commands_in(document: Path) -> Iterator[str]:
    """Every command line of `pipeline` in a document's blocks and in its running text."""
    for token in _tokens(MarkdownIt("commonmark").enable("table").parse(document.read_text(encoding="utf-8"))):
        if token.type == "code_inline":
            yield from (line for line in _lines(token.content.replace("\n", " ")) if " " in line)  # else it is a name
        elif token.type in ("fence", "code_block"):
            yield from _lines(token.content.replace("\\\n", " "))


def _tokens(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _tokens(token.children or [])


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        for part in re.split(r" && | \|\| |; ", line.strip().removeprefix("$ ").removeprefix("!")):
            match = re.match(r"(?:\w+=\S+ )*(?:\.venv/bin/)?pipeline (?=\S)(.*)", part)
            if match and re.match(r"[a-z-]", match[1]):
                yield re.split(r"\s{2,}|\s#", match[1])[0].strip()


def _readings(line: str) -> Iterator[list[str]]:
    """The words of a command line with each of its alternatives: a|b means either, [x] and ... may be left out."""
    plain = re.sub(r"\[([^\]\s=]+(?: [^\]]*)?)\]", r"\1", line.replace("...", ""))
    choices = [re.split(r"\\?\|", word) if "://" not in word else [word] for word in shlex.split(plain)]
    for words in itertools.product(*choices):
        yield [PLACEHOLDERS.get(word, word) for word in words]


COMMAND_LINES = sorted(
    {
        (document.relative_to(ROOT).as_posix(), line)
        for document in DOCUMENTS
        if document != REFERENCE
        for line in _commands_in(document)
    }
)


@pytest.mark.parametrize(("document", "line"), COMMAND_LINES)
def test_every_command_line_in_the_documents_can_be_given(document: str, line: str) -> None:
    for name, *words in _readings(line):
        if name in ("--help", "--version"):
            continue
        assert name in cli.commands, f"{document}: pipeline {line}"
        if words in (["--help"], ["-h"]):
            continue
        with cli.commands[name].make_context(name, words) as context:
            if name == "train":
                hear_aitorzip(context)
            if name in COMMANDS:
                collect(context, COMMANDS[name])


def test_the_documents_are_read_for_command_lines() -> None:
    assert len(COMMAND_LINES) > 60
    assert ("README.md", "train --cuda") in COMMAND_LINES


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_option_that_a_document_names_is_one(document: Path) -> None:
    if OF_OTHERS.fullmatch(document.name):
        pytest.skip("it names options of other programs")
    known = {
        word for command in cli.commands.values() for one in command.params for word in [*one.opts, *one.secondary_opts]
    }
    named = {
        word
        for token in _tokens(MarkdownIt("commonmark").enable("table").parse(document.read_text(encoding="utf-8")))
        if token.type in ("code_inline", "fence", "code_block")
        for word in re.findall(r"(?<![\w-])--[a-zA-Z][a-zA-Z0-9_-]*", token.content)
    }
    assert named <= known | KNOWN_ELSEWHERE | {"--help", "--version"}
