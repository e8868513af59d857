"""Downloads: one URL to the bytes of an image, or to a short word that says why not; every hop checked and bounded."""

import base64
import binascii
import http.client
import logging
import random
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from importlib import metadata
from urllib.parse import unquote_to_bytes

import certifi
import urllib3.exceptions
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import BaseHTTPResponse

from crawler.guard import RefusedError, WebAddress, checked, literal, parse
from crawler.options import CrawlOptions
from pipeline.image import ImageError, inspect

MAX_REDIRECTS = 5
MAX_ATTEMPTS = 3
MAX_WAIT_SECONDS = 30.0
_REDIRECTS = (301, 302, 303, 307, 308)
_TEMPORARY_STATUSES = (408, 425, 429)
_BLOCK_BYTES = 65536
_NETWORK_ERRORS = (OSError, urllib3.exceptions.HTTPError, http.client.HTTPException)

log = logging.getLogger(__name__)
Resolve = Callable[[str, int], list[str]]


class FetchError(Exception):
    """A download that brought no image.

    `reason` is one short word: bad_scheme, bad_url, blocked_address, too_many_redirects, too_large, deadline,
    connection, tls, http_<status>, empty, not_image or too_many_pixels. A `temporary` one may be tried again.
    """

    def __init__(self, reason: str, *, temporary: bool = False, wait_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.temporary = temporary
        self.wait_seconds = wait_seconds


class StoppedError(Exception):
    """The fetcher was stopped while this download ran: nothing is known about the URL."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes of an image as the server sent them, its extension by content, and where they came from in the end."""

    data: bytes
    extension: str
    final_url: str


def resolve(host: str, port: int) -> list[str]:
    """Every IP address of a host name, in the system's order. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Fetcher:
    """Fetches images, from any number of threads at once.

    A name is resolved once for each hop, and the connection goes to the very address that was checked. Neither
    proxies, cookies, credentials nor a Referer are ever sent; a redirect is a new URL that is checked like the first.
    """

    def __init__(
        self,
        options: CrawlOptions,
        *,
        resolve: Resolve = resolve,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._options = options
        self._resolve = resolve
        self.clock = clock
        self._now = now
        self._stopped = threading.Event()
        self._sleep = sleep or self._stopped.wait
        self._open_sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._tls = ssl.create_default_context()
        self._tls.load_verify_locations(certifi.where())  # a slim machine has no certificates of its own
        self._headers = {
            "User-Agent": f"unpaired/{metadata.version('unpaired')} (image dataset crawler)",
            "Accept": "image/*,*/*;q=0.5",
            "Accept-Encoding": "identity",
        }

    def fetch(self, url: str) -> Fetched:
        """The image at `url`, by http, https or inside a data: URL. Raises FetchError, StoppedError."""
        if url[:5].lower() == "data:":
            return _image(_inline_bytes(url, self._options.max_size_bytes), "")
        deadline = self.clock() + self._options.deadline_seconds
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                return self._follow(url, deadline)
            except FetchError as error:
                wait_seconds = _wait(error, url, attempt)
                if not error.temporary or attempt == MAX_ATTEMPTS or self.clock() + wait_seconds >= deadline:
                    raise
                log.debug("%s: %s, again in %.1f s", url, error.reason, wait_seconds)
                self._sleep(wait_seconds)
        raise AssertionError("unreachable")

    def stop(self) -> None:
        """End every running download at once; they raise StoppedError."""
        self._stopped.set()
        with self._lock:
            for opened in self._open_sockets:
                _shut_down(opened)

    def _follow(self, url: str, deadline: float) -> Fetched:
        address = _parsed(url)
        for _hop in range(MAX_REDIRECTS + 1):
            body, location = self._exchange(address, deadline)
            if not location:
                return _image(body, address.url)
            address = _parsed(location, address.url)
        raise FetchError("too_many_redirects")

    def _exchange(self, address: WebAddress, deadline: float) -> tuple[bytes, str]:
        """One request: the body, or "" and where the server redirects to."""
        late = threading.Event()
        try:
            with (
                closing(self._connected(address, deadline)) as connection,
                self._watched(connection, deadline, late),
            ):
                connection.request(
                    "GET",
                    address.target,
                    headers={**self._headers, "Host": address.authority},
                    preload_content=False,
                )
                with closing(connection.getresponse()) as response:
                    answer = self._answer(response)
        except FetchError:
            self._raise_if_cut(late)
            raise
        except _NETWORK_ERRORS as error:
            self._raise_if_cut(late)
            raise _network_failure(error) from error
        self._raise_if_cut(late)
        return answer

    def _raise_if_cut(self, late: threading.Event) -> None:
        """A socket that was shut down looks like a server that ended: tell the two apart."""
        if self._stopped.is_set():
            raise StoppedError
        if late.is_set():
            raise FetchError("deadline", temporary=True)

    def _connected(self, address: WebAddress, deadline: float) -> HTTPConnection:
        seconds = min(self._options.timeout_seconds, deadline - self.clock())
        if seconds <= 0:
            raise FetchError("deadline", temporary=True)
        failure: OSError | urllib3.exceptions.HTTPError = OSError("no address")
        for ip_address in self._addresses(address)[:2]:  # an IPv6 address that leads nowhere, then IPv4
            connection = self._connection(address, ip_address, seconds)
            try:
                connection.connect()
            except (OSError, urllib3.exceptions.HTTPError) as error:
                connection.close()
                failure = error
            else:
                return connection
        raise failure

    def _addresses(self, address: WebAddress) -> list[str]:
        written = literal(address.host)
        found = [written] if written else self._resolve(address.host, address.port)
        try:
            return checked(address, found, self._options.allow_host)
        except RefusedError as error:
            raise FetchError(error.reason) from error

    def _connection(self, address: WebAddress, ip_address: str, seconds: float) -> HTTPConnection:
        """A connection to the checked address; TLS greets and verifies the host's own name."""
        if address.scheme == "http":
            return HTTPConnection(ip_address, address.port, timeout=seconds)
        return HTTPSConnection(
            ip_address,
            address.port,
            timeout=seconds,
            ssl_context=self._tls,
            server_hostname=address.host,
        )

    @contextmanager
    def _watched(self, connection: HTTPConnection, deadline: float, late: threading.Event) -> Iterator[None]:
        """Shut the socket down at the deadline: a server that sends a byte a second never meets a read timeout."""
        opened = connection.sock
        assert opened is not None

        def cut() -> None:
            late.set()
            _shut_down(opened)

        timer = threading.Timer(max(0.0, deadline - self.clock()), cut)
        timer.daemon = True
        with self._lock:
            self._open_sockets.add(opened)
        timer.start()
        try:
            if self._stopped.is_set():
                raise StoppedError
            yield
        finally:
            timer.cancel()
            with self._lock:
                self._open_sockets.discard(opened)

    def _answer(self, response: BaseHTTPResponse) -> tuple[bytes, str]:
        location = response.headers.get("Location", "")
        if response.status in _REDIRECTS and location:
            return b"", _as_utf8(location)
        if response.status >= 300:
            raise self._status_failure(response)
        return _bounded_body(response, self._options.max_size_bytes), ""

    def _status_failure(self, response: BaseHTTPResponse) -> FetchError:
        temporary = response.status >= 500 or response.status in _TEMPORARY_STATUSES
        wait_seconds = retry_after(response.headers.get("Retry-After", ""), self._now())
        return FetchError(f"http_{response.status}", temporary=temporary, wait_seconds=wait_seconds)


def retry_after(text: str, now: float) -> float | None:
    """The wait that a Retry-After header asks for, in seconds, None for none (RFC 9110, 10.2.3); never over 30."""
    if not text.strip():
        return None
    try:
        seconds = float(text) if text.strip().isdigit() else parsedate_to_datetime(text).timestamp() - now
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), MAX_WAIT_SECONDS)


def _wait(error: FetchError, url: str, attempt: int) -> float:
    """Doubling waits with a jitter of a half, which is the same for the same URL and attempt."""
    if error.wait_seconds is not None:
        return error.wait_seconds
    return float(2 ** (attempt - 1)) * random.Random(f"{attempt} {url}").uniform(0.5, 1.0)


def _parsed(url: str, base: str = "") -> WebAddress:
    try:
        return parse(url, base)
    except RefusedError as error:
        raise FetchError(error.reason) from error


def _bounded_body(response: BaseHTTPResponse, max_size_bytes: int) -> bytes:
    blocks: list[bytes] = []
    size_bytes = 0
    for block in response.stream(_BLOCK_BYTES, decode_content=True):
        size_bytes += len(block)
        if size_bytes > max_size_bytes:
            raise FetchError("too_large")
        blocks.append(block)
    return b"".join(blocks)


def _inline_bytes(url: str, max_size_bytes: int) -> bytes:
    """The bytes of a data: URL (RFC 2397)."""
    head, comma, body = url[5:].partition(",")
    if not comma:
        raise FetchError("bad_url")
    if len(body) > 3 * max_size_bytes:  # %XX takes three characters a byte
        raise FetchError("too_large")
    try:
        plain = unquote_to_bytes(body)
        data = base64.b64decode(b"".join(plain.split()), validate=True) if head.lower().endswith(";base64") else plain
    except (binascii.Error, ValueError) as error:
        raise FetchError("bad_url") from error
    if len(data) > max_size_bytes:
        raise FetchError("too_large")
    return data


def _image(data: bytes, final_url: str) -> Fetched:
    """What the bytes are, whatever the server called them. A truncated image still has a header and is kept."""
    try:
        return Fetched(data, inspect(data).extension, final_url)
    except ImageError as error:
        raise FetchError(error.reason) from error


def _network_failure(error: Exception) -> FetchError:
    if isinstance(error, ssl.SSLCertVerificationError | urllib3.exceptions.SSLError):
        return FetchError("tls")
    if isinstance(error, ssl.SSLError):
        return FetchError("tls", temporary=True)
    return FetchError("connection", temporary=True)


def _as_utf8(location: str) -> str:
    """Servers write Hangul into Location as raw UTF-8, which http.client reads as Latin-1."""
    try:
        return location.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return location


def _shut_down(opened: socket.socket) -> None:
    try:
        # not the TLS socket's own shutdown, which would pull the TLS state from under the reading thread
        socket.socket.shutdown(opened, socket.SHUT_RDWR)
    except OSError:
        return  # it was closed already
