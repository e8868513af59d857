"""A server on 127.0.0.1 for as long as a block lasts: requests in, answers out, no connection left open."""

import logging
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

logger = logging.getLogger(__name__)

_HTML = "text/html; charset=utf-8"
_MAX_FORM_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks: `query` and `path` as they were written, `form` decoded, each name once."""

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
class Answer:
    """What a client is told; a status of 204 has neither body nor type."""

    status: int
    body: bytes = b""
    content_type: str = _HTML
    headers: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def listen(answer: Callable[[Request], Answer]) -> Iterator[str]:
    """Serves `answer` on a free port, many requests at once, and gives its host and port: "127.0.0.1:port"."""
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


class _Server(ThreadingHTTPServer):
    """Joins its threads when closed, after it has ended the connections that clients keep open."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, answer: Callable[[Request], Answer]) -> None:
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
        answer = self.server.answer(Request(self.command, path, query, self.headers, self._form()))
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


def _first(values: Mapping[str, Sequence[str]], name: str, default: str) -> str:
    return values[name][0] if name in values else default


def html(text: str) -> Answer:
    """A page that is found."""
    return Answer(200, encoded(text))


def encoded(text: str) -> bytes:
    """A page's bytes, whatever halves of surrogate pairs its titles hold."""
    return text.encode("utf-8", "replace")


def redirect(status: int, address: str, headers: Mapping[str, str] | None = None) -> Answer:
    """A way on to `address`, which holds nothing that must be encoded."""
    return Answer(status, headers={"Location": address, **(headers or {})})
