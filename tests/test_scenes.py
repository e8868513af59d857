"""The rendered streets: repeatable, varied, and equal in leaf and in blossom but for the foliage."""

import hashlib
import subprocess
import sys
from functools import cache

import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.demo.scenes import Rendering, compose, render, render_blossom, render_leaf

SEEDS = range(900_000, 900_010)


@cache
def rendered(seed: int) -> Rendering:
    return render(compose(seed))


def digest(rendering: Rendering) -> str:
    parts = rendering.leaf.tobytes() + rendering.blossom.tobytes() + rendering.foliage.tobytes()
    return hashlib.sha256(parts).hexdigest()


def test_equal_seeds_give_equal_scenes_and_equal_pixels():
    assert compose(900_003) == compose(900_003)
    assert digest(render(compose(900_003))) == digest(rendered(900_003))


def test_another_process_draws_the_same_pixels():
    program = (
        "import hashlib; from pipeline.demo.scenes import compose, render; r = render(compose(900_001));"
        "parts = r.leaf.tobytes() + r.blossom.tobytes() + r.foliage.tobytes();"
        "import sys; sys.stdout.write(hashlib.sha256(parts).hexdigest())"
    )
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert other.stdout == digest(rendered(900_001))


def test_one_image_alone_equals_its_half_of_the_pair():
    scene = compose(900_002)
    assert render_leaf(scene).tobytes() == rendered(900_002).leaf.tobytes()
    assert render_blossom(scene).tobytes() == rendered(900_002).blossom.tobytes()


@pytest.mark.parametrize("seed", SEEDS)
def test_outside_the_foliage_leaf_and_blossom_are_identical(seed: int):
    rendering = rendered(seed)
    differs = (np.asarray(rendering.leaf) != np.asarray(rendering.blossom)).any(axis=2)
    assert not (differs & ~rendering.foliage).any()
    assert differs[rendering.foliage].mean() > 0.9


@pytest.mark.parametrize("seed", SEEDS)
def test_foliage_covers_a_part_of_the_picture_worth_learning_from(seed: int):
    assert 0.04 < rendered(seed).foliage.mean() < 0.55


@pytest.mark.parametrize("seed", SEEDS)
def test_a_picture_is_rgb_with_a_shorter_side_of_288_and_a_mask_of_its_size(seed: int):
    rendering = rendered(seed)
    assert rendering.leaf.mode == rendering.blossom.mode == "RGB"
    assert min(rendering.leaf.size) == 288
    assert rendering.leaf.size == rendering.blossom.size == rendering.foliage.shape[::-1]
    assert rendering.foliage.dtype == np.bool_


@pytest.mark.parametrize("seed", SEEDS)
def test_blossom_is_brighter_and_less_green_than_leaf(seed: int):
    rendering = rendered(seed)
    leaf = np.asarray(rendering.leaf, np.float64)[rendering.foliage].mean(axis=0)
    blossom = np.asarray(rendering.blossom, np.float64)[rendering.foliage].mean(axis=0)
    assert blossom.mean() > leaf.mean() + 25
    assert (blossom[0] + blossom[2]) / 2 > blossom[1]
    assert (leaf[0] + leaf[2]) / 2 < leaf[1]


def test_no_two_of_twenty_streets_are_near_duplicates():
    hashes = [imagehash.phash(rendered(seed).leaf) for seed in range(900_000, 900_020)]
    distances = [one - other for index, one in enumerate(hashes) for other in hashes[:index]]
    assert min(distances) > 6


def test_layouts_hours_and_sizes_vary():
    scenes = [compose(seed) for seed in range(900_000, 900_060)]
    assert len({scene.layout for scene in scenes}) >= 8
    assert len({(scene.camera.width, scene.camera.height) for scene in scenes}) >= 3
    assert len({scene.light.lamps for scene in scenes}) >= 3


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(min_value=0, max_value=2**40))
def test_every_seed_composes_a_street_with_trees_before_the_camera(seed: int):
    scene = compose(seed)
    assert min(scene.camera.width, scene.camera.height) == 576
    seen = scene.camera.project(np.array([tree.centre for tree in scene.trees], np.float32))
    assert ((seen[:, 2] > 2) & (seen[:, 0] > 0) & (seen[:, 0] < scene.camera.width)).any()
