"""What the servers of the demo's site were asked, counted."""

import threading
from collections import Counter


class Requests:
    """What the two servers were asked, counted; safe to read at any time from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()

    @property
    def downloads(self) -> Counter[str]:
        """Per Offer.name: how often it was requested, but for requests by a page that shows it."""
        return self._of("download")

    @property
    def shown(self) -> Counter[str]:
        """Per Offer.name: how often a browser requested it to show it in a page."""
        return self._of("shown")

    @property
    def unknown(self) -> Counter[str]:
        """Per path: what was asked of the image host that it does not have."""
        return self._of("unknown")

    @property
    def pages(self) -> int:
        """Result pages asked for and answered, the consent page not counted."""
        return self._of("page").total()

    @property
    def batches(self) -> int:
        """Further batches asked for and answered."""
        return self._of("batch").total()

    @property
    def captchas(self) -> int:
        """How often the captcha page was shown."""
        return self._of("captcha").total()

    def add(self, kind: str, what: str = "") -> int:
        """Counts one more and returns how many there are now."""
        with self._lock:
            self._counts[kind, what] += 1
            return self._counts[kind, what]

    def _of(self, kind: str) -> Counter[str]:
        with self._lock:
            return Counter({what: count for (of, what), count in self._counts.items() if of == kind})
