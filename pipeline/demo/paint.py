"""How the demo's scenes are painted: camera, light, canvas with strokes, and the photographic finish."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Floats = NDArray[np.float32]
Colour = tuple[float, float, float]
"""Red, green, blue in 0..255; as an albedo, the colour in full white light."""

NEAR_METRES = 0.4
_LAMPLIGHT = np.array([0.95, 0.66, 0.34], np.float32)
MARGIN = 16
"""Pixels around the stroke map, so that strokes at the border need no clipping each."""


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole without pitch, so that verticals stay vertical; all lengths on the canvas in its (doubled) pixels.

    World: x across the street to the right, y up, z along the street, in metres. `bend` curves the street: every
    point is shifted by bend * z^2 in x (for z > 0) before it is projected.
    """

    width: int
    height: int
    focal: float
    centre: float
    horizon: float
    x: float
    eye: float
    yaw: float
    bend: float = 0.0

    def project(self, points: Floats) -> Floats:
        """World (..., 3) to canvas (..., 3): column, row, depth in metres; a depth below NEAR_METRES is not seen."""
        x = points[..., 0] - self.x + self.bend * np.maximum(points[..., 2], 0) ** 2
        z = points[..., 2]
        depth = x * math.sin(self.yaw) + z * math.cos(self.yaw)
        safe = np.maximum(depth, 1e-3)
        column = self.centre + self.focal * (x * math.cos(self.yaw) - z * math.sin(self.yaw)) / safe
        row = self.horizon - self.focal * (points[..., 1] - self.eye) / safe
        return np.stack([column, row, depth], axis=-1).astype(np.float32)

    def ground(self, first_row: int, step: int = 1) -> tuple[Floats, Floats, Floats]:
        """Where the pixels from `first_row` down meet the ground: across, along (rows, columns), depth (rows, 1)."""
        rows = np.arange(first_row, self.height, step, dtype=np.float32)[:, None] + 0.5 * step
        columns = np.arange(0, self.width, step, dtype=np.float32)[None, :] + 0.5 * step
        depth = self.focal * self.eye / np.maximum(rows - self.horizon, 0.3)
        side = (columns - self.centre) / self.focal
        across = depth * (side * math.cos(self.yaw) + math.sin(self.yaw)) + self.x
        along = depth * (math.cos(self.yaw) - side * math.sin(self.yaw))
        across = across - self.bend * np.maximum(along, 0) ** 2
        return across.astype(np.float32), along.astype(np.float32), depth


@dataclass(frozen=True, slots=True)
class Light:
    """The hour and the weather. `sun` points to the sun; `direct` and `ambient` multiply albedos."""

    sun: tuple[float, float, float]
    direct: Colour
    ambient: Colour
    zenith: Colour
    low_sky: Colour
    haze: Colour
    haze_metres: float
    cloud_cover: float
    cloud_bright: Colour
    cloud_dark: Colour
    lamps: float
    seed: int

    def veil(self, depth: float) -> float:
        """The share of haze in what is seen at `depth` metres."""
        return 1.0 - math.exp(-max(depth, 0.0) / self.haze_metres)

    def shade(
        self, albedo: Colour, normal: tuple[float, float, float], depth: float, openness: float = 1.0
    ) -> tuple[int, int, int]:
        """What a matt face of that colour and normal looks like at `depth` metres."""
        facing = max(0.0, sum(a * b for a, b in zip(normal, self.sun, strict=True)))
        veil = self.veil(depth)
        sky = openness * (0.92 + 0.08 * normal[1])
        red, green, blue = (
            min(255, int((colour * (ambient * sky + direct * facing)) * (1 - veil) + haze * veil))
            for colour, ambient, direct, haze in zip(albedo, self.ambient, self.direct, self.haze, strict=True)
        )
        return red, green, blue

    def emit(self, colour: Colour, depth: float) -> tuple[int, int, int]:
        """What shines by itself, seen through `depth` metres of haze."""
        return blend(colour, self.haze, self.veil(depth) * 0.6)


def blend(one: Sequence[float], other: Sequence[float], share: float) -> tuple[int, int, int]:
    """`one` with `share` (0..1) of `other`, as a colour that can be drawn."""
    red, green, blue = (min(255, max(0, int(a + (b - a) * share))) for a, b in zip(one, other, strict=True))
    return red, green, blue


@cache
def _stamps() -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Leaf-shaped strokes, 12 sizes x 8 turns: offsets dx and dy of all, then where each begins and how many it has."""
    columns: list[NDArray[np.int64]] = []
    rows: list[NDArray[np.int64]] = []
    starts: list[int] = []
    counts: list[int] = []
    grid = np.arange(-12, 13)
    y, x = np.meshgrid(grid, grid, indexing="ij")
    for size in range(12):
        for turn in range(8):
            angle = turn * math.pi / 8
            u, v = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
            inside = (u / (0.7 + 0.62 * size)) ** 2 + (v / (0.6 + 0.40 * size)) ** 2 <= 1.0
            starts.append(sum(counts))
            counts.append(int(inside.sum()))
            columns.append(x[inside])
            rows.append(y[inside])
    whole = (np.concatenate(columns), np.concatenate(rows), np.array(starts), np.array(counts))
    dx, dy, first, many = (part.astype(np.int32) for part in whole)
    return dx, dy, first, many


@dataclass(slots=True)
class Canvas:
    """The picture being painted, back to front: plain colours in `image`, strokes as numbers in `strokes`.

    A stroke's number leads to its colour in leaf and in blossom; what is painted over a stroke removes its number.
    `cover` collects what was painted since the last strokes.
    """

    image: Image.Image
    camera: Camera
    light: Light
    cover: Image.Image = field(init=False)
    strokes: NDArray[np.int32] = field(init=False)
    leaf: list[Floats] = field(default_factory=lambda: [np.zeros((1, 3), np.float32)])
    blossom: list[Floats] = field(default_factory=lambda: [np.zeros((1, 3), np.float32)])
    count: int = 1
    glows: list[tuple[float, float, float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cover = Image.new("L", self.image.size)
        self.strokes = np.zeros((self.image.height + 2 * MARGIN, self.image.width + 2 * MARGIN), np.int32)

    def polygon(self, points: Sequence[tuple[float, float]], colour: tuple[int, int, int]) -> None:
        """Fill a polygon given in canvas pixels."""
        ImageDraw.Draw(self.image).polygon(points, fill=colour)
        ImageDraw.Draw(self.cover).polygon(points, fill=255)

    def line(self, points: Sequence[tuple[float, float]], colour: tuple[int, int, int], width: float) -> None:
        """Draw a line through points given in canvas pixels, at least one pixel wide."""
        pixels = max(1, round(width))
        ImageDraw.Draw(self.image).line(points, fill=colour, width=pixels, joint="curve")
        ImageDraw.Draw(self.cover).line(points, fill=255, width=pixels)

    def disc(self, column: float, row: float, radius: float, colour: tuple[int, int, int]) -> None:
        """Fill a circle given in canvas pixels."""
        box = (column - radius, row - radius, column + radius, row + radius)
        ImageDraw.Draw(self.image).ellipse(box, fill=colour)
        ImageDraw.Draw(self.cover).ellipse(box, fill=255)

    def face(self, corners: Sequence[Sequence[float]], colour: tuple[int, int, int]) -> None:
        """Fill a flat polygon given in the world, cut where it comes too near to the camera."""
        seen = self.camera.project(np.asarray(corners, np.float32))
        if seen[:, 2].min() < NEAR_METRES:
            seen = self.camera.project(_cut(np.asarray(corners, np.float32), seen[:, 2]))
        if len(seen) >= 3 and _on_canvas(seen, self.image):
            self.polygon([(p[0], p[1]) for p in seen.tolist()], colour)

    def faces(self, corners: Floats, colours: Sequence[tuple[int, int, int]]) -> None:
        """Fill many small polygons (n, corners, 3); those too near or out of sight are left out."""
        if not len(corners):
            return
        seen = self.camera.project(corners)
        good = seen[..., 2].min(axis=1) >= NEAR_METRES
        good &= (seen[..., 0].max(axis=1) > 0) & (seen[..., 0].min(axis=1) < self.image.width)
        draw, cover = ImageDraw.Draw(self.image), ImageDraw.Draw(self.cover)
        flat = seen[..., :2].reshape(len(seen), -1).tolist()
        for index in np.flatnonzero(good).tolist():
            draw.polygon(flat[index], fill=colours[index])
            cover.polygon(flat[index], fill=255)

    def splat(self, places: Floats, sizes: Floats, turns: Floats, leaf: Floats, blossom: Floats) -> None:
        """Paint strokes in the order given: places (n, 2) in canvas pixels, sizes 0..11, turns 0..7, colours (n, 3)."""
        self._settle()
        columns, rows = places[:, 0], places[:, 1]
        near = (columns > -8) & (rows > -8) & (columns < self.image.width + 8) & (rows < self.image.height + 8)
        dx, dy, starts, counts = _stamps()
        stamp = np.clip(sizes[near], 0, 11).astype(np.int32) * 8 + (turns[near].astype(np.int32) & 7)
        many = counts[stamp]
        number = np.repeat(np.arange(len(stamp), dtype=np.int32), many)
        nth = np.arange(len(number), dtype=np.int32) - np.repeat(np.cumsum(many) - many, many)
        part = starts[stamp][number] + nth
        stride = self.strokes.shape[1]
        place = (rows[near].astype(np.int32) + MARGIN) * stride + columns[near].astype(np.int32) + MARGIN
        self.strokes.reshape(-1)[place[number] + dy[part] * stride + dx[part]] = number + self.count
        self.count += len(stamp)
        self.leaf.append(leaf[near])
        self.blossom.append(blossom[near])

    def _settle(self) -> None:
        box = self.cover.getbbox()
        if box is None:
            return
        painted = np.asarray(self.cover.crop(box)) > 0
        left, top, right, bottom = (edge + MARGIN for edge in box)
        self.strokes[top:bottom, left:right][painted] = 0
        self.cover.paste(0, box)

    def develop(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.bool_]]:
        """The canvas in leaf and in blossom (height, width, 3), and where a stroke has two colours (height, width)."""
        self._settle()
        numbers = self.strokes[MARGIN:-MARGIN, MARGIN:-MARGIN]
        leaf, blossom = (np.clip(np.concatenate(part), 0, 255).astype(np.uint8) for part in (self.leaf, self.blossom))
        stroked = numbers > 0
        used = numbers[stroked]
        in_leaf = np.array(self.image)
        in_blossom = in_leaf.copy()
        in_leaf[stroked] = leaf[used]
        in_blossom[stroked] = blossom[used]
        blooms = np.zeros_like(stroked)
        blooms[stroked] = (leaf != blossom).any(axis=1)[used]
        return in_leaf, in_blossom, blooms


def _on_canvas(seen: Floats, image: Image.Image) -> bool:
    return bool(
        seen[:, 0].max() > 0
        and seen[:, 0].min() < image.width
        and seen[:, 1].max() > 0
        and seen[:, 1].min() < image.height
    )


def _cut(corners: Floats, depths: Floats) -> Floats:
    """The part of a polygon that lies beyond NEAR_METRES (Sutherland and Hodgman, 1974, one plane)."""
    kept: list[Floats] = []
    for index in range(len(corners)):
        here, before = depths[index] - NEAR_METRES, depths[index - 1] - NEAR_METRES
        if (here >= 0) != (before >= 0):
            share = before / (before - here)
            kept.append(corners[index - 1] + (corners[index] - corners[index - 1]) * share)
        if here >= 0:
            kept.append(corners[index])
    return np.array(kept, np.float32).reshape(-1, 3)


def soften(mask: Image.Image, radius: float) -> Image.Image:
    """A mask with soft edges."""
    return mask.filter(ImageFilter.BoxBlur(radius)).filter(ImageFilter.BoxBlur(radius))


def finish(picture: NDArray[np.uint8], canvas: Canvas) -> Image.Image:
    """The photograph of a canvas at half its size: glow of lamps and windows, contrast, vignette, grain.

    Every step looks at one pixel alone, so that equal pixels of the canvas stay equal.
    """
    small = Image.fromarray(picture).reduce(2)
    values = np.asarray(small, dtype=np.float32) / 255
    height, width = values.shape[:2]
    gain = _exposure(canvas)
    values = values * gain / (1 + (gain - 1) * values)
    values = values + _glow(canvas, width, height) * (1 - values)
    values = values + 0.7 * (values - 0.5) * values * (1 - values)
    grey = values.mean(axis=2, keepdims=True)
    values = grey + (values - grey) * 1.10
    y, x = np.linspace(-1, 1, height, dtype=np.float32)[:, None], np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    grain = np.random.default_rng(canvas.light.seed).standard_normal((height, width), dtype=np.float32)
    factor = 1 - 0.11 * (x * x + y * y) * (0.4 + 0.3 * (x * x + y * y))
    values = values * factor[..., None] + (0.008 * grain)[..., None]
    return Image.fromarray(np.clip(values * 255 + 0.5, 0, 255).astype(np.uint8))


def _exposure(canvas: Canvas) -> float:
    """What brings the picture's mean near to a photograph's; dusk stays dark."""
    mean = float(np.asarray(canvas.image.reduce(16).convert("L"), np.float32).mean()) / 255
    return min(1.7, max(0.95, (0.56 - 0.13 * canvas.light.lamps) / max(mean, 0.05)))


def _glow(canvas: Canvas, width: int, height: int) -> Floats:
    if not canvas.glows:
        return np.zeros((1, 1, 3), np.float32)
    small = Image.new("L", (width // 2, height // 2))
    draw = ImageDraw.Draw(small)
    for column, row, radius, power in canvas.glows:
        x, y, r = column / 4, row / 4, max(0.8, radius / 4)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=int(255 * power))
    wide = soften(small, 5).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray((np.asarray(wide, np.float32) / 255)[..., None] * _LAMPLIGHT, np.float32)
