"""What is decided about a street of the demo before anything is drawn: the scene of a seed."""

import math
from dataclasses import dataclass

import numpy as np

from pipeline.demo.cars import Car
from pipeline.demo.fronts import House
from pipeline.demo.ground import Backdrop, Ground
from pipeline.demo.layouts import LAYOUTS, SIZES, Layout, choose_camera, choose_light
from pipeline.demo.paint import Camera, Colour, Light
from pipeline.demo.plan import Plan, Street
from pipeline.demo.props import Barrier, Cable, Post
from pipeline.demo.trees import Tree


@dataclass(frozen=True, slots=True)
class Scene:
    """All that is decided about one street: its parts in metres, its light, its camera on the doubled canvas."""

    seed: int
    layout: str
    camera: Camera
    light: Light
    ground: Ground
    backdrop: Backdrop
    houses: tuple[House, ...]
    trees: tuple[Tree, ...]
    cars: tuple[Car, ...]
    posts: tuple[Post, ...]
    barriers: tuple[Barrier, ...]
    cables: tuple[Cable, ...]


def compose(seed: int) -> Scene:
    """The street of that seed; equal seeds give equal scenes."""
    rng = np.random.default_rng([seed, 288])
    layout = LAYOUTS[int(rng.integers(len(LAYOUTS)))]
    width, height = SIZES[int(rng.integers(len(SIZES)))]
    half, walk = float(rng.uniform(*layout.road)), float(rng.uniform(*layout.walk))
    camera = choose_camera(layout, 2 * width, 2 * height, half, rng)
    light = choose_light(camera, seed, rng)
    left, right = (str(rng.choice(kinds)) for kinds in (layout.left, layout.right))
    street = Street(layout, half, walk, left, right, _side_street(layout, rng))
    ground = _choose_ground(street, rng)
    plan = Plan(street, camera, light, rng)
    houses = [house for side, kind in ((-1, left), (1, right)) if kind == "houses" for house in plan.houses(side)]
    barriers = [barrier for side, kind in ((-1, left), (1, right)) for barrier in plan.barriers(side, kind)]
    trees = plan.trees() + [
        tree for side, kind in ((-1, left), (1, right)) if kind == "park" for tree in plan.grove(side)
    ]
    posts, cables = plan.posts()
    return Scene(
        seed,
        layout.name,
        camera,
        light,
        ground,
        _choose_backdrop(rng),
        tuple(houses),
        tuple(plan.balance(trees)),
        tuple(plan.cars()),
        tuple(posts),
        tuple(barriers),
        tuple(cables),
    )


def _side_street(layout: Layout, rng: np.random.Generator) -> tuple[float, float] | None:
    if layout.name in ("park", "river", "lane", "tunnel") or rng.uniform() < 0.5:
        return None
    start = float(rng.uniform(9, 34))
    return start, start + float(rng.uniform(5, 9))


def _choose_ground(street: Street, rng: np.random.Generator) -> Ground:
    layout, half, walk, side_street = street.layout, street.half, street.walk, street.side_street
    soil = {"houses": "paving", "park": "grass", "river": "water", "wall": "soil", "open": "grass"}
    crossings = []
    if side_street is not None:
        crossings.append(side_street[0] - 6.5)
    if layout.name in ("avenue", "boulevard", "close", "bridge", "across", "across-left") and rng.uniform() < 0.5:
        crossings.append(float(rng.uniform(4.5, 16)))
    if layout.name == "corner":
        crossings.append(float(rng.uniform(3.5, 6)))
    grey = float(rng.uniform(84, 128))
    path = layout.name in ("park", "lane") and rng.uniform() < 0.6
    road: Colour = (182, 168, 146) if path else (grey, grey * 1.005, grey * 1.03)
    stone = float(rng.uniform(158, 200))
    blush = float(rng.uniform(-0.10, 0.03))
    patches = tuple(
        (
            float(rng.uniform(-half, half)),
            float(rng.uniform(4, 40)),
            float(rng.uniform(0.3, 1.1)),
            float(rng.uniform(0.5, 4)),
        )
        for _ in range(int(rng.integers(1, 5)))
    )
    return Ground(
        -half - walk,
        -half,
        half,
        half + walk,
        layout.median,
        soil[street.left],
        soil[street.right],
        str(rng.choice(layout.paint)),
        tuple(crossings),
        side_street,
        road,
        (stone, stone * (0.97 + blush * 0.4), stone * (0.93 + blush)),
        float(rng.uniform(0.5, 1.1)),
        patches,
    )


def _choose_backdrop(rng: np.random.Generator) -> Backdrop:
    kind = str(rng.choice(["hills", "skyline", "woods"], p=[0.45, 0.3, 0.25]))
    layers = []
    for layer in range(2 if kind == "skyline" else 3):
        tall = {"hills": 0.15, "skyline": 0.16, "woods": 0.055}[kind] * (1 - 0.27 * layer)
        if kind == "skyline":
            heights = rng.uniform(0.3, 1.0, 26) * tall
        else:
            x = np.linspace(0, 2 * math.pi, 60 if kind == "hills" else 120)
            waves = [np.sin(x * f * rng.uniform(0.6, 1.4) + rng.uniform(0, 7)) / f for f in (1, 2, 4, 9, 22, 40)]
            heights = tall * (0.55 + 0.28 * np.sum(waves, axis=0))
        layers.append(tuple(float(h) for h in np.clip(heights, 0.005, 0.3)))
    layers.append(tuple(float(h) for h in rng.uniform(0.008, 0.024, 70)))
    return Backdrop(kind, tuple(layers))
