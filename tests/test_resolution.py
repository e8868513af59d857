"""How much of a picture's size is real."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from curate.resolution import resolution

PHOTOS = {
    "astronaut": data.astronaut,
    "cat": data.chelsea,
    "coffee": data.coffee,
    "rocket": data.rocket,
}


def grey(name: str) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(PHOTOS[name](), cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def enlarged(picture: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    """As a web site makes a thumbnail large: shrunk, saved, enlarged and saved again."""
    height, width = picture.shape
    small = cv2.resize(picture, (round(width / factor), round(height / factor)), interpolation=cv2.INTER_AREA)
    large = cv2.resize(recompressed(small), (width, height), interpolation=cv2.INTER_CUBIC)
    return recompressed(large)


def recompressed(picture: NDArray[np.uint8], quality: int = 88) -> NDArray[np.uint8]:
    _done, file = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(file, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


@pytest.mark.parametrize("name", PHOTOS)
def test_a_photo_has_the_detail_of_its_size(name: str) -> None:
    assert resolution(grey(name)) == 1
    assert resolution(recompressed(grey(name), 60)) == 1


@pytest.mark.parametrize("factor", [2, 4])
@pytest.mark.parametrize("name", PHOTOS)
def test_an_enlarged_thumbnail_has_the_detail_of_the_thumbnail(name: str, factor: int) -> None:
    assert resolution(enlarged(grey(name), factor)) == pytest.approx(1 / factor, abs=0.1)


def test_a_picture_too_small_to_say_counts_whole() -> None:
    assert resolution(np.zeros((10, 500), np.uint8)) == 1


def test_a_blank_picture_counts_whole() -> None:
    assert resolution(np.zeros((100, 100), np.uint8)) == 1
