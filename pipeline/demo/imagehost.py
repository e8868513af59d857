"""The demo's image host: the foreign host on which pictures lie, and the pages on which they are said to stand."""

from collections.abc import Mapping
from urllib.parse import unquote

from pipeline.demo import page
from pipeline.demo.asked import Requests
from pipeline.demo.loopback import Answer, Request, encoded
from pipeline.demo.offers import Offer, key, page_path


class ImageHost:
    """The foreign host: pictures, and the pages on which they are said to stand. It has no robots.txt."""

    def __init__(self, offers: Mapping[tuple[str, str], Offer], requests: Requests) -> None:
        self._offers = offers
        self._pages = {key(page_path(offer)): offer.title for offer in offers.values()}
        self._requests = requests

    def answer(self, request: Request) -> Answer:
        """The picture or page under the address, however it is percent-encoded, or 404."""
        wanted = (unquote(request.path, errors="surrogateescape"), unquote(request.query, errors="surrogateescape"))
        if wanted in self._offers:
            return self._picture(self._offers[wanted], request)
        if wanted in self._pages:
            return Answer(200, encoded(page.photo_page(self._pages[wanted])))
        self._requests.add("unknown", request.target)
        return Answer(404, b"404\n", "text/plain")

    def _picture(self, offer: Offer, request: Request) -> Answer:
        """A browser says by Sec-Fetch-Dest that it wants to show a picture; that is no download."""
        if request.headers.get("Sec-Fetch-Dest") == "image":
            self._requests.add("shown", offer.name)
        elif self._requests.add("download", offer.name) <= offer.fail_first:
            return Answer(503, b"503\n", "text/plain", {"Retry-After": "1"})
        return Answer(offer.status, offer.data, offer.content_type)
