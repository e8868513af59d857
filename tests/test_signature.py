"""The kilobyte by which copies are looked for: what it survives, and what it tells apart."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from curate.frequencies import (
    ORIENTATIONS,
    PARTS,
    levelled,
    lowest,
    reoriented,
    signs,
    turned,
)
from curate.signature import SIDE, Signature, signature_of
from curate.thumbnail import inside
from pipeline.demo.scenes import compose, render_leaf


@pytest.fixture(scope="module")
def scene() -> Image.Image:
    return render_leaf(compose(900_001)).convert("RGB")


def pixels(signature: Signature) -> np.ndarray:
    return np.frombuffer(signature.pixels, dtype=np.uint8).reshape(1, SIDE, SIDE)


def bits_apart(first: Image.Image, second: Image.Image) -> int:
    codes = [signs(lowest(pixels(signature_of(picture)), PARTS[0])) for picture in (first, second)]
    return int(np.bitwise_count(codes[0] ^ codes[1])[0])


def test_a_signature_comes_back_from_its_bytes(scene: Image.Image) -> None:
    signature = signature_of(scene)
    assert len(signature.to_bytes()) == 1029
    assert Signature.from_bytes(signature.to_bytes()) == signature


def test_bytes_of_another_length_are_no_signature() -> None:
    with pytest.raises(ValueError, match="1029"):
        Signature.from_bytes(b"short")


def test_a_smaller_copy_differs_in_hardly_a_bit(scene: Image.Image) -> None:
    assert bits_apart(scene, scene.resize((scene.width // 2, scene.height // 2))) <= 3


def test_another_scene_differs_in_many_bits(scene: Image.Image) -> None:
    assert bits_apart(scene, render_leaf(compose(900_002)).convert("RGB")) >= 14


@pytest.mark.parametrize("colour", ["black", "white", "#335577"])
def test_an_even_border_is_not_seen(scene: Image.Image, colour: str) -> None:
    assert bits_apart(scene, ImageOps.expand(scene, 20, colour)) <= 3


def test_a_letterbox_is_not_seen(scene: Image.Image) -> None:
    assert bits_apart(scene, ImageOps.expand(scene, (0, 40), "black")) <= 3


def test_a_sky_that_grows_darker_is_no_border() -> None:
    grey = np.tile(np.linspace(200, 100, 100).astype(np.uint8)[:, None], (1, 80))
    assert inside(grey) == (0, 0, 80, 100)


def test_an_even_picture_is_flat_and_keeps_its_size() -> None:
    signature = signature_of(Image.new("RGB", (60, 40), "grey"))
    assert (signature.flat, signature.width, signature.height) == (True, 60, 40)


def test_a_picture_of_one_pixel_has_a_signature() -> None:
    assert signature_of(Image.new("RGB", (1, 1), "red")).flat


def test_the_size_of_the_trimmed_picture_keeps_its_proportions(scene: Image.Image) -> None:
    signature = signature_of(scene.resize((900, 300)))
    assert signature.width / signature.height == pytest.approx(3, rel=0.05)


@pytest.mark.parametrize("orientation", range(ORIENTATIONS))
def test_the_frequencies_of_a_turned_picture_follow_from_those_of_the_picture(
    scene: Image.Image, orientation: int
) -> None:
    square = pixels(signature_of(scene))[0]
    moved = square.T if orientation & 4 else square
    moved = moved[::-1] if orientation & 2 else moved
    moved = moved[:, ::-1] if orientation & 1 else moved
    expected = lowest(moved[None], PARTS[0])
    found = turned(lowest(square[None], PARTS[0]), orientation)
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()
    assert np.allclose(reoriented(levelled(lowest(square[None], PARTS[0])), orientation), levelled(expected), atol=1e-4)


@settings(derandomize=True, deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(1, len(PARTS) - 1))
def test_a_part_has_the_frequencies_of_the_picture_cut_there(seed: int, number: int) -> None:
    rough = np.random.default_rng(seed).integers(0, 256, (6, 6), dtype=np.uint8)
    large = np.asarray(Image.fromarray(rough).resize((800, 800), Image.Resampling.BICUBIC))
    part = PARTS[number]
    (top, bottom), (left, right) = ([round(edge * 800) for edge in span] for span in (part.rows, part.columns))

    def small(grey: np.ndarray) -> np.ndarray:
        return np.asarray(Image.fromarray(grey).resize((SIDE, SIDE), Image.Resampling.BOX))[None]

    of_part = levelled(lowest(small(large), part))
    of_cut = levelled(lowest(small(large[top:bottom, left:right]), PARTS[0]))
    assert float(np.sum(of_part * of_cut)) >= 0.97


def test_parts_are_the_whole_first_and_each_once() -> None:
    assert PARTS[0].is_whole
    assert len(set(PARTS)) == len(PARTS) == 94
