"""Google's result page in the browser: opened past the consent, its tiles a few at a time, its walls and its end."""

import re
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from selenium.common.exceptions import TimeoutException, WebDriverException
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement

from crawler.answers import UnknownLayoutError
from crawler.engines.google.gestures import click, raise_unless_gone, wait
from crawler.engines.google.scripts import FIND_MORE, NEXT_TILES, PANEL, SHOW_MORE, STATE, TILES
from pipeline.errors import CaptchaError, NoResultsError, OfflineError
from pipeline.language import _
from pipeline.records import Query

REJECT = "#W0wltc"
BATCH = 10
PAGE_SECONDS = 6.0
MORE_SECONDS = 2.5

NO_RESULTS = (
    "일치하는 이미지 검색결과가 없습니다",
    "검색결과가 없습니다",
    "did not match any",
    "No results found",
    "一致する画像は見つかりませんでした",
    "Keine Ergebnisse",
)


def open_page(driver: WebDriver, url: str) -> None:
    """Go to a result page, and past a consent page by refusing. Raises OfflineError, UnknownLayoutError."""
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
    if not wait(lambda: not _is_consent(driver.current_url), PAGE_SECONDS):
        raise UnknownLayoutError(REJECT)


def batches(driver: WebDriver, query: Query) -> Iterator[list[WebElement]]:
    """Tiles that were not read yet, a few at a time, with more of the page fetched when they run out."""
    if not wait(lambda: _tile_count(driver) or _is_decided(driver, query), PAGE_SECONDS):
        raise UnknownLayoutError(TILES[0])
    while True:
        fresh: list[WebElement] = driver.execute_script(NEXT_TILES, TILES, PANEL, BATCH)[1]
        if fresh:
            yield fresh
        elif not _more(driver):
            _raise_if_walled(driver, query)
            return


def _tile_count(driver: WebDriver) -> int:
    return int(driver.execute_script(NEXT_TILES, TILES, PANEL, 0)[0])


def _is_decided(driver: WebDriver, query: Query) -> bool:
    """False while a page without tiles may still be loading. Raises for a captcha and for a page without results."""
    text = _raise_if_walled(driver, query)
    if any(words in text for words in NO_RESULTS):
        raise NoResultsError(
            _("{query}: the search engine has no images for it. Try other words.", query=repr(query.text))
        )
    return False


def is_walled(driver: WebDriver) -> tuple[bool, str]:
    """Whether the page is a captcha, and its text."""
    url, has_form, text = driver.execute_script(STATE)
    return has_form or urlsplit(url).path.startswith("/sorry"), str(text)


def _raise_if_walled(driver: WebDriver, query: Query) -> str:
    has_wall, text = is_walled(driver)
    if has_wall:
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
        button: WebElement | None = driver.execute_script(FIND_MORE, TILES, SHOW_MORE)
        if button is not None and button != pressed:
            pressed = button
            try:
                click(driver, button)
            except WebDriverException as error:
                raise_unless_gone(error)
        if wait(lambda: _tile_count(driver) != before, 0.3):
            return True
        if urlsplit(driver.current_url).path.startswith("/sorry"):
            return False
    return False
