"""A loopback image-search site for the demo and the tests: it behaves as image-search pages do (DESIGN.md, section 5).

Two servers on 127.0.0.1 with free ports: the search site, and the image host, so that the pictures are foreign to the
search page as they are in life.
"""

import hashlib
import io
import logging
import random
import socket
import sys
import threading
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlencode

from PIL import Image

from pipeline.demo import page
from pipeline.image import ImageError, decode, inspect

logger = logging.getLogger(__name__)

_HTML = "text/html; charset=utf-8"
_CONSENT_COOKIE = "SOCS"
_MAX_FORM_BYTES = 65_536
_PREVIEW_SIZE = (400, 190)


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


@dataclass(frozen=True, slots=True)
class Site:
    """A running site: `search_url` for --search-url, `image_host` ("127.0.0.1:port") for --allow-host."""

    search_url: str
    image_host: str
    requests: Requests

    def address(self, offer: Offer) -> str:
        """The address under which the image host serves `offer`."""
        return _image_url(self.image_host, offer.name)


@contextmanager
def serve(
    galleries: Mapping[str, Sequence[Offer]], behaviour: Behaviour | None = None, seed: int = 0
) -> Iterator[Site]:
    """Runs both servers while the block lasts. `galleries` maps each query to its offers, in the order of the results.

    Raises ValueError when two different offers have one name.
    """
    requests = Requests()
    offers = _by_address(galleries)
    with _listen(_ImageHost(offers, requests).answer) as image_host:
        pages = _SearchSite(galleries, behaviour or Behaviour(), seed, image_host, requests)
        with _listen(pages.answer) as search_host:
            yield Site(f"http://{search_host}", image_host, requests)


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    query: str
    headers: Message
    form: Mapping[str, str]

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path

    def parameter(self, name: str, default: str = "") -> str:
        return _first(parse_qs(self.query), name, default)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes = b""
    content_type: str = _HTML
    headers: Mapping[str, str] = field(default_factory=dict)


class _ImageHost:
    """The foreign host: pictures, and the pages on which they are said to stand. It has no robots.txt."""

    def __init__(self, offers: Mapping[tuple[str, str], Offer], requests: Requests) -> None:
        self._offers = offers
        self._pages = {_key(_page_path(offer)): offer.title for offer in offers.values()}
        self._requests = requests

    def answer(self, request: _Request) -> _Answer:
        key = (unquote(request.path, errors="surrogateescape"), unquote(request.query, errors="surrogateescape"))
        if key in self._offers:
            return self._picture(self._offers[key], request)
        if key in self._pages:
            return _Answer(200, _encoded(page.photo_page(self._pages[key])))
        self._requests.add("unknown", request.target)
        return _Answer(404, b"404\n", "text/plain")

    def _picture(self, offer: Offer, request: _Request) -> _Answer:
        """A browser says by Sec-Fetch-Dest that it wants to show a picture; that is no download."""
        if request.headers.get("Sec-Fetch-Dest") == "image":
            self._requests.add("shown", offer.name)
        elif self._requests.add("download", offer.name) <= offer.fail_first:
            return _Answer(503, b"503\n", "text/plain", {"Retry-After": "1"})
        return _Answer(offer.status, offer.data, offer.content_type)


class _SearchSite:
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
        self._routes: dict[tuple[str, str], Callable[[_Request], _Answer]] = {
            ("GET", "/"): lambda _: _html(page.home_page(self._dress())),
            ("GET", "/search"): self._search,
            ("GET", "/async"): self._batch,
            ("GET", "/images"): self._preview,
            ("GET", "/consent"): self._consent,
            ("POST", "/consent"): self._consented,
            ("GET", "/sorry/index"): self._sorry,
            ("POST", "/sorry/index"): self._sorry,
            ("GET", "/favicon.ico"): lambda _: _Answer(204),
        }

    def answer(self, request: _Request) -> _Answer:
        route = self._routes.get((request.method, request.path))
        return route(request) if route else _Answer(404, b"404\n", "text/plain")

    def _search(self, request: _Request) -> _Answer:
        parameters = {name: values[0] for name, values in parse_qs(request.query).items()}
        if parameters.get("tbm") == "isch":
            del parameters["tbm"]
            return _redirect(302, "/search?" + urlencode({**parameters, "udm": "2"}))
        if self._behaviour.consent and _CONSENT_COOKIE not in _cookies(request.headers):
            return _redirect(302, "/consent?" + urlencode({"continue": request.target}))
        if self._is_walled():
            return _redirect(302, "/sorry/index?" + urlencode({"continue": request.target}))
        load = self._requests.add("page")
        query = _normal(parameters.get("q", ""))
        tiles = self._tiles.get(query, [])
        if self._behaviour.no_results or parameters.get("udm") != "2" or not tiles:
            return _html(page.empty_page(self._dress(load), query))
        return _html(page.result_page(self._described(query, load)))

    def _batch(self, request: _Request) -> _Answer:
        if self._is_walled():
            return _redirect(302, "/sorry/index?" + urlencode({"continue": request.target}))
        query, start, load = (request.parameter(name, "0") for name in ("q", "start", "load"))
        if _normal(query) not in self._tiles or not (start.isdecimal() and load.isdecimal()):
            return _Answer(400, b"400\n", "text/plain")
        self._requests.add("batch")
        return _html(page.batch_fragment(self._described(_normal(query), int(load)), int(start)))

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

    def _preview(self, request: _Request) -> _Answer:
        preview = self._previews.get(request.parameter("q").removeprefix("tbn:"))
        return _Answer(200, preview, "image/jpeg") if preview else _Answer(404, b"404\n", "text/plain")

    def _consent(self, request: _Request) -> _Answer:
        return _html(page.consent_page(self._dress(), _own_address(request.parameter("continue"), request.headers)))

    def _consented(self, request: _Request) -> _Answer:
        cookie = f"{_CONSENT_COOKIE}={request.form.get('set') == 'yes':d}; Path=/; HttpOnly; SameSite=Lax"
        destination = _own_address(request.form.get("continue", ""), request.headers)
        return _redirect(303, destination, {"Set-Cookie": cookie})

    def _sorry(self, _request: _Request) -> _Answer:
        self._requests.add("captcha")
        return _Answer(429, _encoded(page.captcha_page(self._dress())))

    def _is_walled(self) -> bool:
        limit = self._behaviour.captcha_after
        return bool(limit) and self._requests.add("asked") > limit

    def _dress(self, load: int = 0) -> page.Dress:
        return page.Dress(self._seed, load, self._behaviour.jsname)


class _Server(ThreadingHTTPServer):
    """Joins its threads when closed, after it has ended the connections that clients keep open."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, answer: Callable[[_Request], _Answer]) -> None:
        self.answer = answer
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is no news; anything else is a fault of this site."""
        expected = isinstance(sys.exception(), (ConnectionError, TimeoutError))
        logger.log(logging.DEBUG if expected else logging.ERROR, "request of %s", client_address, exc_info=True)

    def hang_up(self) -> None:
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # the client was faster


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = 30

    def do_GET(self) -> None:
        self._respond()

    def do_POST(self) -> None:
        self._respond()

    def log_message(self, format: str, *args: Any) -> None:
        logger.debug(format, *args)

    def _respond(self) -> None:
        path, _, query = self.path.partition("?")
        answer = self.server.answer(_Request(self.command, path, query, self.headers, self._form()))
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def _form(self) -> dict[str, str]:
        length = self.headers.get("Content-Length", "0")
        if self.command != "POST" or not length.isdecimal() or int(length) > _MAX_FORM_BYTES:
            self.close_connection = self.close_connection or self.command == "POST"
            return {}
        text = self.rfile.read(int(length)).decode("utf-8", "replace")
        return {name: values[0] for name, values in parse_qs(text).items()}


@contextmanager
def _listen(answer: Callable[[_Request], _Answer]) -> Iterator[str]:
    server = _Server(answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="demo-site")
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.hang_up()
        server.server_close()


def _by_address(galleries: Mapping[str, Sequence[Offer]]) -> dict[tuple[str, str], Offer]:
    offers: dict[tuple[str, str], Offer] = {}
    for offer in (offer for gallery in galleries.values() for offer in gallery):
        if offers.setdefault(_key(offer.name), offer) != offer:
            raise ValueError(f"two different offers are named {offer.name!r}: rename one")
    return offers


def _key(name: str) -> tuple[str, str]:
    """Path and query string of a name, decoded: how the image host finds it whatever a client percent-encodes."""
    path, _, query = name.partition("?")
    return "/" + path.lstrip("/"), query


def _image_url(image_host: str, name: str) -> str:
    path, query = _key(name)
    encoded = quote(path, errors="surrogateescape")
    return f"http://{image_host}{encoded}" + (f"?{quote(query, '=&+', errors='surrogateescape')}" if query else "")


def _page_path(offer: Offer) -> str:
    return offer.page or f"pages/{_identity('page', offer)}.html"


def _page_url(image_host: str, offer: Offer) -> str:
    if ":" in offer.page.partition("/")[0] or offer.page.startswith("//"):
        return offer.page  # a whole address, as it stands
    return _image_url(image_host, _page_path(offer))


def _tile(image_host: str, offer: Offer) -> page.Tile:
    width, height = _claimed_size(offer)
    return page.Tile(
        document_id=_identity("document", offer),
        thumbnail_id=_identity("thumbnail", offer),
        image_url=_image_url(image_host, offer.name),
        page_url=_page_url(image_host, offer),
        title=offer.title,
        width=width,
        height=height,
        preview=offer.preview or _thumbnail(offer.data),
    )


def _identity(kind: str, offer: Offer) -> str:
    return hashlib.sha256(f"{kind}/{offer.name}".encode("utf-8", "surrogateescape")).hexdigest()[:14]


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


def _first(values: Mapping[str, Sequence[str]], name: str, default: str) -> str:
    return values[name][0] if name in values else default


def _normal(query: str) -> str:
    return " ".join(unicodedata.normalize("NFC", query).split())


def _html(text: str) -> _Answer:
    return _Answer(200, _encoded(text))


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _redirect(status: int, address: str, headers: Mapping[str, str] | None = None) -> _Answer:
    return _Answer(status, headers={"Location": address, **(headers or {})})
