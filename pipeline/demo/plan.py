"""What stands where on a street of the demo: houses, trees, cars, poles, walls, people, and their colours."""

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np

from pipeline.demo.cars import Car
from pipeline.demo.fronts import House
from pipeline.demo.layouts import Layout
from pipeline.demo.paint import Camera, Colour, Light
from pipeline.demo.props import Barrier, Cable, Post
from pipeline.demo.trees import FORMS, Tree

END = 125.0
"""How far the street is built, in metres."""

LEAST_FOLIAGE, MOST_FOLIAGE = 0.13, 0.46
"""Between these the crowns' share of the picture is kept; holes and what hides them make it smaller."""

_WALLS: tuple[tuple[Colour, ...], ...] = (
    ((226, 214, 192), (212, 190, 158), (232, 226, 212), (198, 172, 140), (218, 200, 180)),
    ((168, 96, 76), (150, 84, 70), (186, 120, 92), (206, 190, 168), (132, 82, 72)),
    ((200, 204, 208), (168, 174, 182), (222, 222, 220), (140, 150, 162), (188, 180, 170)),
    ((232, 200, 186), (196, 212, 206), (236, 224, 184), (190, 202, 222), (228, 212, 216)),
    ((236, 232, 224), (214, 206, 196), (190, 182, 172), (228, 218, 200), (176, 148, 126)),
)
_TRIMS: tuple[Colour, ...] = ((240, 236, 228), (214, 208, 198), (120, 108, 98), (232, 224, 206), (92, 96, 102))
_TILES: tuple[Colour, ...] = ((150, 84, 66), (96, 82, 80), (84, 92, 104), (172, 104, 74), (70, 72, 78), (112, 120, 104))
_ACCENTS: tuple[Colour, ...] = ((156, 60, 48), (52, 92, 110), (64, 104, 78), (186, 146, 70), (94, 68, 84), (60, 64, 72))
_PAINTS: tuple[Colour, ...] = (
    (232, 232, 230), (204, 206, 208), (60, 62, 68), (120, 124, 130), (158, 40, 40), (44, 76, 128), (214, 206, 190),
    (70, 96, 86),
)  # fmt: skip
_COATS: tuple[Colour, ...] = (
    (60, 66, 84), (184, 172, 152), (126, 58, 54), (78, 96, 112), (206, 202, 196), (58, 56, 58), (150, 124, 92),
    (92, 108, 88),
)  # fmt: skip
_LEAVES: tuple[tuple[Colour, Colour], ...] = (
    ((34, 62, 30), (132, 172, 66)),
    ((26, 56, 38), (92, 146, 72)),
    ((44, 66, 26), (164, 186, 74)),
    ((50, 76, 32), (166, 192, 86)),
    ((22, 50, 34), (74, 128, 66)),
    ((38, 70, 44), (120, 166, 92)),
)
_PETALS: tuple[tuple[Colour, Colour], ...] = (
    ((190, 148, 172), (255, 240, 246)),
    ((186, 162, 182), (255, 250, 250)),
    ((192, 130, 160), (255, 222, 234)),
    ((188, 116, 150), (252, 200, 220)),
    ((196, 140, 162), (255, 230, 236)),
    ((184, 98, 138), (246, 172, 202)),
)


@dataclass(frozen=True, slots=True)
class Street:
    """The cross-section: half the road and one pavement in metres, what lies beyond, and the side street's span."""

    layout: Layout
    half: float
    walk: float
    left: str
    right: str
    side_street: tuple[float, float] | None


class Plan:
    """The street's measures, and the generator that decides what stands where on it."""

    def __init__(self, street: Street, camera: Camera, light: Light, rng: np.random.Generator) -> None:
        self.layout, self.camera, self.light, self.rng = street.layout, camera, light, rng
        self.half, self.walk, self.side_street = street.half, street.walk, street.side_street
        self.start = -34.0 if abs(camera.yaw) > math.radians(34) else -6.0
        self.walls = _WALLS[int(rng.integers(len(_WALLS)))]
        self.leaves = rng.permutation(len(_LEAVES))[:2]
        self.petals = rng.permutation(len(_PETALS))[:2]
        self.form = str(rng.choice(list(FORMS), p=[0.34, 0.30, 0.12, 0.16, 0.08]))

    def _pick(self, colours: tuple[Colour, ...], spread: float = 6.0) -> Colour:
        red, green, blue = colours[int(self.rng.integers(len(colours)))]
        shift = float(self.rng.normal(0, spread))
        return (red + shift, green + shift, blue + shift)

    def houses(self, side: int) -> list[House]:
        """A row of houses at one side, from behind the camera to the street's end."""
        rng, houses, z = self.rng, [], self.start - float(self.rng.uniform(0, 9))
        while z < END:
            long = float(rng.uniform(7, 17) if self.layout.storeys[1] > 3 else rng.uniform(6, 11))
            if self.side_street and z < self.side_street[1] and z + long > self.side_street[0]:
                if self.side_street[0] - z > 4:
                    houses.append(self._house(side, z, self.side_street[0]))
                z = self.side_street[1]
                continue
            houses.append(self._house(side, z, z + long))
            z += long + (float(rng.uniform(1, 5)) if rng.uniform() < 0.25 else 0.0)
        return houses

    def _house(self, side: int, z0: float, z1: float) -> House:
        rng, low, high = self.rng, *self.layout.storeys
        storeys = int(rng.integers(low, high + 1))
        style = str(rng.choice(["flats", "brick", "office"] if storeys > 3 else ["flats", "brick", "villa", "villa"]))
        back = float(rng.choice([0.0, 0.0, 0.6, 1.6]))
        lit = {0.0: 0.02, 0.12: 0.14}.get(self.light.lamps, 0.42)
        return House(
            side,
            side * (self.half + self.walk + back),
            z0,
            z1,
            float(rng.uniform(8, 12)),
            storeys,
            style,
            "pitched" if storeys <= 3 and rng.uniform() < 0.65 else "flat",
            self._pick(self.walls),
            self._pick(_TRIMS),
            self._pick(_TILES),
            self._pick(_ACCENTS),
            bool(rng.uniform() < (0.6 if self.layout.name != "lane" else 0.2) and storeys > 1),
            lit,
            float(rng.uniform(2.2, 3.4)),
            int(rng.integers(2**31)),
        )

    def barriers(self, side: int, kind: str) -> list[Barrier]:
        """What closes a side that has no houses: a wall, a hedge, a railing at the water, a fence."""
        rng, x = self.rng, side * (self.half + self.walk)
        choice = {
            "wall": "wall",
            "river": "railing",
            "park": str(rng.choice(["hedge", "fence", "wall", "none"])),
            "open": "fence",
        }
        found = choice.get(kind, "hedge" if rng.uniform() < 0.2 else "none")
        if found == "none":
            return []
        high = {"wall": rng.uniform(1.5, 2.4), "railing": 1.1, "fence": 1.1, "hedge": rng.uniform(0.7, 1.2)}[found]
        if kind == "park" and found == "wall":
            high = 0.6
        colour: Colour = {
            "wall": self._pick(((196, 186, 170), (168, 120, 96), (206, 202, 196), (176, 164, 148))),
            "railing": self._pick(((220, 224, 224), (96, 104, 108))),
            "fence": self._pick(((112, 92, 72), (70, 80, 76), (226, 222, 214))),
            "hedge": (62, 88, 52),
        }[found]
        z0 = self.start if kind != "houses" else float(rng.uniform(5, 14))
        z1 = END if kind != "houses" else z0 + float(rng.uniform(6, 16))
        return [Barrier(x - side * 0.05, z0, z1, found, float(high), colour, int(rng.integers(2**31)))]

    def trees(self) -> list[Tree]:
        """The rows of trees along the street, and for a close view one great tree near the camera."""
        rng, trees = self.rng, []
        for place, spacing in self.layout.rows:
            side = math.copysign(1.0, place)
            x = side * (self.half + self.walk * (abs(place) - 0.62)) if place else 0.0
            step = spacing * float(rng.uniform(0.8, 1.25))
            z = (self.start if self.start < -10 else 3.0) + float(rng.uniform(0, step)) + (3.5 if place else 4)
            while z < 95:
                free = self.side_street is None or not self.side_street[0] - 2 < z < self.side_street[1] + 2
                if free and rng.uniform() > 0.12:
                    trees.append(self._tree(x + float(rng.normal(0, 0.2)), z, 1.0))
                z += step * float(rng.uniform(0.85, 1.15))
        if self.layout.name == "close":
            side = float(rng.choice([-1.0, 1.0]))
            near = self._tree(side * (self.half + 0.9), float(rng.uniform(7.5, 11.0)), 1.3)
            trees = [tree for tree in trees if math.hypot(tree.x - near.x, tree.z - near.z) > 5] + [near]
        return trees

    def grove(self, side: int) -> list[Tree]:
        """Trees that stand freely on the grass of a park."""
        rng = self.rng
        first = self.half + self.walk + 2.5
        return [
            self._tree(side * float(first + rng.uniform(0, 1) ** 1.5 * 38), float(rng.uniform(6, 80)), 1.1)
            for _ in range(int(rng.integers(4, 12)))
        ]

    def _tree(self, x: float, z: float, scale: float) -> Tree:
        rng = self.rng
        radius = float(rng.uniform(*self.layout.size)) * scale * float(rng.uniform(0.85, 1.12))
        leaf = _LEAVES[int(rng.choice(self.leaves))]
        petal = _PETALS[int(rng.choice(self.petals))]
        shift = float(rng.normal(0, 7))
        other = str(rng.choice(["round", "spreading", "vase"]))

        def vary(colour: Colour, warm: float) -> Colour:
            return (colour[0] + shift + warm, colour[1] + shift, colour[2] + shift * 0.6 - warm * 0.5)

        warm = float(rng.normal(0, 7))
        return Tree(
            x,
            z,
            radius * float(rng.uniform(0.72, 1.0)),
            radius,
            self.form if rng.uniform() < 0.8 else other,
            float(rng.normal(0, 0.16)) * radius,
            vary(leaf[0], warm * 0.5),
            vary(leaf[1], warm),
            petal[0],
            petal[1],
            self._pick(((104, 80, 66), (84, 70, 62), (120, 100, 86)), 8),
            float(rng.uniform(0.75, 1.1)),
            int(rng.integers(2**31)),
        )

    def balance(self, trees: list[Tree]) -> list[Tree]:
        """Fewer near trees where crowns fill the view, one more where there is hardly a crown in it."""
        trees = [tree for tree in trees if math.hypot(tree.x - self.camera.x, tree.z) > 1.6 * tree.radius]
        while len(trees) > 3 and _crown_share(self.camera, trees) > MOST_FOLIAGE:
            trees.remove(min(trees, key=lambda tree: math.hypot(tree.x - self.camera.x, tree.z)))
        for distance in (16.0, 12.0, 9.5, 8.0, 7.0):
            if _crown_share(self.camera, trees) >= LEAST_FOLIAGE:
                break
            turn = self.camera.yaw + float(self.rng.uniform(-0.25, 0.25))
            x, z = self.camera.x + distance * math.sin(turn), distance * math.cos(turn)
            kerb = math.copysign(self.half + 0.9, x if abs(x) > 0.5 else self.rng.normal())
            trees.append(replace(self._tree(kerb, max(z, 5.0), 1.1), lean=0.0))
        return trees

    def cars(self) -> list[Car]:
        """Cars on the right-hand lanes, and parked at the kerbs."""
        rng = self.rng
        cars: list[Car] = []
        if self.layout.name in ("park", "lane", "tunnel") and rng.uniform() < 0.6:
            return []
        lane = self.half * 0.5
        for _ in range(int(rng.integers(0, 5))):
            oncoming = bool(rng.uniform() < 0.5)
            parked = rng.uniform() < 0.4 and self.half > 3.2
            place = self.half - 1.1 if parked else lane
            kind = str(rng.choice(["sedan", "sedan", "van", "taxi", "bus"], p=[0.4, 0.2, 0.2, 0.12, 0.08]))
            if kind == "bus" and self.start < -10:
                continue
            paint: Colour = {"taxi": (226, 138, 44), "bus": (46, 108, 176)}.get(kind, self._pick(_PAINTS))
            z = float(rng.uniform(7, 46)) if self.start > -10 else float(rng.uniform(3, 30))
            x = -place if oncoming else place
            if all(abs(car.z - z) > 11 or car.x * x < 0 for car in cars) and math.hypot(x - self.camera.x, z) > 6.5:
                cars.append(Car(x, z, kind, paint, oncoming))
        return cars

    def posts(self) -> tuple[list[Post], list[Cable]]:
        """Lamps or poles with their cables, signs, a signal, people."""
        rng, posts, cables = self.rng, [], []
        side = int(rng.choice([-1, 1]))
        poles = self.layout.name in ("lane", "one-sided", "avenue", "curve", "across") and rng.uniform() < 0.6
        kind, high = ("pole", 8.2) if poles else ("lamp", float(rng.uniform(5.2, 7.5)))
        x, z = side * (self.half + 0.5), float(rng.uniform(7, 15))
        row = []
        while z < 85:
            row.append(Post(x, z, kind, high, -side, (120, 116, 110) if poles else (72, 78, 82)))
            z += float(rng.uniform(17, 24))
        for one, other in itertools.pairwise(row):
            for out, drop in ((-0.9, 0.25), (0.9, 0.25), (0.0, 1.05)) if poles else ():
                cables.append(Cable((x + out, high - drop, one.z), (x + out, high - drop, other.z), 0.5))
        posts += row
        if rng.uniform() < 0.4:
            posts.append(
                Post(
                    -side * (self.half + 0.4),
                    float(rng.uniform(7, 24)),
                    "sign",
                    2.4,
                    int(rng.choice([-1, 1])),
                    (150, 152, 150),
                )
            )
        if self.side_street and rng.uniform() < 0.7:
            posts.append(Post(self.half + 0.5, self.side_street[0] - 2.2, "signal", 5.2, -1, (88, 92, 96)))
        for _ in range(int(rng.integers(0, 5))):
            place = float(rng.choice([-1, 1])) * (self.half + self.walk * float(rng.uniform(0.25, 0.8)))
            coat = self._pick(_COATS)
            posts.append(Post(place, float(rng.uniform(6, 36)), "person", float(rng.uniform(1.55, 1.8)), 0, coat))
        return posts, cables


def _crown_share(camera: Camera, trees: list[Tree]) -> float:
    """About which share of the picture lies behind crowns, on a coarse grid."""
    y, x = np.mgrid[0 : camera.height : 12, 0 : camera.width : 12]
    covered = np.zeros(x.shape, bool)
    for tree in trees:
        column, row, depth = camera.project(np.array([tree.centre], np.float32))[0].tolist()
        if depth > 1.2:
            wide, high, _ = FORMS[tree.form]
            size = camera.focal * tree.radius / depth
            covered |= ((x - column) / (size * wide)) ** 2 + ((y - row) / (size * high)) ** 2 < 0.95
    return float(covered.mean())
