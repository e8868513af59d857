"""A real headless Chromium for tests of pages: how it is started, waited for, and asked what it shows."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
PATIENCE_SECONDS = 30.0


class Reader:
    """A person in front of the page: presses keys, and sees cards, states and messages."""

    def __init__(self, chrome: webdriver.Chrome) -> None:
        self.chrome = chrome

    def settle(self) -> None:
        """Go back to one tab of the usual size and colours, with an empty console."""
        first, *others = self.chrome.window_handles
        for other in others:
            self.chrome.switch_to.window(other)
            self.chrome.close()
        self.chrome.switch_to.window(first)
        self.chrome.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        self.prefer("")
        self.console()
        self.asked()

    def console(self) -> list[Any]:
        """What the console said since it was asked last."""
        return list(self.chrome.get_log("browser"))  # type: ignore[no-untyped-call]

    def asked(self) -> set[str]:
        """The addresses that were asked for since this was asked last."""
        entries = self.chrome.get_log("performance")  # type: ignore[no-untyped-call]
        messages = [json.loads(entry["message"])["message"] for entry in entries]
        return {one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"}

    def find(self, selector: str) -> WebElement:
        return self.chrome.find_element(By.CSS_SELECTOR, selector)

    def run(self, script: str, *arguments: object) -> Any:
        return self.chrome.execute_script(script, *arguments)

    def open(self, address: str) -> None:
        self.chrome.get(address)
        self.until(
            lambda: self.run("return document.readyState === 'complete' && document.querySelector('main') !== null")
        )

    def open_afresh(self, path: Path) -> None:
        """Open a file as if this browser had never seen it."""
        self.open(path.as_uri())
        self.run("clearTimeout(look.timer); removeEventListener('pagehide', sendLooks); localStorage.clear()")
        self.open(path.as_uri())

    def until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < end, "the page did not come to it"
            time.sleep(0.02)

    def press(self, *keys: str) -> None:
        ActionChains(self.chrome, duration=0).send_keys(*keys).perform()

    def press_with_shift(self, *keys: str) -> None:
        ActionChains(self.chrome, duration=0).key_down(Keys.SHIFT).send_keys(*keys).key_up(Keys.SHIFT).perform()

    def go_to(self, sha256: str) -> None:
        self.run("goTo(entries.find((entry) => entry.row.sha256 === arguments[0]))", sha256)

    def current(self) -> str:
        found = self.run("return document.activeElement.closest('.card')?.entry.row.sha256 || ''")
        assert isinstance(found, str)
        return found

    def said(self, sha256: str) -> str:
        """What a person said of an image, as its card shows it: keep, reject, other, or nothing."""
        found = self.run("return entries.find((e) => e.row.sha256 === arguments[0]).node.dataset.said", sha256)
        assert isinstance(found, str)
        return found

    def text(self, selector: str) -> str:
        return self.chrome.find_element(By.CSS_SELECTOR, selector).text

    def shown(self) -> list[str]:
        """The images whose cards are not filtered away."""
        return list(self.run("return shown().map((entry) => entry.row.sha256)"))

    def faults(self) -> list[str]:
        """What axe-core finds serious or critical."""
        self.run((files("axe_core_python") / "axe.min.js").read_text("utf-8"))
        found = self.chrome.execute_async_script(
            "const done = arguments[0]; axe.run().then((found) => done(found.violations.map("
            "(one) => [one.impact, one.id, one.nodes.map((node) => node.html).join(' ')].join(' '))))"
        )
        return [one for one in found if one.startswith(("serious", "critical"))]

    def prefer(self, scheme: str) -> None:
        """Have the system's colours light or dark."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


@contextmanager
def reading(downloads: Path | None = None) -> Iterator[Reader]:
    """Skips where there is no browser."""
    if not BROWSER or not DRIVER:
        pytest.skip("chromium or chromedriver is not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--window-size=1400,1000",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    try:
        if downloads:
            chrome.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(downloads)})
        yield Reader(chrome)
    finally:
        chrome.quit()
