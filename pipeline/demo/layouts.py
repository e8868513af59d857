"""Which streets there are in the demo: hours with their light, cross-sections with their camera."""

import math
from dataclasses import dataclass

import numpy as np

from pipeline.demo.paint import Camera, Colour, Light

SIZES = ((384, 288), (384, 288), (288, 384), (288, 288), (432, 288))
"""Widths and heights of rendered scenes, in pixels; the shorter side is 288."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A kind of street. Ranges are (least, largest); lengths in metres, angles in degrees; x grows to the right.

    `left` and `right` say what lies beyond the pavements: houses, park, river, wall, open. `rows` are the tree
    rows: lateral place (+-1 the middle of a pavement, 0 the median), spacing. `horizon` is in parts of the height.
    """

    name: str
    road: tuple[float, float]
    walk: tuple[float, float]
    left: tuple[str, ...]
    right: tuple[str, ...]
    rows: tuple[tuple[float, float], ...]
    across: tuple[float, float]
    eye: tuple[float, float]
    yaw: tuple[float, float]
    horizon: tuple[float, float]
    view: tuple[float, float]
    storeys: tuple[int, int]
    size: tuple[float, float]
    paint: tuple[str, ...]
    bend: float = 0.0
    median: float = 0.0


LAYOUTS = (
    Layout("avenue", (3.2, 5.0), (3.0, 4.5), ("houses",), ("houses",), ((-1, 8), (1, 8)), (-0.5, 0.5), (1.4, 2.2),
           (-14, 14), (0.52, 0.70), (58, 74), (2, 5), (2.6, 3.6), ("white", "yellow")),
    Layout("one-sided", (3.0, 4.5), (2.6, 4.0), ("houses",), ("houses", "wall", "open"), ((1, 7),), (-0.7, 0.4),
           (1.4, 2.4), (-18, 8), (0.50, 0.72), (54, 72), (2, 6), (2.8, 4.0), ("white", "yellow", "none")),
    Layout("boulevard", (7.0, 9.5), (4.5, 6.5), ("houses",), ("houses",), ((-1, 9), (0, 8), (1, 9)), (-0.6, 0.6),
           (1.6, 3.4), (-12, 12), (0.54, 0.70), (56, 76), (5, 11), (2.8, 3.8), ("lanes",), 0.0, 1.4),
    Layout("lane", (1.9, 2.6), (0.5, 0.9), ("houses", "wall"), ("wall", "houses"), ((-2.6, 9), (2.4, 12)), (-0.4, 0.4),
           (1.4, 1.9), (-12, 12), (0.46, 0.66), (56, 74), (1, 3), (2.4, 3.4), ("none",), 0.0012),
    Layout("park", (2.0, 3.2), (2.2, 3.2), ("park",), ("park", "river", "wall"), ((-1.2, 6), (1.6, 9), (-3.2, 9)),
           (-0.6, 0.6), (1.4, 2.0), (-20, 20), (0.44, 0.64), (54, 72), (2, 4), (2.8, 4.4), ("none",), 0.0025),
    Layout("river", (2.6, 4.0), (2.4, 3.6), ("river",), ("houses", "park"), ((-1, 6), (1.3, 13)), (-0.5, 0.8),
           (1.5, 2.4), (-28, -2), (0.42, 0.62), (56, 74), (2, 4), (2.8, 4.2), ("white", "none"), 0.0012),
    Layout("across", (3.0, 4.6), (2.6, 4.0), ("houses",), ("houses",), ((1, 9),), (-1.5, -0.7), (1.4, 1.9),
           (52, 80), (0.58, 0.76), (52, 68), (2, 5), (2.3, 3.3), ("white", "yellow")),
    Layout("across-left", (3.0, 4.6), (2.6, 4.0), ("houses", "wall"), ("houses",), ((-1, 9),), (0.7, 1.5), (1.4, 1.9),
           (-80, -50), (0.58, 0.76), (52, 68), (2, 5), (2.3, 3.3), ("white", "yellow")),
    Layout("close", (3.0, 4.5), (3.0, 4.0), ("houses",), ("houses", "park"), ((-1, 10), (1, 10)), (-1.0, 1.0),
           (1.2, 1.8), (-24, 24), (0.56, 0.78), (50, 64), (2, 5), (2.8, 4.0), ("white", "none")),
    Layout("corner", (4.0, 5.5), (3.2, 4.4), ("houses",), ("houses",), ((-1, 9), (1, 9)), (-0.8, 0.8), (1.5, 2.2),
           (-46, 46), (0.50, 0.68), (60, 76), (2, 6), (2.6, 3.6), ("white", "yellow")),
    Layout("bridge", (4.0, 7.5), (3.4, 5.0), ("houses",), ("houses", "park"), ((-1, 7), (1, 7)), (-0.6, 0.6),
           (5.5, 8.5), (-16, 16), (0.22, 0.40), (52, 70), (2, 5), (2.8, 3.8), ("lanes", "yellow")),
    Layout("curve", (3.0, 4.2), (2.6, 3.6), ("houses", "park"), ("houses", "open"), ((-1, 8), (1, 8)), (-0.6, 0.6),
           (1.5, 2.6), (-6, 6), (0.46, 0.66), (54, 70), (1, 4), (2.6, 3.8), ("white", "yellow"), 0.006),
    Layout("tunnel", (2.6, 3.6), (2.6, 3.4), ("houses", "park"), ("houses", "park"), ((-1, 5.5), (1, 5.5)), (-0.3, 0.3),
           (1.4, 2.0), (-8, 8), (0.56, 0.72), (60, 76), (2, 4), (3.8, 4.8), ("white", "none")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hour:
    """A time of day with its weather; `height` is the sun's in degrees, colours as in Light."""

    name: str
    height: tuple[float, float]
    direct: Colour
    ambient: Colour
    zenith: Colour
    low_sky: Colour
    haze: Colour
    haze_metres: tuple[float, float]
    clouds: tuple[float, float]
    cloud_bright: Colour
    cloud_dark: Colour
    lamps: float


HOURS = (
    Hour("noon", (42, 62), (0.66, 0.63, 0.56), (0.47, 0.52, 0.60), (58, 122, 208), (188, 218, 240), (190, 212, 230),
         (160, 320), (0.30, 0.62), (255, 255, 255), (178, 192, 212), 0.0),
    Hour("afternoon", (26, 40), (0.74, 0.66, 0.50), (0.44, 0.50, 0.60), (74, 136, 212), (214, 226, 232),
         (208, 216, 220), (150, 280), (0.25, 0.60), (255, 250, 240), (182, 192, 210), 0.0),
    Hour("morning", (14, 26), (0.84, 0.70, 0.48), (0.46, 0.50, 0.60), (112, 164, 222), (252, 232, 206), (240, 226, 208),
         (90, 190), (0.25, 0.58), (255, 246, 230), (196, 196, 210), 0.0),
    Hour("golden", (9, 17), (1.00, 0.70, 0.38), (0.44, 0.44, 0.54), (98, 134, 190), (255, 206, 140), (248, 206, 156),
         (90, 190), (0.28, 0.62), (255, 226, 176), (170, 150, 160), 0.12),
    Hour("dusk", (3, 7), (0.34, 0.20, 0.18), (0.46, 0.46, 0.64), (56, 66, 124), (244, 164, 138), (188, 148, 158),
         (100, 200), (0.35, 0.65), (250, 170, 150), (96, 88, 130), 1.0),
    Hour("overcast", (40, 60), (0.12, 0.12, 0.11), (0.80, 0.83, 0.86), (158, 170, 184), (216, 221, 225),
         (206, 212, 217), (110, 220), (0.75, 0.95), (228, 231, 234), (152, 160, 172), 0.0),
    Hour("misty", (20, 40), (0.14, 0.13, 0.11), (0.82, 0.83, 0.84), (186, 200, 210), (232, 233, 230), (226, 229, 229),
         (34, 60), (0.20, 0.50), (240, 240, 238), (200, 208, 214), 0.0),
)  # fmt: skip


def choose_camera(layout: Layout, width: int, height: int, half_road: float, rng: np.random.Generator) -> Camera:
    """A camera for that layout; `width` and `height` are the canvas's, twice the picture's."""
    view = math.radians(rng.uniform(*layout.view))
    yaw = rng.uniform(*layout.yaw)
    bend = layout.bend * rng.uniform(0.5, 1.0) * rng.choice([-1.0, 1.0])
    focal = 0.5 * max(width, height * 0.95) / math.tan(view / 2)
    return Camera(
        width,
        height,
        float(focal),
        float(width * rng.uniform(0.38, 0.62)),
        float(height * rng.uniform(*layout.horizon)),
        float(rng.uniform(*layout.across) * half_road),
        float(rng.uniform(*layout.eye)),
        math.radians(float(yaw)),
        float(bend),
    )


def choose_light(camera: Camera, seed: int, rng: np.random.Generator) -> Light:
    """An hour and its weather, each colour a little off the table's; the sun along the street rather than across."""
    hour = HOURS[int(rng.choice(len(HOURS), p=[0.20, 0.19, 0.14, 0.15, 0.10, 0.13, 0.09]))]
    rise = math.radians(float(rng.uniform(*hour.height)))
    street = float(rng.choice([0.0, math.pi], p=[0.35, 0.65]))
    if abs(camera.yaw) > math.radians(34):
        street = camera.yaw + math.pi  # the opposite fronts fill the picture: they are lit
    around = street + math.radians(float(rng.choice([-1, 1]) * rng.uniform(14, 62)))
    sun = (math.sin(around) * math.cos(rise), math.sin(rise), math.cos(around) * math.cos(rise))
    warm = float(rng.normal(0, 0.02))

    def vary(colour: Colour, spread: float) -> Colour:
        red, green, blue = colour
        shift = float(rng.normal(0, spread))
        return (red * (1 + warm) + shift, green + shift, blue * (1 - warm) + shift)

    return Light(
        sun,
        vary(hour.direct, 0.02),
        vary(hour.ambient, 0.02),
        vary(hour.zenith, 9),
        vary(hour.low_sky, 5),
        vary(hour.haze, 4),
        float(rng.uniform(*hour.haze_metres)),
        float(rng.uniform(*hour.clouds)),
        vary(hour.cloud_bright, 2),
        vary(hour.cloud_dark, 8),
        hour.lamps,
        seed,
    )
