"""Connections to checked addresses: kept alive between requests, cut at a deadline, all ended at once when asked."""

import errno
import http.client
import socket
import ssl
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import certifi
from urllib3.connection import HTTPConnection
from urllib3.util import make_headers

from crawler.guard import WebAddress, checked, checked_literal, literal
from crawler.options import CrawlOptions
from pipeline.errors import DiskError
from pipeline.language import _

WATCH_SECONDS = 0.1
"""How often the watching thread looks whether a download is over its deadline."""

Resolve = Callable[[str, int], list[str]]
Origin = tuple[str, str, int]


class StoppedError(Exception):
    """The downloads were stopped while this one ran: nothing is known about its URL."""


class LateError(Exception):
    """The deadline is over before a connection could be made."""


def resolve(host: str, port: int) -> list[str]:
    """Every IP address of a host name, in the system's order. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(eq=False, slots=True)
class Exchange:
    """One request's use of a connection.

    `is_reused` if the connection served others before; `is_late` once it was cut at its deadline. Whoever has read the
    whole answer sets `is_whole`, and the connection is kept for the next request.
    """

    deadline: float
    opened: socket.socket | None = None
    connection: HTTPConnection | None = None
    is_reused: bool = False
    is_late: bool = False
    is_whole: bool = False


class Connections:
    """Keep-alive connections, for any number of threads.

    A name is resolved when a connection is made, every address that it has is checked, and the connection goes to the
    very address that was checked; while the connection lives, nobody asks for the name again. With a proxy it is the
    proxy that resolves names: then only an address that is written out in a URL can be refused.
    """

    def __init__(self, options: CrawlOptions, resolve: Resolve, clock: Callable[[], float]) -> None:
        self._options = options
        self._resolve = resolve
        self._clock = clock
        self._proxy = urlsplit(options.proxy) if options.proxy else None
        self._lock = threading.Lock()
        self._used: set[Exchange] = set()
        self._idle: deque[tuple[Origin, HTTPConnection]] = deque()
        self._is_watched = False
        self._is_stopped = False
        self._tls = ssl.create_default_context()
        self._tls.load_verify_locations(certifi.where())  # a slim machine has no certificates of its own
        weakref.finalize(self, _close_all, self._idle)

    def target(self, address: WebAddress) -> str:
        """What stands in the request line: the whole URL where a proxy forwards it (RFC 9112, 3.2.2)."""
        return address.url if self._proxy and address.scheme == "http" else address.target

    def headers(self, address: WebAddress) -> dict[str, str]:
        """What the connection adds to a request: who the user is to the proxy, which nobody else may learn."""
        return self._proxy_headers() if address.scheme == "http" else {}

    @contextmanager
    def exchange(self, address: WebAddress, deadline: float, *, fresh: bool = False) -> Iterator[Exchange]:
        """A connection to the address's host, cut at the deadline: a byte a second never meets a read timeout.

        `fresh` takes none that served before. Raises StoppedError, LateError, RefusedError, OSError and
        http.client.HTTPException; DiskError where this process may open no more files.
        """
        exchange = Exchange(deadline)
        self._watch(exchange)
        try:
            self._open(address, exchange, fresh=fresh)
            yield exchange
        finally:
            with self._lock:
                self._used.discard(exchange)
            self._leave(address, exchange)

    def raise_if_cut(self, exchange: Exchange) -> None:
        """A socket that was shut down looks like a server that ended: tell the two apart."""
        if self._is_stopped:
            raise StoppedError
        if exchange.is_late:
            raise LateError

    def raise_if_over(self, exchange: Exchange) -> None:
        """The same after a failure: at the deadline the socket's own timeout may come before the cut."""
        self.raise_if_cut(exchange)
        if self._clock() >= exchange.deadline:
            raise LateError

    def stop(self) -> None:
        """End every exchange at once; they raise StoppedError, and so do all later ones."""
        with self._lock:
            self._is_stopped = True
            for exchange in self._used:
                _shut_down(exchange.opened)
            _close_all(self._idle)

    def _open(self, address: WebAddress, exchange: Exchange, *, fresh: bool) -> None:
        seconds = self._seconds_left(exchange)
        connection = None if fresh else self._take_idle(_origin(address))
        exchange.is_reused = connection is not None
        if connection is None:
            connection = HTTPConnection(address.host, address.port)
            connection.sock = self._connected(address, exchange)
        connection.timeout = seconds
        exchange.connection, exchange.opened = connection, connection.sock
        self.raise_if_cut(exchange)

    def _seconds_left(self, exchange: Exchange) -> float:
        seconds = min(self._options.timeout_seconds, exchange.deadline - self._clock())
        if self._is_stopped:
            raise StoppedError
        if seconds <= 0:
            raise LateError
        return seconds

    def _connected(self, address: WebAddress, exchange: Exchange) -> socket.socket:
        failure: OSError = OSError("no address")
        for place in self._places(address)[:2]:  # an IPv6 address that leads nowhere, then IPv4
            try:
                exchange.opened = socket.create_connection(place, self._seconds_left(exchange))
            except OSError as error:
                _raise_if_ours(error, address)
                failure = error
            else:
                return self._secured(address, exchange.opened, exchange)
        raise failure

    def _places(self, address: WebAddress) -> list[tuple[str, int]]:
        """Where to connect to: the checked addresses of the host, or the proxy."""
        if self._proxy:
            checked_literal(address, self._options.allow_host)
            return [(self._proxy.hostname or "", self._proxy.port or 80)]
        written = literal(address.host)
        found = [written] if written else self._resolved(address)
        return [(ip_address, address.port) for ip_address in checked(address, found, self._options.allow_host)]

    def _resolved(self, address: WebAddress) -> list[str]:
        try:
            return self._resolve(address.host, address.port)
        except OSError as error:
            _raise_if_ours(error, address)
            raise

    def _secured(self, address: WebAddress, opened: socket.socket, exchange: Exchange) -> socket.socket:
        """The socket, for https inside TLS that greets and verifies the host's own name."""
        try:
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if address.scheme == "http":
                return opened
            if self._proxy:
                self._tunnel(address, opened)
            opened = self._tls.wrap_socket(opened, server_hostname=address.host, do_handshake_on_connect=False)
            exchange.opened = opened  # a handshake that drips is cut, too
            opened.do_handshake()
        except (OSError, http.client.HTTPException):
            opened.close()
            raise
        return opened

    def _tunnel(self, address: WebAddress, opened: socket.socket) -> None:
        """Ask the proxy for a tunnel (RFC 9110, 9.3.6). Raises OSError where it refuses."""
        host = f"[{address.host}]" if ":" in address.host else address.host
        fields = {"Host": f"{host}:{address.port}", **self._proxy_headers()}
        lines = [f"CONNECT {host}:{address.port} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
        opened.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
        answer = http.client.HTTPResponse(opened, method="CONNECT")
        try:
            answer.begin()
            if not 200 <= answer.status < 300:
                raise ConnectionError(f"the proxy answers {answer.status}")
        finally:
            answer.close()

    def _proxy_headers(self) -> dict[str, str]:
        if not self._proxy or not self._proxy.username:
            return {}
        who = f"{unquote(self._proxy.username)}:{unquote(self._proxy.password or '')}"
        return {"Proxy-Authorization": make_headers(basic_auth=who)["authorization"]}

    def _take_idle(self, origin: Origin) -> HTTPConnection | None:
        with self._lock:
            found = next((kept for kept in self._idle if kept[0] == origin), None)
            if found is None:
                return None
            self._idle.remove(found)
        if found[1].is_connected:  # nothing to read: neither an end nor bytes that nobody asked for
            return found[1]
        found[1].close()
        return None

    def _leave(self, address: WebAddress, exchange: Exchange) -> None:
        """Keep the connection or close it, and of the idle ones the oldest where there are too many."""
        connection = exchange.connection
        if connection is None:
            return
        with self._lock:
            if exchange.is_whole and connection.sock is not None and not exchange.is_late and not self._is_stopped:
                self._idle.append((_origin(address), connection))
                connection = self._idle.popleft()[1] if len(self._idle) > self._options.concurrency else None
        if connection is not None:
            connection.close()

    def _watch(self, exchange: Exchange) -> None:
        with self._lock:
            self._used.add(exchange)
            if not self._is_watched:
                self._is_watched = True
                threading.Thread(target=self._cut_late_ones, name="download-watch", daemon=True).start()

    def _cut_late_ones(self) -> None:
        """The watching thread: it ends when nothing is under way, and starts again with the next exchange."""
        while True:
            time.sleep(WATCH_SECONDS)
            with self._lock:
                if not self._used:
                    self._is_watched = False
                    return
                for exchange in self._used:
                    if self._clock() >= exchange.deadline:
                        exchange.is_late = True
                        _shut_down(exchange.opened)


def _raise_if_ours(error: OSError, address: WebAddress) -> None:
    """Raise DiskError where this machine failed, so that no host and no image is blamed for it."""
    if error.errno in (errno.EMFILE, errno.ENFILE):
        raise DiskError(
            _(
                "{host}: no connection, too many open files. Raise the limit (ulimit -n 4096) or lower --concurrency,"
                " and run the command again.",
                host=address.authority,
            )
        ) from error


def _origin(address: WebAddress) -> Origin:
    return address.scheme, address.host, address.port


def _close_all(idle: deque[tuple[Origin, HTTPConnection]]) -> None:
    while idle:
        idle.popleft()[1].close()


def _shut_down(opened: socket.socket | None) -> None:
    try:
        if opened is not None:
            # not the TLS socket's own shutdown, which would pull the TLS state from under the reading thread
            socket.socket.shutdown(opened, socket.SHUT_RDWR)
    except OSError:
        return  # it was closed already
