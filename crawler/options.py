"""The crawl's options."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.filters import ASPECTS, COLORS, LICENSES, SINCES, SIZES, TYPES, Filters
from pipeline.errors import OptionError
from pipeline.language import _
from pipeline.options import option

ENGINES = ("google", "bing", "naver", "duckduckgo", "openverse", "commons")
URLS = "urls"
"""The engine of the candidates that `--urls` names."""

NO_LIMIT = 2**31 - 1
"""The limit of a list of addresses, all of which are meant unless the user says a number."""

FILTERS = "Filters"
POLITENESS = "Politeness and limits"
BROWSER = "Browser"


@dataclass(frozen=True)
class CrawlOptions:
    """What the user may say about a crawl. Raises OptionError for a value that cannot be meant."""

    engine: str = option(
        "google",
        "The search engine, or several that take turns: google, bing, naver, duckduckgo, openverse, commons.",
        metavar="NAME[,NAME...]",
    )
    limit: int = option(300, "How many different images to store per query.", metavar="N")
    search_url: str = option(
        "", "Base address of the search engine, http or https; with several engines NAME=URL,NAME=URL.", metavar="URL"
    )
    urls: str = option(
        "",
        "Fetch the images that a list names: one address a line, or CSV or Parquet with a column url.",
        metavar="FILE",
    )
    allow_host: tuple[str, ...] = option(
        (), "A host in a private network that images may come from; may be repeated.", metavar="HOST[:PORT]"
    )
    retry_failed: bool = option(False, "Try temporary failures of earlier crawls again.")
    license: str = option("any", "Under an open licence, as far as the engine knows.", group=FILTERS, choices=LICENSES)
    size: str = option("any", "The size of the images, in the engine's own words.", group=FILTERS, choices=SIZES)
    type: str = option("any", "What kind of picture.", group=FILTERS, choices=TYPES)
    aspect: str = option("any", "The shape of the images.", group=FILTERS, choices=ASPECTS)
    color: str = option("any", "The colour that prevails.", group=FILTERS, choices=COLORS)
    since: str = option("any", "How old the images may be.", group=FILTERS, choices=SINCES)
    concurrency: int = option(8, "Downloads at the same time.", group=POLITENESS, metavar="N")
    per_host: int = option(2, "Downloads at the same time from one host.", group=POLITENESS, metavar="N")
    timeout_seconds: float = option(15.0, "Longest wait for a server to say something.", group=POLITENESS)
    deadline_seconds: float = option(60.0, "Longest time for one image, redirects included.", group=POLITENESS)
    max_size_bytes: int = option(50_000_000, "Largest image file that is stored.", group=POLITENESS)
    user_agent: str = option(
        "", "How requests introduce themselves; add a way to reach you.", group=POLITENESS, metavar="TEXT"
    )
    ignore_robots: bool = option(
        False, "Fetch also what robots.txt or X-Robots-Tag forbids; the catalogue records it.", group=POLITENESS
    )
    proxy: str = option(
        "",
        "An http proxy for images and for every engine but google, whose browser does not use it. It resolves names, so"
        " only private addresses that are written out are refused.",
        group=POLITENESS,
        metavar="URL",
    )
    headed: bool = option(False, "Show the browser's window.", group=BROWSER)
    profile: str = option("", "A browser profile to keep, such as one that solved a captcha.", group=BROWSER)
    browser: str = option("", "The browser's program; else it is looked for.", group=BROWSER, metavar="PATH")
    driver: str = option("", "The chromedriver's program; else it is looked for.", group=BROWSER, metavar="PATH")
    no_sandbox: bool = option(False, "Run the browser without its sandbox, as root must.", group=BROWSER)

    @property
    def engines(self) -> tuple[str, ...]:
        """The engines by name, in the order in which they take turns."""
        return (URLS,) if self.urls else tuple(name.strip() for name in self.engine.split(","))

    @property
    def search_urls(self) -> Mapping[str, str]:
        """The base address of each engine that was given one."""
        return _addresses(self.search_url, self.engines)

    @property
    def filters(self) -> Filters:
        return Filters(self.license, self.size, self.type, self.aspect, self.color, self.since)

    def __post_init__(self) -> None:
        self._check_engines()
        _at_least_one("limit", self.limit)
        _at_least_one("concurrency", self.concurrency)
        _at_least_one("per_host", self.per_host)
        _at_least_one("max_size_bytes", self.max_size_bytes)
        for name in ("timeout_seconds", "deadline_seconds"):
            value = getattr(self, name)
            if not 0 < value < float("inf"):
                raise OptionError(name, value, _("a number of seconds above 0"))

    def _check_engines(self) -> None:
        if not set(self.engines) <= {*ENGINES, URLS} or (URLS in self.engines) != bool(self.urls):
            raise OptionError("engine", self.engine, _("one or several of {names}", names=", ".join(ENGINES)))
        if len(set(self.engines)) < len(self.engines):
            raise OptionError("engine", self.engine, _("each engine once"))
        if self.search_url and not self.urls:
            _check_addresses(self.search_url, self.engines)


def _at_least_one(name: str, value: int) -> None:
    if value < 1:
        raise OptionError(name, value, _("1 or more"))


def _is_web_address(text: str, schemes: tuple[str, ...] = ("http", "https")) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _addresses(text: str, engines: tuple[str, ...]) -> Mapping[str, str]:
    """`http://a` means the one engine that is asked, `bing=http://a,naver=http://b` each the one it names."""
    parts = re.split(rf"(?:^|,)({'|'.join(ENGINES)})=", text)
    named = dict(zip(parts[1::2], parts[2::2], strict=True))
    return named if named or not text else {engines[0]: text}


def _check_addresses(text: str, engines: tuple[str, ...]) -> None:
    addresses = _addresses(text, engines)
    if len(engines) > 1 and text in addresses.values():
        raise OptionError("search_url", text, _("NAME=URL for each engine, such as bing=http://127.0.0.1:8000"))
    if not addresses.keys() <= set(engines):
        raise OptionError("search_url", text, _("for engines that are asked: {names}", names=", ".join(engines)))
    if not all(_is_web_address(address) for address in addresses.values()):
        raise OptionError("search_url", text, _("an http or https address"))
