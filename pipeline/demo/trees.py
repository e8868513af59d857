"""Trees of the demo's scenes: a skeleton that forks, a crown of strokes that is green in leaf and pale in blossom."""

import math
from dataclasses import dataclass

import numpy as np

from pipeline.demo.paint import Canvas, Colour, Floats, Light, blend

FORMS = {
    "round": (1.0, 0.86, 0.0),
    "spreading": (1.28, 0.66, 0.0),
    "tall": (0.70, 1.22, 0.0),
    "vase": (1.05, 0.95, 0.45),
    "weeping": (1.10, 0.85, -0.35),
}
"""Per form of crown: half-width and half-height over the radius, and how much wider it is above than beneath."""

MOST_STROKES = 16000
"""Of one crown; a nearer one has larger strokes instead."""

BARE_BLOSSOM = 0.04
"""The share of strokes that stay a (young) leaf or a bud when the tree is in blossom."""


@dataclass(frozen=True, slots=True)
class Tree:
    """One tree: where it stands, its measures in metres, its colours. `strand` is the seed of its twigs."""

    x: float
    z: float
    trunk: float
    radius: float
    form: str
    lean: float
    leaf_dark: Colour
    leaf_light: Colour
    petal_dark: Colour
    petal_light: Colour
    bark: Colour
    density: float
    strand: int

    @property
    def centre(self) -> tuple[float, float, float]:
        """The middle of the crown in the world."""
        return (self.x + self.lean, self.trunk + self.radius * FORMS[self.form][1] * 0.72, self.z)


@dataclass(frozen=True, slots=True)
class _Skeleton:
    """Limbs (n, 2, 3) in the world with thicknesses (n, 2) in metres; crown clusters (m, 3) with radii (m,)."""

    limbs: Floats
    widths: Floats
    clusters: Floats
    radii: Floats


def paint_tree(canvas: Canvas, tree: Tree) -> None:
    """Paint the tree: the far half of its crown, trunk and branches, the near half."""
    seen = canvas.camera.project(np.array([tree.centre], np.float32))[0]
    depth = float(seen[2])
    if (
        depth < 1.2
        or abs(seen[0] - canvas.camera.width / 2)
        > canvas.camera.width / 2 + canvas.camera.focal * tree.radius * 1.4 / depth
    ):
        return
    rng = np.random.default_rng(tree.strand)
    pixels = canvas.camera.focal * tree.radius / depth
    skeleton = _grow(tree, int(np.clip(pixels / 3.2, 9, 46)), rng)
    strokes = _Strokes(canvas, tree, skeleton, depth, rng)
    strokes.paint(canvas, far=True)
    _paint_limbs(canvas, tree, skeleton, depth)
    strokes.paint(canvas, far=False)


def _grow(tree: Tree, count: int, rng: np.random.Generator) -> _Skeleton:
    wide, high, flare = FORMS[tree.form]
    direction = rng.standard_normal((count, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    direction[:, 1] = np.where(direction[:, 1] < -0.45, -direction[:, 1], direction[:, 1])
    shell = rng.uniform(0.25, 1.0, (count, 1)) ** 0.5 * 0.82
    offset = direction * shell
    spread = 1 + flare * offset[:, 1]
    scale = np.stack([wide * spread, np.full(count, high), wide * spread], axis=1) * tree.radius
    clusters = np.asarray(tree.centre) + offset * scale * rng.uniform(0.88, 1.1, (count, 1))
    radii = tree.radius * rng.uniform(0.24, 0.40, count) * (1.35 if count < 16 else 1.0)
    limbs, widths = _branch(tree, clusters, rng)
    return _Skeleton(limbs, widths, clusters.astype(np.float32), radii.astype(np.float32))


def _branch(tree: Tree, clusters: np.ndarray, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Limbs from the trunk's fork to every cluster: four to six main ones, the others leave those on their way."""
    thick = 0.075 * tree.radius + 0.05
    fork = np.array([tree.x + 0.45 * tree.lean, tree.trunk * rng.uniform(0.72, 0.95), tree.z])
    foot = np.array([tree.x, 0.0, tree.z])
    knee = foot * 0.55 + fork * 0.45 + np.array([rng.normal(0, 0.03), 0, 0]) * tree.trunk
    lines = [(foot, knee, thick * 1.45, thick * 1.02), (knee, fork, thick * 1.02, thick * 0.92)]
    main = clusters[rng.permutation(len(clusters))[: 4 + len(clusters) // 14]]
    bends = fork + (main - fork) * rng.uniform(0.42, 0.6, (len(main), 1))
    bends[:, 1] += 0.1 * tree.radius
    for bend, tip in zip(bends, main, strict=True):
        lines += [(fork, bend, thick * 0.66, thick * 0.44), (bend, tip, thick * 0.44, thick * 0.12)]
    for cluster in clusters:
        nearest = int(np.argmin(((main - cluster) ** 2).sum(axis=1)))
        start = bends[nearest] + (main[nearest] - bends[nearest]) * rng.uniform(0.0, 0.6)
        lines.append((start, cluster, thick * 0.30, thick * 0.07))
    limbs = np.array([(a, b) for a, b, _, _ in lines], np.float32)
    return limbs, np.array([(a, b) for _, _, a, b in lines], np.float32)


def _paint_limbs(canvas: Canvas, tree: Tree, skeleton: _Skeleton, depth: float) -> None:
    seen = canvas.camera.project(skeleton.limbs)
    scale = canvas.camera.focal / depth
    lit = canvas.light.shade(tree.bark, (0.3, 0.3, -0.4), depth)
    dark = canvas.light.shade((tree.bark[0] * 0.6, tree.bark[1] * 0.6, tree.bark[2] * 0.62), (0.0, 0.0, 0.0), depth)
    for limb, (thick, thin) in zip(seen.tolist(), (skeleton.widths * scale).tolist(), strict=True):
        (x0, y0, _), (x1, y1, _) = limb
        if thick < 1.6:
            canvas.line([(x0, y0), (x1, y1)], blend(lit, dark, 0.6), 1)
            continue
        canvas.disc(x1, y1, thin * 0.46, dark)
        length = math.hypot(x1 - x0, y1 - y0) + 1e-6
        nx, ny = -(y1 - y0) / length / 2, (x1 - x0) / length / 2
        side = 1 if nx * canvas.light.sun[0] >= 0 else -1
        nx, ny = nx * side, ny * side
        outline = [(x0 - nx * thick, y0 - ny * thick), (x1 - nx * thin, y1 - ny * thin)]
        outline += [(x1 + nx * thin, y1 + ny * thin), (x0 + nx * thick, y0 + ny * thick)]
        canvas.polygon(outline, dark)
        bright = [(x0 + nx * thick * 0.1, y0 + ny * thick * 0.1), (x1 + nx * thin * 0.1, y1 + ny * thin * 0.1)]
        canvas.polygon([*bright, outline[2], outline[3]], lit)


class _Strokes:
    """All strokes of one crown, placed, sorted and lit; painted in two goes with the branches between."""

    def __init__(self, canvas: Canvas, tree: Tree, skeleton: _Skeleton, depth: float, rng: np.random.Generator) -> None:
        camera, light = canvas.camera, canvas.light
        pixels = camera.focal * tree.radius / depth
        covered = tree.density * 1.7 * float((skeleton.radii**2).sum()) * (pixels / tree.radius) ** 2
        large_enough = (math.sqrt(covered / MOST_STROKES) - 0.7) / 0.5
        size = max(float(np.clip(pixels * 0.024, 0.9, 4.2)), min(large_enough, 7.0))
        count = int(np.clip(covered / (0.7 + 0.5 * size) ** 2, 80, MOST_STROKES))
        owner = rng.integers(0, len(skeleton.radii), count)
        normal = rng.standard_normal((count, 3)).astype(np.float32)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-6
        reach = skeleton.radii[owner] * rng.uniform(0.2, 1.12, count).astype(np.float32) ** 0.5
        points = skeleton.clusters[owner] + normal * reach[:, None] * np.array([1.1, 0.72, 1.1], np.float32)
        if tree.form == "weeping":
            points[:, 1] -= rng.uniform(0, 1, count) ** 2 * tree.radius * 0.75
        seen = camera.project(points)
        outward = (points - np.asarray(tree.centre, np.float32)) / tree.radius
        away = outward @ np.array([math.sin(camera.yaw), 0, math.cos(camera.yaw)], np.float32)
        middle = (skeleton.clusters[owner] - np.asarray(tree.centre, np.float32)) / tree.radius
        remote = middle @ np.array([math.sin(camera.yaw), 0, math.cos(camera.yaw)], np.float32)
        order = np.argsort(-remote + 0.10 * normal[:, 1] + 0.09 * rng.standard_normal(count))
        self.seen, self.far = seen[order], int((remote > 0.05).sum())
        self.sizes = np.clip(size + rng.normal(0, 0.22 * size, count), 0.8, 9).astype(np.float32)
        self.turns = rng.integers(0, 8, count).astype(np.float32)
        glow = self._brightness(light, normal[order], outward[order], away[order], rng)
        veil = light.veil(depth)
        leafy = rng.uniform(0, 1, count) < BARE_BLOSSOM
        self.leaf = _tint(light, (tree.leaf_dark, tree.leaf_light), glow, veil, rng.normal(0, 9, (count, 1)))
        petals = _tint(light, (tree.petal_dark, tree.petal_light), glow**0.8, veil, rng.normal(0, 5, (count, 1)))
        self.blossom = np.where(leafy[:, None], self.leaf * 0.8 + 34 * (1 - veil), petals).astype(np.float32)

    def _brightness(
        self, light: Light, normal: Floats, outward: Floats, away: Floats, rng: np.random.Generator
    ) -> Floats:
        sun = np.asarray(light.sun, np.float32)
        sky = 0.46 + 0.36 * normal[:, 1] + 0.26 * outward[:, 1]
        direct = np.clip(0.26 + 0.55 * (normal @ sun) + 0.42 * (outward @ sun), 0, 1.2)
        share = min(1.0, sum(light.direct) / 1.5)
        depth = 1 - 0.22 * np.clip(away, -0.2, 1)
        value = (sky * (1 - 0.6 * share) + direct * 0.75 * share) * depth + rng.normal(0, 0.07, len(away))
        return np.clip(value, 0, 1).astype(np.float32)

    def paint(self, canvas: Canvas, far: bool) -> None:
        part = slice(None, self.far) if far else slice(self.far, None)
        seen = self.seen[part]
        canvas.splat(seen[:, :2], self.sizes[part], self.turns[part], self.leaf[part], self.blossom[part])


def _tint(light: Light, ends: tuple[Colour, Colour], glow: Floats, veil: float, jitter: np.ndarray) -> Floats:
    dark, bright = (np.asarray(end, np.float32) for end in ends)
    albedo = dark + (bright - dark) * glow[:, None]
    albedo = albedo + jitter * np.array([1.0, 0.8, 0.5])
    power = np.asarray(light.ambient, np.float32) + np.asarray(light.direct, np.float32) * (0.12 + 0.62 * glow[:, None])
    lit = albedo * power
    return np.asarray(lit + (np.asarray(light.haze, np.float32) - lit) * veil, np.float32)
