"""Which scenes a demo draws: those that are crawled, and the twins apart that are the truth."""

import io
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from PIL import Image

from pipeline.demo.scenes import compose, render

Drawn = TypeVar("Drawn")

SCENES = 120
"""Scenes of a domain that are crawled."""

TRUTHS = 60
"""Scenes apart, that measure what was learned. No setting is ever chosen on them."""


@dataclass(frozen=True, slots=True)
class Twin:
    """A street in leaf, the same street in blossom, and where its foliage is (bool, height x width)."""

    leaf: Image.Image
    blossom: Image.Image
    foliage: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


def street_seeds(seed: int) -> list[int]:
    """The scenes of set A: none of them is in set B or among the truths of any demo."""
    return [1000 * seed + index for index in range(SCENES)]


def blossom_seeds(seed: int) -> list[int]:
    return [1000 * seed + 200 + index for index in range(SCENES)]


def truth_seeds(seed: int) -> list[int]:
    return [500_000 + 1000 * seed + index for index in range(TRUTHS)]


def draw(executor: Executor, paint: Callable[[int], Drawn], seeds: list[int], tick: Callable[[], None]) -> list[Drawn]:
    """`paint` each seed in the executor, in order; `tick` after each."""
    drawn = []
    for data in executor.map(paint, seeds):
        drawn.append(data)
        tick()
    return drawn


def paint_leaf(seed: int) -> bytes:
    """A scene in leaf as the JPEG that the site serves."""
    return _jpeg(render(compose(seed)).leaf)


def paint_blossom(seed: int) -> bytes:
    """A scene in blossom as the JPEG that the site serves."""
    return _jpeg(render(compose(seed)).blossom)


def paint_twin(seed: int) -> Twin:
    """A scene both ways, not compressed."""
    rendering = render(compose(seed))
    return Twin(rendering.leaf, rendering.blossom, rendering.foliage)


def _jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=92)
    return buffer.getvalue()
