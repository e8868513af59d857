"""What a website forbids to crawlers: its robots.txt (RFC 9309) and the X-Robots-Tag of an answer."""

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from protego import Protego

from crawler.guard import WebAddress

MAX_SIZE_BYTES = 500 * 1024
"""RFC 9309, 2.5: what lies beyond 500 KiB need not be read, and is not."""
MAX_ORIGINS = 512
"""So many parsed files are kept in memory; the one that was asked for longest ago goes first."""

FORBIDDING = frozenset(("noai", "noimageai", "noindex", "noimageindex", "none"))
"""X-Robots-Tag directives that keep an image out of a dataset; `none` is short for noindex, nofollow."""

_AGENT_PREFIX = re.compile(r"\s*([^\s:,]+)\s*:\s*(.*)")
_VALUED = frozenset(("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"))


Permission = Literal["allowed", "forbidden", "unreachable"]


@dataclass
class _Origin:
    """One website; whoever comes while its file is being fetched waits for it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    is_known: bool = False
    rules: Protego | None = None


class RobotsFiles:
    """The robots.txt of every origin that a crawl meets, fetched once and kept for the crawl's length.

    `get` returns the file's bytes, b"" where there is none, and None where the server fails to say: that forbids the
    whole origin (RFC 9309, 2.3.1.4). What it raises passes through and is not kept.
    """

    def __init__(self, get: Callable[[WebAddress], bytes | None], agent: str) -> None:
        self._get = get
        self._agent = agent
        self._lock = threading.Lock()
        self._origins: OrderedDict[str, _Origin] = OrderedDict()

    def permission(self, address: WebAddress) -> Permission:
        """Whether this agent may fetch the address. Raises what `get` raises."""
        origin = self._origin(f"{address.scheme}://{address.authority}")
        if not origin.is_known:
            self._learn(origin, address)
        if origin.rules is None:
            return "unreachable"
        return "allowed" if origin.rules.can_fetch(address.url, self._agent) else "forbidden"

    def _learn(self, origin: _Origin, address: WebAddress) -> None:
        with origin.lock:
            if not origin.is_known:
                data = self._get(WebAddress(address.scheme, address.host, address.port, "/robots.txt"))
                origin.rules = None if data is None else parse(data)
                origin.is_known = True

    def _origin(self, name: str) -> _Origin:
        with self._lock:
            origin = self._origins.setdefault(name, _Origin())
            self._origins.move_to_end(name)
            if len(self._origins) > MAX_ORIGINS:
                self._origins.popitem(last=False)
            return origin


def parse(data: bytes) -> Protego:
    """The rules of a robots.txt. What is no UTF-8 is replaced, what is no rule is passed over (RFC 9309, 2.2)."""
    return Protego.parse(data[:MAX_SIZE_BYTES].decode("utf-8-sig", errors="replace"))


def agent_token(user_agent: str) -> str:
    """The product token by which robots.txt names a crawler: `unpaired` of `unpaired/1.0 (...)` (RFC 9309, 2.2.1)."""
    return re.split(r"[/ ]", user_agent, maxsplit=1)[0].lower()


def forbids(headers: Iterable[str], agent: str) -> bool:
    """Whether any X-Robots-Tag header keeps an image from this agent.

    A header is a list of directives, for everybody or for the agent that stands before a colon; letter case does not
    matter, and several headers add up (developers.google.com/search/docs/crawling-indexing/robots-meta-tag).
    """
    return any(
        directive in FORBIDDING and concerned in ("", "*", agent.lower())
        for header in headers
        for concerned, directive in _directives(header)
    )


def _directives(header: str) -> Iterable[tuple[str, str]]:
    """Each directive with the agent that it concerns, "" for everybody. A proxy may have joined several headers."""
    agent = ""
    for part in header.lower().split(","):
        prefix = _AGENT_PREFIX.fullmatch(part)
        directive = part.strip()
        if prefix and prefix[1] not in _VALUED:
            agent, directive = prefix[1], prefix[2].strip()
        yield agent, directive
