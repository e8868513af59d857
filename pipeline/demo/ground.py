"""The ground of the demo's scenes: road with its paint and wear, pavements, shadows; and what closes the distance."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from pipeline.demo.paint import Camera, Canvas, Colour, Floats, Light, blend, soften
from pipeline.demo.sky import sample_tile
from pipeline.demo.trees import FORMS, Tree


@dataclass(frozen=True, slots=True)
class Ground:
    """The street's cross-section in metres from its middle, left to right, and what lies on it."""

    walk_left: float
    road_left: float
    road_right: float
    walk_right: float
    median: float
    beyond_left: str
    beyond_right: str
    lane_paint: str
    crossings: tuple[float, ...]
    side_street: tuple[float, float] | None
    road: Colour
    walk: Colour
    tile: float
    patches: tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Backdrop:
    """What stands at the horizon: `kind` hills, skyline or woods; `heights` over the horizon in parts of the height."""

    kind: str
    heights: tuple[tuple[float, ...], ...]


BEYOND: dict[str, Colour] = {
    "paving": (168, 160, 150),
    "grass": (112, 132, 74),
    "soil": (150, 132, 106),
    "water": (92, 122, 138),
}
_WHITE, _YELLOW, _KERB, _TACTILE = (232, 232, 226), (226, 178, 62), (178, 174, 166), (206, 168, 74)
_ROAD, _WALK, _KERBSTONE, _LEFT, _RIGHT, _GRASS, _BLIND = range(7)


def paint_ground(camera: Camera, light: Light, ground: Ground, shadows: Floats, contact: Floats) -> Image.Image:
    """Everything below the horizon: an RGB picture as wide as the canvas; `shadows`, `contact` are 0..1 of its size."""
    first = max(0, math.ceil(camera.horizon))
    across, along, depth = camera.ground(first)
    material = _materials(ground, across, along)
    table = np.array(
        [
            ground.road,
            ground.walk,
            _KERB,
            BEYOND[ground.beyond_left],
            BEYOND[ground.beyond_right],
            BEYOND["grass"],
            _TACTILE,
        ],
        np.float32,
    )
    colour = table[material]
    colour *= _texture(ground, across, along, depth, material)[..., None]
    _paint_lines(ground, across, along, material, colour)
    sun = 0.25 + 0.75 * max(0.0, light.sun[1])
    open_sky = (1 - 0.42 * contact)[..., None] * np.asarray(light.ambient, np.float32)
    power = open_sky + ((1 - shadows) * (1 - 0.6 * contact) * sun)[..., None] * np.asarray(light.direct, np.float32)
    colour *= power
    veil = 0.86 * (1 - np.exp(-depth / light.haze_metres))
    colour += (np.asarray(light.haze, np.float32) - colour) * veil[..., None]
    return Image.fromarray(np.clip(colour, 0, 255).astype(np.uint8))


def _materials(ground: Ground, across: Floats, along: Floats) -> np.ndarray:
    road = (across > ground.road_left) & (across < ground.road_right)
    material = np.where(across < 0, np.uint8(_LEFT), np.uint8(_RIGHT))
    walk = (across > ground.walk_left) & (across < ground.walk_right)
    material[walk] = _WALK
    kerb = (across > ground.road_left - 0.22) & (across < ground.road_right + 0.22)
    material[kerb] = _KERBSTONE
    if ground.walk_right - ground.road_right > 2.2:
        blind = np.abs(across - (ground.road_right + 1.05)) < 0.16
        material[blind] = _BLIND
    if ground.side_street is not None:
        road |= (along > ground.side_street[0]) & (along < ground.side_street[1])
    material[road] = _ROAD
    if ground.median > 0:
        island = (np.abs(across) < ground.median) & road
        material[island] = _KERBSTONE
        material[island & (np.abs(across) < ground.median - 0.25)] = _GRASS
    return material


def _texture(ground: Ground, across: Floats, along: Floats, depth: Floats, material: np.ndarray) -> Floats:
    fade = np.clip(1.2 - depth / 42, 0, 1)
    rough = sample_tile(across * 42, along * 42) * 0.020 * fade + sample_tile(across * 5, along * 2.2) * 0.028
    value = 1 + rough
    tracks = 0.045 * np.cos((across - ground.road_left) * (2 * math.pi / 1.75))
    value -= np.where(material == _ROAD, tracks + 0.03, 0)
    walk = material == _WALK
    near = np.clip(1.1 - depth / 26, 0, 1)
    joints = ((across / ground.tile) % 1 < 0.06) | ((along / ground.tile) % 1 < 0.06)
    value -= np.where(walk & joints, 0.13 * near, 0)
    chequer = (np.floor(across / ground.tile) * 7 + np.floor(along / ground.tile) * 13) % 5
    value += np.where(walk, (chequer - 2) * 0.016 * near, 0)
    grown = material >= _LEFT
    value += np.where(grown & (material != _BLIND), sample_tile(across * 23, along * 9) * 0.07 * fade, 0)
    for x, z, wide, long in ground.patches:
        inside = (np.abs(across - x) < wide) & (np.abs(along - z) < long) & (material == _ROAD)
        value[inside] *= 0.88
    return value.astype(np.float32)


def _paint_lines(ground: Ground, across: Floats, along: Floats, material: np.ndarray, colour: Floats) -> None:
    road = material == _ROAD
    free = road.copy()
    for z in ground.crossings:
        free &= (along < z - 1.6) | (along > z + 4.6)
        bars = (along > z) & (along < z + 3.4) & ((across - ground.road_left - 0.4) % 1.05 < 0.55)
        _stain(colour, bars & road, _WHITE, across, along)
        stop = (along > z - 1.4) & (along < z - 1.0) & (across > 0)
        _stain(colour, stop & road, _WHITE, across, along)
    if ground.side_street is not None:
        free &= (along < ground.side_street[0] - 1) | (along > ground.side_street[1] + 1)
    middle = np.abs(across) < 0.09
    dashes = along % 6.0 < 3.0
    if ground.lane_paint == "white":
        _stain(colour, free & middle & dashes, _WHITE, across, along)
    elif ground.lane_paint == "yellow":
        _stain(colour, free & (np.abs(np.abs(across) - 0.17) < 0.075), _YELLOW, across, along)
    elif ground.lane_paint == "lanes":
        half = (ground.road_right + ground.median) / 2
        _stain(colour, free & (np.abs(np.abs(across) - half) < 0.08) & dashes, _WHITE, across, along)
        if ground.median == 0:
            _stain(colour, free & (np.abs(np.abs(across) - 0.17) < 0.075), _YELLOW, across, along)
    if ground.lane_paint != "none":
        edge = (np.abs(across - ground.road_left - 0.32) < 0.06) | (np.abs(across - ground.road_right + 0.32) < 0.06)
        _stain(colour, free & edge, _WHITE if ground.lane_paint == "white" else _YELLOW, across, along)


def _stain(colour: Floats, where: np.ndarray, paint: Colour, across: Floats, along: Floats) -> None:
    worn = np.clip(0.82 - 0.16 * sample_tile(across[where] * 16, along[where] * 16), 0.25, 0.95)[:, None]
    colour[where] += (np.asarray(paint, np.float32) - colour[where]) * worn


def cast_shadows(
    camera: Camera, light: Light, trees: Iterable[Tree], blocks: Iterable[tuple[float, float, float, float, float]]
) -> tuple[Floats, Floats]:
    """Sun shadows and contact shadows on the ground (rows below the horizon, width), 0 none .. 1 full.

    A block is a box: least and largest x, least and largest z, height, in metres.
    """
    size = (camera.width // 2, camera.height // 2)
    sun, contact = Image.new("L", size), Image.new("L", size)
    for tree in trees:
        _shade_tree(camera, light, tree, ImageDraw.Draw(sun), ImageDraw.Draw(contact))
    for block in blocks:
        _shade_block(camera, light, block, ImageDraw.Draw(sun), ImageDraw.Draw(contact))
    first = max(0, math.ceil(camera.horizon))
    soft = [soften(mask, radius) for mask, radius in ((sun, 0.8), (contact, 2.0))]
    wide = [np.asarray(mask.resize((camera.width, camera.height), Image.Resampling.BILINEAR)) for mask in soft]
    return np.asarray(wide[0][first:] / np.float32(255)), np.asarray(wide[1][first:] / np.float32(255))


def _offset(light: Light, height: float) -> tuple[float, float]:
    """How far the shadow of a point at `height` lies from beneath it; low suns are held back to 4 heights."""
    reach = height / max(light.sun[1], 0.22)
    return -light.sun[0] * reach, -light.sun[2] * reach


def _shade_tree(
    camera: Camera, light: Light, tree: Tree, sun: ImageDraw.ImageDraw, contact: ImageDraw.ImageDraw
) -> None:
    rng = np.random.default_rng(tree.strand + 1)
    wide, high, _ = FORMS[tree.form]
    x, y, z = tree.centre
    count = 30
    angle, spread = rng.uniform(0, 2 * math.pi, count), rng.uniform(0, 1, count) ** 0.5 * 0.85
    lift = rng.uniform(-0.6, 0.6, count) * high * tree.radius
    for a, r, rise in zip(angle.tolist(), spread.tolist(), lift.tolist(), strict=True):
        dx, dz = _offset(light, y + rise)
        centre = (x + dx + math.cos(a) * r * wide * tree.radius, z + dz + math.sin(a) * r * wide * tree.radius)
        _circle(camera, sun, centre, tree.radius * float(rng.uniform(0.12, 0.34)), 225)
    dx, dz = _offset(light, y)
    wide_trunk = 0.09 * tree.radius
    _area(
        camera,
        sun,
        [
            (tree.x - wide_trunk, tree.z),
            (tree.x + wide_trunk, tree.z),
            (x + dx + wide_trunk, z + dz),
            (x + dx - wide_trunk, z + dz),
        ],
        215,
    )
    _circle(camera, contact, (x, z), tree.radius * 0.9 * wide, 70)
    _circle(camera, contact, (tree.x, tree.z), 0.12 * tree.radius + 0.2, 200)


def _shade_block(
    camera: Camera,
    light: Light,
    block: tuple[float, float, float, float, float],
    sun: ImageDraw.ImageDraw,
    contact: ImageDraw.ImageDraw,
) -> None:
    x0, x1, z0, z1, height = block
    dx, dz = _offset(light, min(height, 5.5))
    foot = [(x0, z0), (x1, z0), (x1, z1), (x0, z1)]
    top = [(x + dx, z + dz) for x, z in foot]
    _area(camera, sun, foot, 255)
    _area(camera, sun, top, 255)
    for index in range(4):
        _area(camera, sun, [foot[index - 1], foot[index], top[index], top[index - 1]], 255)
    edge = 0.25 if height < 3 else 0.6
    _area(
        camera,
        contact,
        [(x0 - edge, z0 - edge), (x1 + edge, z0 - edge), (x1 + edge, z1 + edge), (x0 - edge, z1 + edge)],
        150,
    )


def _circle(
    camera: Camera, draw: ImageDraw.ImageDraw, centre: tuple[float, float], radius: float, strength: int
) -> None:
    turn = [index * math.pi / 5 for index in range(10)]
    _area(camera, draw, [(centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)) for a in turn], strength)


def _area(camera: Camera, draw: ImageDraw.ImageDraw, corners: list[tuple[float, float]], strength: int) -> None:
    """Fill a polygon of the ground in a mask of half the canvas; what reaches behind the camera is pulled before it."""
    sine, cosine = math.sin(camera.yaw), math.cos(camera.yaw)
    points = []
    for x, z in corners:
        ahead = x - camera.x + camera.bend * max(z, 0.0) ** 2
        depth = ahead * sine + z * cosine
        if depth < 0.8:
            pull = 0.8 - depth
            ahead, z, depth = ahead + pull * sine, z + pull * cosine, 0.8  # noqa: PLW2901 - the corner is moved
        column = camera.centre + camera.focal * (ahead * cosine - z * sine) / depth
        points.append((column / 2, (camera.horizon + camera.focal * camera.eye / depth) / 2))
    draw.polygon(points, fill=strength)


_PLAIN: dict[str, Colour] = {"hills": (84, 108, 110), "skyline": (128, 134, 146), "woods": (64, 88, 58)}
_END_METRES = 125.0


def paint_backdrop(canvas: Canvas, backdrop: Backdrop) -> None:
    """Hills, a skyline or woods at the horizon, the farther layers paler; the nearest stands where the street ends."""
    camera, layers = canvas.camera, len(backdrop.heights)
    lit = canvas.light.shade(_PLAIN[backdrop.kind], (0.0, 0.4, -0.5), 0)
    for index, heights in enumerate(backdrop.heights):
        colour = blend(canvas.light.haze, lit, 0.25 + 0.45 * (index + 1) / (layers + 1))
        step = camera.width / (len(heights) - 1)
        tops = [(n * step, camera.horizon - h * camera.height) for n, h in enumerate(heights)]
        if backdrop.kind == "skyline":
            tops = [point for x, y in tops for point in ((x, y), (x + step, y))]
        foot = camera.horizon + (camera.focal * camera.eye / _END_METRES if index == layers - 1 else 3)
        canvas.polygon([(0, foot), *tops, (camera.width, foot)], colour)
