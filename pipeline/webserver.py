"""A page served by this machine: a Flask application that asks who asks, and the server that runs it until Ctrl-C."""

import json
import logging
import os
import sqlite3
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import waitress
from flask import Flask, Response, request
from werkzeug.exceptions import Forbidden, HTTPException

from pipeline.errors import DiskError, OptionError, PipelineError, Terminated
from pipeline.gate import LOOPBACK, Address, Pass, comes_from_here
from pipeline.language import _
from pipeline.listening import ListenOptions, listening

_THREADS = 8
"""Enough for the six connections that a browser opens, and a second tab."""

_CONNECTIONS = 32
_ANSWER_BYTES = 64 * 1024 * 1024
"""Answers up to this size wait in the memory, longer ones in a file without a name."""

_LAST_SECONDS = 5.0
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_ALONE = {"Cross-Origin-Opener-Policy": "same-origin"}
"""Browsers heed it where they trust the origin, which without https is this machine alone; elsewhere they complain."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Who may ask a server, and how much: `command` is what started it, `policy` what its pages may do.

    Without an `entry` whoever sits at this machine may; a request holds at most `most_bytes`.
    """

    command: str
    address: Address
    entry: Pass | None
    policy: str
    most_bytes: int

    @property
    def cookie(self) -> str:
        """Cookies do not know ports, and two servers may run."""
        return f"{self.command}-{self.address.port}"


def guarded(rules: Rules) -> Flask:
    """An application without routes as yet. Only who may is answered, and nothing but the page itself may ask."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = rules.most_bytes
    app.before_request(lambda: _checked(rules))

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers.update(_HEADERS | (_ALONE if rules.address.host in LOOPBACK else {}))
        response.headers["Content-Security-Policy"] = f"{rules.policy}; frame-ancestors 'none'"
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(PipelineError, _failed)
    return app


def json_response(content: object, status: int = 200) -> Response:
    """An answer to a script."""
    return Response(json.dumps(content), status, mimetype="application/json")


@contextmanager
def answering(
    make: Callable[[Address], Flask], options: ListenOptions, most_bytes: int
) -> Iterator[tuple[Address, threading.Thread]]:
    """An application that answers until the block ends: where it listens, and the thread that ends with the server.

    A request of up to `most_bytes` stays in the memory while it comes in; a longer one is refused. Raises UsageError
    where nothing can listen at --host and --port.
    """
    with listening(options) as listener:
        address = Address(options.host, listener.getsockname()[1])
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # that a request waits a moment is no news
        server = waitress.create_server(
            make(address),
            sockets=[listener],
            threads=_THREADS,
            ident="",
            clear_untrusted_proxy_headers=True,
            connection_limit=_CONNECTIONS,
            max_request_body_size=most_bytes + 1,
            inbuf_overflow=most_bytes + 1,
            outbuf_overflow=_ANSWER_BYTES,
        )
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        try:
            yield address, thread
        finally:
            server.task_dispatcher.shutdown()  # what is being written is written to its end
            server.trigger.pull_trigger(lambda: server.asyncore.close_all(server._map))
            thread.join(_LAST_SECONDS)  # a thread that still talks while Python ends can bring it down


def serve(
    make: Callable[[Address], Flask],
    options: ListenOptions,
    entry: Pass | None,
    *,
    most_bytes: int,
    announce: Callable[[str], None],
    open_page: Callable[[str], object] | None = None,
) -> None:
    """Run an application until Ctrl-C; `announce` is told the page's address, `open_page` opens it.

    Raises UsageError as `answering` does; Terminated after SIGTERM.
    """
    with answering(make, options, most_bytes) as (address, thread):
        page = f"{address.shown}?token={entry.token}" if entry else address.shown
        try:
            announce(page)
            if not options.no_browser:
                (open_page or _open)(page)
            thread.join()
        except Terminated:
            raise
        except KeyboardInterrupt:
            pass  # this is how it ends


def _checked(rules: Rules) -> Response | None:
    headers, entry = request.headers, rules.entry
    host = headers.get("Host", "")
    if not rules.address.is_named(host):
        raise Forbidden(_("This server has another name: {address}", address=rules.address.shown))
    token = request.args.get("token")
    if entry and request.path == "/" and request.method == "GET" and token is not None:
        return _exchanged(entry.exchange(token), rules)
    if not comes_from_here(request.method, host, headers.get("Origin"), headers.get("Sec-Fetch-Site")):
        raise Forbidden(_("This request does not come from the page."))
    if entry and not entry.lets_in(request.cookies.get(rules.cookie, "")):
        raise Forbidden(
            _(
                "Open the address that pipeline {command} printed, with its token. If it was used already, start the"
                " command again.",
                command=rules.command,
            )
        )
    return None


def _exchanged(value: str, rules: Rules) -> Response:
    if not value:
        raise Forbidden(
            _(
                "This token was used already, or is another one's. Start pipeline {command} again.",
                command=rules.command,
            )
        )
    response = Response(status=303, headers={"Location": "/"})
    response.set_cookie(rules.cookie, value, httponly=True, samesite="Strict", path="/")
    return response


def _refused(error: HTTPException) -> Response:
    """Words for a person who opened an address, JSON for a script."""
    text, code = error.description or error.name, error.code or 400
    if request.accept_mimetypes.best == "text/html":
        return Response(f"{text}\n", code, mimetype="text/plain")
    response = json_response({"error": text}, code)
    response.headers.extend((name, value) for name, value in error.get_headers() if name in ("Allow", "Retry-After"))
    return response


def _failed(error: PipelineError) -> Response:
    """What the user can act upon: a wrong value, files that are gone, busy or damaged, a full disk."""
    if isinstance(error, OptionError):
        return json_response({"error": str(error)}, 400)
    code = 503
    if isinstance(error, DiskError) and getattr(error.__cause__, "sqlite_errorcode", None) not in _BUSY:
        code = 507
    return json_response({"error": str(error)}, code)


def _open(page: str) -> None:
    """Open the page where there is a screen; a browser of the terminal would take the terminal."""
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        with suppress(webbrowser.Error):
            webbrowser.open(page)
