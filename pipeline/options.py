"""How a stage declares its options: a frozen dataclass whose fields carry what the command line needs to show them.

The field is the only place where a default, a help text or a group is written; the command line, the recipe file,
options.json and the checkpoint all read it from there.
"""

import dataclasses
from typing import Any


def option(
    default: Any,
    help: str,
    *,
    group: str = "",
    choices: tuple[str, ...] = (),
    metavar: str = "",
    off: str = "",
    aliases: tuple[str, ...] = (),
) -> Any:
    """A dataclass field that is also an option of the command line.

    `help` and `group` are English keys of the message catalogue. An empty group puts the option on the first screen of
    `--help`; a named one under a heading of its own. A tuple default makes an option that may be given several times.
    `off` is the flag that takes a bool back to False, where a recipe or a run has set it.
    `aliases` are other spellings of the flag, with their dashes.
    """
    metadata = {
        "help": help, "group": group, "choices": choices, "metavar": metavar, "off": off, "aliases": aliases
    }  # fmt: skip
    if isinstance(default, tuple):
        return dataclasses.field(default_factory=lambda: default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)
