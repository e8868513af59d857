"""JavaScript literals: all that is JSON, what JavaScript allows beyond it, and nothing that would have to run."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from replicas import plain_json

from crawler.javascript import read_literal


@given(st.dictionaries(st.text(max_size=8), plain_json, max_size=4))
@settings(derandomize=True, deadline=None)
def test_what_json_writes_is_read_as_json_reads_it(value: dict[str, object]) -> None:
    expected = json.loads(json.dumps(value), parse_constant=lambda _name: None)
    assert read_literal(json.dumps(value) + "; more();") == expected


def test_keys_without_quotes_single_quotes_and_trailing_commas_are_read() -> None:
    text = r"""{ a : 'it\'s', $b_1: [1, .5, 2., 007,], 3: !0, 'd': !1, e: undefined, f: "\x41\u{1F338}\/", }"""
    expected = {"a": "it's", "$b_1": [1, 0.5, 2.0, 7], "3": True, "d": False, "e": None, "f": "A🌸/"}
    assert read_literal(text) == expected


def test_reading_begins_where_it_is_told_and_ends_with_the_literal() -> None:
    assert read_literal("x = {a: {b: [1]}}; y = {", 4) == {"a": {"b": [1]}}


def test_a_number_of_absurd_length_is_not_known() -> None:
    assert read_literal("[1" + "0" * 9_999 + ", 2]") == [None, 2]


@pytest.mark.parametrize(
    "text",
    ["", "{", "{a:1", "{a:f()}", "{a:b}", "{a:`x`}", "{a 1}", "{:}", "{a:'x}", "{a:1n}", "[" * 100_000],
)
def test_what_is_no_plain_data_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_literal(text)


@given(st.text(alphabet="{}[]:,'\"\\!01.eE-+ax \n"))
@settings(derandomize=True, deadline=None, max_examples=300)
def test_any_text_gives_a_value_or_a_value_error(text: str) -> None:
    try:
        read_literal(text)
    except ValueError:
        return
