"""Messages in the user's language: `_` takes the English text and gives the Korean one where the locale says so.

The English text is the key, as in gettext; the Korean catalogue is `pipeline/korean.py`. A test reads every call of `_`
in the sources and holds the catalogue complete.
"""

import os
from functools import cache


@cache
def is_korean() -> bool:
    """Whether messages are Korean: decided by LC_ALL, LC_MESSAGES, LANG, the first that is set (POSIX locale, 8.2)."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable, "")
        if value:
            return value.startswith("ko")
    return False


def _(english: str, **values: object) -> str:
    """The message in the user's language, with `values` put into its named fields."""
    text = english
    if is_korean():
        from pipeline.korean import KOREAN

        text = KOREAN.get(english, english)
    return text.format(**values) if values else text
