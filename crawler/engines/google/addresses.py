"""Google's addresses: what is asked for, and what those of its tiles, its script data and its own copies tell."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

from crawler.answers import size_of
from crawler.filters import HUES, Filters, FilterTable
from pipeline.records import Query

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

NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True)
class Link:
    """What a tile says of its image; "" and 0 for what it does not say."""

    image_url: str
    page_url: str = ""
    width: int = 0
    height: int = 0


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


def is_foreign(url: str) -> bool:
    """Whether an address lies beyond the engine's own hosts, which serve previews, signs and faces, too."""
    host = urlsplit(url).hostname or ""
    return not any(host == own.removeprefix("*.") or host.endswith(own.removeprefix("*")) for own in HOSTS)
