"""Bing: what is read of a page of results, and of anything else."""

import html
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from replicas import Answer, bing, bing_page, door, pictures, serve, shaped

from crawler.answers import MAX_PIXELS, Found, UnknownLayoutError
from crawler.engines.bing import CAPTCHA, FILTERS, page_url, read_page, search
from crawler.filters import Filters
from pipeline.errors import CaptchaError, NoResultsError
from pipeline.records import Query

BLOSSOM = Query("B", "벚꽃 이미지")


def test_a_result_tells_the_image_its_page_its_title_and_its_size() -> None:
    known = pictures(2)
    expected = [Found(one.url, one.page, one.title, width=1280, height=853) for one in known]
    assert read_page(bing_page(known)) == expected


def test_links_of_other_classes_are_no_results() -> None:
    assert read_page('<a class="iusc2" m="{}"></a><a class="iusc"></a><b class="iusc" m="{}"></b>') == []


@pytest.mark.parametrize("data", ["", "{", "[]", "null", '{"murl":5}', '{"murl":"ftp://a/b"}', '{"murl":"http://["}'])
def test_results_without_an_image_are_a_changed_layout(data: str) -> None:
    page = f'<a class="iusc" m="{html.escape(data) or " "}"></a>'
    with pytest.raises(UnknownLayoutError, match="iusc"):
        read_page(page)


def test_one_broken_result_among_good_ones_costs_only_itself() -> None:
    page = '<a class="iusc" m="{&quot;x&quot;:1}"></a>' + bing_page(pictures(1))
    assert [one.image_url for one in read_page(page)] == ["", pictures(1)[0].url]


@given(st.text())
@settings(derandomize=True, deadline=None)
def test_any_text_is_read_or_named_as_a_changed_layout(text: str) -> None:
    for page in (
        text,
        f'<a class="iusc" m="{html.escape(text)}">',
        f'<a class="iusc" href="{html.escape(text)}" m="{{}}">',
    ):
        try:
            read_page(page)
        except UnknownLayoutError as error:
            assert "iusc" in error.selector


@given(shaped(["murl", "purl", "t"]), st.text(max_size=20))
@settings(derandomize=True, deadline=None)
def test_whatever_a_result_holds_only_sane_values_come_out(data: object, size: str) -> None:
    link = html.escape(f"/images/search?expw={size}&exph={size}")
    try:
        found = read_page(f'<a class="iusc" href="{link}" m="{html.escape(json.dumps(data))}"></a>')
    except UnknownLayoutError:
        return
    for one in found:
        assert one.image_url.startswith(("http://", "https://"))
        assert 0 <= one.width <= MAX_PIXELS
        (one.image_url + one.page_url + one.title).encode()


@pytest.mark.parametrize("words", CAPTCHA)
def test_a_challenge_is_a_wall_and_never_solved(words: str) -> None:
    wall = Answer(f"<html>{words}</html>")
    with serve(lambda _path, _parameters: wall) as replica, pytest.raises(CaptchaError):
        list(search(BLOSSOM, Filters(), door(replica.url), replica.url))


@pytest.mark.parametrize("body", ["", " \n", "<p>There are no results for this</p>", "<p>결과가 없습니다</p>"])
def test_an_empty_first_page_has_no_results(body: str) -> None:
    with serve(lambda _path, _parameters: Answer(body)) as replica, pytest.raises(NoResultsError):
        list(search(BLOSSOM, Filters(), door(replica.url), replica.url))


def test_what_was_found_before_a_wall_is_given_first() -> None:
    website = bing(pictures(60))

    def walled(path: str, parameters: dict[str, str]) -> Answer:
        return website(path, parameters) if parameters["first"] == "0" else Answer("captcha", 429)

    with serve(walled) as replica:  # type: ignore[arg-type]
        offered = search(BLOSSOM, Filters(), door(replica.url), replica.url)
        assert [next(offered).rank for _time in range(35)] == list(range(35))
        with pytest.raises(CaptchaError):
            next(offered)


def test_filters_go_into_qft() -> None:
    filters = Filters(license="commercial", size="icon", type="photo", aspect="wide", color="pink", since="week")
    expected = (
        "qft=%2Bfilterui%3Alicense-L2_L3_L4%2Bfilterui%3Aimagesize-small%2Bfilterui%3Aphoto-photo"
        "%2Bfilterui%3Aaspect-wide%2Bfilterui%3Acolor2-FGcls_PINK%2Bfilterui%3Aage-lt10080"
    )
    assert page_url(BLOSSOM, filters, "http://a", 0).endswith(expected)
    assert "qft" not in page_url(BLOSSOM, Filters(), "http://a", 0)
    assert "panoramic" not in FILTERS["aspect"]
