"""The layers of extraction: a tile to the link of its image, by hovering, by a click, by the page's script data."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement

from crawler.engines.google.addresses import Link, is_foreign, is_preview, read_link, read_script_data
from crawler.engines.google.gestures import POLL_SECONDS, click, hover, raise_unless_gone, wait
from crawler.engines.google.scripts import INTO_VIEW, NEW_IMAGES, READ_TILES, REMEMBER_IMAGES, SCRIPT_DATA, TILES

HOVER_ROUNDS = 4
GIVE_UP_AFTER = 3
FULL_IMAGE_SECONDS = 3.0
LAYERS = ("hover", "click", "script")
"""The layers of extraction, in the order in which they are asked."""


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


def only(layer: str) -> Layers:
    """A count that leaves every layer alone but one: to see what that one gives."""
    return Layers(_failed_in_a_row=Counter({other: GIVE_UP_AFTER for other in LAYERS if other != layer}))


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile as the page shows it now; "" for what it does not say."""

    element: WebElement
    href: str
    document_id: str
    page_url: str
    title: str


def links(driver: WebDriver, elements: Sequence[WebElement], layers: Layers) -> Iterator[tuple[Tile, Link | None]]:
    """Each tile that is still there, with the link that the first able layer gives, None where none does."""
    rounds = 1 if layers.is_hopeless("hover") else HOVER_ROUNDS
    for tile in _hovered(driver, elements, rounds):
        yield tile, _link(driver, tile, layers)


def _link(driver: WebDriver, tile: Tile, layers: Layers) -> Link | None:
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


def _hovered(driver: WebDriver, elements: Sequence[WebElement], rounds: int) -> list[Tile]:
    """Move the mouse over every tile, then read all at once; those without an address are hovered and read again."""
    waiting = list(elements)
    tiles: dict[WebElement, Tile] = {}
    for _round in range(rounds):
        hover(driver, waiting)
        tiles |= {tile.element: tile for tile in _read(driver, waiting)}
        waiting = [element for element in waiting if element in tiles and not tiles[element].href]
        if not waiting:
            break
        time.sleep(POLL_SECONDS)
    return [tiles[element] for element in elements if element in tiles]


def _read(driver: WebDriver, elements: Sequence[WebElement]) -> list[Tile]:
    try:
        rows: list[list[Any]] = driver.execute_script(READ_TILES, elements)
    except WebDriverException as error:
        raise_unless_gone(error)
        if len(elements) == 1:
            return []
        return [tile for element in elements for tile in _read(driver, [element])]
    return [Tile(element, *map(str, row)) for element, row in zip(elements, rows, strict=True)]


def _clicked(driver: WebDriver, tile: Tile) -> Link | None:
    """Open the tile's panel; its image shows a preview first, and the full image's address a moment later."""
    try:
        driver.execute_script(REMEMBER_IMAGES, TILES)
        driver.execute_script(INTO_VIEW, tile.element)
        pictures = tile.element.find_elements("css selector", "img")
        click(driver, pictures[0] if pictures else tile.element)
    except WebDriverException as error:
        raise_unless_gone(error)
        return None
    found: list[str] = []

    def is_found() -> bool:
        shown, asked = driver.execute_script(NEW_IMAGES, TILES)
        found.extend(url for url in (shown, *filter(is_foreign, asked)) if not is_preview(url))
        return bool(found)

    return Link(found[0]) if wait(is_found, FULL_IMAGE_SECONDS) else None


def _scripted(driver: WebDriver, tile: Tile) -> Link | None:
    if not tile.document_id:
        return None
    return read_script_data(str(driver.execute_script(SCRIPT_DATA, tile.document_id)))
