"""The engine: what it reads from addresses and script data, and from the loopback site through a real browser."""

import dataclasses
import io
import logging
import random
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from selenium.webdriver.remote.webdriver import WebDriver

from crawler.answers import UnknownLayoutError
from crawler.browser import open_browser
from crawler.engines.google.addresses import Link, is_preview, read_link, read_script_data, search_url
from crawler.engines.google.engine import search
from crawler.engines.google.gestures import wait
from crawler.engines.google.layers import GIVE_UP_AFTER, Layers
from crawler.engines.google.scripts import NEW_IMAGES, REMEMBER_IMAGES, TILES
from crawler.options import CrawlOptions
from pipeline.demo.offers import Offer
from pipeline.demo.searchhost import Behaviour
from pipeline.demo.site import Site, serve
from pipeline.errors import CaptchaError, NoResultsError, OfflineError
from pipeline.records import Candidate, Query

BLOSSOM = Query("B", "벚꽃 이미지")
QUICK = Behaviour(preview_delay=(0.02, 0.06), show_more_after=0)


def test_the_address_of_the_result_page_carries_the_query_and_the_image_tab() -> None:
    expected = "/search?q=%EB%B2%9A%EA%BD%83+%EC%9D%B4%EB%AF%B8%EC%A7%80&udm=2"
    assert search_url(BLOSSOM, "") == "https://www.google.com" + expected
    for base in ("http://127.0.0.1:8000", "http://127.0.0.1:8000/", "http://127.0.0.1:8000/search"):
        assert search_url(BLOSSOM, base) == "http://127.0.0.1:8000" + expected


def test_a_tile_link_tells_the_image_its_page_and_its_size() -> None:
    href = "https://www.google.com/imgres?q=x&imgurl=https%3A%2F%2Fa.kr%2F%25EB.jpg%3Fx%3D1&imgrefurl=http%3A%2F%2Fa.kr&w=640&h=480"
    assert read_link(href) == Link("https://a.kr/%EB.jpg?x=1", "http://a.kr", 640, 480)


@pytest.mark.parametrize("href", ["", "https://a.kr/page", "/imgres?w=3", "/search?imgurl=http://a.kr/x.jpg"])
def test_any_other_link_is_no_image(href: str) -> None:
    assert read_link(href) is None


@pytest.mark.parametrize("size", ["", "-3", "1e9", "٣", "9" * 40])
def test_a_size_that_is_no_number_is_not_known(size: str) -> None:
    assert read_link(f"/imgres?imgurl=http://a.kr/x.jpg&w={size}&h=5") == Link("http://a.kr/x.jpg", "", 0, 5)


@given(st.text())
@settings(derandomize=True, deadline=None)
def test_whatever_an_address_or_a_script_says_it_is_read_or_passed_over(text: str) -> None:
    read_link(f"/imgres?imgurl={text}&w={text}")
    read_link(f"http://[{text}/imgres?imgurl=x")
    for link in (read_script_data(text), read_script_data(f'["http:{text}",1,2],["https://[{text}",99999999999,3]')):
        assert link is None or link.image_url.encode()


def test_half_a_pair_of_surrogates_in_script_data_is_replaced_and_a_whole_one_is_read() -> None:
    link = read_script_data(r'["https://a.kr/\ud800x\ud83c\udf38.jpg",1,2]')
    assert link is not None
    assert link.image_url == "https://a.kr/\N{REPLACEMENT CHARACTER}x🌸.jpg"


def test_script_data_gives_the_first_image_that_is_no_preview() -> None:
    text = (
        '"doc",["https://encrypted-tbn0.gstatic.com/images?q\\u003dtbn:x",160,240],'
        '["https://a.kr/%EB%B2%9A.jpg?a\\u003d1\\x26b",480,640],["https://b.kr/y.jpg",1,1]'
    )
    assert read_script_data(text) == Link("https://a.kr/%EB%B2%9A.jpg?a=1&b", "", 640, 480)
    assert read_script_data('"doc",null') is None


@pytest.mark.parametrize(
    "url", ["", "data:image/png;base64,AA", "https://encrypted-tbn0.gstatic.com/x", "http://h/images?q=tbn:x", "/x.jpg"]
)
def test_the_engines_own_small_copies_are_no_images(url: str) -> None:
    assert is_preview(url)


@pytest.mark.parametrize("url", ["https://a.kr/x.jpg", "http://a.kr/images?q=roses", "https://gstatic.com.kr/x"])
def test_a_foreign_address_is_an_image(url: str) -> None:
    assert not is_preview(url)


def test_a_layer_that_never_gave_anything_is_left_alone_and_one_that_did_is_not() -> None:
    layers = Layers()
    for _time in range(GIVE_UP_AFTER):
        layers.count("hover", False)
        layers.count("click", False)
    assert layers.is_hopeless("hover")
    layers.count("click", True)
    for _time in range(GIVE_UP_AFTER):
        layers.count("click", False)
    assert not layers.is_hopeless("click")


def offers(count: int) -> list[Offer]:
    made = []
    for number in range(count):
        file = io.BytesIO()
        Image.new("RGB", (320, 200), (number * 5 % 256, 120, 90)).save(file, "JPEG")
        made.append(Offer(f"사진 {number}.jpg", file.getvalue(), title=f"사진 {number}"))
    return made


@pytest.fixture(scope="module")
def driver() -> Iterator[WebDriver]:
    with open_browser(CrawlOptions(), ("127.0.0.1",)) as session:
        yield session


def found(driver: WebDriver, site: Site, layers: Layers, most: int = 1000) -> list[Candidate]:
    offered = search(BLOSSOM, driver, site.search_url, layers)
    return [candidate for candidate, _number in zip(offered, range(most), strict=False)]


def assert_complete(candidates: Sequence[Candidate], offered: Sequence[Offer], site: Site) -> None:
    assert {candidate.image_url for candidate in candidates} == {site.address(offer) for offer in offered}
    assert [candidate.rank for candidate in candidates] == list(range(len(offered)))


@pytest.mark.browser
def test_hovering_finds_every_image_once_with_its_page_title_and_size(driver: WebDriver) -> None:
    offered = offers(70)
    layers = Layers()
    behaviour = dataclasses.replace(QUICK, show_more_after=2, duplicates=0.2, jsname=0.3)
    with serve({BLOSSOM.text: offered}, behaviour) as site:
        candidates = found(driver, site, layers)
        assert_complete(candidates, offered, site)
        assert site.requests.downloads.total() == 0
    assert layers.found["click"] == layers.found["script"] == 0
    first = next(candidate for candidate in candidates if candidate.title == "사진 0")
    assert (first.domain, first.engine, first.query) == ("B", "google", "벚꽃 이미지")
    assert (first.claimed_width, first.claimed_height) == (320, 200)
    assert first.page_url.startswith(f"http://{site.image_host}/")


@pytest.mark.browser
def test_a_search_reads_no_further_than_it_is_asked(driver: WebDriver) -> None:
    with serve({BLOSSOM.text: offers(70)}, QUICK) as site:
        assert len(found(driver, site, Layers(), most=5)) == 5
        assert site.requests.batches <= 1


@pytest.mark.browser
def test_clicking_finds_what_hovering_does_not(driver: WebDriver) -> None:
    offered = offers(12)
    layers = Layers()
    behaviour = dataclasses.replace(QUICK, hover_link=False, script_data=False, jsname=0.5, duplicates=0.0)
    with serve({BLOSSOM.text: offered}, behaviour) as site:
        assert_complete(found(driver, site, layers), offered, site)
    assert layers.found["click"] == 12


@pytest.mark.browser
def test_clicking_finds_an_image_that_the_browser_may_not_load() -> None:
    offered = offers(6)
    layers = Layers()
    behaviour = dataclasses.replace(QUICK, hover_link=False, script_data=False, panel_waits=True, duplicates=0.0)
    with serve({BLOSSOM.text: offered}, behaviour) as site:
        with open_browser(CrawlOptions(), (urlsplit(site.search_url).netloc,)) as narrow:
            assert_complete(found(narrow, site, layers), offered, site)
        assert not site.requests.shown
    assert layers.found["click"] == 6


class Slow(BaseHTTPRequestHandler):
    """Answers for an image whose name begins with "late" when it may."""

    may_answer = threading.Event()

    def do_GET(self) -> None:
        if self.path.startswith("/late"):
            self.may_answer.wait(30)
        body = b"<!doctype html><title>tiles</title>" if self.path == "/" else offers(1)[0].data
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if self.path == "/" else "image/jpeg")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_anything: object) -> None:
        """Say nothing."""


@pytest.mark.browser
def test_an_image_of_the_tile_before_that_ends_late_is_not_taken_for_the_next_tile(driver: WebDriver) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        driver.get(f"http://127.0.0.1:{server.server_port}/")
        ask = "const image = new Image(); window.asked = [...(window.asked ?? []), image]; image.src = arguments[0];"
        driver.execute_script(ask, "/late.jpg")
        driver.execute_script(REMEMBER_IMAGES, TILES)
        driver.execute_script(ask, "/next.jpg")
        Slow.may_answer.set()
        ended = "return performance.getEntriesByType('resource').filter((one) => one.initiatorType === 'img').length"
        assert wait(lambda: driver.execute_script(ended) == 2, 30)
        _shown, asked = driver.execute_script(NEW_IMAGES, TILES)
        server.shutdown()
    assert [urlsplit(url).path for url in asked] == ["/next.jpg"]


@pytest.mark.browser
def test_script_data_is_the_last_resort(driver: WebDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.engines.google.layers.FULL_IMAGE_SECONDS", 0.2)
    offered = offers(12)
    layers = Layers()
    behaviour = dataclasses.replace(QUICK, hover_link=False, panel=False)
    with serve({BLOSSOM.text: offered}, behaviour) as site:
        assert_complete(found(driver, site, layers), offered, site)
    assert layers.found["script"] >= 12


@pytest.mark.browser
def test_tiles_that_no_layer_can_read_are_a_changed_layout(driver: WebDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.engines.google.layers.FULL_IMAGE_SECONDS", 0.2)
    behaviour = dataclasses.replace(QUICK, hover_link=False, panel=False, script_data=False)
    with serve({BLOSSOM.text: offers(12)}, behaviour) as site, pytest.raises(UnknownLayoutError, match="imgurl"):
        found(driver, site, Layers())


def varied(seed: int) -> tuple[Behaviour, int]:
    """A behaviour of the site and a number of images: each of the eight sets of layers once, all else drawn."""
    draw = random.Random(seed)
    behaviour = Behaviour(
        consent=draw.random() < 0.3,
        hover_link=bool(seed & 1),
        panel=bool(seed & 2),
        script_data=bool(seed & 4),
        jsname=draw.choice([0.0, 0.5, 1.0]),
        preview_delay=(0.01, 0.05),
        batch=draw.choice([4, 9, 20]),
        inline_thumbnails=draw.choice([0, 5, 20]),
        show_more_after=draw.choice([0, 1, 2]),
        duplicates=draw.choice([0.0, 0.3]),
    )
    return behaviour, draw.randint(5, 16)


@pytest.mark.browser
@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_switched_off_all_images_are_found_or_the_layout_is_named(
    driver: WebDriver, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    behaviour, count = varied(seed)
    if not behaviour.panel:
        monkeypatch.setattr("crawler.engines.google.layers.FULL_IMAGE_SECONDS", 0.1)
    offered = offers(count)
    layers = Layers()
    with serve({BLOSSOM.text: offered}, behaviour, seed) as site:
        if not (behaviour.hover_link or behaviour.panel or behaviour.script_data):
            with pytest.raises(UnknownLayoutError, match="imgurl"):
                found(driver, site, layers)
            return
        assert_complete(found(driver, site, layers), offered, site)
    first = next(name for name in ("hover_link", "panel", "script_data") if getattr(behaviour, name))
    layer = {"hover_link": "hover", "panel": "click", "script_data": "script"}[first]
    assert layers.found[layer] >= count
    assert layers.found["unread"] == 0


@pytest.mark.browser
def test_a_page_without_tiles_is_a_changed_layout(driver: WebDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.engines.google.page.PAGE_SECONDS", 0.5)
    behaviour = dataclasses.replace(QUICK, layout_changed=True)
    with serve({BLOSSOM.text: offers(12)}, behaviour) as site, pytest.raises(UnknownLayoutError, match="data-docid"):
        found(driver, site, Layers())


@pytest.mark.browser
def test_a_page_that_says_so_has_no_results(driver: WebDriver) -> None:
    with serve({}, QUICK) as site, pytest.raises(NoResultsError, match="벚꽃 이미지"):
        found(driver, site, Layers())


@pytest.mark.browser
def test_the_consent_page_is_refused_and_left(driver: WebDriver) -> None:
    with serve({BLOSSOM.text: offers(3)}, dataclasses.replace(QUICK, consent=True)) as site:
        driver.get(site.search_url)
        driver.delete_all_cookies()
        assert len(found(driver, site, Layers(), most=3)) == 3
        assert [cookie["value"] for cookie in driver.get_cookies() if cookie["name"] == "SOCS"] == ["0"]


@pytest.mark.browser
def test_a_captcha_ends_the_search_after_what_was_found(driver: WebDriver) -> None:
    with serve({BLOSSOM.text: offers(70)}, dataclasses.replace(QUICK, captcha_after=3)) as site:
        offered = search(BLOSSOM, driver, site.search_url, Layers())
        assert next(offered).rank == 0
        with pytest.raises(CaptchaError, match=r"--headed --profile"):
            list(offered)


@pytest.mark.browser
def test_a_person_may_solve_the_captcha_in_the_window_and_the_search_goes_on(driver: WebDriver) -> None:
    offered = offers(30)
    walled = dataclasses.replace(QUICK, captcha_after=1, batch=10)

    class Person(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            assert "solve the captcha" in record.getMessage()
            driver.get(search_url(BLOSSOM, behind.search_url))

    person = Person()
    log = logging.getLogger("crawler.engines.google")
    log.addHandler(person)
    try:
        with serve({BLOSSOM.text: offered}, QUICK) as behind, serve({BLOSSOM.text: offers(12)}, walled) as site:
            candidates = list(search(BLOSSOM, driver, site.search_url, Layers(), patience_seconds=20.0))
            assert sum(behind.image_host in candidate.image_url for candidate in candidates) >= 20
    finally:
        log.removeHandler(person)
    assert sorted(candidate.title for candidate in candidates) == sorted(offer.title for offer in offered)
    assert [candidate.rank for candidate in candidates] == list(range(30))


@pytest.mark.browser
def test_nothing_else_that_a_page_embeds_is_reached(driver: WebDriver) -> None:
    with serve({}) as secret:
        trap = dataclasses.replace(
            QUICK, trap=f"http://localhost:{secret.search_url.rpartition(':')[2]}/search?q=x&udm=2"
        )
        with serve({BLOSSOM.text: offers(3)}, trap) as site:
            assert len(found(driver, site, Layers())) == 3
        assert secret.requests.pages == 0


@pytest.mark.browser
def test_an_engine_that_does_not_answer_is_offline(driver: WebDriver) -> None:
    with serve({}) as site:
        gone = site
    with pytest.raises(OfflineError, match=r"ERR_CONNECTION_REFUSED"):
        found(driver, gone, Layers())
