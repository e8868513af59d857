"""A loopback server that misbehaves in every way that FAULTS.md names, raw bytes on real sockets; nothing leaves it."""

import gzip
import io
import os
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

import brotli
from PIL import Image

from crawler.flaws import Finding

LOOPBACK = (
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "017700000001",
    "0177.0.0.1",
    "0.0.0.0",
    "0",
    "１２７.0.0.1",
    "127。0。0。1",
    "localhost",
    "LOCALHOST.",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::127.0.0.1]",
    "[2002:7f00:1::]",
)
"""Spellings of this machine that one or another URL parser takes for another host."""

Answer = Callable[[socket.socket, str], None]


class Target(str):
    """What a request asks for, and its header fields by their names in lower case."""

    fields: dict[str, str]


def jpeg(width: int = 40, height: int = 30) -> bytes:
    """A picture that no other call gives."""
    file = io.BytesIO()
    Image.effect_noise((width, height), 60).convert("RGB").save(file, "JPEG")
    return file.getvalue()


def reply(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", "")
    return "\r\n".join(lines).encode() + body


class Server:
    """Answers each path by its function; keeps the requests as they came, and counts the connections.

    A connection serves one request, or with `keep` as many as the client likes.
    """

    def __init__(self, listening: socket.socket, answers: dict[str, Answer], *, keep: bool = False) -> None:
        self.listening = listening
        self.port: int = listening.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        self.requests: list[str] = []
        self.connections = 0
        self._answers = answers
        self._keep = keep

    def url(self, path: str = "/") -> str:
        return f"http://{self.host}{path}"

    def accept(self) -> None:
        while True:
            try:
                connection, _peer = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def targets(self) -> list[str]:
        """What was asked for, in the order in which it came."""
        return [request.split(" ")[1] for request in self.requests]

    def _serve(self, connection: socket.socket) -> None:
        self.connections += 1
        with connection, suppress(OSError):  # the client had enough
            while (request := _read(connection)) is not None:
                self.requests.append(request)
                target = _target(request)
                self._answers.get(target, self._answers.get("*", _missing))(connection, target)
                if not self._keep:
                    return


def _read(connection: socket.socket) -> str | None:
    request = b""
    while b"\r\n\r\n" not in request:
        block = connection.recv(65536)
        if not block:
            return None
        request += block
    return request.decode("latin-1")


def _target(request: str) -> Target:
    first, *lines = request.split("\r\n")
    target = Target(first.split(" ")[1])
    target.fields = {name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines)}
    return target


def _missing(connection: socket.socket, _target: str) -> None:
    connection.sendall(reply(b"gone", "404 Not Found"))


def fixed(*answers: bytes) -> Answer:
    """The first answer to the first request, and so on; the last one to all that follow."""
    left = list(answers)

    def answer(connection: socket.socket, _target: str) -> None:
        connection.sendall(left.pop(0) if len(left) > 1 else left[0])

    return answer


@contextmanager
def serving(
    answers: dict[str, Answer], context: ssl.SSLContext | None = None, *, keep: bool = False
) -> Iterator[Server]:
    """A server on a free port of 127.0.0.1, with TLS where a context is given."""
    with socket.create_server(("127.0.0.1", 0)) as plain:
        listening = context.wrap_socket(plain, server_side=True) if context else plain
        with listening:
            server = Server(listening, answers, keep=keep)
            thread = threading.Thread(target=server.accept)
            thread.start()
            try:
                yield server
            finally:
                listening.shutdown(socket.SHUT_RDWR)
                thread.join()


def drip(*parts: bytes) -> Answer:
    """The first parts at once, then one byte at a time for as long as anybody listens."""

    def answer(connection: socket.socket, _target: str) -> None:
        for part in parts:
            connection.sendall(part)
        while True:
            connection.sendall(b"x")
            time.sleep(0.05)

    return answer


def endless(connection: socket.socket, _target: str) -> None:
    """No length and no end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(bytes(65536))


def reset(body: bytes) -> Answer:
    """The answer but for its last 50 bytes, then RST."""

    def answer(connection: socket.socket, _target: str) -> None:
        connection.sendall(reply(body)[:-50])
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # close() sends RST

    return answer


def redirect(location: str, *headers: str) -> Answer:
    return fixed(reply(b"", "302 Found", f"Location: {location}", *headers))


def wall(field: str, value: str, body: bytes) -> Answer:
    """403 unless the request has this header field, as hotlink protection asks for a Referer."""

    def answer(connection: socket.socket, target: str) -> None:
        assert isinstance(target, Target)
        connection.sendall(reply(body) if target.fields.get(field) == value else reply(b"", "403 Forbidden"))

    return answer


def tunnel(port: int) -> Answer:
    """A proxy's answer to CONNECT: whatever the host that was asked for, its bytes go to and fro with `port` here."""

    def answer(connection: socket.socket, _target: str) -> None:
        with socket.create_connection(("127.0.0.1", port)) as onward:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pump, args=(onward, connection))
            back.start()
            _pump(connection, onward)
            back.join()

    return answer


def _pump(source: socket.socket, sink: socket.socket) -> None:
    """Hand on what comes until one side has ended."""
    with suppress(OSError):
        while block := source.recv(65536):
            sink.sendall(block)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def header_flood(count: int) -> bytes:
    return reply(b"", "200 OK", *(f"X-{number}: {'x' * 100}" for number in range(count)))


def bomb(encoding: str, size_bytes: int) -> bytes:
    """An answer that is many thousand times larger once it is decoded."""
    zeros = bytes(size_bytes)
    packed = {"gzip": gzip.compress, "deflate": zlib.compress, "br": partial(brotli.compress, quality=1)}[encoding](
        zeros
    )
    return reply(packed, "200 OK", f"Content-Encoding: {encoding}")


def crashing(data: bytes) -> Finding:
    """In the place of the decoder: brings its process down, hangs, or finds nothing wrong, as the bytes say."""
    if b"crash" in data:
        os._exit(3)
    if b"hang" in data:
        time.sleep(60)
    return Finding("")


class Clock:
    """Time that passes only when somebody waits, for any number of threads."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds
