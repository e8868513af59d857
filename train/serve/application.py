"""The routes: the page, photos to try, and a photo translated."""

import base64
from collections.abc import Mapping, Sequence

from flask import Flask, Response, request
from werkzeug.exceptions import NotFound

from pipeline.gate import Address, Pass
from pipeline.language import _
from pipeline.webserver import Rules, guarded, json_response
from train.serve.page import served_page, served_policy
from train.serve.studio import MOST_BYTES, Made, Studio, too_many_bytes


def application(
    studio: Studio,
    name: str,
    ways: Mapping[str, str],
    photos: Mapping[str, Sequence[bytes]],
    *,
    address: Address,
    entry: Pass | None,
) -> Flask:
    """The server's answers: `ways` are what the studio's ways are called, `photos` JPEGs to try each with."""
    app = guarded(Rules("serve", address, entry, served_policy(), MOST_BYTES))

    @app.get("/")
    def page() -> Response:
        counts = {way: len(some) for way, some in photos.items()}
        return Response(served_page(name, ways, counts), mimetype="text/html")

    @app.get("/photo/<way>/<int:number>")
    def photo(way: str, number: int) -> Response:
        some = photos.get(way, ())
        if number >= len(some):
            raise NotFound(_("There is no such picture."))
        return Response(some[number], mimetype="image/jpeg", headers={"Cache-Control": "private, max-age=600"})

    @app.post("/translate/<way>")
    def translate(way: str) -> Response:
        if (request.content_length or 0) > MOST_BYTES:
            raise too_many_bytes()
        return json_response(_row(studio.translate(request.get_data(), way)))

    return app


def _row(made: Made) -> dict[str, object]:
    return {
        "before": base64.b64encode(made.before).decode(),
        "after": base64.b64encode(made.after).decode(),
        "width": made.width,
        "height": made.height,
        "original": made.original,
        "seconds": round(made.seconds, 2),
    }
