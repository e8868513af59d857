"""Openverse: licence and attribution are kept, its limits are obeyed, and anything else is named."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from replicas import Answer, door, openverse, pictures, serve, shaped

from crawler.answers import MAX_PIXELS, UnknownLayoutError
from crawler.engines.openverse import licence, page_url, read_page, search
from crawler.filters import Filters
from pipeline.records import Query

BLOSSOM = Query("B", "벚꽃 이미지")
NAMES = [
    "results",
    "page_count",
    "url",
    "foreign_landing_url",
    "title",
    "license",
    "license_url",
    "attribution",
    "width",
]


def test_licence_and_attribution_come_with_each_image() -> None:
    with serve(openverse(pictures(1))) as replica:
        (candidate,) = search(BLOSSOM, Filters(), door(replica.url), replica.url)
    assert candidate.licence == "CC BY-SA 4.0 https://creativecommons.org/licenses/by-sa/4.0/"
    assert candidate.attribution == '"벚꽃 & 거리" by 홍길동 is licensed under CC BY-SA 4.0.'


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ({"license": "cc0", "license_version": "1.0"}, "CC0 1.0"),
        ({"license": "pdm"}, "Public Domain Mark"),
        ({"license": "by", "license_url": "javascript:alert(1)"}, "CC BY"),
        ({"license": None, "license_version": "4.0"}, ""),
        ({}, ""),
    ],
)
def test_a_licence_says_as_much_as_the_answer(item: dict[str, object], text: str) -> None:
    assert licence(item) == text


def test_too_many_questions_are_asked_again_when_retry_after_says_and_no_sooner() -> None:
    answers = [Answer(status=429, headers={"Retry-After": "7"})]
    website = openverse(pictures(1))
    slept: list[float] = []
    with serve(lambda path, parameters: answers.pop() if answers else website(path, parameters)) as replica:
        assert len(list(search(BLOSSOM, Filters(), door(replica.url, slept), replica.url))) == 1
    assert slept == [7.0]


@pytest.mark.parametrize("status", [400, 401, 404])
def test_a_page_that_is_too_deep_for_who_has_no_key_is_the_end(status: int) -> None:
    website = openverse(pictures(60))

    def shallow(path: str, parameters: dict[str, str]) -> Answer:
        return website(path, parameters) if parameters["page"] == "1" else Answer('{"detail": "deep"}', status)

    with serve(shallow) as replica:  # type: ignore[arg-type]
        assert len(list(search(BLOSSOM, Filters(), door(replica.url), replica.url))) == 20


def test_no_page_is_larger_than_anonymous_clients_may_ask_for() -> None:
    with serve(openverse(pictures(45))) as replica:
        assert len(list(search(BLOSSOM, Filters(), door(replica.url), replica.url))) == 45
        assert [parameters["page"] for parameters in replica.parameters()] == ["1", "2", "3"]


@given(st.text())
@settings(derandomize=True, deadline=None)
def test_any_text_is_read_or_named_as_a_changed_layout(text: str) -> None:
    try:
        read_page(text)
    except UnknownLayoutError as error:
        assert error.selector.startswith("v1/images")


@given(shaped(NAMES), shaped(NAMES))
@settings(derandomize=True, deadline=None)
def test_whatever_an_answer_holds_only_sane_values_come_out(item: object, count: object) -> None:
    found, pages = read_page(json.dumps({"results": [item, {"url": "https://a.kr/1.jpg"}], "page_count": count}))
    assert 0 <= pages <= MAX_PIXELS
    for one in found:
        assert 0 <= one.width <= MAX_PIXELS
        (one.image_url + one.page_url + one.title + one.licence + one.attribution).encode()


def test_filters_go_into_the_parameters_of_the_api() -> None:
    filters = Filters(license="commercial", size="icon", type="photo", aspect="wide")
    values = parse_qs(urlsplit(page_url(BLOSSOM, filters, "http://a", 1)).query)
    named = ("license_type", "size", "category", "aspect_ratio")
    assert [values[name] for name in named] == [["commercial"], ["small"], ["photograph"], ["wide"]]
