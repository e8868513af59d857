"""visdom's HTTP protocol, as its versions 0.2 and 0.3 speak it: a POST to /events makes a window, or replaces it."""

import base64
import io
import json
from collections.abc import Mapping, Sequence

import urllib3
from PIL import Image

from pipeline.language import _
from train.trackers import CURVES, Point, TrackerError

MOST_POINTS = 1000
_TIMEOUT_SECONDS = 3.0
_SIDE = 256
"""Pixels that a picture has at least: smaller ones are enlarged, so that they can be seen."""

_BROKEN = (urllib3.exceptions.HTTPError, OSError)


class Visdom:
    """The run as an environment of a visdom server: a window for each of CURVES over epochs, one for each picture.

    Every window is sent whole each time. So a server that was started late, or again, shows all of the run, and a
    resumed run shows nothing twice. The environment's proxies are not used.
    """

    def __init__(self, url: str, environment: str, before: Sequence[Point] = ()) -> None:
        """`before`: the curves so far, of a run that goes on."""
        self._url = url.rstrip("/") + "/events"
        self._shown_url = url
        self._environment = environment
        self._points = list(before)
        timeout = urllib3.Timeout(connect=_TIMEOUT_SECONDS, read=_TIMEOUT_SECONDS)
        self._pool = urllib3.PoolManager(timeout=timeout, retries=False)

    def add(self, point: Point) -> None:
        """Show the curves with one more point. Raises TrackerError."""
        self._points.append(point)
        points = evenly(self._points, MOST_POINTS)
        for name in CURVES:
            self._post(curve_window(name, points, self._environment))

    def show(self, step: int, pictures: Mapping[str, Image.Image]) -> None:
        """Show pictures by their names. Raises TrackerError."""
        for name, picture in pictures.items():
            self._post(picture_window(name, step, picture, self._environment))

    def close(self) -> None:
        self._pool.clear()

    def _post(self, window: Mapping[str, object]) -> None:
        headers = {"Content-Type": "application/json"}
        try:
            response = self._pool.request(
                "POST", self._url, body=json.dumps(window).encode(), headers=headers, redirect=False
            )
        except _BROKEN as error:
            raise TrackerError(self._advice(type(error).__name__)) from error
        if response.status != 200:
            raise TrackerError(self._advice(f"HTTP {response.status}"))

    def _advice(self, reason: str) -> str:
        return _(
            "no visdom server answers at {url} ({reason}); start one (python -m visdom.server) or say --track-url",
            url=self._shown_url,
            reason=reason,
        )


def evenly(points: Sequence[Point], most: int) -> Sequence[Point]:
    """At most `most` of the points, as far apart as one another, the latest among them."""
    return points[::-1][:: -(-len(points) // most)][::-1] if points else points


def curve_window(name: str, points: Sequence[Point], environment: str) -> dict[str, object]:
    """A plot over epochs, titled with the curve's name so that visdom can compare environments."""
    known = [point for point in points if name in point.curves]
    trace = {
        "type": "scatter",
        "mode": "lines" if len(known) > 1 else "markers",
        "name": name,
        "x": [round(point.epoch, 4) for point in known],
        "y": [float(f"{point.curves[name]:.5g}") for point in known],
    }
    layout = {"title": {"text": name}, "xaxis": {"title": {"text": "epoch"}}, "yaxis": {"title": {"text": "loss"}}}
    return {"win": name, "eid": environment, "data": [trace], "layout": layout, "opts": {"title": name}}


def picture_window(name: str, step: int, picture: Image.Image, environment: str) -> dict[str, object]:
    """A picture as PNG, with the step below it."""
    times = max(1, round(_SIDE / picture.width))
    buffer = io.BytesIO()
    picture.resize((picture.width * times, picture.height * times), Image.Resampling.NEAREST).save(buffer, "PNG")
    source = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
    content = {"src": source, "caption": _("step {step}", step=step)}
    return {
        "win": name,
        "eid": environment,
        "data": [{"type": "image", "content": content}],
        "opts": {"title": name, "width": _SIDE + 40, "height": _SIDE + 60},
    }
