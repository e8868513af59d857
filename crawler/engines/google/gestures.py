"""A page under a person's hand: the mouse over elements, clicks that the page trusts, and waiting."""

import logging
import time
from collections.abc import Callable, Sequence

from selenium.common.exceptions import (
    ElementNotInteractableException,
    MoveTargetOutOfBoundsException,
    StaleElementReferenceException,
    WebDriverException,
)
from selenium.webdriver import ActionChains
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement

from crawler.engines.google.scripts import INTO_VIEW

POLL_SECONDS = 0.05
GONE = ("does not belong to the document", "Cannot find context", "no such execution context")
"""What chromedriver says of elements of a page that was left meanwhile, beside its proper errors."""

log = logging.getLogger(__name__)


def hover(driver: WebDriver, elements: Sequence[WebElement]) -> None:
    """Move the mouse over the elements, one after another; those that are gone are passed over."""
    moves = ActionChains(driver, duration=0)
    for element in elements:
        moves.move_to_element(element)
    try:
        moves.perform()
    except WebDriverException as error:
        raise_unless_gone(error)
        for element in elements:  # a low window shows fewer tiles than a batch
            _hover_alone(driver, element)


def _hover_alone(driver: WebDriver, element: WebElement) -> None:
    try:
        driver.execute_script(INTO_VIEW, element)
        ActionChains(driver, duration=0).move_to_element(element).perform()
    except WebDriverException as error:
        raise_unless_gone(error)  # else the next layers try


def click(driver: WebDriver, element: WebElement) -> None:
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


def wait(condition: Callable[[], object], seconds: float) -> bool:
    """Whether `condition` comes true within so many seconds."""
    give_up_at = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= give_up_at:
            return False
        time.sleep(POLL_SECONDS)
    return True


def raise_unless_gone(error: WebDriverException) -> None:
    """A tile may leave the window or the page while it is used, or the whole page may give way to a captcha."""
    is_gone = isinstance(error, StaleElementReferenceException | MoveTargetOutOfBoundsException)
    if not is_gone and not any(words in (error.msg or "") for words in GONE):
        raise error
