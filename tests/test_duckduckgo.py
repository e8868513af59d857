"""DuckDuckGo: the token, and what is read of its JSON and of anything else."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from replicas import TOKEN, Answer, as_json, door, duckduckgo, pictures, serve, shaped

from crawler.answers import MAX_PIXELS, UnknownLayoutError
from crawler.engines.duckduckgo import CAPTCHA, page_url, read_page, read_token, search
from crawler.filters import Filters
from pipeline.errors import CaptchaError
from pipeline.records import Query

BLOSSOM = Query("B", "벚꽃 이미지")
NAMES = ["results", "next", "image", "url", "title", "width", "height"]


@pytest.mark.parametrize("text", ['vqd="{}"', "vqd='{}'", "vqd={}&", 'vqd: "{}"'])
def test_the_token_is_found_however_it_is_quoted(text: str) -> None:
    assert read_token(f"<script>x();{text.format(TOKEN)}</script>") == TOKEN


def test_a_page_without_a_token_is_a_changed_layout() -> None:
    with pytest.raises(UnknownLayoutError, match="vqd"):
        read_token("<html></html>")


@pytest.mark.parametrize(
    "following", [None, "", 5, "i.js?s=0", "i.js?s=-100", "i.js?s=x", "http://[?s=1", "https://evil.example/"]
)
def test_a_next_address_that_leads_nowhere_is_the_end(following: object) -> None:
    known = {"results": [{"image": "https://a.kr/1.jpg"}], "next": following}

    def website(path: str, parameters: dict[str, str]) -> Answer:
        return duckduckgo([])(path, parameters) if path == "/" else as_json(known)

    with serve(website) as replica:  # type: ignore[arg-type]
        assert len(list(search(BLOSSOM, Filters(), door(replica.url), replica.url))) == 1
        assert [path for path, _parameters, _headers in replica.asked] == ["/", "/i.js"]


@given(st.text())
@settings(derandomize=True, deadline=None)
def test_any_text_is_read_or_named_as_a_changed_layout(text: str) -> None:
    for read in (read_page, read_token):
        try:
            read(text)
        except UnknownLayoutError as error:
            assert error.page == text


@given(shaped(NAMES), shaped(NAMES))
@settings(derandomize=True, deadline=None)
def test_whatever_an_answer_holds_only_sane_values_come_out(item: object, following: object) -> None:
    answer = {"results": [item, {"image": "https://a.kr/1.jpg"}], "next": following}
    found, place = read_page(json.dumps(answer))
    assert 0 <= place <= MAX_PIXELS
    for one in found:
        assert 0 <= one.width <= MAX_PIXELS
        (one.image_url + one.page_url + one.title).encode()


@pytest.mark.parametrize("words", CAPTCHA)
def test_an_anomaly_page_is_a_wall_also_where_json_was_due(words: str) -> None:
    def website(path: str, parameters: dict[str, str]) -> Answer:
        return duckduckgo([])(path, parameters) if path == "/" else Answer(f"<html>{words}</html>")

    with serve(website) as replica, pytest.raises(CaptchaError):  # type: ignore[arg-type]
        list(search(BLOSSOM, Filters(), door(replica.url), replica.url))


def test_a_title_that_speaks_of_a_wall_is_none() -> None:
    known = [{"image": "https://a.kr/1.jpg", "title": CAPTCHA[0]}]

    def website(path: str, parameters: dict[str, str]) -> Answer:
        return duckduckgo([])(path, parameters) if path == "/" else as_json({"results": known})

    with serve(website) as replica:  # type: ignore[arg-type]
        assert [one.title for one in search(BLOSSOM, Filters(), door(replica.url), replica.url)] == [CAPTCHA[0]]


def test_filters_go_into_f_in_its_order() -> None:
    filters = Filters(license="cc", size="large", type="photo", aspect="tall", color="gray", since="year")
    values = parse_qs(urlsplit(page_url(BLOSSOM, filters, "http://a", TOKEN, 0)).query)
    assert values["f"] == ["time:Year,size:Large,color:Monochrome,type:photo,layout:Tall,license:Any"]
    assert ",,,,," in page_url(BLOSSOM, Filters(), "http://a", TOKEN, 0).replace("%2C", ",")


def test_two_pages_are_one_list() -> None:
    with serve(duckduckgo(pictures(150))) as replica:
        assert len(list(search(BLOSSOM, Filters(), door(replica.url), replica.url))) == 150
        assert [parameters.get("s") for parameters in replica.parameters()] == [None, None, "100"]
