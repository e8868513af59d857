"""Wikimedia Commons: licence and author are kept, continuing ends, and the API's own errors are named."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from replicas import as_json, commons, door, pictures, serve, shaped

from crawler.answers import MAX_PIXELS, UnknownLayoutError
from crawler.engines.commons import BUSY, page_url, read_page, search
from crawler.filters import Filters
from pipeline.errors import CaptchaError
from pipeline.records import Query

BLOSSOM = Query("B", "벚꽃 이미지")
NAMES = ["query", "pages", "title", "index", "imageinfo", "url", "width", "extmetadata", "LicenseShortName", "value"]


def test_licence_and_author_come_with_each_image_without_their_html() -> None:
    with serve(commons(pictures(1))) as replica:
        (candidate,) = search(BLOSSOM, Filters(), door(replica.url), replica.url)
    assert candidate.licence == "CC BY-SA 4.0 https://creativecommons.org/licenses/by-sa/4.0"
    assert candidate.attribution == "홍길동"
    assert candidate.title == "벚꽃 & 거리"


def test_what_the_answer_gives_to_continue_is_given_back_until_it_gives_nothing() -> None:
    with serve(commons(pictures(120))) as replica:
        assert len(list(search(BLOSSOM, Filters(), door(replica.url), replica.url))) == 120
        assert [parameters.get("gsroffset") for parameters in replica.parameters()] == [None, "50", "100"]
        assert replica.parameters()[1]["continue"] == "gsroffset||"


def test_files_whose_details_come_in_the_next_answer_are_not_lost() -> None:
    """MediaWiki may cut an answer among the details: the same pages come again with the rest of them."""
    first = {"pages": [_file(1), {"title": "File:2", "index": 2}]}
    second = {"pages": [{"title": "File:1", "index": 1}, _file(2)]}
    answers = [
        {"batchcomplete": True, "query": second},
        {"continue": {"iistart": "x", "continue": "||"}, "query": first},
    ]
    with serve(lambda _path, _parameters: as_json(answers.pop())) as replica:
        offered = search(BLOSSOM, Filters(), door(replica.url), replica.url)
        assert [candidate.image_url[-5:] for candidate in offered] == ["1.jpg", "2.jpg"]


def _file(number: int) -> dict[str, object]:
    return {"title": f"File:{number}", "index": number, "imageinfo": [{"url": f"https://a.kr/{number}.jpg"}]}


@pytest.mark.parametrize("code", BUSY)
def test_an_api_that_is_busy_is_a_wall(code: str) -> None:
    busy = as_json({"error": {"code": code, "info": "wait"}})
    with serve(lambda _path, _parameters: busy) as replica, pytest.raises(CaptchaError, match=code):
        list(search(BLOSSOM, Filters(), door(replica.url), replica.url))


def test_any_other_error_of_the_api_is_named() -> None:
    with pytest.raises(UnknownLayoutError, match="badvalue"):
        read_page(json.dumps({"error": {"code": "badvalue", "info": "x"}}))


@given(st.text())
@settings(derandomize=True, deadline=None)
def test_any_text_is_read_or_named_as_a_changed_layout(text: str) -> None:
    try:
        read_page(text)
    except UnknownLayoutError as error:
        assert error.selector.startswith("api.php")


@given(shaped(NAMES), shaped(NAMES))
@settings(derandomize=True, deadline=None)
def test_whatever_an_answer_holds_only_sane_values_come_out(page: object, following: object) -> None:
    answer = {"query": {"pages": [page, _file(1)]}, "continue": following}
    found, going_on = read_page(json.dumps(answer))
    for one in found:
        assert 0 <= one.width <= MAX_PIXELS
        (one.image_url + one.page_url + one.title + one.licence + one.attribution).encode()
    page_url(BLOSSOM, Filters(), "http://a", going_on).encode("ascii")


def test_filters_become_words_of_the_search() -> None:
    values = parse_qs(urlsplit(page_url(BLOSSOM, Filters(size="large", license="commercial"), "http://a", {})).query)
    assert values["gsrsearch"] == ["벚꽃 이미지 filetype:bitmap fileres:>1000"]
