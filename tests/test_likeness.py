"""Which images of a crawl look like another one, and what they are compared by."""

import io

import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from crawler.flaws import Finding, difference_hash, find_flaw
from crawler.likeness import MAX_DISTANCE, Likenesses
from pipeline.records import ImageRecord

HASH = 0x0F1E2D3C4B5A6978


def image(number: int, dhash: int | None) -> ImageRecord:
    return ImageRecord(f"{number:064x}", "jpg", 5, dhash="" if dhash is None else f"{dhash:016x}")


def scene(seed: int) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((480, 360), Image.Resampling.BICUBIC)


def jpeg(picture: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


@given(flipped=st.sets(st.integers(0, 63), max_size=6))
@settings(derandomize=True, deadline=None)
def test_an_image_looks_like_another_when_at_most_three_bits_differ(flipped: set[int]) -> None:
    likenesses = Likenesses([image(1, HASH)])
    assert likenesses.add(image(2, HASH ^ sum(1 << bit for bit in flipped))) == (len(flipped) <= MAX_DISTANCE)


def test_an_image_is_compared_with_every_one_before_it() -> None:
    far = [image(number, HASH ^ 0xFFFF << number) for number in range(3, 40)]
    assert Likenesses([*far[:20], image(1, HASH), *far[20:]]).add(image(2, HASH ^ 1))


def test_an_image_does_not_look_like_itself() -> None:
    likenesses = Likenesses([image(1, HASH)])
    assert not likenesses.add(image(1, HASH))


@pytest.mark.parametrize("dhash", [None, 0, 0b11111, 2**64 - 1])
def test_images_of_which_the_hash_says_nothing_look_like_none(dhash: int | None) -> None:
    assert not Likenesses([image(1, dhash)]).add(image(2, dhash))


def test_a_recompressed_and_a_smaller_copy_look_like_the_picture_and_another_picture_does_not() -> None:
    picture = scene(1)
    versions = [jpeg(picture, 95), jpeg(picture, 40), jpeg(picture.resize((240, 180)), 80), jpeg(scene(2), 95)]
    likenesses = Likenesses()
    found = [
        likenesses.add(ImageRecord(str(number), "jpg", 5, dhash=find_flaw(data).dhash))
        for number, data in enumerate(versions)
    ]
    assert found == [False, True, True, False]


def test_the_difference_hash_is_imagehash_s() -> None:
    for seed in range(20):
        assert difference_hash(scene(seed)) == str(imagehash.dhash(scene(seed)))


def test_a_picture_of_one_colour_is_a_placeholder_and_has_no_hash() -> None:
    assert find_flaw(jpeg(Image.new("RGB", (64, 64), "grey"), 90)) == Finding("placeholder")
