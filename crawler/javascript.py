"""JavaScript object literals as data: what pages write into their scripts, read without running anything.

More than JSON: keys without quotes, single quotes, trailing commas, `undefined`, `!0`, the escapes \\x27 and \\'.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

MAX_CHARACTERS = 5_000_000

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<number>-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)
    |(?P<word>-Infinity\b|[A-Za-z_$][\w$]*)
    |(?P<flag>![01])
    |(?P<sign>[{}\[\]:,])
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|u\{([0-9a-fA-F]{1,6})\}|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}
_WORDS = {
    **{word: word for word in ("true", "false", "null")},
    **dict.fromkeys(("undefined", "NaN", "Infinity", "-Infinity"), "null"),
}


def read_literal(text: str, start: int = 0) -> Any:
    """The value of the object or array literal that begins at `start`; what follows it is not looked at.

    Raises ValueError for anything that is no literal of plain data, is not closed, or is too deep or too large.
    """
    written = "".join(_as_json(text, start))
    try:
        return json.loads(written)
    except RecursionError as error:
        raise ValueError("too deep") from error


def _as_json(text: str, start: int) -> Iterator[str]:
    """The tokens of the literal, each as JSON writes it."""
    depth = 0
    held = ""  # a comma waits for what follows it: JSON allows none before a closing bracket
    place = start
    while True:
        token = _TOKEN.match(text, place)
        if token is None or token.end() - start > MAX_CHARACTERS:
            raise ValueError(f"no plain data at character {place}")
        place = token.end()
        sign = token["sign"] or ""
        if sign == ",":
            yield held
            held = ","
            continue
        if sign not in ("}", "]"):
            yield held
        held = ""
        yield sign or _value(token, is_key=_is_key(text, place))
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(sign, 0)
        if depth <= 0:
            return


def _is_key(text: str, place: int) -> bool:
    follows = _TOKEN.match(text, place)
    return follows is not None and follows["sign"] == ":"


def _value(token: re.Match[str], *, is_key: bool) -> str:
    if token["string"] is not None:
        return json.dumps(_ESCAPE.sub(_unescaped, token["string"][1:-1]))
    if token["flag"] is not None:
        return "true" if token["flag"] == "!0" else "false"
    if token["number"] is not None:
        return json.dumps(token["number"]) if is_key else _number(token["number"])
    if is_key:
        return json.dumps(token["word"])
    if token["word"] not in _WORDS:
        raise ValueError(f"no plain data: {token['word'][:40]}")
    return _WORDS[token["word"]]


def _number(text: str) -> str:
    """JSON writes neither 007 nor .5 nor 5."""
    try:
        return str(int(text))
    except ValueError:
        number = float(text)
        return repr(number) if abs(number) < float("inf") else "null"


def _unescaped(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2] or escape[3]
    if code is None:
        return _ESCAPED.get(escape[4], escape[4])
    return chr(int(code, 16)) if int(code, 16) <= 0x10FFFF else "\N{REPLACEMENT CHARACTER}"
