"""The perceptual hash: the same digits as imagehash's, for whatever picture."""

from pathlib import Path

import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from curate.phash import phash_of
from pipeline.demo.scenes import compose, render_leaf
from pipeline.image import decode


def noise(seed: int, width: int, height: int, levels: int = 256) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, levels, (height, width, 3)) * (255 // (levels - 1))
    return Image.fromarray(values.astype(np.uint8))


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 700), st.integers(1, 700), st.sampled_from([2, 5, 256]))
def test_the_hash_of_any_picture_is_that_of_imagehash(seed: int, width: int, height: int, levels: int) -> None:
    picture = noise(seed, width, height, levels)
    assert phash_of(picture) == str(imagehash.phash(picture))


@pytest.mark.parametrize("width", [31, 32, 33, 4096, 12_345, 20_000, 20_001])
def test_the_widest_pictures_lose_no_bit_to_single_precision(width: int) -> None:
    picture = noise(width, width, 40 if width > 40 else 20, levels=2)
    assert phash_of(picture) == str(imagehash.phash(picture))


@pytest.mark.parametrize("grey", [0, 1, 128, 255])
def test_an_even_picture_has_the_hash_that_rounding_gives_it_in_imagehash(grey: int) -> None:
    picture = Image.new("RGB", (640, 480), (grey, grey, grey))
    assert phash_of(picture) == str(imagehash.phash(picture))


def test_a_symmetric_picture_whose_frequencies_vanish_has_the_hash_of_imagehash() -> None:
    half = np.asarray(noise(3, 200, 150))
    both = np.concatenate([half, half[:, ::-1]], axis=1)
    picture = Image.fromarray(np.concatenate([both, both[::-1]]))
    assert phash_of(picture) == str(imagehash.phash(picture))


def test_drawn_and_crawled_pictures_have_the_hash_of_imagehash(shared_data: Path) -> None:
    scenes = [render_leaf(compose(seed)) for seed in range(3)]
    crawled = [decode(path.read_bytes()) for path in sorted((shared_data / "dirty_crawl").rglob("*.jpg"))[:40]]
    assert [phash_of(picture) for picture in scenes + crawled] == [
        str(imagehash.phash(picture)) for picture in scenes + crawled
    ]
