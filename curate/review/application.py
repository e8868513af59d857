"""The routes: what a request asks for, who may ask it, and what is answered when something is wrong."""

import json
import math
import sqlite3
from dataclasses import asdict
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, NotFound

from curate.report.page import served_policy
from curate.review.desk import Desk, Heard
from curate.review.gate import Address, Pass, comes_from_here
from pipeline.decisions import fault_of
from pipeline.errors import DiskError, OptionError, PipelineError
from pipeline.language import _
from pipeline.records import Decision

MOST_BYTES = 16 * 1024 * 1024
"""The longest request: a decision on each of forty thousand images."""
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def application(desk: Desk, address: Address, entry: Pass) -> Flask:
    """The server's answers. Only who exchanged the token is let in, and nothing but the page itself may ask."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    cookie, policy = f"review-{address.port}", served_policy()

    @app.before_request
    def check() -> Response | None:
        headers = request.headers
        host = headers.get("Host", "")
        if not address.is_named(host):
            raise Forbidden(_("This server has another name."))
        token = request.args.get("token")
        if request.path == "/" and request.method == "GET" and token is not None:
            return _exchanged(entry.exchange(token), cookie)
        if not comes_from_here(request.method, host, headers.get("Origin"), headers.get("Sec-Fetch-Site")):
            raise Forbidden(_("This request does not come from the page."))
        if not entry.lets_in(request.cookies.get(cookie, "")):
            raise Forbidden(_("Open the address that pipeline review printed; it works once. Else start it again."))
        return None

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers.update(_HEADERS)
        response.headers["Content-Security-Policy"] = policy
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    _add_routes(app, desk)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(PipelineError, _failed)
    return app


def _add_routes(app: Flask, desk: Desk) -> None:
    @app.get("/")
    def page() -> Response:
        return Response(desk.page(), mimetype="text/html")

    @app.get("/decisions")
    def heard() -> Response:
        return _heard(desk.heard_since(_number(request.args.get("after", "0"))))

    @app.post("/decisions")
    def decide() -> Response:
        after, words = _said(request.get_data())
        return _heard(desk.take_down(words, after))

    @app.get("/preview")
    def change() -> Response:
        return _json(asdict(desk.change(request.args.get("name", ""), _float(request.args.get("value", "")))))

    @app.get("/thumb/<sha256>")
    def thumb(sha256: str) -> Response:
        return _picture(desk.thumbnail(sha256), "image/webp")

    @app.get("/picture/<sha256>")
    def picture(sha256: str) -> Response:
        return _picture(desk.preview(sha256), "image/jpeg")

    @app.get("/frame/<sha256>")
    def frame(sha256: str) -> Response:
        return _picture(desk.frame(sha256), "image/jpeg")

    @app.get("/frame/<sha256>/<other>")
    def laid_over(sha256: str, other: str) -> Response:
        return _picture(desk.laid_over(sha256, other), "image/jpeg")


def _exchanged(value: str, cookie: str) -> Response:
    if not value:
        raise Forbidden(_("This address was used already, or is another one's. Start pipeline review again."))
    response = Response(status=303, headers={"Location": "/"})
    response.set_cookie(cookie, value, httponly=True, samesite="Strict", path="/")
    return response


def _heard(heard: Heard) -> Response:
    if not heard.taken:
        return _json(heard.row(), 409)
    return _json(heard.row(), 404 if heard.gone and not heard.decisions else 200)


def _picture(data: bytes, mimetype: str) -> Response:
    if not data:
        raise NotFound(_("There is no such picture."))
    return Response(data, mimetype=mimetype, headers={"Cache-Control": "private, max-age=600"})


def _json(content: object, status: int = 200) -> Response:
    return Response(json.dumps(content), status, mimetype="application/json")


def _refused(error: HTTPException) -> Response:
    return _json({"error": error.description or error.name}, error.code or 400)


def _failed(error: PipelineError) -> Response:
    """What the user can act upon: a wrong value, a catalogue that is gone, busy or damaged, a full disk."""
    if isinstance(error, OptionError):
        return _json({"error": str(error)}, 400)
    code = 503
    if isinstance(error, DiskError) and getattr(error.__cause__, "sqlite_errorcode", None) not in _BUSY:
        code = 507
    return _json({"error": str(error)}, code)


def _number(text: object) -> int:
    if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 15:
        return int(text)
    if isinstance(text, int) and not isinstance(text, bool) and 0 <= text < 10**15:
        return text
    raise BadRequest("after")


def _float(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise BadRequest("value") from None
    if not math.isfinite(value):
        raise BadRequest("value")
    return value


def _said(body: bytes) -> tuple[int, list[Decision]]:
    """What a request says. Raises BadRequest, naming the part, for what cannot be meant."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("JSON") from None
    if not isinstance(content, dict) or not isinstance(content.get("decisions"), list):
        raise BadRequest("decisions")
    return _number(content.get("after")), [_decision(row) for row in content["decisions"]]


def _decision(row: Any) -> Decision:
    names = ("sha256", "other", "action", "value")
    if not isinstance(row, dict) or not all(isinstance(row.get(name), str) for name in names):
        raise BadRequest("decision")
    decision = Decision(*(row[name] for name in names))
    fault = fault_of(decision)
    if fault:
        raise BadRequest(fault)
    return decision
