"""The demo's street scenes: each composed from a seed, and drawn in leaf and in blossom, equal but for the foliage."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.demo.cars import PROFILES, WIDTHS, Car, paint_car
from pipeline.demo.compose import Scene, compose
from pipeline.demo.fronts import House
from pipeline.demo.ground import cast_shadows, paint_backdrop, paint_ground
from pipeline.demo.houses import paint_house
from pipeline.demo.paint import Canvas, finish
from pipeline.demo.props import Barrier, Post, paint_barrier, paint_cable, paint_post
from pipeline.demo.sky import paint_sky
from pipeline.demo.trees import Tree, paint_tree

__all__ = ["Rendering", "Scene", "compose", "render", "render_blossom", "render_leaf"]

Part = House | Tree | Car | Post | Barrier


@dataclass(frozen=True, slots=True)
class Rendering:
    """A scene drawn twice (RGB, equal sizes), and where its foliage is: `foliage` (height, width).

    Where `foliage` is false, leaf and blossom are equal in every pixel.
    """

    leaf: Image.Image
    blossom: Image.Image
    foliage: NDArray[np.bool_]


def render(scene: Scene) -> Rendering:
    """The scene in leaf and in blossom with its mask; equal scenes give equal pixels."""
    canvas = _paint(scene)
    leaf, blossom, blooms = canvas.develop()
    height, width = blooms.shape
    mask: NDArray[np.bool_] = np.asarray(blooms.reshape(height // 2, 2, width // 2, 2).any(axis=(1, 3)))
    return Rendering(finish(leaf, canvas), finish(blossom, canvas), mask)


def render_leaf(scene: Scene) -> Image.Image:
    """The scene in leaf alone."""
    canvas = _paint(scene)
    return finish(canvas.develop()[0], canvas)


def drawn_streets(first: int = 900_300, count: int = 8) -> dict[str, Image.Image]:
    """Streets of consecutive seeds in leaf, by name: photos for those who have none."""
    return {f"street {seed}": render_leaf(compose(seed)).convert("RGB") for seed in range(first, first + count)}


def render_blossom(scene: Scene) -> Image.Image:
    """The scene in blossom alone."""
    canvas = _paint(scene)
    return finish(canvas.develop()[1], canvas)


def _paint(scene: Scene) -> Canvas:
    camera, light = scene.camera, scene.light
    canvas = Canvas(paint_sky(camera, light), camera, light)
    shadows, contact = cast_shadows(camera, light, scene.trees, _blocks(scene))
    earth = paint_ground(camera, light, scene.ground, shadows, contact)
    canvas.image.paste(earth, (0, camera.height - earth.height))
    paint_backdrop(canvas, scene.backdrop)
    parts: list[Part] = [*scene.houses, *scene.trees, *scene.cars, *scene.posts, *scene.barriers]
    crowns = [(*tree.centre, tree.radius) for tree in scene.trees]
    for part in sorted(parts, key=_far_first(scene)):
        match part:
            case House():
                paint_house(canvas, part, crowns)
            case Tree():
                paint_tree(canvas, part)
            case Car():
                paint_car(canvas, part)
            case Post():
                paint_post(canvas, part)
            case Barrier():
                paint_barrier(canvas, part)
    for cable in scene.cables:
        paint_cable(canvas, cable)
    return canvas


def _far_first(scene: Scene) -> Callable[[Part], tuple[int, float]]:
    """Sorting key: the farther first; in a straight street all houses, then walls, then the rest."""
    straight = scene.camera.bend == 0

    def key(part: Part) -> tuple[int, float]:
        if isinstance(part, House):
            return (0 if straight else 2, -max(abs(part.z0), abs(part.z1)))
        if isinstance(part, Barrier):
            return (1, -abs(part.x))
        distance = math.hypot(part.z, part.x - scene.camera.x)
        return (2, -distance)

    return key


def _blocks(scene: Scene) -> list[tuple[float, float, float, float, float]]:
    blocks = []
    for house in scene.houses:
        back = house.front + house.side * house.deep
        blocks.append((min(house.front, back), max(house.front, back), house.z0, house.z1, house.height))
    for car in scene.cars:
        half, length = WIDTHS[car.kind] / 2, PROFILES[car.kind][-1][0]
        blocks.append((car.x - half, car.x + half, car.z, car.z + length, 1.3))
    for barrier in scene.barriers:
        if barrier.kind in ("wall", "hedge"):
            blocks.append((barrier.x - 0.15, barrier.x + 0.15, barrier.z0, barrier.z1, barrier.height))
    for post in scene.posts:
        half = 0.2 if post.kind == "person" else 0.07
        blocks.append((post.x - half, post.x + half, post.z - half, post.z + half, min(post.height, 4.0)))
    return blocks
