"""A picture that the demo's site offers, and the addresses under which its image host knows it and its page."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Offer:
    """One picture of a result page, and what the image host answers under its address.

    `name` is the path on the image host, any Unicode, with a query string after "?" if it has one; sizes are what the
    page claims (0: what the bytes say). `page` is a path on the image host, or a whole address, hostile ones too.
    The first `fail_first` downloads are answered with 503 and Retry-After: 1. An empty `preview` is made from `data`.
    """

    name: str
    data: bytes
    content_type: str = "image/jpeg"
    title: str = ""
    page: str = ""
    width: int = 0
    height: int = 0
    status: int = 200
    fail_first: int = 0
    preview: bytes = b""


def by_address(galleries: Mapping[str, Sequence[Offer]]) -> dict[tuple[str, str], Offer]:
    """Each offer by its `key`, once. Raises ValueError when two different offers have one name."""
    offers: dict[tuple[str, str], Offer] = {}
    for offer in (offer for gallery in galleries.values() for offer in gallery):
        if offers.setdefault(key(offer.name), offer) != offer:
            raise ValueError(f"two different offers are named {offer.name!r}: rename one")
    return offers


def key(name: str) -> tuple[str, str]:
    """Path and query string of a name, decoded: how the image host finds it whatever a client percent-encodes."""
    path, _, query = name.partition("?")
    return "/" + path.lstrip("/"), query


def image_url(image_host: str, name: str) -> str:
    """The address of the offer of that name on the image host."""
    path, query = key(name)
    encoded = quote(path, errors="surrogateescape")
    return f"http://{image_host}{encoded}" + (f"?{quote(query, '=&+', errors='surrogateescape')}" if query else "")


def page_path(offer: Offer) -> str:
    """Where on the image host the page of an offer lies, unless `page` is a whole address."""
    return offer.page or f"pages/{identity('page', offer)}.html"


def page_url(image_host: str, offer: Offer) -> str:
    """The address of the page on which an offer is said to stand."""
    if ":" in offer.page.partition("/")[0] or offer.page.startswith("//"):
        return offer.page  # a whole address, as it stands
    return image_url(image_host, page_path(offer))


def identity(kind: str, offer: Offer) -> str:
    """The same 14 characters for the same name, others for each kind of thing."""
    return hashlib.sha256(f"{kind}/{offer.name}".encode("utf-8", "surrogateescape")).hexdigest()[:14]
