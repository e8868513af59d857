"""Naver: what is read of the data that a page carries, and of anything else."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from replicas import Answer, door, naver_page, pictures, serve, shaped

from crawler.answers import MAX_PIXELS, Found, UnknownLayoutError
from crawler.engines.naver import CAPTCHA, page_url, read_page, search
from crawler.filters import Filters
from pipeline.errors import CaptchaError, NoResultsError
from pipeline.records import Query

BLOSSOM = Query("B", "벚꽃 이미지")
NAMES = ["content", "items", "originalUrl", "link", "title", "orgWidth", "orgHeight", "type"]


def test_an_item_tells_the_image_its_page_its_title_and_its_size_and_advertisements_are_left_out() -> None:
    known = pictures(2)
    expected = [Found(one.url, one.page, one.title, width=1280, height=853) for one in known]
    assert read_page(naver_page(known)) == expected


def test_a_page_without_data_says_nothing() -> None:
    assert read_page("<html>imageSearchTabData</html>") is None


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ("{", "= {...}"),
        ("{content: run()}", "= {...}"),
        ("{content: {}}", "content.items"),
        ("{content: {items: {}}}", "content.items"),
        ("{content: {items: [{title: 'x'}]}}", "originalUrl"),
        ("{a:" * 90_000 + "1", "= {...}"),
    ],
)
def test_data_that_cannot_be_read_is_a_changed_layout_that_names_what_is_missing(data: str, named: str) -> None:
    with pytest.raises(UnknownLayoutError) as changed:
        read_page(f"<script>var imageSearchTabData = {data}</script>")
    assert named in changed.value.selector


@given(st.text())
@settings(derandomize=True, deadline=None)
def test_any_text_is_read_or_named_as_a_changed_layout(text: str) -> None:
    for page in (text, f"var imageSearchTabData={{{text}", f"var imageSearchTabData={{content:{{items:[{text}]}}}}"):
        try:
            read_page(page)
        except UnknownLayoutError as error:
            assert "imageSearchTabData" in error.selector


@given(shaped(NAMES))
@settings(derandomize=True, deadline=None)
def test_whatever_an_item_holds_only_sane_values_come_out(item: object) -> None:
    data = json.dumps({"content": {"items": [item, {"originalUrl": "https://a.kr/x.jpg"}]}})
    found = read_page(f"<script>var imageSearchTabData = {data}</script>")
    assert found
    for one in found:
        assert not one.image_url or one.image_url.startswith(("http://", "https://"))
        assert 0 <= one.width <= MAX_PIXELS
        (one.image_url + one.page_url + one.title).encode()


@pytest.mark.parametrize("words", CAPTCHA)
def test_a_captcha_is_a_wall_and_never_solved(words: str) -> None:
    with serve(lambda _path, _parameters: Answer(f"<p>{words}</p>")) as replica, pytest.raises(CaptchaError):
        list(search(BLOSSOM, Filters(), door(replica.url), replica.url))


def test_a_page_that_says_so_has_no_results() -> None:
    nothing = Answer("<p>'벚꽃 이미지'에 대한 검색결과가 없습니다.</p>")
    with serve(lambda _path, _parameters: nothing) as replica, pytest.raises(NoResultsError):
        list(search(BLOSSOM, Filters(), door(replica.url), replica.url))


def test_pages_are_asked_for_by_fifty_from_one() -> None:
    starts = [parse_qs(urlsplit(page_url(BLOSSOM, Filters(), "http://a", start)).query)["start"] for start in (1, 51)]
    assert starts == [["1"], ["51"]]


def test_filters_go_into_the_parameters_of_the_website() -> None:
    values = parse_qs(urlsplit(page_url(BLOSSOM, Filters(size="large", since="week"), "http://a", 1)).query)
    assert (values["res_fr"], values["res_to"], values["nso"]) == (["786432"], ["100000000"], ["so:r,p:1w,a:all"])
