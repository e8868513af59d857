"""What all commands share: the recipe, a dataclass of options, --dataset and --json, bars, how a summary is shown."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.options import CrawlOptions
from curate.options import CurateOptions
from pipeline.dataset import DatasetDir
from pipeline.demo.options import DemoOptions
from pipeline.errors import UsageError
from pipeline.language import _
from pipeline.listening import ListenOptions
from pipeline.parameters import GroupedCommand, options_of
from pipeline.recipe import Recipe
from pipeline.records import DOMAINS
from train.options import EvaluateOptions, ServeOptions, TestOptions, TrainOptions, TranslateOptions

if TYPE_CHECKING:
    from pipeline.terminal import Bars

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
EXPORTED_SUFFIX = ".jsonl"
"""How the file names of exported recipes end; `crawl --urls` knows them by it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Project:
    """What every command knows before it starts: the recipe."""

    recipe: Recipe

    def dataset(self, name: str) -> DatasetDir:
        """The dataset that `--dataset` names, else the recipe's."""
        return DatasetDir.named(name or self.recipe.dataset)


def command(name: str, help: str, options: type | None = None) -> Callable[[Callable[..., None]], click.Command]:
    """A command: the options of its dataclass, then --dataset and --json."""

    def decorate(function: Callable[..., None]) -> click.Command:
        wrapped = click.option("--json", "as_json", is_flag=True, help=_("Print one JSON object and nothing else."))(
            click.pass_context(function)
        )
        wrapped = click.option("--dataset", default="", metavar="NAME|PATH", help=_("Else the recipe's."))(wrapped)
        if options is not None:
            wrapped = options_of(options)(wrapped)
        return click.command(name, cls=GroupedCommand, help=help, short_help=help)(wrapped)

    return decorate


domain_option = click.option("--domain", type=click.Choice(DOMAINS), help=_("The side that the images belong to."))
runs_dir_option = click.option(
    "--runs-dir", type=click.Path(path_type=Path), default=Path("runs"), help=_("Where the run folders lie.")
)


def need_torch() -> None:
    from importlib.util import find_spec

    if find_spec("torch") is None:
        raise UsageError(_("This command needs torch. Install it: pip install -e '.[train]'"))


def bars() -> "Bars":
    from rich.console import Console

    from pipeline.terminal import Bars, set_up_logging

    console = Console(stderr=True)
    set_up_logging(console)
    return Bars(console)


def show(summary: Any, as_json: bool, text: str) -> None:
    click.echo(json.dumps(dataclasses.asdict(summary), ensure_ascii=False, default=str) if as_json else text)
