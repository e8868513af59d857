"""The fronts of houses as planes in perspective, and the shadows that crowns cast on them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from pipeline.demo.paint import Canvas, Colour, Floats, soften

STOREY = 3.0
DETAIL_METRES = 48.0
"""Nearer fronts show frames, curtains, doors and signs."""
DARK_GLASS: Colour = (58, 72, 88)
NO_SUN = (0.0, 0.5, 0.0)
"""The normal of glass: it shows the sky, hardly the sun."""

Crown = tuple[float, float, float, float]
"""A tree's crown as a ball: x, y, z, radius."""


@dataclass(frozen=True, slots=True)
class House:
    """One house along the street, from z0 to z1, its front at `front` (x), reaching `deep` metres away from it.

    `side` is -1 at the left, 1 at the right. `style` is flats, office, brick, villa or shed; `roof` flat or pitched.
    """

    side: int
    front: float
    z0: float
    z1: float
    deep: float
    storeys: int
    style: str
    roof: str
    wall: Colour
    trim: Colour
    tiles: Colour
    accent: Colour
    shop: bool
    lit: float
    bay: float
    seed: int

    @property
    def height(self) -> float:
        """Up to the eaves, in metres."""
        return self.storeys * STOREY + (0.8 if self.shop else 0.3)


class Front:
    """The front of a house as a plane: a along the street from z0, b up, out towards the street, in metres."""

    def __init__(self, canvas: Canvas, house: House) -> None:
        self.canvas, self.camera, self.light, self.house = canvas, canvas.camera, canvas.light, house
        middle = np.array([[house.front, 2.0, np.clip(0.0, house.z0, house.z1)]], np.float32)
        ends = canvas.camera.project(np.array([[house.front, 2.0, house.z0], [house.front, 2.0, house.z1]], np.float32))
        self.depth = max(1.5, float(ends[:, 2].min()), float(canvas.camera.project(middle)[0, 2]) * 0.6)
        self.normal = (-float(house.side), 0.0, 0.0)

    def world(self, rectangles: Floats, out: float = 0.0) -> Floats:
        """Rectangles (n, 4) of a0, b0, a1, b1 to corners (n, 4, 3) in the world."""
        a0, b0, a1, b1 = rectangles.T
        along = np.stack([a0, a1, a1, a0], axis=1) + self.house.z0
        up = np.stack([b0, b0, b1, b1], axis=1)
        return np.stack([np.full_like(up, self.house.front - self.house.side * out), up, along], axis=-1)

    def panels(self, rectangles: Floats, albedos: list[Colour], openness: float = 1.0, out: float = 0.0) -> None:
        """Matt rectangles on the front."""
        colours = [self.light.shade(albedo, self.normal, self.depth, openness) for albedo in albedos]
        self.canvas.faces(self.world(rectangles, out), colours)

    def panel(self, box: tuple[float, float, float, float], albedo: Colour, openness: float = 1.0) -> None:
        """One matt rectangle on the front, cut where it comes too near."""
        corners = self.world(np.array([box], np.float32))[0]
        self.canvas.face(corners.tolist(), self.light.shade(albedo, self.normal, self.depth, openness))

    def quad(self, corners: list[tuple[float, float, float]], albedo: Colour, normal_up: float) -> None:
        """A quadrangle of (a, b, out), for what leans out of the front."""
        house = self.house
        world = [(house.front - house.side * out, b, house.z0 + a) for a, b, out in corners]
        self.canvas.face(world, self.light.shade(albedo, (-house.side * 0.6, normal_up, -0.2), self.depth))


def scaled(colour: Colour, factor: float) -> Colour:
    """The colour made darker or lighter."""
    red, green, blue = (min(255.0, part * factor) for part in colour)
    return (red, green, blue)


def shade_front(front: Front, length: float, crowns: Sequence[Crown], rng: np.random.Generator) -> None:
    """Darken the front where crowns stand between it and the sun."""
    facing = front.normal[0] * front.light.sun[0]
    if facing * max(front.light.direct) < 0.08:
        return
    discs = [disc for crown in crowns for disc in _cast(front, crown, rng)]
    wall = front.camera.project(front.world(np.array([[0, 0, length, front.house.height]], np.float32))[0])
    left, top = max(0, int(wall[:, 0].min())), max(0, int(wall[:, 1].min()))
    right, bottom = min(front.camera.width, int(wall[:, 0].max())), min(front.camera.height, int(wall[:, 1].max()))
    if not discs or wall[:, 2].min() < 1.0 or right - left < 4 or bottom - top < 4:
        return
    shift = np.array([left, top, 0], np.float32)
    bound, mask = (Image.new("L", (right - left, bottom - top)) for _ in range(2))
    ImageDraw.Draw(bound).polygon((wall - shift)[:, :2].reshape(-1).tolist(), fill=255)
    draw = ImageDraw.Draw(mask)
    for disc in front.camera.project(np.array(discs, np.float32)) - shift:
        if disc[:, 2].min() > 1.0:
            draw.polygon(
                disc[:, :2].reshape(-1).tolist(), fill=min(225, int((60 + 330 * facing) * max(front.light.direct)))
            )
    mask = ImageChops.multiply(soften(mask, 1.5), bound)
    lit = front.canvas.image.crop((left, top, right, bottom))
    shadow = lit.point([int(value * share) for share in (0.56, 0.60, 0.70) for value in range(256)])
    front.canvas.image.paste(shadow, (left, top), mask)


def _cast(front: Front, crown: Crown, rng: np.random.Generator) -> list[list[tuple[float, float, float]]]:
    """The crown's shadow on the front: some discs in the world, none where it falls beside."""
    x, y, z, radius = crown
    house, sun = front.house, front.light.sun
    reach = (x - house.front) / sun[0]
    up, along = y - sun[1] * reach, z - sun[2] * reach
    if reach <= 0 or up < -radius or not house.z0 - radius < along < house.z1 + radius:
        return []
    discs = []
    for _ in range(18):
        turn, out, size = rng.uniform(0, 2 * math.pi), rng.uniform(0.1, 0.9) * radius, rng.uniform(0.12, 0.34) * radius
        b, a = up + out * math.sin(turn), along + out * math.cos(turn)
        discs.append([(house.front, b + size * math.sin(t), a + size * math.cos(t)) for t in _TURN])
    return discs


_TURN = [index * math.pi / 4 for index in range(8)]
