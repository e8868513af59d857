"""The demo's image-search site, over real loopback HTTP and in a real Chromium."""

import base64
import http.client
import io
import json
import re
import socket
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from pipeline.demo.offers import Offer
from pipeline.demo.searchhost import Behaviour
from pipeline.demo.site import Site, serve

QUERY = "벚꽃 이미지"
OPEN = Behaviour(consent=False, jsname=1.0, duplicates=0.0)


def picture(number: int) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (96, 64), (number * 37 % 256, number * 91 % 256, 160)).save(stream, "JPEG")
    return stream.getvalue()


def offers(count: int) -> list[Offer]:
    return [Offer(f"벚꽃 사진 {number:02d}.jpg", picture(number), title=f"벚꽃 {number}") for number in range(count)]


class Elements(HTMLParser):
    """Every start tag of a page, in order, with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def having(self, attribute: str) -> list[dict[str, str]]:
        return [attributes for _tag, attributes in self.found if attribute in attributes]

    def first_link_after(self, document_id: str) -> dict[str, str]:
        place = next(at for at, (_tag, has) in enumerate(self.found) if has.get("data-docid") == document_id)
        return next(attributes for tag, attributes in self.found[place:] if tag == "a")


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as opened:
        opened.trust_env = False
        yield opened


def search(session: requests.Session, site: Site, query: str = QUERY, **more: str) -> requests.Response:
    return session.get(f"{site.search_url}/search", params={"q": query, "udm": "2", **more}, timeout=10)


def batch(session: requests.Session, site: Site, start: int) -> requests.Response:
    return session.get(f"{site.search_url}/async", params={"q": QUERY, "start": start, "load": 1}, timeout=10)


def test_the_first_visit_is_sent_to_the_consent_page(session: requests.Session) -> None:
    with serve({QUERY: offers(2)}) as site:
        answer = search(session, site)
    assert urlsplit(answer.url).path == "/consent"
    identities = [attributes["id"] for attributes in Elements(answer.text).having("id")]
    assert identities == ["W0wltc", "L2AGLb"]


def test_refusing_cookies_leads_back_to_the_search(session: requests.Session) -> None:
    with serve({QUERY: offers(2)}) as site:
        wall = search(session, site)
        destination = parse_qs(urlsplit(wall.url).query)["continue"][0]
        answer = session.post(f"{site.search_url}/consent", data={"continue": destination, "set": "no"}, timeout=10)
    assert answer.history[0].status_code == 303
    assert "벚꽃 1" in answer.text


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "http://127.0.0.1:1/",
        "/\r\nSet-Cookie: stolen=1",
        "http://OWN//evil.example",
        "http://OWN@evil.example/",
        "",
    ],
)
def test_continue_never_leaves_the_site(session: requests.Session, address: str) -> None:
    with serve({QUERY: offers(1)}) as site:
        hostile = address.replace("OWN", site.search_url.removeprefix("http://"))
        form = {"continue": hostile, "set": "yes"}
        answer = session.post(f"{site.search_url}/consent", data=form, allow_redirects=False, timeout=10)
    assert answer.headers["Location"] == "/"
    assert "stolen" not in answer.cookies


def test_the_old_parameter_of_image_search_redirects_to_the_new_one(session: requests.Session) -> None:
    with serve({QUERY: offers(1)}, OPEN) as site:
        answer = session.get(f"{site.search_url}/search", params={"q": QUERY, "tbm": "isch"}, timeout=10)
    assert parse_qs(urlsplit(answer.url).query) == {"q": [QUERY], "udm": ["2"]}
    assert answer.history[0].status_code == 302


def test_a_query_finds_its_gallery_however_its_hangul_is_composed(session: requests.Session) -> None:
    decomposed = "\u1107\u1165\u11bd\u1101\u1169\u11be \u110b\u1175\u1106\u1175\u110c\u1175"
    with serve({QUERY: offers(1)}, OPEN) as site:
        assert "벚꽃 0" in search(session, site, decomposed).text


def test_a_tile_names_its_document_and_page_but_hides_the_picture(session: requests.Session) -> None:
    with serve({QUERY: offers(1)}, Behaviour(consent=False, jsname=1.0, script_data=False)) as site:
        text = search(session, site).text
        tile = Elements(text).having("data-docid")[0]
        assert tile["jsname"] == "dTDiAc"
        assert tile["data-lpage"].startswith(f"http://{site.image_host}/")
        assert "href" not in Elements(text).first_link_after(tile["data-docid"])
        assert "imgurl" not in text.split("<script>")[0]
        assert site.address(offers(1)[0]) not in text


def test_class_names_change_at_every_load(session: requests.Session) -> None:
    with serve({QUERY: offers(1)}, OPEN) as site:
        first, second = (
            {
                name
                for attributes in Elements(search(session, site).text).having("class")
                for name in attributes["class"].split()
            }
            for _load in range(2)
        )
    assert first and not first & second


@pytest.mark.parametrize(("share", "least", "most"), [(0.0, 0, 0), (0.5, 4, 16), (1.0, 20, 20)])
def test_the_share_of_tiles_that_carry_a_jsname_is_as_told(
    session: requests.Session, share: float, least: int, most: int
) -> None:
    with serve({QUERY: offers(20)}, Behaviour(consent=False, jsname=share)) as site:
        text = search(session, site).text
    assert least <= text.count('jsname="dTDiAc"') <= most


def test_the_first_thumbnails_are_inside_the_page_and_later_ones_have_addresses(session: requests.Session) -> None:
    with serve({QUERY: offers(4)}, Behaviour(consent=False, inline_thumbnails=2)) as site:
        elements = Elements(search(session, site).text)
        lazy = elements.having("data-src")
        thumbnail = session.get(site.search_url + lazy[0]["data-src"], timeout=10)
    assert elements.found and len(lazy) == 2
    assert sum(has["src"].startswith("data:image/jpeg;base64,") for has in elements.having("src")) == 2
    assert Image.open(io.BytesIO(thumbnail.content)).format == "JPEG"


def test_batches_reach_every_tile_once_and_then_are_empty(session: requests.Session) -> None:
    with serve({QUERY: offers(7)}, Behaviour(consent=False, batch=3, duplicates=0.0)) as site:
        parts = [search(session, site).text, *(batch(session, site, start).text for start in (3, 6, 9))]
        found = [[has["data-docid"] for has in Elements(part).having("data-docid")] for part in parts]
        assert [len(part) for part in found] == [3, 3, 1, 0]
        assert len({document for part in found for document in part}) == 7
        assert (site.requests.pages, site.requests.batches) == (1, 3)


def test_duplicate_tiles_repeat_an_earlier_document(session: requests.Session) -> None:
    with serve({QUERY: offers(20)}, Behaviour(consent=False, batch=99, duplicates=0.25)) as site:
        documents = [has["data-docid"] for has in Elements(search(session, site).text).having("data-docid")]
    assert (len(documents), len(set(documents))) == (25, 20)


def test_script_data_holds_address_height_and_width(session: requests.Session) -> None:
    with serve({QUERY: offers(1)}, OPEN) as site:
        text = search(session, site).text
        data = re.search(r"data:(\[.*?\]),sideChannel", text)
        assert data is not None
        entry = json.loads(data[1])[1][0]
        assert entry[3] == [site.address(offers(1)[0]), 64, 96]
        assert entry[1] == Elements(text).having("data-docid")[0]["data-docid"]


def test_a_changed_layout_has_nothing_that_a_tile_was_known_by(session: requests.Session) -> None:
    with serve({QUERY: offers(3)}, Behaviour(consent=False, layout_changed=True, script_data=False)) as site:
        text = search(session, site).text
        grid = text[text.index('id="islrg"') : text.index('id="more"')]
        assert "벚꽃 2" in grid
        for known in ("jsname", "data-docid", "data-lpage", "<a", "<img", site.image_host):
            assert known not in grid


@pytest.mark.parametrize(
    ("behaviour", "query"), [(OPEN, "없는 <b>말</b>"), (Behaviour(consent=False, no_results=True), QUERY)]
)
def test_a_query_without_results_says_so(session: requests.Session, behaviour: Behaviour, query: str) -> None:
    with serve({QUERY: offers(1)}, behaviour) as site:
        text = search(session, site, query).text
    assert "와 일치하는 이미지 검색결과가 없습니다" in text
    assert "<b>말" not in text


def test_a_captcha_follows_so_many_result_batches_and_cannot_be_passed(session: requests.Session) -> None:
    with serve({QUERY: offers(60)}, Behaviour(consent=False, captcha_after=2)) as site:
        statuses = [search(session, site).status_code, *(batch(session, site, start).status_code for start in (20, 40))]
        wall = search(session, site)
        solved = session.post(wall.url, data={"person": "on"}, timeout=10)
        assert statuses == [200, 200, 429]
        assert urlsplit(wall.url).path == "/sorry/index"
        assert {"id": "captcha-form", "action": "index", "method": "post"} in Elements(wall.text).having("id")
        assert solved.status_code == 429
        assert site.requests.captchas == 3


def test_hostile_titles_and_addresses_stay_text(session: requests.Session) -> None:
    title = """<script>alert(1)</script>"'onerror=x"""
    offer = Offer("a.jpg", picture(1), title=title, page="javascript:alert(2)//")
    with serve({"<i>": [offer]}, OPEN) as site:
        elements = Elements(search(session, site, "<i>").text)
        tile = elements.having("data-docid")[0]
    assert elements.having("alt")[0]["alt"] == title
    assert not elements.having("onerror")
    assert not [has for has in elements.having("href") if "javascript" in has["href"]]
    assert tile["data-lpage"] == "javascript:alert(2)//"
    assert "alert(1)</script>" not in str(elements.found[0])
    assert sum(tag == "i" for tag, _has in elements.found) == 0


@pytest.mark.parametrize(
    "name",
    [
        "벚꽃 사진 01.jpg",
        "\u1107\u1165\u11bd.jpg",
        "a+b%20c.jpg",
        "a#b.jpg",
        "사진.php?번호=7&w=1",
        "a//b.jpg",
        "😀.jpg",
    ],
)
def test_a_picture_of_any_name_is_served_whole_under_its_address(session: requests.Session, name: str) -> None:
    with serve({QUERY: [Offer(name, picture(3))]}) as site:
        answer = session.get(site.address(Offer(name, b"")), timeout=10)
        assert answer.content == picture(3)
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["Content-Length"] == str(len(picture(3)))
        assert site.requests.downloads == {name: 1}


@settings(derandomize=True, deadline=None, max_examples=8)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="?/")), min_size=1, max_size=12, unique=True))
def test_every_unicode_name_leads_to_its_own_picture(names: list[str]) -> None:
    gallery = [Offer(name, str(number).encode()) for number, name in enumerate(names)]
    with serve({QUERY: gallery}) as site:
        connection = http.client.HTTPConnection(site.image_host, timeout=10)
        try:
            for offer in gallery:
                # The standard library sends the path as it is; requests would resolve "..".
                connection.request("GET", site.address(offer).removeprefix(f"http://{site.image_host}"))
                assert connection.getresponse().read() == offer.data
        finally:
            connection.close()


def test_a_dead_link_keeps_its_status_and_its_thumbnail(session: requests.Session) -> None:
    offer = Offer("gone.jpg", b"404", "text/plain", status=404, preview=picture(5))
    with serve({QUERY: [offer]}, OPEN) as site:
        answer = session.get(site.address(offer), timeout=10)
        text = search(session, site).text
    assert (answer.status_code, answer.content) == (404, b"404")
    assert base64.b64encode(picture(5)).decode() in text


def test_a_busy_address_answers_503_first_and_then_serves(session: requests.Session) -> None:
    offer = Offer("busy.jpg", picture(1), fail_first=1)
    with serve({QUERY: [offer]}) as site:
        first, second = (session.get(site.address(offer), timeout=10) for _try in range(2))
    assert (first.status_code, first.headers["Retry-After"]) == (503, "1")
    assert (second.status_code, second.content) == (200, picture(1))


def test_what_a_page_shows_is_not_counted_as_a_download(session: requests.Session) -> None:
    offer = offers(1)[0]
    with serve({QUERY: [offer]}) as site:
        session.get(site.address(offer), headers={"Sec-Fetch-Dest": "image"}, timeout=10)
        assert site.requests.shown == {offer.name: 1}
        assert not site.requests.downloads


def test_the_page_of_a_picture_exists(session: requests.Session) -> None:
    with serve({QUERY: [Offer("a.jpg", picture(1), title="<봄>", page="blog/봄 1")]}, OPEN) as site:
        tile = Elements(search(session, site).text).having("data-docid")[0]
        answer = session.get(tile["data-lpage"], timeout=10)
        assert unquote(tile["data-lpage"]) == f"http://{site.image_host}/blog/봄 1"
    assert answer.status_code == 200 and "&lt;봄&gt;" in answer.text


def test_the_image_host_has_no_robots_file_and_remembers_what_it_has_not(session: requests.Session) -> None:
    with serve({QUERY: offers(1)}) as site:
        answer = session.get(f"http://{site.image_host}/robots.txt", timeout=10)
        assert answer.status_code == 404
        assert site.requests.unknown == {"/robots.txt": 1}


@pytest.mark.parametrize("path", ["/async?q=x&start=0&load=1", "/async?q=%EB%B2%9A&start=-1&load=a"])
def test_a_batch_of_nothing_known_is_refused(session: requests.Session, path: str) -> None:
    with serve({QUERY: offers(1)}) as site:
        assert session.get(site.search_url + path, timeout=10).status_code == 400


def test_two_different_pictures_of_one_name_are_refused() -> None:
    gallery = {"a": [Offer("x.jpg", picture(1))], "b": [Offer("x.jpg", picture(2))]}
    with pytest.raises(ValueError, match=r"x\.jpg"), serve(gallery):
        pass


def test_a_picture_may_stand_in_two_galleries(session: requests.Session) -> None:
    with serve({"a": offers(1), "b": offers(1)}, OPEN) as site:
        assert all("벚꽃 0" in search(session, site, query).text for query in "ab")


def test_the_same_seed_gives_the_same_page(session: requests.Session) -> None:
    texts = []
    for _run in range(2):
        with serve({QUERY: offers(5)}, Behaviour(consent=False, script_data=False), seed=3) as site:
            tiles = Elements(search(session, site).text).having("data-docid")
            texts.append([(tile["data-docid"], tile["class"], tile.get("jsname")) for tile in tiles])
    assert texts[0] == texts[1]


def test_closing_ends_connections_that_clients_keep_open() -> None:
    with serve({QUERY: offers(1)}) as site:
        host, port = site.image_host.split(":")
        kept = socket.create_connection((host, int(port)), timeout=10)
        kept.sendall(b"GET /robots.txt HTTP/1.1\r\nHost: x\r\n\r\n")
        assert kept.recv(12) == b"HTTP/1.1 404"
    with kept:
        while kept.recv(4096):
            pass  # the rest of the answer, then the end
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=10)


@pytest.fixture(scope="module")
def chromium() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,900"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options, Service(executable_path="/usr/bin/chromedriver"))
    try:
        yield driver
    finally:
        driver.quit()


def visit(chromium: webdriver.Chrome, site: Site) -> list[WebElement]:
    chromium.get(f"{site.search_url}/search?q={QUERY}&udm=2")
    return tiles(chromium)


def tiles(chromium: webdriver.Chrome) -> list[WebElement]:
    return chromium.find_elements(By.CSS_SELECTOR, "div[jsname=dTDiAc]")


def panels(chromium: webdriver.Chrome) -> list[WebElement]:
    return chromium.find_elements(By.CSS_SELECTOR, "div[jsname=figiqf]")


def link(tile: WebElement) -> str | None:
    return tile.find_element(By.TAG_NAME, "a").get_dom_attribute("href")


def hover(chromium: webdriver.Chrome, element: WebElement) -> None:
    ActionChains(chromium, duration=0).scroll_to_element(element).move_to_element(element).perform()


@pytest.mark.browser
def test_hovering_and_clicking_by_script_do_nothing(chromium: webdriver.Chrome) -> None:
    with serve({QUERY: offers(3)}, OPEN) as site:
        tile = visit(chromium, site)[1]
        chromium.execute_script(
            "for (const type of ['mouseover', 'mouseenter', 'mousedown', 'click'])"
            "  arguments[0].querySelector('img').dispatchEvent(new MouseEvent(type, {bubbles: true}));"
            "arguments[0].querySelector('a').click(); arguments[0].click();",
            tile,
        )
        assert link(tile) is None
        assert not panels(chromium)


@pytest.mark.browser
def test_a_trusted_hover_gives_the_link_its_address(chromium: webdriver.Chrome) -> None:
    with serve({QUERY: offers(3)}, OPEN) as site:
        tile = visit(chromium, site)[1]
        assert link(tile) is None
        hover(chromium, tile)
        address = urlsplit(link(tile) or "")
        facts = {name: values[0] for name, values in parse_qs(address.query).items()}
        assert address.path == "/imgres"
        assert facts["imgurl"] == site.address(offers(3)[1])
        assert facts["imgrefurl"] == tile.get_dom_attribute("data-lpage")
        assert (facts["w"], facts["h"]) == ("96", "64")
        assert facts["docid"] == tile.get_dom_attribute("data-docid")
        assert not site.requests.shown


@pytest.mark.browser
def test_hovering_gives_nothing_where_the_behaviour_says_so(chromium: webdriver.Chrome) -> None:
    with serve({QUERY: offers(3)}, Behaviour(consent=False, jsname=1.0, hover_link=False)) as site:
        tile = visit(chromium, site)[1]
        hover(chromium, tile)
        assert link(tile) is None


@pytest.mark.browser
def test_a_trusted_click_appends_a_panel_that_shows_the_preview_and_then_the_picture(
    chromium: webdriver.Chrome,
) -> None:
    with serve({QUERY: offers(3)}, OPEN) as site:
        visit(chromium, site)
        chromium.execute_script(
            "window.seen = []; const note = (image) => seen.push(image.src);"
            "new MutationObserver((records) => records.forEach((record) => {"
            "  if (record.type === 'attributes') note(record.target);"
            "  record.addedNodes.forEach((node) => node.querySelectorAll('img').forEach(note));"
            "})).observe(document.body, {childList: true, subtree: true, attributeFilter: ['src']});"
        )
        for place in (0, 1):
            tiles(chromium)[place].click()
            wanted = 2 * (place + 1)
            WebDriverWait(chromium, 10, 0.05).until(lambda c, n=wanted: len(c.execute_script("return seen")) == n)
        seen = chromium.execute_script("return seen")
        assert [address.startswith(f"{site.search_url}/images?q=tbn:") for address in seen] == [True, False] * 2
        assert seen[1::2] == [site.address(offer) for offer in offers(2)]
        assert len(panels(chromium)) == 2
        assert (
            panels(chromium)[-1].find_element(By.CSS_SELECTOR, "img[jsname=kn3ccd]").get_dom_attribute("src") == seen[3]
        )


@pytest.mark.browser
def test_next_walks_to_the_last_tile_and_is_disabled_there(chromium: webdriver.Chrome) -> None:
    with serve({QUERY: offers(5)}, Behaviour(consent=False, jsname=1.0, duplicates=0.0, batch=2)) as site:
        visit(chromium, site)[0].click()
        for count in range(2, 6):
            panels(chromium)[-1].find_element(By.CSS_SELECTOR, "button[jsname=OCpkoe]").click()
            WebDriverWait(chromium, 10, 0.05).until(lambda c, n=count: len(panels(c)) == n)
        assert not panels(chromium)[-1].find_element(By.CSS_SELECTOR, "button[jsname=OCpkoe]").is_enabled()


def scroll_to_the_end(chromium: webdriver.Chrome) -> int:
    """Scrolls and clicks the control until the page says that it has ended; returns the clicks."""
    clicks = 0
    deadline = time.monotonic() + 30
    while "더 이상 표시할 콘텐츠가 없습니다." not in chromium.find_element(By.TAG_NAME, "body").text:
        assert time.monotonic() < deadline
        control = chromium.find_element(By.CSS_SELECTOR, "input[value='결과 더보기']")
        if control.is_displayed():
            control.click()
            clicks += 1
        chromium.execute_script("scrollTo(0, document.body.scrollHeight)")
    return clicks


@pytest.mark.browser
def test_scrolling_and_the_control_reach_every_tile_and_no_other_host(chromium: webdriver.Chrome) -> None:
    behaviour = Behaviour(consent=True, jsname=1.0, batch=10, duplicates=0.0, inline_thumbnails=5, show_more_after=2)
    with serve({QUERY: offers(50)}, behaviour) as site:
        chromium.delete_all_cookies()
        visit(chromium, site)
        chromium.find_element(By.ID, "W0wltc").click()
        WebDriverWait(chromium, 10, 0.05).until(tiles)
        clicks = scroll_to_the_end(chromium)
        found = {tile.get_dom_attribute("data-docid") for tile in tiles(chromium)}
        hosts = chromium.execute_script(
            "return [...new Set(performance.getEntriesByType('resource').map((entry) => new URL(entry.name).origin))]"
        )
        assert (len(found), clicks, site.requests.batches) == (50, 2, 4)
        assert hosts == [site.search_url]
        assert not site.requests.shown


@pytest.mark.browser
def test_a_captcha_in_the_middle_takes_the_place_of_the_page(chromium: webdriver.Chrome) -> None:
    with serve({QUERY: offers(30)}, Behaviour(consent=False, batch=10, captcha_after=1)) as site:
        visit(chromium, site)
        chromium.execute_script("scrollTo(0, document.body.scrollHeight)")
        WebDriverWait(chromium, 10, 0.05).until(lambda c: c.find_elements(By.ID, "captcha-form"))
        assert urlsplit(chromium.current_url).path == "/sorry/index"


@pytest.mark.browser
def test_a_trap_is_embedded_so_that_an_unguarded_browser_walks_into_it(chromium: webdriver.Chrome) -> None:
    with serve({}) as secret:
        address = f"http://{secret.image_host}/secret"
        with serve({QUERY: offers(1)}, Behaviour(consent=False, trap=address)) as site:
            visit(chromium, site)
            WebDriverWait(chromium, 10, 0.05).until(lambda _c: secret.requests.unknown == {"/secret": 2})
