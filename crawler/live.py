"""Asks a real search engine one small question, through each layer of extraction alone, and says what still works."""

import platform
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.answers import UnknownLayoutError
from crawler.options import CrawlOptions
from crawler.search import PAGE_ENGINES, address_of, page_fetcher
from pipeline.errors import (
    BrowserError,
    CaptchaError,
    LayoutChangedError,
    NoResultsError,
    OfflineError,
    PipelineError,
)
from pipeline.records import Candidate, Query

if TYPE_CHECKING:
    from selenium.webdriver.remote.webdriver import WebDriver

QUESTION = Query("B", "벚꽃")
WANTED = 3
STATES: Mapping[type[PipelineError], str] = {
    NoResultsError: "no_results",
    CaptchaError: "captcha",
    LayoutChangedError: "layout_changed",
    OfflineError: "offline",
    BrowserError: "browser",
}
"""How a layer is said to be where the engine did not answer; the others are `works` and `nothing`."""


@dataclass(frozen=True, slots=True)
class LayerReport:
    """One layer alone: `works`, `nothing` (the page came and gave no image), a word of STATES, or `not_asked`.

    `detail` is the selector or message that says more; `hosts` are those of the images, without their paths.
    """

    layer: str
    state: str
    found: int = 0
    seconds: float = 0.0
    detail: str = ""
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LiveReport:
    """What an engine's website gave today, fit for a bug report. `exit_code` is 0 where any layer works."""

    engine: str
    address: str
    query: str
    versions: Mapping[str, str]
    layers: tuple[LayerReport, ...]
    exit_code: int

    def text(self) -> str:
        """Lines to paste into a bug report, in Markdown; the words are the same in every language."""
        versions = ", ".join(f"{name} {number}" for name, number in self.versions.items())
        lines = [f"### {self.engine}: {self.query} @ {self.address}", f"- {versions}"]
        lines += [_line(layer) for layer in self.layers]
        return "\n".join(lines)


def examine_live(options: CrawlOptions, *, clock: Callable[[], float] = time.monotonic) -> LiveReport:
    """Ask the engine that `options` names for WANTED images, through each of its layers alone.

    A website that asks for a human, or cannot be reached, is not asked again. What goes wrong is told in the report;
    raises BrowserError only where no browser can be started, and UsageError for a search address that is none.
    """
    engine = options.engines[0]
    asked, errors = [], list[PipelineError]()
    with _layers(options) as layers:
        for layer, ask in layers.items():
            if any(isinstance(error, CaptchaError | OfflineError | NoResultsError) for error in errors):
                asked.append(LayerReport(layer, "not_asked"))
            else:
                asked.append(_examined(layer, ask, errors, clock))
    works = any(report.state == "works" for report in asked)
    code = errors[0].exit_code if errors else LayoutChangedError.exit_code
    versions = {"unpaired": version("unpaired"), "python": platform.python_version(), "system": platform.system()}
    return LiveReport(engine, _address(options), QUESTION.text, versions, tuple(asked), 0 if works else code)


Ask = Callable[[], Iterator[Candidate]]


def _examined(layer: str, ask: Ask, errors: list[PipelineError], clock: Callable[[], float]) -> LayerReport:
    """The layer's report; an error of the engine is added to `errors`."""
    began = clock()
    found: list[Candidate] = []
    state, detail = "nothing", ""
    try:
        found.extend(islice(ask(), WANTED))
    except UnknownLayoutError as error:
        detail = error.selector
    except tuple(STATES) as error:
        errors.append(error)
        state, detail = STATES[type(error)], str(error)
    hosts = tuple(sorted({_host(candidate.image_url) for candidate in found}))
    return LayerReport(layer, "works" if found else state, len(found), round(clock() - began, 1), detail, hosts)


@contextmanager
def _layers(options: CrawlOptions) -> Iterator[Mapping[str, Ask]]:
    if options.engines[0] == "google":
        with _google_layers(options) as layers:
            yield layers
    else:
        with _whole_engine(options) as layers:
            yield layers


@contextmanager
def _google_layers(options: CrawlOptions) -> Iterator[Mapping[str, Ask]]:
    from crawler.browser import LastingBrowser
    from crawler.engines.google import addresses, engine
    from crawler.engines.google.layers import LAYERS, only

    base_url = options.search_urls.get("google", "")
    hosts = (urlsplit(base_url).netloc,) if base_url else addresses.HOSTS
    with LastingBrowser(options, hosts) as browser:
        browser.driver()

        def ask(layer: str) -> Ask:
            def look(driver: "WebDriver") -> Iterator[Candidate]:
                return engine.search(QUESTION, driver, base_url, only(layer))

            return lambda: browser.search(look)

        yield {layer: ask(layer) for layer in LAYERS}


@contextmanager
def _whole_engine(options: CrawlOptions) -> Iterator[Mapping[str, Ask]]:
    """An engine that is asked page by page has one way to be read."""
    engine = PAGE_ENGINES[options.engines[0]]
    with ExitStack() as stack:
        fetch = page_fetcher(engine, options, stack)
        yield {"pages": lambda: engine.search(QUESTION, options.filters, fetch, address_of(engine, options))}


def _address(options: CrawlOptions) -> str:
    if options.engines[0] != "google":
        return address_of(PAGE_ENGINES[options.engines[0]], options)
    from crawler.engines.google import addresses

    return options.search_urls.get("google", addresses.ADDRESS)


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:
        return "?"


def _line(layer: LayerReport) -> str:
    mark = "✓" if layer.state == "works" else "✗"
    told = f"{mark} {layer.layer}: {layer.state}, {layer.found} of {WANTED}, {layer.seconds} s"
    more = ", ".join(layer.hosts) or " ".join(layer.detail.split())
    return f"- {told}" + (f" ({more})" if more else "")
