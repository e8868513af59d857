"""`doctor --live` against the demo's site: which layers still read the page, and what a report says where none does."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from test_build import picture

from crawler.live import QUESTION, examine_live
from crawler.options import CrawlOptions
from pipeline.demo.offers import Offer
from pipeline.demo.searchhost import Behaviour
from pipeline.demo.site import serve
from pipeline.errors import CaptchaError, NoResultsError

OFFERS = [Offer(f"{seed}.jpg", picture(seed), title=f"title {seed}") for seed in range(12)]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("crawler.engines.google.page.PAGE_SECONDS", 1.0)
    return


@pytest.mark.browser
def test_each_layer_is_asked_alone_for_three_images() -> None:
    with serve({QUESTION.text: OFFERS}) as site:
        report = examine_live(CrawlOptions(search_url=site.search_url))
        assert site.requests.downloads.total() == 0
    assert {layer.layer: (layer.state, layer.found) for layer in report.layers} == {
        "hover": ("works", 3),
        "click": ("works", 3),
        "script": ("works", 3),
    }
    assert report.exit_code == 0
    assert {host for layer in report.layers for host in layer.hosts} == {site.image_host}
    text = report.text()
    assert text.startswith(f"### google: {QUESTION.text} @ {site.search_url}")
    assert "- ✓ hover: works, 3 of 3" in text


@pytest.mark.browser
def test_a_layer_that_gives_nothing_is_told_and_the_others_are_asked() -> None:
    with serve({QUESTION.text: OFFERS}, Behaviour(hover_link=False, script_data=False)) as site:
        report = examine_live(CrawlOptions(search_url=site.search_url))
    assert [(layer.layer, layer.state) for layer in report.layers] == [
        ("hover", "nothing"),
        ("click", "works"),
        ("script", "nothing"),
    ]
    assert report.exit_code == 0
    assert report.layers[0].detail


@pytest.mark.browser
@pytest.mark.parametrize(
    ("behaviour", "state", "code"),
    [
        (Behaviour(captcha_after=-1), "captcha", CaptchaError.exit_code),
        (Behaviour(no_results=True), "no_results", NoResultsError.exit_code),
    ],
)
def test_a_website_that_does_not_answer_is_asked_once(behaviour: Behaviour, state: str, code: int) -> None:
    with serve({QUESTION.text: OFFERS}, behaviour) as site:
        report = examine_live(CrawlOptions(search_url=site.search_url))
    assert [layer.state for layer in report.layers] == [state, "not_asked", "not_asked"]
    assert report.exit_code == code
    assert set(asdict(report)) == {"engine", "address", "query", "versions", "layers", "exit_code"}


@pytest.mark.parametrize("engine", ["bing", "naver", "duckduckgo", "openverse", "commons"])
def test_an_engine_without_a_browser_is_asked_for_its_pages(engine: str, tmp_path: Path) -> None:
    with serve({QUESTION.text: OFFERS}) as site:
        report = examine_live(CrawlOptions(engine=engine, search_url=site.search_url))
    assert [layer.layer for layer in report.layers] == ["pages"]
    assert report.layers[0].state != "works"  # the site is Google's likeness
    assert report.exit_code != 0
