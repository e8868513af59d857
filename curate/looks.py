"""How a picture looks, as a few numbers: sharp or blurred, dark or washed out, a photo or a drawing.

Pixels alone count. Neither the file's format nor its size nor its metadata is asked: they say where a picture has been
and not what it shows (a check on the format rejects every photo that was saved as PNG).
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from curate.letters import text
from curate.resolution import resolution
from curate.scores import Looks
from curate.working import working_copy

WORKING_SIDE = 512
"""The longer side at which pictures are looked at, in pixels; smaller ones stay as they are."""

_BLOCK = 16
_CROP = 512
_CENTRE = 320
_SPECTRUM = 256

Grey = NDArray[np.uint8]
"""(height, width), 0 black to 255 white."""

Colour = NDArray[np.uint8]
"""(height, width, 3), red, green, blue."""


@dataclass(frozen=True, slots=True)
class _Clues:
    """What tells drawings from photos: each a share from 0 to 1, but for `variety` (bits, 0 to 4).

    `even`: pixels amid a 5 x 5 patch in which neighbours differ by 2 at most; `still`: by 1 at most;
    `equal`: pixels equal to both neighbours in all channels; `common`: pixels of the 8 commonest colours of 32,768;
    `comb`: how far the histogram of grey is from smooth; `variety`: entropy of the gradient's magnitude;
    `plain_edge`: pixels at the picture's edges that share one light colour.
    """

    even: float
    still: float
    equal: float
    common: float
    comb: float
    variety: float
    plain_edge: float


_GRAPHIC_WEIGHTS = _Clues(even=2.0, still=0.8, equal=1.7, common=1.3, comb=5.0, variety=-0.4, plain_edge=5.0)
_GRAPHIC_BIAS = -3.3


def look(picture: Image.Image, working: Image.Image | None = None) -> Looks:
    """Measure a decoded picture: RGB, upright, at its full size; `working` is its working copy if that is at hand."""
    colour = _shrunk(working or working_copy(picture))
    grey = _grey(colour)
    ranges = _range(grey)
    counts = _histogram(grey)
    contrast = _percentile(counts, 0.98) - _percentile(counts, 0.02)
    whiteness, colourfulness = _whiteness_and_colourfulness(colour)
    variances, noise = _blocks(grey)
    middle = _grey(_middle(picture))
    return Looks(
        sharpness=float(np.percentile(variances, 95)) * (200 / max(contrast, 20)) ** 2,
        bandwidth=_bandwidth(grey),
        highlights=_percentile(counts, 0.98),
        shadows=_percentile(counts, 0.05),
        whiteness=whiteness,
        contrast=contrast,
        colourfulness=colourfulness,
        steps=_roughness(_histogram(grey, _up_to(ranges, 4))),
        graphic=_graphic(_clues(colour, grey, counts, ranges)),
        noise=float(np.percentile(noise, 10)),
        blockiness=(_blockiness(middle, down=False) + _blockiness(middle, down=True)) / 2,
        margin=_margin(grey),
        text=text(colour, grey),
        resolution=resolution(_centre(middle)),
    )


def _shrunk(working: Image.Image) -> Colour:
    """At most WORKING_SIDE pixels long."""
    colour = np.asarray(working)
    height, width = colour.shape[:2]
    scale = WORKING_SIDE / max(height, width)
    if scale >= 1:
        return colour
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(colour, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _grey(picture: Colour) -> Grey:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _middle(picture: Image.Image) -> Colour:
    """The middle at full size, begun at a multiple of 8 so that JPEG's blocks lie where they lay."""
    left, top = (max(0, side - _CROP) // 16 * 8 for side in picture.size)
    return np.asarray(picture.crop((left, top, min(picture.width, left + _CROP), min(picture.height, top + _CROP))))


def _centre(grey: Grey) -> Grey:
    top, left = (max(0, side - _CENTRE) // 2 for side in grey.shape)
    return grey[top : top + _CENTRE, left : left + _CENTRE]


def _histogram(values: Grey, mask: Grey | None = None) -> NDArray[np.int64]:
    """How many pixels have each value, of those where the mask is not 0."""
    return np.asarray(cv2.calcHist([values], [0], mask, [256], [0, 256]).reshape(-1), np.int64)


def _percentile(counts: NDArray[np.int64], share: float) -> float:
    """The value that `share` of the pixels do not exceed, from their histogram."""
    return float(np.searchsorted(counts.cumsum(), share * counts.sum()))


def _block_means(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The means of 16 x 16 blocks in a row; a picture that is narrower than a block is one block."""
    height, width = values.shape
    rows, columns = max(1, height // _BLOCK), max(1, width // _BLOCK)
    whole = values[: rows * _BLOCK, : columns * _BLOCK]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.float32).reshape(-1)


_SECOND_DIFFERENCE = np.array([1, -2, 1], np.float32)


def _blocks(grey: Grey) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Of every block the variance of the Laplacian, and the mean answer of a filter that sees noise and not edges.

    The filter is Immerkaer's (Fast Noise Variance Estimation, 1996): the difference of two Laplacians.
    """
    laplacian = np.asarray(cv2.Laplacian(grey, cv2.CV_32F), np.float32)
    mean = _block_means(laplacian)
    variance = _block_means(laplacian * laplacian) - mean * mean
    filtered = cv2.sepFilter2D(grey, cv2.CV_32F, _SECOND_DIFFERENCE, _SECOND_DIFFERENCE)
    return variance, _block_means(np.abs(filtered, dtype=np.float32))


def _bandwidth(grey: Grey) -> float:
    """Octaves between the mean power at 0.35 to 0.4 and at 0.15 to 0.2 cycles a pixel, in the picture's middle."""
    side = min(_SPECTRUM, *grey.shape)
    if side < 32:
        return 0.0
    top, left = (grey.shape[0] - side) // 2, (grey.shape[1] - side) // 2
    middle = grey[top : top + side, left : left + side].astype(np.float32)
    window = np.hanning(side).astype(np.float32)
    power = np.abs(np.fft.rfft2((middle - middle.mean()) * window[:, None] * window)) ** 2
    fine, middling = (power.ravel()[places].mean() for places in _rings(side))
    return float(np.log2((fine + 1e-3) / (middling + 1e-3)))


@lru_cache(maxsize=8)
def _rings(side: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where in the spectrum of a square, laid flat, the fine detail lies and where the middling."""
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side))
    fine, middling = (frequency >= 0.35) & (frequency < 0.4), (frequency >= 0.15) & (frequency < 0.2)
    return np.flatnonzero(fine), np.flatnonzero(middling)


def _range(values: Grey) -> Grey:
    """The greatest less the least value in the 3 x 3 pixels around each."""
    kernel = np.ones((3, 3), np.uint8)
    return np.asarray(cv2.subtract(cv2.dilate(values, kernel), cv2.erode(values, kernel)), dtype=np.uint8)


def _up_to(values: Grey, most: int) -> Grey:
    """255 where a value is at most that, else 0."""
    return np.asarray(cv2.inRange(values, (0,), (most,)), np.uint8)


def _roughness(counts: NDArray[np.int64]) -> float:
    """How far a histogram is from smooth, 0 to 1: half the sum of what each value has beside its neighbours' mean.

    What is clipped to black or white is left out: it stands alone in the histogram of many a good photo.
    """
    inner = counts[4:251].astype(np.float64)
    if inner.sum() < 1500:
        return 0.0
    inner /= inner.sum()
    return float(np.abs(inner[1:-1] - (inner[:-2] + inner[2:]) / 2).sum() / 2)


def _whiteness_and_colourfulness(colour: Colour) -> tuple[float, float]:
    red, green, blue = cv2.split(colour)
    low, high = cv2.min(red, green), cv2.max(red, green)
    middle = np.asarray(cv2.max(low, cv2.min(high, blue)), np.uint8)
    spans = np.asarray(cv2.subtract(cv2.max(high, blue), cv2.min(low, blue)), np.uint8)
    return np.count_nonzero(middle >= 250) / middle.size, _percentile(_histogram(spans), 0.99)


def _graphic(clues: _Clues) -> float:
    weighted = (getattr(_GRAPHIC_WEIGHTS, name) * getattr(clues, name) for name in _Clues.__slots__)
    return float(sum(weighted) + _GRAPHIC_BIAS)


def _clues(colour: Colour, grey: Grey, counts: NDArray[np.int64], ranges: Grey) -> _Clues:
    packed = np.ascontiguousarray(cv2.cvtColor(colour, cv2.COLOR_RGB2RGBA)).view(np.uint32)[..., 0]
    corner = packed[:-1, :-1]
    equal = (packed[:-1, 1:] == corner) & (packed[1:, :-1] == corner)
    coarse = np.asarray(cv2.cvtColor(colour, cv2.COLOR_RGB2BGR555)).view(np.uint16)[..., 0]  # 5 bits of each
    commonest = np.partition(cv2.calcHist([coarse], [0], None, [1 << 15], [0, 1 << 15]).reshape(-1), -8)[-8:]
    return _Clues(
        even=_opened(_up_to(ranges, 2)),
        still=_opened(_up_to(ranges, 1)),
        equal=np.count_nonzero(equal) / max(1, equal.size),
        common=float(commonest.sum(dtype=np.float64) / grey.size),
        comb=_unevenness(counts),
        variety=_variety(grey),
        plain_edge=_plain_edge(colour),
    )


def _opened(mask: Grey) -> float:
    """The share of pixels that lie in a patch of 5 x 5 such pixels: specks of noise and of JPEG do not count."""
    opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    return cv2.countNonZero(opened) / mask.size


def _unevenness(counts: NDArray[np.int64]) -> float:
    """Half the sum of the histogram's jumps from its 0.5th to its 99.5th percentile: 0 (smooth) to 1 (one value)."""
    low, high = int(_percentile(counts, 0.005)), int(_percentile(counts, 0.995))
    shares = counts[low : high + 1] / counts.sum()
    return float(np.abs(np.diff(shares)).sum() / 2) if len(shares) > 1 else 1.0


_GRADIENT_BINS = np.searchsorted([1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192], np.arange(256), "right")
"""The bin of half a Sobel gradient, in half octaves: a drawing has none and the strongest, a photo has them all."""


def _variety(grey: Grey) -> float:
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    counts = _histogram(np.asarray(cv2.convertScaleAbs(cv2.magnitude(across, down), alpha=0.5), np.uint8))
    shares = np.bincount(_GRADIENT_BINS, weights=counts) / grey.size
    shares = shares[shares > 0]
    return float(-(shares * np.log2(shares)).sum())


def _plain_edge(colour: Colour) -> float:
    """The share of an edge that has the edges' median colour, of the second least plain of the four edges.

    An object cut out on white may touch one edge; a white sky leaves at least the ground and parts of both sides. Dark
    edges count as 0: nights have them.
    """
    sides = colour[:3], colour[-3:], colour[:, :3], colour[:, -3:]
    median = np.median(np.concatenate([side.reshape(-1, 3) for side in sides]), axis=0)
    if median.mean() < 40:
        return 0.0
    near = (cv2.inRange(side, np.ceil(median - 6), np.floor(median + 6)) for side in sides)
    return sorted(cv2.countNonZero(within) / within.size for within in near)[1]


def _blockiness(grey: Grey, *, down: bool) -> float:
    """The mean step between neighbours in a row across each eighth column, over the mean of the other seven.

    `down` exchanges rows and columns.
    """
    whole = (grey.shape[0 if down else 1] - 1) // 8 * 8
    if whole < 16:
        return 1.0
    first, second = (grey[:whole], grey[1 : whole + 1]) if down else (grey[:, :whole], grey[:, 1 : whole + 1])
    steps = np.asarray(cv2.absdiff(first, second), np.uint8)
    phases = _means(steps, axis=1 if down else 0).reshape(-1, 8).mean(axis=0)
    return float(phases[7] / max(phases[:7].mean(), 0.05))


def _means(values: Grey, axis: int) -> NDArray[np.float64]:
    """`values.mean(axis)`, six times as fast."""
    sums = cv2.reduce(values, axis, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
    return np.asarray(sums.reshape(-1) / values.shape[axis])


def _margin(grey: Grey) -> float:
    """An even strip at one edge is sky; at two opposite edges it is a border or a letterbox."""
    return max(_strips(grey, axis=1), _strips(grey, axis=0))


def _strips(grey: Grey, axis: int) -> float:
    """The narrower of the strips at both ends of the rows' row (axis 1) or of the columns' (axis 0)."""
    means, ranges = _means(grey, axis), np.ptp(grey, axis=axis).astype(np.int16)
    return min(_strip(means, ranges), _strip(means[::-1], ranges[::-1]))


def _strip(means: NDArray[np.float64], ranges: NDArray[np.int16]) -> float:
    """The share of rows from the first that are even and of one tone; 0 where their end is soft or there is none."""
    rows = int(np.argmax((ranges > 8) | (np.abs(means - means[0]) > 4)))
    return rows / len(means) if ranges[rows : rows + 10].max() >= 32 else 0.0
