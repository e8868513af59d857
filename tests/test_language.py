"""Messages in Korean or English: the catalogue is complete and its fields are the same."""

import ast
import dataclasses
import string
from pathlib import Path

import pytest

from pipeline.cli.command import COMMANDS
from pipeline.korean import KOREAN
from pipeline.language import _, is_korean

ROOT = Path(__file__).resolve().parents[1]


def _messages() -> set[str]:
    found = set()
    for room in ("pipeline", "crawler", "curate", "train"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
                    first = node.args[0]
                    if isinstance(first, ast.Constant):
                        found.add(first.value)
    fields = [field for options in COMMANDS.values() for field in dataclasses.fields(options)]
    found |= {field.metadata["help"] for field in fields} | {field.metadata["group"] for field in fields}
    return found - {""}


def _fields(text: str) -> set[str]:
    return {name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}


def test_every_message_has_its_korean_text() -> None:
    assert sorted(_messages() - set(KOREAN)) == []


def test_the_korean_catalogue_holds_nothing_that_nobody_says() -> None:
    assert sorted(set(KOREAN) - _messages()) == []


def test_a_korean_message_has_the_fields_of_the_english_one() -> None:
    assert {english for english, korean in KOREAN.items() if _fields(english) != _fields(korean)} == set()


@pytest.mark.parametrize(
    ("variables", "korean"),
    [
        ({"LC_ALL": "ko_KR.UTF-8"}, True),
        ({"LC_ALL": "", "LC_MESSAGES": "", "LANG": "ko_KR.UTF-8"}, True),
        ({"LC_ALL": "en_US.UTF-8", "LANG": "ko_KR.UTF-8"}, False),
        ({"LC_ALL": "", "LC_MESSAGES": "en_US.UTF-8", "LANG": "ko_KR.UTF-8"}, False),
        ({"LC_ALL": "", "LC_MESSAGES": "", "LANG": ""}, False),
    ],
)
def test_the_first_locale_variable_that_is_set_decides(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], korean: bool
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.setenv(name, variables.get(name, ""))
    is_korean.cache_clear()
    assert is_korean() is korean


def test_a_message_gets_its_values_in_korean_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    is_korean.cache_clear()
    assert _("Dataset {dataset}", dataset="{벚꽃}") == "데이터셋 {벚꽃}"
