"""What stands on the demo's streets: lamps, poles with cables, signs, signals, walls, fences, hedges, people."""

import itertools
import math
from dataclasses import dataclass

import numpy as np

from pipeline.demo.paint import Canvas, Colour, blend


@dataclass(frozen=True, slots=True)
class Post:
    """Something upright and slender: kind lamp, pole, sign, signal or person; `arm` is the side it reaches to."""

    x: float
    z: float
    kind: str
    height: float
    arm: int
    colour: Colour


@dataclass(frozen=True, slots=True)
class Barrier:
    """A wall, fence, railing or hedge along the street from z0 to z1 at x."""

    x: float
    z0: float
    z1: float
    kind: str
    height: float
    colour: Colour
    seed: int


@dataclass(frozen=True, slots=True)
class Cable:
    """A cable that sags between two points of the world."""

    start: tuple[float, float, float]
    end: tuple[float, float, float]
    sag: float


def paint_post(canvas: Canvas, post: Post) -> None:
    """Paint a lamp, a pole, a sign, a signal or a person."""
    foot, top = canvas.camera.project(
        np.array([[post.x, 0, post.z], [post.x, post.height, post.z]], np.float32)
    ).tolist()
    depth, metre = foot[2], canvas.camera.focal / max(foot[2], 0.1)
    if depth < 2.5:
        return
    if post.kind == "person":
        _paint_person(canvas, post, foot, depth, metre)
        return
    dark = canvas.light.shade(post.colour, (0.0, 0.1, -0.5), depth)
    canvas.line([(foot[0], foot[1]), (top[0], top[1])], dark, metre * (0.26 if post.kind == "pole" else 0.11))
    canvas.line(
        [(foot[0], foot[1]), (foot[0], foot[1] - 0.8 * metre)], dark, metre * (0.3 if post.kind == "pole" else 0.2)
    )
    {"lamp": _top_lamp, "pole": _top_pole, "sign": _top_sign, "signal": _top_signal}[post.kind](
        canvas, post, depth, metre
    )


def _beside(canvas: Canvas, post: Post, out: float, up: float) -> tuple[float, float]:
    column, row, _ = canvas.camera.project(np.array([[post.x + post.arm * out, up, post.z]], np.float32))[0].tolist()
    return column, row


def _top_lamp(canvas: Canvas, post: Post, depth: float, metre: float) -> None:
    dark = canvas.light.shade(post.colour, (0.0, 0.1, -0.5), depth)
    points = [
        _beside(canvas, post, out, post.height + rise)
        for out, rise in ((0, -0.4), (0.25, 0.1), (0.8, 0.35), (1.6, 0.38))
    ]
    canvas.line(points, dark, metre * 0.08)
    x, y = _beside(canvas, post, 1.75, post.height + 0.32)
    colour = (
        canvas.light.emit((255, 226, 168), depth)
        if canvas.light.lamps > 0.3
        else canvas.light.shade((214, 216, 214), (0.0, 0.5, -0.5), depth)
    )
    box = (x - 0.34 * metre, y - 0.07 * metre), (x + 0.34 * metre, y + 0.08 * metre)
    canvas.polygon([box[0], (box[1][0], box[0][1]), box[1], (box[0][0], box[1][1])], colour)
    if canvas.light.lamps > 0.3:
        canvas.glows.append((x, y, 0.9 * metre, min(1.0, canvas.light.lamps)))


def _top_pole(canvas: Canvas, post: Post, depth: float, metre: float) -> None:
    dark = canvas.light.shade(post.colour, (0.0, 0.1, -0.5), depth)
    for up in (0.3, 1.1):
        canvas.line(
            [_beside(canvas, post, -1.0, post.height - up), _beside(canvas, post, 1.0, post.height - up)],
            dark,
            metre * 0.1,
        )
    x, y = _beside(canvas, post, 0.35, post.height - 2.1)
    canvas.line(
        [(x, y - 0.45 * metre), (x, y + 0.45 * metre)],
        canvas.light.shade((128, 132, 134), (0.0, 0.1, -0.5), depth),
        metre * 0.5,
    )


def _top_sign(canvas: Canvas, post: Post, depth: float, metre: float) -> None:
    x, y = _beside(canvas, post, 0, post.height)
    ring, inner = ((200, 40, 40), (238, 238, 234)) if post.arm > 0 else ((34, 84, 160), (34, 84, 160))
    canvas.disc(x, y, 0.36 * metre, canvas.light.shade(ring, (0.0, 0.2, -0.6), depth))
    canvas.disc(x, y, 0.25 * metre, canvas.light.shade(inner, (0.0, 0.2, -0.6), depth))
    mark = canvas.light.shade((50, 50, 56) if post.arm > 0 else (240, 240, 240), (0.0, 0.2, -0.6), depth)
    canvas.line([(x, y - 0.15 * metre), (x, y + 0.15 * metre)], mark, 0.09 * metre)


def _top_signal(canvas: Canvas, post: Post, depth: float, metre: float) -> None:
    reach = 3.4
    canvas.line(
        [_beside(canvas, post, 0, post.height), _beside(canvas, post, reach, post.height + 0.25)],
        canvas.light.shade(post.colour, (0.0, 0.1, -0.5), depth),
        metre * 0.1,
    )
    x, y = _beside(canvas, post, reach * 0.8, post.height + 0.1)
    w, h = 0.55 * metre, 0.19 * metre
    canvas.polygon(
        [(x - w, y - h), (x + w, y - h), (x + w, y + h), (x - w, y + h)],
        canvas.light.shade((40, 42, 46), (0.0, 0.3, -0.6), depth),
    )
    for index, colour in enumerate(((230, 50, 40), (90, 74, 36), (36, 80, 66))):
        canvas.disc(x + (index - 1) * 0.35 * metre, y, 0.13 * metre, canvas.light.emit(colour, depth))


def _paint_person(canvas: Canvas, post: Post, foot: list[float], depth: float, metre: float) -> None:
    x, y = foot[0], foot[1]
    tall = post.height * metre
    coat = canvas.light.shade(post.colour, (0.0, 0.3, -0.5), depth)
    trousers = canvas.light.shade((52, 54, 66), (0.0, 0.2, -0.5), depth)
    stride = 0.10 * tall
    for step in (-stride, stride):
        canvas.line([(x, y - 0.48 * tall), (x + step * 0.8, y)], trousers, max(1.5, 0.085 * tall))
    sleeve = blend(coat, (20, 20, 26), 0.25)
    for side in (-1, 1):
        elbow = (x + side * 0.135 * tall, y - 0.62 * tall)
        hand = (x + side * 0.10 * tall, y - 0.46 * tall)
        canvas.line([(x + side * 0.10 * tall, y - 0.80 * tall), elbow, hand], sleeve, max(1.0, 0.06 * tall))
    outline = (
        (-0.06, 0.845),
        (0.06, 0.845),
        (0.115, 0.80),
        (0.085, 0.60),
        (0.105, 0.42),
        (-0.105, 0.42),
        (-0.085, 0.60),
    )
    canvas.polygon([(x + a * tall, y - b * tall) for a, b in (*outline, (-0.115, 0.80))], coat)
    canvas.disc(x, y - 0.92 * tall, 0.070 * tall, canvas.light.shade((216, 172, 146), (0.0, 0.3, -0.5), depth))
    canvas.disc(x, y - 0.945 * tall, 0.062 * tall, canvas.light.shade((48, 40, 38), (0.0, 0.3, -0.5), depth))


def paint_barrier(canvas: Canvas, barrier: Barrier) -> None:
    """Paint a wall with its coping, a fence, a railing, or a hedge of dark green strokes that never bloom."""
    high = barrier.height
    side = -math.copysign(1.0, barrier.x - canvas.camera.x)
    normal = (side, 0.1, 0.0)
    if barrier.kind in ("fence", "railing"):
        _paint_rails(canvas, barrier, normal)
        return
    _paint_strip(canvas, barrier, (0.0, high), barrier.colour, normal)
    if barrier.kind == "hedge":
        _paint_leaves(canvas, barrier, normal)
        return
    _paint_strip(canvas, barrier, (0.0, 0.3), blend(barrier.colour, (70, 66, 60), 0.35), normal)
    _paint_strip(canvas, barrier, (high, high + 0.16), (184, 178, 168), (side * 0.4, 0.8, 0.0))
    seam = blend(barrier.colour, (60, 56, 52), 0.3)
    joints = np.arange(barrier.z0, barrier.z1, 1.6).tolist()
    corners = [[(barrier.x, b, z + a) for b, a in ((0, 0), (0, 0.05), (high, 0.05), (high, 0))] for z in joints]
    colours = [canvas.light.shade(seam, normal, abs(z)) for z in joints]
    canvas.faces(np.array(corners, np.float32), colours)


def _paint_strip(
    canvas: Canvas, barrier: Barrier, band: tuple[float, float], albedo: Colour, normal: tuple[float, float, float]
) -> None:
    """A band of the barrier between two heights, in pieces, so that it follows a bend and fades with distance."""
    low, high = band
    edges = np.linspace(barrier.z0, barrier.z1, 2 + int((barrier.z1 - barrier.z0) / 6)).tolist()
    for z0, z1 in reversed(list(itertools.pairwise(edges))):
        corners = [(barrier.x, low, z0), (barrier.x, low, z1), (barrier.x, high, z1), (barrier.x, high, z0)]
        canvas.face(corners, canvas.light.shade(albedo, normal, max(abs(z0), abs(z1)) * 0.8, 0.92))


def _paint_rails(canvas: Canvas, barrier: Barrier, normal: tuple[float, float, float]) -> None:
    x, high = barrier.x, barrier.height
    gap = 1.5 if barrier.kind == "railing" else 0.6
    for z in np.arange(barrier.z0, min(barrier.z1, 60.0), gap).tolist():
        foot, top = canvas.camera.project(np.array([[x, 0, z], [x, high, z]], np.float32)).tolist()
        if foot[2] > NEAREST_RAIL:
            colour = canvas.light.shade(barrier.colour, normal, foot[2])
            canvas.line([(foot[0], foot[1]), (top[0], top[1])], colour, 0.06 * canvas.camera.focal / foot[2])
    for up in (0.35 * high, 0.68 * high, high):
        _paint_strip(canvas, barrier, (up - 0.05, up + 0.02), barrier.colour, normal)


NEAREST_RAIL = 1.5


def _paint_leaves(canvas: Canvas, barrier: Barrier, normal: tuple[float, float, float]) -> None:
    rng = np.random.default_rng(barrier.seed)
    first = max(barrier.z0, 2.0)
    count = int(min(2600, 90 * (min(barrier.z1, 50.0) - first) + 60))
    share = rng.uniform(0, 1, count) ** 2.2
    z = first + share * (barrier.z1 - first)
    up = rng.uniform(0.02, 1.06, count) * barrier.height
    points = np.stack([barrier.x + normal[0] * rng.uniform(-0.35, 0.15, count), up, z], axis=1).astype(np.float32)
    order = np.argsort(-z)
    seen = canvas.camera.project(points)[order]
    good = seen[:, 2] > 1.6
    bright = (0.55 + 0.45 * up / barrier.height + rng.normal(0, 0.1, count))[order][:, None]
    power = np.asarray(canvas.light.ambient) + np.asarray(canvas.light.direct) * 0.35
    veil = (1 - np.exp(-seen[:, 2] / canvas.light.haze_metres))[:, None]
    colour = np.asarray(barrier.colour) * bright * power
    colour = (colour + (np.asarray(canvas.light.haze) - colour) * veil).astype(np.float32)
    size = np.clip(0.09 * canvas.camera.focal / np.maximum(seen[:, 2], 1), 0.5, 7).astype(np.float32)
    turn = rng.integers(0, 8, count).astype(np.float32)
    canvas.splat(seen[good, :2], size[good], turn[good], colour[good], colour[good])


def paint_cable(canvas: Canvas, cable: Cable) -> None:
    """Paint a cable as a parabola."""
    share = np.linspace(0, 1, 14, dtype=np.float32)[:, None]
    points = np.asarray(cable.start, np.float32) * (1 - share) + np.asarray(cable.end, np.float32) * share
    points[:, 1] -= cable.sag * 4 * share[:, 0] * (1 - share[:, 0])
    seen = canvas.camera.project(points)
    ahead = seen[seen[:, 2] > 1.5].tolist()
    if len(ahead) > 1:
        dark = canvas.light.shade((46, 46, 50), (0.0, 0.0, 0.0), float(ahead[0][2]))
        canvas.line([(column, row) for column, row, _ in ahead], dark, 1)
