"""The crawl's options."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from pipeline.errors import OptionError
from pipeline.language import _
from pipeline.options import option

ENGINES = ("google",)

POLITENESS = "Politeness and limits"
BROWSER = "Browser"


@dataclass(frozen=True)
class CrawlOptions:
    """What the user may say about a crawl. Raises OptionError for a value that cannot be meant."""

    engine: str = option("google", "The search engine.", choices=ENGINES)
    limit: int = option(300, "How many different images to store per query.", metavar="N")
    search_url: str = option("", "Base address of the search engine, http or https.", metavar="URL")
    allow_host: tuple[str, ...] = option(
        (), "A host in a private network that images may come from; may be repeated.", metavar="HOST[:PORT]"
    )
    retry_failed: bool = option(False, "Try temporary failures of earlier crawls again.")
    concurrency: int = option(8, "Downloads at the same time.", group=POLITENESS, metavar="N")
    per_host: int = option(2, "Downloads at the same time from one host.", group=POLITENESS, metavar="N")
    timeout_seconds: float = option(15.0, "Longest wait for a server to say something.", group=POLITENESS)
    deadline_seconds: float = option(60.0, "Longest time for one image, redirects included.", group=POLITENESS)
    max_size_bytes: int = option(50_000_000, "Largest image file that is stored.", group=POLITENESS)
    headed: bool = option(False, "Show the browser's window.", group=BROWSER)
    profile: str = option("", "A browser profile to keep, such as one that solved a captcha.", group=BROWSER)
    browser: str = option("", "The browser's program; else it is looked for.", group=BROWSER, metavar="PATH")
    driver: str = option("", "The chromedriver's program; else it is looked for.", group=BROWSER, metavar="PATH")

    def __post_init__(self) -> None:
        _at_least_one("limit", self.limit)
        _at_least_one("concurrency", self.concurrency)
        _at_least_one("per_host", self.per_host)
        _at_least_one("max_size_bytes", self.max_size_bytes)
        for name in ("timeout_seconds", "deadline_seconds"):
            value = getattr(self, name)
            if not 0 < value < float("inf"):
                raise OptionError(name, value, _("a number of seconds above 0"))
        if self.search_url and not _is_web_address(self.search_url):
            raise OptionError("search_url", self.search_url, _("an http or https address"))


def _at_least_one(name: str, value: int) -> None:
    if value < 1:
        raise OptionError(name, value, _("1 or more"))


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
