"""Shops on the ground floors of the demo's houses: windows with goods, signs without words, awnings."""

import numpy as np

from pipeline.demo.fronts import DETAIL_METRES, NO_SUN, Front, scaled
from pipeline.demo.paint import Colour, blend


def paint_shop(front: Front, length: float, near: bool, rng: np.random.Generator) -> None:
    """Paint the ground floor of that length in metres as shops; `near` ones in detail."""
    house = front.house
    front.panel((0, 0, length, 3.6), scaled(house.trim, 0.55))
    shops = max(1, round(length / 6.5))
    for index in range(shops):
        a0, a1 = index * length / shops + 0.25, (index + 1) * length / shops - 0.25
        _paint_panes(front, a0, a1, house.lit > 0.15 and bool(rng.uniform() < 0.85), rng)
        sign = house.accent if index % 2 == 0 else _SIGNS[int(rng.integers(len(_SIGNS)))]
        _paint_sign(front, a0, a1, sign, rng)
        if rng.uniform() < 0.55:
            _paint_awning(front, a0, a1, _SIGNS[int(rng.integers(len(_SIGNS)))], near)
        if near and rng.uniform() < 0.5:
            _paint_blade(front, a1, sign)


def _paint_panes(front: Front, a0: float, a1: float, lit: bool, rng: np.random.Generator) -> None:
    """A shop window in three panes, one of them the door; goods, and the ceiling's light when it is lit."""
    light, depth = front.light, front.depth

    def glass(colour: Colour) -> tuple[int, int, int]:
        return (
            light.emit(colour, depth)
            if lit
            else light.shade(blend(scaled(colour, 0.28), (64, 84, 104), 0.6), NO_SUN, depth)
        )

    edges = np.linspace(a0, a1, 4)
    door = int(rng.integers(3))
    boxes = [(edges[n] + 0.08, 0.08 if n == door else 0.5, edges[n + 1] - 0.08, 2.5) for n in range(3)]
    front.canvas.faces(front.world(np.array(boxes, np.float32)), [glass((236, 194, 128))] * 3)
    if depth >= DETAIL_METRES:
        return
    upper = [(left, 1.75, right, top) for left, _, right, top in boxes]
    front.canvas.faces(front.world(np.array(upper, np.float32)), [glass((250, 222, 168))] * 3)
    items, colours = [], []
    for n, (left, low, right, _) in enumerate(boxes):
        for _ in range(0 if n == door else 5):
            a, wide, tall = rng.uniform(left, right - 0.3), rng.uniform(0.15, 0.4), rng.uniform(0.2, 0.95)
            items.append((a, low, min(a + wide, right), low + tall))
            colours.append(glass(_GOODS[int(rng.integers(len(_GOODS)))]))
    handle = boxes[door][2] - 0.2
    items.append((handle, 0.95, handle + 0.07, 1.5))
    colours.append(light.shade((190, 186, 176), NO_SUN, depth))
    front.canvas.faces(front.world(np.array(items, np.float32)), colours)


_GOODS: tuple[Colour, ...] = ((150, 128, 108), (112, 104, 110), (168, 158, 140), (120, 132, 124), (158, 112, 100))
_SIGNS: tuple[Colour, ...] = (
    (196, 58, 48), (34, 92, 140), (40, 120, 84), (232, 226, 212), (226, 160, 44), (70, 60, 66), (150, 68, 92),
    (54, 140, 150),
)  # fmt: skip


def _paint_sign(front: Front, a0: float, a1: float, colour: Colour, rng: np.random.Generator) -> None:
    front.panel((a0, 2.65, a1, 3.45), colour)
    if front.depth >= DETAIL_METRES:
        return
    ink: Colour = (245, 240, 228) if sum(colour) < 420 else (60, 56, 60)
    count = int(rng.integers(3, 7))
    start = np.linspace(a0 + 0.3 * (a1 - a0), a1 - 0.25 * (a1 - a0), count, dtype=np.float32)
    low = rng.uniform(2.85, 2.95, count).astype(np.float32)
    marks = np.stack([start, low, start + 0.30, low + rng.uniform(0.25, 0.38, count).astype(np.float32)], axis=1)
    front.panels(marks, [ink] * count)


def _paint_awning(front: Front, a0: float, a1: float, colour: Colour, near: bool) -> None:
    stripes = 8 if near else 1
    edges = np.linspace(a0, a1, stripes + 1).tolist()
    for index in range(stripes):
        cloth = colour if index % 2 == 0 else (238, 232, 220)
        left, right = edges[index], edges[index + 1]
        front.quad([(left, 2.75, 0.05), (right, 2.75, 0.05), (right, 2.2, 1.2), (left, 2.2, 1.2)], cloth, 0.75)
        front.quad(
            [(left, 2.2, 1.2), (right, 2.2, 1.2), (right, 1.98, 1.2), (left, 1.98, 1.2)], scaled(cloth, 0.85), 0.0
        )


def _paint_blade(front: Front, a: float, colour: Colour) -> None:
    """A sign that stands out of the wall, as Korean streets have them in rows."""
    front.quad([(a, 3.8, 0.15), (a, 3.8, 0.95), (a, 5.6, 0.95), (a, 5.6, 0.15)], colour, 0.1)
    ink: Colour = (245, 240, 228) if sum(colour) < 420 else (60, 56, 60)
    for b in (4.05, 4.55, 5.05):
        front.quad(
            [(a - 0.02, b, 0.35), (a - 0.02, b, 0.75), (a - 0.02, b + 0.3, 0.75), (a - 0.02, b + 0.3, 0.35)], ink, 0.1
        )
