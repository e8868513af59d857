"""Cars of the demo's scenes: side views drawn out to boxes, with windows, wheels and lamps."""

import itertools
import math
from dataclasses import dataclass

import numpy as np

from pipeline.demo.paint import Canvas, Colour, blend


@dataclass(frozen=True, slots=True)
class Car:
    """A car along the street: its middle across, its near end, its kind (sedan, van, taxi, bus), whether it comes."""

    x: float
    z: float
    kind: str
    paint: Colour
    oncoming: bool


PROFILES: dict[str, tuple[tuple[float, float], ...]] = {
    "sedan": ((0, 0.35), (0.05, 0.85), (0.55, 0.98), (1.1, 1.42), (2.5, 1.46), (3.25, 1.0), (4.25, 0.82), (4.35, 0.35)),
    "taxi": ((0, 0.35), (0.05, 0.85), (0.55, 0.98), (1.1, 1.42), (2.5, 1.46), (3.25, 1.0), (4.25, 0.82), (4.35, 0.35)),
    "van": ((0, 0.35), (0.0, 1.05), (0.3, 1.8), (0.6, 1.95), (3.3, 1.95), (4.1, 1.15), (4.7, 0.95), (4.75, 0.35)),
    "bus": ((0, 0.4), (0.0, 1.4), (0.1, 2.9), (0.3, 3.05), (9.7, 3.05), (9.9, 2.9), (10.0, 1.4), (10.0, 0.4)),
}
"""Side views of cars from the near end on: along, up, in metres."""

_WINDOWS: dict[str, tuple[tuple[tuple[float, float], ...], ...]] = {
    "sedan": (
        ((0.75, 1.0), (1.2, 1.36), (1.8, 1.38), (1.8, 1.0)),
        ((1.9, 1.0), (1.9, 1.38), (2.45, 1.38), (3.05, 1.0)),
    ),
    "van": (
        ((0.4, 1.15), (0.5, 1.75), (1.9, 1.75), (1.9, 1.15)),
        ((2.05, 1.15), (2.05, 1.75), (3.2, 1.75), (3.85, 1.15)),
    ),
    "bus": tuple(
        ((0.4 + n * 1.9, 1.4), (0.4 + n * 1.9, 2.6), (2.1 + n * 1.9, 2.6), (2.1 + n * 1.9, 1.4)) for n in range(5)
    ),
}
WIDTHS = {"sedan": 1.75, "taxi": 1.75, "van": 1.9, "bus": 2.45}


def paint_car(canvas: Canvas, car: Car) -> None:
    """Paint a car: its upper faces from far to near, the side and the end that are seen, windows, wheels, lamps."""
    depth = float(canvas.camera.project(np.array([[car.x, 0.8, car.z]], np.float32))[0, 2])
    if depth < 2.2:
        return
    half, profile = WIDTHS[car.kind] / 2, PROFILES[car.kind]
    if car.oncoming:
        length = profile[-1][0]
        profile = tuple((length - a, b) for a, b in reversed(profile))
    pieces = sorted(itertools.pairwise(profile), key=lambda piece: -(piece[0][0] + piece[1][0]))
    for (a0, b0), (a1, b1) in pieces:
        _paint_strip(canvas, car, half, (a0, b0, a1, b1), depth)
    here = canvas.camera.x - car.x - canvas.camera.bend * max(car.z, 0.0) ** 2
    if abs(here) > half:
        _paint_side(canvas, car, profile, car.x + math.copysign(half, here), depth)
    _paint_end(canvas, car, half, depth)


def _paint_strip(
    canvas: Canvas,
    car: Car,
    half: float,
    edge: tuple[float, float, float, float],
    depth: float,
) -> None:
    a0, b0, a1, b1 = edge
    length = math.hypot(a1 - a0, b1 - b0)
    normal = (0.0, (a1 - a0) / length, -(b1 - b0) / length)
    glass = b0 + b1 > 1.9 and 0.35 < abs(normal[2]) < 0.98 and min(b0, b1) > 0.9
    corners = [(car.x - half, b0, car.z + a0), (car.x + half, b0, car.z + a0)]
    corners += [(car.x + half * 0.94, b1, car.z + a1), (car.x - half * 0.94, b1, car.z + a1)]
    canvas.face(corners, canvas.light.shade(car.paint, normal, depth))
    if glass:
        inner = [(car.x + (x - car.x) * 0.86, y * 0.97 + 0.03, z) for x, y, z in corners]
        canvas.face(inner, canvas.light.shade(blend((46, 56, 66), canvas.light.low_sky, 0.30), (0.0, 0.6, 0.0), depth))


def _paint_side(
    canvas: Canvas,
    car: Car,
    profile: tuple[tuple[float, float], ...],
    x: float,
    depth: float,
) -> None:
    normal = (1.0 if x > car.x else -1.0, 0.15, 0.0)
    length = max(a for a, _ in profile)
    canvas.face([(x, b, car.z + a) for a, b in profile], canvas.light.shade(car.paint, normal, depth))
    lower = [
        (x, 0.35, car.z + 0.02),
        (x, 0.62, car.z + 0.02),
        (x, 0.62, car.z + length - 0.02),
        (x, 0.35, car.z + length - 0.02),
    ]
    canvas.face(lower, canvas.light.shade(blend(car.paint, (30, 30, 34), 0.35), normal, depth))
    glass = canvas.light.shade(blend((44, 52, 62), canvas.light.low_sky, 0.22), (0.0, 0.5, 0.0), depth)
    for window in _WINDOWS["sedan" if car.kind == "taxi" else car.kind]:
        turned = [(length - a if car.oncoming else a, b) for a, b in window]
        canvas.face([(x, b, car.z + a) for a, b in turned], glass)
    for part in (0.19, 0.79):
        for radius, colour in ((0.34, (26, 26, 30)), (0.19, (150, 152, 156))):
            turn = [(x, 0.34 + radius * math.sin(t), car.z + part * length + radius * math.cos(t)) for t in _TURN]
            canvas.face(turn, canvas.light.shade(colour, normal, depth, 0.8))


_TURN = [index * math.pi / 6 for index in range(12)]


def _paint_end(canvas: Canvas, car: Car, half: float, depth: float) -> None:
    z = car.z - 0.01

    def plate(x0: float, y0: float, x1: float, y1: float, colour: tuple[int, int, int]) -> None:
        canvas.face([(car.x + x0, y0, z), (car.x + x1, y0, z), (car.x + x1, y1, z), (car.x + x0, y1, z)], colour)

    facing = (0.0, 0.1, -1.0)
    plate(-half, 0.32, half, 0.86, canvas.light.shade(car.paint, facing, depth, 0.95))
    plate(-half, 0.30, half, 0.50, canvas.light.shade(blend(car.paint, (28, 28, 32), 0.75), facing, depth))
    plate(-0.28, 0.52, 0.28, 0.66, canvas.light.shade((226, 226, 220), facing, depth))
    lamp = (255, 244, 214) if car.oncoming else (206, 34, 30)
    shining = canvas.light.lamps > 0.3
    colour = (
        canvas.light.emit(lamp, depth)
        if shining or not car.oncoming
        else canvas.light.shade((226, 228, 230), facing, depth)
    )
    for side in (-1, 1):
        plate(side * half * 0.93, 0.62, side * half * 0.60, 0.80, colour)
        plate(side * half * 0.90, 0.02, side * half * 0.66, 0.42, canvas.light.shade((24, 24, 28), facing, depth))
        if shining and car.oncoming:
            column, row, _ = canvas.camera.project(np.array([[car.x + side * half * 0.75, 0.7, z]], np.float32))[
                0
            ].tolist()
            canvas.glows.append((column, row, 0.55 * canvas.camera.focal / depth, 0.8))
    if car.kind == "bus":
        plate(
            -half * 0.9,
            1.4,
            half * 0.9,
            2.6,
            canvas.light.shade(blend((44, 52, 62), canvas.light.low_sky, 0.25), facing, depth),
        )
    if car.kind == "taxi":
        y, along = 1.46, car.z + 1.8
        roof = [
            (car.x - 0.3, y, along),
            (car.x + 0.3, y, along),
            (car.x + 0.3, y + 0.18, along),
            (car.x - 0.3, y + 0.18, along),
        ]
        canvas.face(roof, canvas.light.shade((250, 226, 120), facing, depth))
