"""An options dataclass -> click's parameters and grouped help, and the values back into the dataclass."""

import dataclasses
import types
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from pipeline.errors import OptionError, UsageError
from pipeline.language import _
from pipeline.recipe import RECIPE_FILE

Options = TypeVar("Options")
Command = TypeVar("Command", bound=Callable[..., Any])


class GroupedOption(click.Option):
    """A click option that knows the heading it stands under in `--help`."""

    def __init__(self, *arguments: Any, group: str = "", **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self.group = group


class GroupedCommand(click.Command):
    """A click command whose help shows the options of the first screen, then the rest under their headings."""

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        groups: dict[str, list[tuple[str, str]]] = {"": []}
        for parameter in self.get_params(context):
            record = parameter.get_help_record(context)
            if record:
                groups.setdefault(getattr(parameter, "group", ""), []).append(record)
        for heading, records in groups.items():
            with formatter.section(_(heading) if heading else _("Options")):
                formatter.write_dl(records)


def options_of(options: type) -> Callable[[Command], Command]:
    """Decorate a command with a click option for each field of a stage's options dataclass."""

    def decorate(command: Command) -> Command:
        for field in reversed(dataclasses.fields(options)):
            command = _click_option(field)(command)
        return command

    return decorate


def _click_option(field: "dataclasses.Field[Any]") -> Callable[[Command], Command]:
    metadata = field.metadata
    name = "--" + field.name.replace("_", "-") + (f"/{metadata['off']}" if metadata["off"] else "")
    default = field.default_factory() if callable(field.default_factory) else field.default
    many = isinstance(field.type, types.GenericAlias)
    return click.option(
        name,
        *metadata["aliases"],
        field.name,
        cls=GroupedOption,
        group=metadata["group"],
        default=default,
        help=_(metadata["help"]),
        is_flag=field.type is bool,
        multiple=many,
        type=_click_type(field, many),
        metavar=metadata["metavar"] or None,
        show_default=default not in ("", False, (), 0),
    )


def _click_type(field: "dataclasses.Field[Any]", many: bool) -> Any:
    choices = field.metadata["choices"]
    if choices:
        return click.Choice(choices)
    return str if many else field.type


def collect(context: click.Context, options: type[Options]) -> Options:
    """The options dataclass from a command's parsed parameters.

    Where nothing is said, neither on the command line nor in the recipe, what the dataclass' `beneath` gives comes
    before the defaults.

    Raises UsageError that names the flag or the key of the recipe file from which a refused value came.
    """
    names = [field.name for field in dataclasses.fields(options)]  # type: ignore[arg-type]
    values = {name: context.params[name] for name in names}
    beneath = getattr(options, "beneath", None)
    for name, value in beneath(values).items() if beneath else ():
        if context.get_parameter_source(name) is ParameterSource.DEFAULT:
            values[name] = value
    try:
        return options(**values)
    except OptionError as error:
        raise UsageError(_refusal(context, error)) from error


def said(context: click.Context) -> frozenset[str]:
    """The names of the parameters that came with the command itself: its line, or an environment variable."""
    sources = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)
    return frozenset(name for name in context.params if context.get_parameter_source(name) in sources)


def say(context: click.Context, values: Mapping[str, object]) -> None:
    """Take values for parameters as if they had been said on the command line."""
    for name, value in values.items():
        context.params[name] = value
        context.set_parameter_source(name, ParameterSource.COMMANDLINE)


def _refusal(context: click.Context, error: OptionError) -> str:
    flag = "--" + error.option.replace("_", "-")
    if context.get_parameter_source(error.option) is ParameterSource.DEFAULT_MAP:
        flag = f"{RECIPE_FILE}: {context.info_name}.{error.option}"
    return _("{option} {value}: must be {allowed}.", option=flag, value=error.value, allowed=error.allowed)
