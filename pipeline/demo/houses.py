"""Houses of the demo's scenes: walls in perspective with windows, doors, cornices and roofs."""

from collections.abc import Sequence

import numpy as np

from pipeline.demo.fronts import DARK_GLASS, DETAIL_METRES, NO_SUN, STOREY, Crown, Front, House, scaled, shade_front
from pipeline.demo.paint import Canvas, Floats, blend
from pipeline.demo.shops import paint_shop

_LIT_GLASS = (255, 206, 128)


def paint_house(canvas: Canvas, house: House, crowns: Sequence[Crown]) -> None:
    """Paint one house: roof and end wall, the front from the wall to the signs, shadows of the crowns upon it."""
    rng = np.random.default_rng(house.seed)
    front = Front(canvas, house)
    _paint_body(canvas, house, front.depth)
    length, height = house.z1 - house.z0, house.height
    for low, high, openness in ((0.0, 0.18, 0.86), (0.18, 0.55, 0.95), (0.55, 1.0, 1.0)):
        front.panel((0, low * height, length, high * height), house.wall, openness)
    near = front.depth < DETAIL_METRES
    if near and house.style == "brick":
        _paint_courses(front, length, height)
    front.panel((0, 0, length, 0.35), scaled(house.wall, 0.62), 0.8)
    if front.depth < 130:
        _paint_windows(front, length, near, rng)
    if house.shop:
        paint_shop(front, length, near, rng)
    elif near:
        _paint_door(front, length, rng)
    front.panel((0, height - 0.42, length, height), house.trim)
    front.panel((0, height - 0.52, length, height - 0.42), scaled(house.wall, 0.6))
    if near:
        _paint_pipes(front, length, rng)
        shade_front(front, length, crowns, rng)


def _paint_body(canvas: Canvas, house: House, depth: float) -> None:
    back, height = house.front + house.side * house.deep, house.height
    middle, ridge = house.front + house.side * house.deep / 2, height + house.deep * 0.30
    eaves = house.front - house.side * 0.45
    z = house.z0 if house.z0 > 0 else house.z1
    facing = (0.0, 0.0, -1.0 if house.z0 > 0 else 1.0)
    wall = [(house.front, 0, z), (back, 0, z), (back, height, z), (house.front, height, z)]
    if house.roof == "pitched":
        wall[3:] = [(middle, ridge - 0.1, z), (house.front, height, z)]
        slope = [(eaves, height - 0.1, house.z0 - 0.3), (eaves, height - 0.1, house.z1 + 0.3)]
        slope += [(middle, ridge, house.z1 + 0.3), (middle, ridge, house.z0 - 0.3)]
        canvas.face(slope, canvas.light.shade(house.tiles, (-house.side * 0.5, 0.86, 0.0), depth))
    canvas.face(wall, canvas.light.shade(scaled(house.wall, 0.97), facing, depth, 0.9))
    if house.style in ("flats", "brick", "office") and depth < 60:
        _paint_end_windows(canvas, house, z, depth)


def _paint_end_windows(canvas: Canvas, house: House, z: float, depth: float) -> None:
    rng = np.random.default_rng(house.seed + 7)
    corners = []
    for storey in range(house.storeys):
        for part in (0.3, 0.65):
            if rng.uniform() < 0.75:
                x, b = house.front + house.side * house.deep * part, storey * STOREY + 1.3
                corners.append(
                    [(x, b, z), (x + house.side * 1.1, b, z), (x + house.side * 1.1, b + 1.2, z), (x, b + 1.2, z)]
                )
    if corners:
        colour = canvas.light.shade(DARK_GLASS, (0.0, 0.3, -0.4), depth)
        canvas.faces(np.array(corners, np.float32), [colour] * len(corners))


def _paint_courses(front: Front, length: float, height: float) -> None:
    rows = np.arange(0.6, height - 0.6, 0.6, dtype=np.float32)
    lines = np.stack([np.zeros_like(rows), rows, np.full_like(rows, length), rows + 0.06], axis=1)
    front.panels(lines, [scaled(front.house.wall, 0.88)] * len(rows))


def _grid(house: House, length: float) -> Floats:
    """The windows' rectangles (n, 4), storey by storey."""
    office = house.style == "office"
    columns = max(1, round(length / house.bay))
    pitch = length / columns
    wide = pitch * (0.84 if office else 0.52)
    first = 1 if house.shop else 0
    storeys = np.arange(first, house.storeys, dtype=np.float32)
    a = (np.arange(columns, dtype=np.float32) + 0.5) * pitch - wide / 2
    b = storeys * STOREY + (0.8 if house.shop else 0.3) + (0.7 if office else 0.85)
    tall = 1.75 if office else 1.45
    left, low = (part.reshape(-1) for part in np.meshgrid(a, b))
    return np.stack([left, low, left + wide, low + tall], axis=1).astype(np.float32)


def _paint_windows(front: Front, length: float, near: bool, rng: np.random.Generator) -> None:
    house, light = front.house, front.light
    windows = _grid(house, length)
    if not len(windows):
        return
    count = len(windows)
    lit = rng.uniform(size=count) < house.lit
    tone = rng.uniform(0.75, 1.25, count)
    glass = [
        light.emit(scaled(_LIT_GLASS, min(1.0, float(t))), front.depth)
        if on
        else light.shade(blend(scaled(DARK_GLASS, float(t)), light.low_sky, 0.16), NO_SUN, front.depth)
        for on, t in zip(lit.tolist(), tone.tolist(), strict=True)
    ]
    if near:
        grow = np.array([-0.10, -0.10, 0.10, 0.10], np.float32)
        front.panels(windows + grow, [house.trim] * count)
    front.canvas.faces(front.world(windows), glass)
    _glow_windows(front, windows, lit)
    if near:
        _dress_windows(front, windows, lit, rng)


def _glow_windows(front: Front, windows: Floats, lit: np.ndarray) -> None:
    if not lit.any() or front.light.lamps < 0.3:
        return
    seen = front.camera.project(front.world(windows[lit]).mean(axis=1)).tolist()
    for column, row, depth in seen:
        if depth > 1:
            front.canvas.glows.append((column, row, 0.9 * front.camera.focal / depth, 0.30 * front.light.lamps))


def _dress_windows(front: Front, windows: Floats, lit: np.ndarray, rng: np.random.Generator) -> None:
    """Sky in the upper panes, curtains, mullions, sills."""
    house, light = front.house, front.light
    a0, b0, a1, b1 = windows.T
    dark = ~lit
    shine = np.stack([a0, b0 + 0.62 * (b1 - b0), a1, b1], axis=1)[dark]
    sky = light.shade(blend(DARK_GLASS, light.low_sky, 0.48), NO_SUN, front.depth)
    front.canvas.faces(front.world(shine), [sky] * len(shine))
    drawn = rng.uniform(size=len(windows)) < 0.45
    part = rng.uniform(0.2, 0.5, len(windows)).astype(np.float32)
    curtains = np.stack([a0, b0 + 0.05, a0 + part * (a1 - a0), b1], axis=1)[drawn & (house.style != "office")]
    front.panels(curtains, [(206, 200, 188)] * len(curtains), 0.72)
    middle = (a0 + a1) / 2
    bars = np.stack([middle - 0.035, b0, middle + 0.035, b1], axis=1)
    front.panels(bars, [house.trim] * len(bars))
    if house.style == "villa":
        shutters = np.concatenate(
            [np.stack([a0 - 0.42, b0, a0 - 0.1, b1], 1), np.stack([a1 + 0.1, b0, a1 + 0.42, b1], 1)]
        )
        front.panels(shutters, [house.accent] * len(shutters))
    sills = np.stack([a0 - 0.18, b0 - 0.2, a1 + 0.18, b0 - 0.1], axis=1)
    front.panels(sills, [scaled(house.trim, 1.06)] * len(sills))
    shade = np.stack([a0 - 0.14, b0 - 0.3, a1 + 0.14, b0 - 0.2], axis=1)
    front.panels(shade, [scaled(house.wall, 0.72)] * len(shade))


def _paint_door(front: Front, length: float, rng: np.random.Generator) -> None:
    a = float(rng.uniform(0.15, 0.75)) * max(0.5, length - 1.6)
    house = front.house
    front.panel((a - 0.15, 0, a + 1.25, 2.4), house.trim)
    front.panel((a, 0.05, a + 1.1, 2.25), house.accent)
    front.panel((a + 0.2, 1.2, a + 0.9, 2.05), DARK_GLASS)
    front.quad([(a - 0.4, 2.7, 0.0), (a + 1.5, 2.7, 0.0), (a + 1.5, 2.55, 0.9), (a - 0.4, 2.55, 0.9)], house.tiles, 0.8)


def _paint_pipes(front: Front, length: float, rng: np.random.Generator) -> None:
    house = front.house
    front.panel((length - 0.35, 0.3, length - 0.2, house.height - 0.5), scaled(house.wall, 0.7))
    if house.style not in ("flats", "brick") or house.storeys < 2:
        return
    count = int(rng.integers(1, 4))
    a = rng.uniform(0.4, max(0.6, length - 1.3), count).astype(np.float32)
    b = rng.integers(1, house.storeys, count).astype(np.float32) * STOREY + 0.35
    units = np.stack([a, b, a + 0.8, b + 0.6], axis=1)
    front.panels(units, [(214, 212, 206)] * count)
    fans = units + np.array([0.12, 0.1, -0.3, -0.1], np.float32)
    front.panels(fans, [(150, 150, 148)] * count)
