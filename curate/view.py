"""A picture as it is compared with another one: small and trimmed, with its features when they are asked for."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from curate.thumbnail import inside, shrunk

SIDE = 320
"""Pixels of a view's longer side."""
_MOST_FEATURES = 600


@dataclass(frozen=True, slots=True)
class Features:
    """Points (n, 2) in pixels as (x, y), and a SIFT descriptor (n, 128) for each."""

    points: NDArray[np.float32]
    descriptors: NDArray[np.float32]

    def mirrored(self, width: int) -> "Features":
        """The features of the picture seen in a mirror, without looking for them again.

        A descriptor holds 4 x 4 cells of 8 directions in the frame of its point; in the mirror the cells' rows change
        places and the directions turn the other way round (Lowe 2004, section 6).
        """
        cells = self.descriptors.reshape(-1, 4, 4, 8)[:, ::-1]
        directions = cells[..., (-np.arange(8)) % 8]
        points = self.points * np.array([-1, 1], np.float32) + np.array([width - 1, 0], np.float32)
        return Features(points, np.ascontiguousarray(directions.reshape(-1, 128)))


@dataclass(frozen=True)
class View:
    """A picture's trimmed thumbnail (height, width, 3), sRGB, at most 320 pixels long.

    `box`: left, top, right and bottom of what was not cut off, as shares of the picture's width and height.
    """

    colours: NDArray[np.uint8]
    box: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)

    @cached_property
    def grey(self) -> NDArray[np.uint8]:
        return cv2.cvtColor(self.colours, cv2.COLOR_RGB2GRAY).astype(np.uint8)

    @cached_property
    def features(self) -> Features:
        """SIFT features (Lowe 2004), the strongest ones, found when first asked for."""
        detector = cv2.SIFT.create(nfeatures=_MOST_FEATURES, contrastThreshold=0.02)
        keypoints, descriptors = detector.detectAndCompute(self.grey, None)
        if descriptors is None:
            return Features(np.empty((0, 2), np.float32), np.empty((0, 128), np.float32))
        return Features(np.array([point.pt for point in keypoints], np.float32), np.asarray(descriptors, np.float32))

    @property
    def width(self) -> int:
        return int(self.colours.shape[1])

    @property
    def height(self) -> int:
        return int(self.colours.shape[0])


def view_of(picture: Image.Image) -> View:
    """The view of an upright RGB picture, which may have been decoded at a fraction of its size (`at_least=SIDE`)."""
    small = shrunk(picture, SIDE)
    left, top, right, bottom = box = inside(np.asarray(small.convert("L")))
    shares = (left / small.width, top / small.height, right / small.width, bottom / small.height)
    return View(np.asarray(small.crop(box)), shares)
