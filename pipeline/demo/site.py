"""A loopback image-search site for the demo and the tests: it behaves as image-search pages do (DESIGN.md, section 5).

Two servers on 127.0.0.1 with free ports: the search site, and the image host, so that the pictures are foreign to the
search page as they are in life.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pipeline.demo.asked import Requests
from pipeline.demo.imagehost import ImageHost
from pipeline.demo.loopback import listen
from pipeline.demo.offers import Offer, by_address, image_url
from pipeline.demo.searchhost import Behaviour, SearchSite


@dataclass(frozen=True, slots=True)
class Site:
    """A running site: `search_url` for --search-url, `image_host` ("127.0.0.1:port") for --allow-host."""

    search_url: str
    image_host: str
    requests: Requests

    def address(self, offer: Offer) -> str:
        """The address under which the image host serves `offer`."""
        return image_url(self.image_host, offer.name)


@contextmanager
def serve(
    galleries: Mapping[str, Sequence[Offer]], behaviour: Behaviour | None = None, seed: int = 0
) -> Iterator[Site]:
    """Runs both servers while the block lasts. `galleries` maps each query to its offers, in the order of the results.

    Raises ValueError when two different offers have one name.
    """
    requests = Requests()
    offers = by_address(galleries)
    with listen(ImageHost(offers, requests).answer) as image_host:
        pages = SearchSite(galleries, behaviour or Behaviour(), seed, image_host, requests)
        with listen(pages.answer) as search_host:
            yield Site(f"http://{search_host}", image_host, requests)
