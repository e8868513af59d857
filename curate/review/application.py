"""The routes: what a request asks for, and what is answered when it cannot be meant."""

import json
import math
from dataclasses import asdict
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import BadRequest, NotFound

from curate.report.page import served_policy
from curate.review.desk import Desk, Heard
from pipeline.decisions import fault_of
from pipeline.gate import Address, Pass
from pipeline.language import _
from pipeline.records import Decision
from pipeline.webserver import Rules, guarded, json_response

MOST_BYTES = 16 * 1024 * 1024
"""The longest request: a decision on each of forty thousand images."""


def application(desk: Desk, address: Address, entry: Pass) -> Flask:
    """The server's answers. Only who exchanged the token is let in, and nothing but the page itself may ask."""
    app = guarded(Rules("review", address, entry, served_policy(), MOST_BYTES))
    _add_routes(app, desk)
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
        return json_response(asdict(desk.change(request.args.get("name", ""), _float(request.args.get("value", "")))))

    @app.get("/thumb/<sha256>")
    def thumb(sha256: str) -> Response:
        return _picture(desk.thumbnail(sha256), "image/webp")

    @app.get("/picture/<sha256>")
    def picture(sha256: str) -> Response:
        return _picture(desk.preview(sha256), "image/jpeg")


def _heard(heard: Heard) -> Response:
    if not heard.taken:
        return json_response(heard.row(), 409)
    return json_response(heard.row(), 404 if heard.gone and not heard.decisions else 200)


def _picture(data: bytes, mimetype: str) -> Response:
    if not data:
        raise NotFound(_("There is no such picture."))
    return Response(data, mimetype=mimetype, headers={"Cache-Control": "private, max-age=600"})


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
