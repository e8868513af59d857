"""What a crawl knows of each address, so that one image is not fetched twice under two spellings of its URL."""

import hashlib
from collections.abc import Iterable
from functools import lru_cache

from crawler.guard import key_of
from pipeline.records import Candidate, Source


class Addresses:
    """The addresses that brought an image, and those that are being fetched now, by their canonical form.

    Of candidates that mean the same address the first one leads; the others wait for what it brings. So it does not
    depend on the speed of the downloads which of them is requested.
    """

    def __init__(self, sources: Iterable[Source]) -> None:
        """`sources` are those of the catalogue; those that brought an image are never requested again."""
        self.waiting = 0
        self._found: dict[bytes, tuple[bytes, str]] = {}
        self._followers: dict[bytes, list[Candidate]] = {}
        for source in sources:
            if source.state == "fetched":
                self._found.setdefault(
                    _key(source.candidate.image_url), (bytes.fromhex(source.sha256), source.final_url)
                )

    def known(self, candidate: Candidate) -> Source | None:
        """The candidate as a source of the image that its address brought before, None where it brought none yet."""
        found = self._found.get(_key(candidate.image_url))
        return Source(candidate, "fetched", sha256=found[0].hex(), final_url=found[1]) if found else None

    def leads(self, candidate: Candidate) -> bool:
        """Whether the candidate is to be fetched; else another one is under way and this one waits for it."""
        key = _key(candidate.image_url)
        if key not in self._followers:
            self._followers[key] = []
            return True
        self._followers[key].append(candidate)
        self.waiting += 1
        return False

    def ended(self, candidate: Candidate, sha256: str = "", final_url: str = "") -> list[Candidate]:
        """Note what a leading candidate brought, if anything, and give back those that waited for it, to be taken."""
        key = _key(candidate.image_url)
        if sha256:
            self._found.setdefault(key, (bytes.fromhex(sha256), final_url))
        followers = self._followers.pop(key, [])
        self.waiting -= len(followers)
        return followers

    def forget_waiting(self) -> None:
        """Nobody waits any more; the catalogue still knows them as seen."""
        self.waiting = 0
        self._followers.clear()


@lru_cache(maxsize=256)
def _key(url: str) -> bytes:
    """Sixteen bytes, since a data: URL can have millions; remembered for those that are under way."""
    return hashlib.sha256(key_of(url).encode("utf-8", "surrogatepass")).digest()[:16]
