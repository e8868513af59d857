"""Google Images: a query to candidates, by a page that a real browser shows. Knows its website and nothing else.

The page's facts (DESIGN.md, section 5): a tile's link gets its address only under a mouse that the browser trusts, so
every tile is hovered and read; where that gives nothing it is clicked, and where that gives nothing the page's inline
script data is read. Tiles are found by structure first and by `jsname` second; class names change too often to be used.
"""

import itertools
import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from selenium.common.exceptions import (
    ElementNotInteractableException,
    MoveTargetOutOfBoundsException,
    StaleElementReferenceException,
    TimeoutException,
    WebDriverException,
)
from selenium.webdriver import ActionChains
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement

from crawler.answers import MAX_ADDRESS, UnknownLayoutError, size_of, text_of
from crawler.filters import HUES, Filters, FilterTable
from pipeline.errors import CaptchaError, NoResultsError, OfflineError
from pipeline.language import _
from pipeline.records import Candidate, Query

NAME = "google"
ADDRESS = "https://www.google.com"
HOSTS = ("google.com", "*.google.com", "*.gstatic.com", "*.googleusercontent.com")
"""What the browser may reach while it shows this engine's pages."""

FILTERS: FilterTable = {
    "license": {"cc": "sur:cl", "commercial": "sur:ol"},
    "size": {"large": "isz:l", "medium": "isz:m", "icon": "isz:i"},
    "type": {word: f"itp:{word}" for word in ("photo", "clipart", "lineart", "animated", "face")},
    "aspect": {"tall": "iar:t", "square": "iar:s", "wide": "iar:w", "panoramic": "iar:xw"},
    "color": {
        "color": "ic:color",
        "gray": "ic:gray",
        "transparent": "ic:trans",
        **{hue: f"ic:specific,isc:{hue}" for hue in HUES},
    },
    "since": {"day": "qdr:d", "week": "qdr:w", "month": "qdr:m", "year": "qdr:y"},
}
"""The members of the parameter `tbs`."""

TILES = ("div[data-docid], [data-lpage]", "div[jsname=dTDiAc]")
"""By structure, then by name; the first that finds anything counts."""
PANEL = "div[jsname=figiqf]"
REJECT = "#W0wltc"
BATCH = 10
HOVER_ROUNDS = 4
GIVE_UP_AFTER = 3
PAGE_SECONDS = 6.0
FULL_IMAGE_SECONDS = 3.0
MORE_SECONDS = 2.5
POLL_SECONDS = 0.05

NO_RESULTS = (
    "일치하는 이미지 검색결과가 없습니다",
    "검색결과가 없습니다",
    "did not match any",
    "No results found",
    "一致する画像は見つかりませんでした",
    "Keine Ergebnisse",
)
SHOW_MORE = ("결과 더보기", "더보기", "Show more results", "More results", "もっと見る", "Weitere Ergebnisse")
GONE = ("does not belong to the document", "Cannot find context", "no such execution context")
"""What chromedriver says of elements of a page that was left meanwhile, beside its proper errors."""

_NEXT_TILES = """
const [selectors, panel, most] = arguments;
const read = (window.readTiles ??= new WeakSet());
for (const selector of selectors) {
  const tiles = [...document.querySelectorAll(selector)].filter((tile) =>
    tile.querySelector("img") && !tile.parentElement.closest(selector) && !tile.closest(panel));
  if (!tiles.length) continue;
  const fresh = tiles.filter((tile) => !read.has(tile)).slice(0, most);
  for (const tile of fresh) read.add(tile);
  if (fresh.length) fresh[0].scrollIntoView({ block: "center", behavior: "instant" });
  return [tiles.length, fresh];
}
return [0, []];
"""
_READ_TILES = """
return arguments[0].map((tile) => {
  const link = [...tile.querySelectorAll("a")].find((one) => one.href.includes("imgurl="));
  const image = tile.querySelector("img");
  return [link ? link.href : "", tile.dataset.docid || "", tile.dataset.lpage || "", image ? image.alt : ""];
});
"""
_INTO_VIEW = 'arguments[0].scrollIntoView({ block: "center", behavior: "instant" });'
_IMAGES_BESIDE_TILES = """
const selector = arguments[0].join(", ");
return [...document.images].filter((image) => !image.closest(selector) && image.getBoundingClientRect().width >= 100)
"""
_REMEMBER_IMAGES = f"""
const known = (window.knownImages = new Map());
const images = (() => {{ {_IMAGES_BESIDE_TILES} }})();
for (const image of images) known.set(image, image.src);
performance.clearResourceTimings();
"""
_NEW_IMAGES = f"""
const images = (() => {{ {_IMAGES_BESIDE_TILES} }})();
const last = images.at(-1);
const asked = performance.getEntriesByType("resource").filter((one) => one.initiatorType === "img");
const shown = last && window.knownImages.get(last) !== last.src ? last.src : "";
return [shown, asked.map((one) => one.name)];
"""
"""The last image where it is another one than before, and what the page asked for since: a page that waits until the
full image has loaded never shows it here, since the browser reaches the engine's own hosts only."""
_SCRIPT_DATA = """
const found = [...document.scripts].map((script) => script.textContent)
  .map((text) => [text, text.indexOf('"' + arguments[0] + '"')]).find(([, place]) => place >= 0);
return found ? found[0].slice(found[1], found[1] + 4000) : "";
"""
_SHOW_MORE = """
const [selectors, words] = arguments;
const shown = (one) => one.checkVisibility() && one.getBoundingClientRect().width > 0 && !one.disabled;
const last = selectors.map((selector) => [...document.querySelectorAll(selector)].at(-1)).find(Boolean);
const follows = (one) => last && last.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING;
const buttons = [...document.querySelectorAll("input[type=button]")].filter(shown);
const named = [...document.querySelectorAll("button, [role=button]")].filter(shown)
  .filter((one) => words.includes(one.textContent.trim()));
window.scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
return buttons.filter(follows).at(-1) || buttons.find((one) => words.includes(one.value)) || named.at(-1) || null;
"""
_STATE = """
return [location.href, !!document.querySelector("form#captcha-form"), document.body ? document.body.innerText : ""];
"""


NO_FILTERS = Filters()

log = logging.getLogger(__name__)


@dataclass
class Layers:
    """Which layer of extraction gave how many candidates, and which has failed so often that it is left alone."""

    found: Counter[str] = field(default_factory=Counter)
    _failed_in_a_row: Counter[str] = field(default_factory=Counter)

    def is_hopeless(self, layer: str) -> bool:
        return not self.found[layer] and self._failed_in_a_row[layer] >= GIVE_UP_AFTER

    def count(self, layer: str, found: bool) -> None:
        self.found[layer] += found
        self._failed_in_a_row[layer] = 0 if found else self._failed_in_a_row[layer] + 1


LAYERS = ("hover", "click", "script")
"""The layers of extraction, in the order in which they are asked."""


def only(layer: str) -> Layers:
    """A count that leaves every layer alone but one: to see what that one gives."""
    return Layers(_failed_in_a_row=Counter({other: GIVE_UP_AFTER for other in LAYERS if other != layer}))


@dataclass(frozen=True, slots=True)
class Link:
    """What a tile says of its image; "" and 0 for what it does not say."""

    image_url: str
    page_url: str = ""
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class _Tile:
    element: WebElement
    href: str
    document_id: str
    page_url: str
    title: str


def search(
    query: Query,
    driver: WebDriver,
    base_url: str,
    layers: Layers,
    *,
    filters: Filters = NO_FILTERS,
    patience_seconds: float = 0.0,
) -> Iterator[Candidate]:
    """Every image that the engine offers for `query`, in its order, each once, as long as somebody asks.

    A tile that no layer can read is counted as "unread". A captcha is never solved here: with `patience_seconds` a
    person may solve it in the window, as often as it comes, and the search goes on. Raises NoResultsError,
    CaptchaError, OfflineError, and UnknownLayoutError for a page that cannot be read; what was yielded before stands.
    """
    _open(driver, search_url(query, base_url, filters))
    known: set[str] = set()
    ranks = itertools.count()
    while True:
        try:
            for tile, link in _read_through(driver, query, layers, known):
                yield _candidate(query, next(ranks), tile, link)
        except CaptchaError:
            if not _is_solved(driver, query, patience_seconds):
                raise
        else:
            return


def _read_through(driver: WebDriver, query: Query, layers: Layers, known: set[str]) -> Iterator[tuple[_Tile, Link]]:
    """The images of the page that is open, but for those that are known by their address or their document."""
    tiles_read = found = 0
    for elements in _batches(driver, query):
        for tile, link in _links(driver, elements, layers):
            tiles_read += 1
            if link is None:
                layers.found["unread"] += 1
                continue
            found += 1
            if not known & {link.image_url, tile.document_id}:
                known |= {link.image_url, tile.document_id} - {""}
                yield tile, link
        if tiles_read >= BATCH and not found:
            break
    if tiles_read and not found:
        raise UnknownLayoutError(f"{TILES[0]} a[href*=imgurl]")


def _is_solved(driver: WebDriver, query: Query, patience_seconds: float) -> bool:
    """Whether a person gets the page past the captcha; it then shows what was asked for."""
    if not patience_seconds:
        return False
    log.warning(
        _("{query}: solve the captcha in the browser's window; the crawl goes on then.", query=repr(query.text))
    )
    return _wait(lambda: not _is_walled(driver)[0], patience_seconds)


def search_url(query: Query, base_url: str, filters: Filters = NO_FILTERS) -> str:
    """The address of a query's result page under the engine's base address."""
    base = (base_url or ADDRESS).rstrip("/").removesuffix("/search")
    tbs = ",".join(filters.mapped(FILTERS).values())
    return f"{base}/search?{urlencode({'q': query.text, 'udm': '2', **({'tbs': tbs} if tbs else {})})}"


def read_link(href: str) -> Link | None:
    """The image behind a tile's `/imgres?imgurl=...` address, or None for any other address."""
    try:
        parts = urlsplit(href)
        values = parse_qs(parts.query)
    except ValueError:  # such as http://[
        return None
    image_url = values.get("imgurl", [""])[0]
    if not parts.path.endswith("/imgres") or not image_url:
        return None
    width, height = (size_of(values.get(name, [""])[0]) for name in ("w", "h"))
    return Link(image_url, values.get("imgrefurl", [""])[0], width, height)


def read_script_data(text: str) -> Link | None:
    """The first full image after a document's id in the inline data: `["address", height, width]`, not a preview."""
    for address, height, width in re.findall(r'\["((?:https?:|data:|/)[^"]*)",\s*(\d+),\s*(\d+)\]', text):
        url = _unescaped(address)
        if not is_preview(url):
            return Link(url, "", size_of(width), size_of(height))
    return None


def _unescaped(text: str) -> str:
    """A JavaScript string's text: `\\u003d` and `\\x3d` are both written; half a pair of surrogates is none."""
    read = re.sub(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))", lambda code: chr(int(code[1] or code[2], 16)), text)
    return read.encode("utf-16", errors="surrogatepass").decode("utf-16", errors="replace")


def is_preview(url: str) -> bool:
    """Whether an image's address is the engine's own small copy and not the image itself."""
    if not url.startswith(("http://", "https://")):
        return True
    try:
        parts = urlsplit(url)
    except ValueError:  # no address of anything
        return True
    is_own_copy = parts.path == "/images" and parse_qs(parts.query).get("q", [""])[0].startswith("tbn:")
    return is_own_copy or (parts.hostname or "").endswith(".gstatic.com")


def _is_foreign(url: str) -> bool:
    """Whether an address lies beyond the engine's own hosts, which serve previews, signs and faces, too."""
    host = urlsplit(url).hostname or ""
    return not any(host == own.removeprefix("*.") or host.endswith(own.removeprefix("*")) for own in HOSTS)


def _open(driver: WebDriver, url: str) -> None:
    try:
        driver.get(url)
    except TimeoutException as error:
        raise OfflineError(_offline(url, "timeout")) from error
    except WebDriverException as error:
        reason = re.search(r"net::ERR_\w+", error.msg or "")
        if reason is None:
            raise
        raise OfflineError(_offline(url, reason[0])) from error
    if _is_consent(driver.current_url):
        _refuse_consent(driver)


def _offline(url: str, reason: str) -> str:
    return _("{url} cannot be reached ({reason}). Check the connection and run again.", url=url, reason=reason)


def _is_consent(url: str) -> bool:
    parts = urlsplit(url)
    return (parts.hostname or "").startswith("consent.") or parts.path.split("/")[1:2] == ["consent"]


def _refuse_consent(driver: WebDriver) -> None:
    buttons = driver.find_elements("css selector", REJECT)
    if not buttons:
        raise UnknownLayoutError(REJECT)
    buttons[0].click()
    if not _wait(lambda: not _is_consent(driver.current_url), PAGE_SECONDS):
        raise UnknownLayoutError(REJECT)


def _batches(driver: WebDriver, query: Query) -> Iterator[list[WebElement]]:
    """Tiles that were not read yet, a few at a time, with more of the page fetched when they run out."""
    if not _wait(lambda: _tile_count(driver) or _is_decided(driver, query), PAGE_SECONDS):
        raise UnknownLayoutError(TILES[0])
    while True:
        fresh: list[WebElement] = driver.execute_script(_NEXT_TILES, TILES, PANEL, BATCH)[1]
        if fresh:
            yield fresh
        elif not _more(driver):
            _raise_if_walled(driver, query)
            return


def _tile_count(driver: WebDriver) -> int:
    return int(driver.execute_script(_NEXT_TILES, TILES, PANEL, 0)[0])


def _is_decided(driver: WebDriver, query: Query) -> bool:
    """False while a page without tiles may still be loading. Raises for a captcha and for a page without results."""
    text = _raise_if_walled(driver, query)
    if any(words in text for words in NO_RESULTS):
        raise NoResultsError(
            _("{query}: the search engine has no images for it. Try other words.", query=repr(query.text))
        )
    return False


def _is_walled(driver: WebDriver) -> tuple[bool, str]:
    """Whether the page is a captcha, and its text."""
    url, has_form, text = driver.execute_script(_STATE)
    return has_form or urlsplit(url).path.startswith("/sorry"), str(text)


def _raise_if_walled(driver: WebDriver, query: Query) -> str:
    is_walled, text = _is_walled(driver)
    if is_walled:
        raise CaptchaError(
            _(
                "{query}: the search engine asks for a human (captcha). What was found is kept. Wait some hours,"
                " or solve it yourself: run again with --headed --profile DIR, and keep that profile.",
                query=repr(query.text),
            )
        )
    return text


def _more(driver: WebDriver) -> bool:
    """Scroll to the end, press "Show more" where it is shown, and wait for tiles; False at the end of the results."""
    before = _tile_count(driver)
    give_up_at = time.monotonic() + MORE_SECONDS
    pressed = None
    while time.monotonic() < give_up_at:
        button: WebElement | None = driver.execute_script(_SHOW_MORE, TILES, SHOW_MORE)
        if button is not None and button != pressed:
            pressed = button
            try:
                _click(driver, button)
            except WebDriverException as error:
                _raise_unless_gone(error)
        if _wait(lambda: _tile_count(driver) != before, 0.3):
            return True
        if urlsplit(driver.current_url).path.startswith("/sorry"):
            return False
    return False


def _links(driver: WebDriver, elements: Sequence[WebElement], layers: Layers) -> Iterator[tuple[_Tile, Link | None]]:
    rounds = 1 if layers.is_hopeless("hover") else HOVER_ROUNDS
    for tile in _hovered(driver, elements, rounds):
        yield tile, _link(driver, tile, layers)


def _link(driver: WebDriver, tile: _Tile, layers: Layers) -> Link | None:
    """Ask the layers one after another; the first that gives an image is counted."""
    asked: dict[str, Callable[[], Link | None]] = {
        "hover": lambda: read_link(tile.href),
        "click": lambda: _clicked(driver, tile),
        "script": lambda: _scripted(driver, tile),
    }
    for layer, ask in asked.items():
        if not layers.is_hopeless(layer):
            link = ask()
            layers.count(layer, link is not None)
            if link is not None:
                return link
    return None


def _hovered(driver: WebDriver, elements: Sequence[WebElement], rounds: int) -> list[_Tile]:
    """Move the mouse over every tile, then read all at once; those without an address are hovered and read again."""
    waiting = list(elements)
    tiles: dict[WebElement, _Tile] = {}
    for _round in range(rounds):
        _hover(driver, waiting)
        tiles |= {tile.element: tile for tile in _read(driver, waiting)}
        waiting = [element for element in waiting if element in tiles and not tiles[element].href]
        if not waiting:
            break
        time.sleep(POLL_SECONDS)
    return [tiles[element] for element in elements if element in tiles]


def _hover(driver: WebDriver, elements: Sequence[WebElement]) -> None:
    moves = ActionChains(driver, duration=0)
    for element in elements:
        moves.move_to_element(element)
    try:
        moves.perform()
    except WebDriverException as error:
        _raise_unless_gone(error)
        for element in elements:  # a low window shows fewer tiles than a batch
            _hover_alone(driver, element)


def _hover_alone(driver: WebDriver, element: WebElement) -> None:
    try:
        driver.execute_script(_INTO_VIEW, element)
        ActionChains(driver, duration=0).move_to_element(element).perform()
    except WebDriverException as error:
        _raise_unless_gone(error)  # else the next layers try


def _raise_unless_gone(error: WebDriverException) -> None:
    """A tile may leave the window or the page while it is used, or the whole page may give way to a captcha."""
    is_gone = isinstance(error, StaleElementReferenceException | MoveTargetOutOfBoundsException)
    if not is_gone and not any(words in (error.msg or "") for words in GONE):
        raise error


def _read(driver: WebDriver, elements: Sequence[WebElement]) -> list[_Tile]:
    try:
        rows: list[list[Any]] = driver.execute_script(_READ_TILES, elements)
    except WebDriverException as error:
        _raise_unless_gone(error)
        if len(elements) == 1:
            return []
        return [tile for element in elements for tile in _read(driver, [element])]
    return [_Tile(element, *map(str, row)) for element, row in zip(elements, rows, strict=True)]


def _clicked(driver: WebDriver, tile: _Tile) -> Link | None:
    """Open the tile's panel; its image shows a preview first, and the full image's address a moment later."""
    try:
        driver.execute_script(_REMEMBER_IMAGES, TILES)
        driver.execute_script(_INTO_VIEW, tile.element)
        pictures = tile.element.find_elements("css selector", "img")
        _click(driver, pictures[0] if pictures else tile.element)
    except WebDriverException as error:
        _raise_unless_gone(error)
        return None
    found: list[str] = []

    def is_found() -> bool:
        shown, asked = driver.execute_script(_NEW_IMAGES, TILES)
        found.extend(url for url in (shown, *filter(_is_foreign, asked)) if not is_preview(url))
        return bool(found)

    return Link(found[0]) if _wait(is_found, FULL_IMAGE_SECONDS) else None


def _scripted(driver: WebDriver, tile: _Tile) -> Link | None:
    if not tile.document_id:
        return None
    return read_script_data(str(driver.execute_script(_SCRIPT_DATA, tile.document_id)))


def _click(driver: WebDriver, element: WebElement) -> None:
    """A click that the page trusts; none on an element that the page has hidden meanwhile."""
    try:
        element.click()
    except ElementNotInteractableException:
        if element.is_displayed():
            ActionChains(driver, duration=0).move_to_element(element).click().perform()
    except WebDriverException as error:
        if "click intercepted" not in (error.msg or ""):
            raise
        log.debug("a click was intercepted: %s", error.msg)


def _wait(condition: Callable[[], object], seconds: float) -> bool:
    give_up_at = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= give_up_at:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _candidate(query: Query, rank: int, tile: _Tile, link: Link) -> Candidate:
    return Candidate(
        domain=query.domain,
        engine=NAME,
        query=query.text,
        rank=rank,
        image_url=link.image_url,
        page_url=text_of(tile.page_url or link.page_url, MAX_ADDRESS),
        title=text_of(tile.title),
        claimed_width=link.width,
        claimed_height=link.height,
    )
