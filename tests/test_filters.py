"""Filters: the words are one list, each engine maps those that it can, and no engine maps what nobody can say."""

import dataclasses
import itertools
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from crawler.engines import bing, commons, duckduckgo, naver, openverse, urls
from crawler.engines.google import addresses as google
from crawler.filters import ANY, Filters, FilterTable
from crawler.options import ENGINES, CrawlOptions
from pipeline.records import Query

TABLES: dict[str, FilterTable] = {
    engine.NAME: engine.FILTERS for engine in (bing, commons, duckduckgo, google, naver, openverse, urls)
}
WORDS = {
    field.name: field.metadata["choices"]
    for field in dataclasses.fields(CrawlOptions)
    if field.metadata["group"] == "Filters"
}


def test_the_options_and_the_filters_have_the_same_names() -> None:
    assert list(WORDS) == [field.name for field in dataclasses.fields(Filters)]


@pytest.mark.parametrize("engine", TABLES)
def test_an_engine_maps_only_words_that_can_be_said(engine: str) -> None:
    for name, words in TABLES[engine].items():
        assert set(words) <= set(WORDS[name]) - {ANY}


def test_every_word_is_understood_by_at_least_one_engine() -> None:
    said = {(name, word) for name, words in WORDS.items() for word in words if word != ANY}
    assert said == {(name, word) for table in TABLES.values() for name, words in table.items() for word in words}


def test_google_understands_every_word() -> None:
    assert {name: set(words) | {ANY} for name, words in google.FILTERS.items()} == {
        name: set(words) for name, words in WORDS.items()
    }


@pytest.mark.parametrize("engine", TABLES)
def test_what_an_engine_refuses_and_what_it_maps_are_all_that_was_chosen(engine: str) -> None:
    for words in itertools.islice(zip(*map(itertools.cycle, WORDS.values()), strict=False), 60):
        filters = Filters(*words)
        refused = filters.refused_by(TABLES[engine])
        kept = dataclasses.replace(filters, **{name: ANY for name, _word in refused})
        assert set(kept.mapped(TABLES[engine])) | {name for name, _word in refused} == {
            name for name, _word in filters.chosen()
        }


def test_google_writes_filters_into_tbs() -> None:
    filters = Filters(license="cc", size="large", type="photo", aspect="tall", color="pink", since="year")
    query = Query("B", "벚꽃 이미지")
    values = parse_qs(urlsplit(google.search_url(query, "", filters)).query)
    assert values["tbs"] == ["sur:cl,isz:l,itp:photo,iar:t,ic:specific,isc:pink,qdr:y"]
    assert "tbs" not in google.search_url(query, "")


def test_filters_are_told_in_one_line() -> None:
    assert Filters(size="large", since="day").text() == "size=large,since=day"
    assert Filters().text() == ""


def test_the_documentation_names_every_engine_and_every_word() -> None:
    text = (Path(__file__).parents[1] / "docs" / "engines.md").read_text(encoding="utf-8")
    words = {word for name, words in WORDS.items() if name != "color" for word in words}
    assert [word for word in sorted({*ENGINES, *words}) if f"`{word}`" not in text] == []
