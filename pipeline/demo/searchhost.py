"""The demo's search engine: its result pages, consent and captcha, and how it may be told to behave."""

import io
import random
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, quote, urlencode

from PIL import Image

from pipeline.demo import page
from pipeline.demo.asked import Requests
from pipeline.demo.loopback import Answer, Request, encoded, html, redirect
from pipeline.demo.offers import Offer, identity, image_url, page_url
from pipeline.image import ImageError, decode, inspect

_CONSENT_COOKIE = "SOCS"
_PREVIEW_SIZE = (400, 190)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the site behaves; tests switch layers off.

    `jsname` is the share (0 to 1) of tiles, panels and controls that carry their `jsname`; `show_more_after` the
    batches, the first page among them, until the control must be clicked, and again after as many (0: never);
    `captcha_after` the result batches until every further one leads to /sorry/index (0: never); `duplicates` the share
    of tiles that come twice; `preview_delay` the least and most seconds until a panel shows the full picture, which
    with `panel_waits` must have loaded before; `trap` an address that the result page embeds and that no browser of
    ours may reach.
    """

    consent: bool = True
    hover_link: bool = True
    panel: bool = True
    panel_waits: bool = False
    script_data: bool = True
    jsname: float = 0.8
    preview_delay: tuple[float, float] = (0.2, 0.6)
    batch: int = 20
    inline_thumbnails: int = 20
    show_more_after: int = 3
    captcha_after: int = 0
    duplicates: float = 0.05
    no_results: bool = False
    layout_changed: bool = False
    trap: str = ""


class SearchSite:
    """The search engine's own host."""

    def __init__(
        self,
        galleries: Mapping[str, Sequence[Offer]],
        behaviour: Behaviour,
        seed: int,
        image_host: str,
        requests: Requests,
    ) -> None:
        self._behaviour = behaviour
        self._seed = seed
        self._requests = requests
        self._tiles = {
            _normal(query): _with_duplicates([_tile(image_host, offer) for offer in offers], behaviour.duplicates, seed)
            for query, offers in galleries.items()
        }
        self._previews = {tile.thumbnail_id: tile.preview for tiles in self._tiles.values() for tile in tiles}
        self._routes: dict[tuple[str, str], Callable[[Request], Answer]] = {
            ("GET", "/"): lambda _: html(page.home_page(self._dress())),
            ("GET", "/search"): self._search,
            ("GET", "/async"): self._batch,
            ("GET", "/images"): self._preview,
            ("GET", "/consent"): self._consent,
            ("POST", "/consent"): self._consented,
            ("GET", "/sorry/index"): self._sorry,
            ("POST", "/sorry/index"): self._sorry,
            ("GET", "/favicon.ico"): lambda _: Answer(204),
        }

    def answer(self, request: Request) -> Answer:
        """A page, a batch of one, a preview, or the way to the consent or captcha page."""
        route = self._routes.get((request.method, request.path))
        return route(request) if route else Answer(404, b"404\n", "text/plain")

    def _search(self, request: Request) -> Answer:
        parameters = {name: values[0] for name, values in parse_qs(request.query).items()}
        if parameters.get("tbm") == "isch":
            del parameters["tbm"]
            return redirect(302, "/search?" + urlencode({**parameters, "udm": "2"}))
        if self._behaviour.consent and _CONSENT_COOKIE not in _cookies(request.headers):
            return redirect(302, "/consent?" + urlencode({"continue": request.target}))
        if self._is_walled():
            return redirect(302, "/sorry/index?" + urlencode({"continue": request.target}))
        load = self._requests.add("page")
        query = _normal(parameters.get("q", ""))
        tiles = self._tiles.get(query, [])
        if self._behaviour.no_results or parameters.get("udm") != "2" or not tiles:
            return html(page.empty_page(self._dress(load), query))
        return html(page.result_page(self._described(query, load)))

    def _batch(self, request: Request) -> Answer:
        if self._is_walled():
            return redirect(302, "/sorry/index?" + urlencode({"continue": request.target}))
        query, start, load = (request.parameter(name, "0") for name in ("q", "start", "load"))
        if _normal(query) not in self._tiles or not (start.isdecimal() and load.isdecimal()):
            return Answer(400, b"400\n", "text/plain")
        self._requests.add("batch")
        return html(page.batch_fragment(self._described(_normal(query), int(load)), int(start)))

    def _described(self, query: str, load: int) -> page.Search:
        behaviour = self._behaviour
        return page.Search(
            query=query,
            tiles=self._tiles[query],
            dress=self._dress(load),
            batch=behaviour.batch,
            inline_thumbnails=behaviour.inline_thumbnails,
            hover_link=behaviour.hover_link,
            panel=behaviour.panel,
            panel_waits=behaviour.panel_waits,
            preview_delay=behaviour.preview_delay,
            show_more_after=behaviour.show_more_after,
            script_data=behaviour.script_data,
            layout_changed=behaviour.layout_changed,
            trap=behaviour.trap,
        )

    def _preview(self, request: Request) -> Answer:
        preview = self._previews.get(request.parameter("q").removeprefix("tbn:"))
        return Answer(200, preview, "image/jpeg") if preview else Answer(404, b"404\n", "text/plain")

    def _consent(self, request: Request) -> Answer:
        return html(page.consent_page(self._dress(), _own_address(request.parameter("continue"), request.headers)))

    def _consented(self, request: Request) -> Answer:
        cookie = f"{_CONSENT_COOKIE}={request.form.get('set') == 'yes':d}; Path=/; HttpOnly; SameSite=Lax"
        destination = _own_address(request.form.get("continue", ""), request.headers)
        return redirect(303, destination, {"Set-Cookie": cookie})

    def _sorry(self, _request: Request) -> Answer:
        self._requests.add("captcha")
        return Answer(429, encoded(page.captcha_page(self._dress())))

    def _is_walled(self) -> bool:
        limit = self._behaviour.captcha_after
        return bool(limit) and self._requests.add("asked") > limit

    def _dress(self, load: int = 0) -> page.Dress:
        return page.Dress(self._seed, load, self._behaviour.jsname)


def _tile(image_host: str, offer: Offer) -> page.Tile:
    width, height = _claimed_size(offer)
    return page.Tile(
        document_id=identity("document", offer),
        thumbnail_id=identity("thumbnail", offer),
        image_url=image_url(image_host, offer.name),
        page_url=page_url(image_host, offer),
        title=offer.title,
        width=width,
        height=height,
        preview=offer.preview or _thumbnail(offer.data),
    )


def _claimed_size(offer: Offer) -> tuple[int, int]:
    if offer.width and offer.height:
        return offer.width, offer.height
    try:
        facts = inspect(offer.data)
    except ImageError:
        return 640, 480  # engines claim a size for everything
    return facts.width, facts.height


def _thumbnail(data: bytes) -> bytes:
    try:
        picture = decode(data, at_least=_PREVIEW_SIZE[1])
    except ImageError:
        picture = Image.new("RGB", _PREVIEW_SIZE, "#d5d7da")
    picture.thumbnail(_PREVIEW_SIZE)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=80)
    return stream.getvalue()


def _with_duplicates(tiles: list[page.Tile], share: float, seed: int) -> list[page.Tile]:
    """Puts some tiles a second time, somewhere after the first."""
    randomness = random.Random(f"duplicates/{seed}")
    for tile in randomness.sample(tiles, round(share * len(tiles))):
        tiles.insert(randomness.randint(tiles.index(tile) + 1, len(tiles)), tile)
    return tiles


def _own_address(address: str, headers: Message) -> str:
    """`address` when it stays on this site, else the front page: `continue=` must not lead anybody elsewhere."""
    own = f"http://{headers.get('Host', '')}"
    local = address.removeprefix(own) if address.startswith(own + "/") else address
    is_path = local.startswith("/") and not local.startswith("//") and "\\" not in local and local.isprintable()
    return quote(local, safe="/?&=%+:;,@!$'()*~#[]") if is_path else "/"


def _cookies(headers: Message) -> SimpleCookie:
    try:
        return SimpleCookie(headers.get("Cookie", ""))
    except CookieError:
        return SimpleCookie()


def _normal(query: str) -> str:
    return " ".join(unicodedata.normalize("NFC", query).split())
