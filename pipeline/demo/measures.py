"""How well a translation did, measured against scenes whose blossom twin is known: absolute values, beside two rivals.

The rivals are doing nothing and a global colour transfer. Whole-image PSNR is no measure here: foliage is a small part
of a street, and in minutes of training it ranks doing nothing first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from pipeline.kernel import in_units_of, kernel_distance_of, random_features

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]

DILATION = 5
"""Pixels around the foliage mask that count for no spill: soft edges belong to both sides."""

SPILL = 15.0
"""A change of more than this (CIE Lab, delta E 1976) outside the dilated mask is spill."""

IDENTICAL_DB = 100.0
"""The PSNR of pixels that do not differ at all, which would be infinite; no other value is above it."""

_LINEAR_FROM_SRGB = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                              [0.0193339, 0.1191920, 0.9503041]])  # fmt: skip
_WHITE = _LINEAR_FROM_SRGB.sum(axis=1)  # D65, so that white has exactly a = b = 0
_DELTA = 6 / 29


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure for the result, for doing nothing, and for a global colour transfer."""

    result: float
    nothing: float
    transfer: float


@dataclass(frozen=True, slots=True)
class Measures:
    """All figures. Lab errors are delta E 1976 (less is better), PSNR in dB (more is better), spill is a share.

    foliage_error        mean over all foliage pixels of the distance to the truth
    foliage_mean_error   mean over the images of the distance between the mean foliage colours
    outside_psnr_mean    PSNR to the truth outside the foliage, mean over the images; outside_psnr_worst the least
    spill                share of the pixels outside the dilated foliage that the translation changed by more than 15
    kernel_distance      kernel distance on random features to the images of set B (see `kernel_distance`)
    kernel_standard_error  the standard error of that, from the choice of the images alone
    """

    foliage_error: Measure
    foliage_mean_error: Measure
    outside_psnr_mean: Measure
    outside_psnr_worst: Measure
    spill: Measure
    kernel_distance: Measure
    kernel_standard_error: Measure


def measure(
    inputs: Sequence[Pixels],
    results: Sequence[Pixels],
    truths: Sequence[Pixels],
    masks: Sequence[Mask],
    set_b: Sequence[Pixels],
) -> Measures:
    """Measure translations of `inputs` against `truths`.

    All pictures are [H, W, 3] of 0..255 in sRGB, masks [H, W] and true where foliage is; the first four are parallel.
    `set_b` are at least three images of the goal domain, of any size, which pair with nothing. Raises ValueError for
    sequences of different lengths, or of fewer than three pictures.
    """
    transferred = colour_transfer(inputs, set_b)
    rows = [_figures(inputs, pictures, truths, masks, set_b) for pictures in (results, inputs, transferred)]
    return Measures(*(Measure(*triple) for triple in zip(*rows, strict=True)))


def lab(pixels: Pixels) -> Floats:
    """sRGB of 0..255, [..., 3] -> CIE L*a*b* under D65 (IEC 61966-2-1; CIE 15), the same shape."""
    linear = _LINEAR[pixels]
    relative = linear @ (_LINEAR_FROM_SRGB / _WHITE[:, None]).T
    f = np.where(relative > _DELTA**3, np.cbrt(relative), relative / (3 * _DELTA**2) + 4 / 29)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def srgb(values: Floats) -> Pixels:
    """CIE L*a*b* under D65, [..., 3] -> the nearest sRGB of 0..255; colours beyond sRGB are cut."""
    y = (values[..., 0] + 16) / 116
    f = np.stack([y + values[..., 1] / 500, y, y - values[..., 2] / 200], axis=-1)
    relative = np.where(f > _DELTA, f**3, 3 * _DELTA**2 * (f - 4 / 29))
    linear = np.clip((relative * _WHITE) @ np.linalg.inv(_LINEAR_FROM_SRGB).T, 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.clip(encoded * 255 + 0.5, 0, 255), dtype=np.uint8)


def colour_transfer(inputs: Sequence[Pixels], set_b: Sequence[Pixels]) -> list[Pixels]:
    """Each input with the mean and deviation of the whole of set B in each Lab channel (after Reinhard et al. 2001)."""
    goal = np.concatenate([lab(picture).reshape(-1, 3) for picture in set_b])
    goal_mean, goal_deviation = goal.mean(axis=0), goal.std(axis=0)
    return [_moved(picture, goal_mean, goal_deviation) for picture in inputs]


def kernel_distance(pictures: Sequence[Pixels], set_b: Sequence[Pixels]) -> tuple[float, float]:
    """Kernel distance on random features, and its standard error: the unbiased squared MMD with KID's (x.y / d + 1)^3.

    The features are those of a small convolution net with seeded random weights, not of a trained one, so that nothing
    is downloaded: neither an FID nor comparable with published KIDs. Around 0 (and below, being unbiased) for samples
    of the same distribution. The error is a jackknife's, over the pictures of both sides (Efron and Stein, Annals of
    Statistics 9, 1981), in the units that set B gives the features. Needs three pictures on each side.
    """
    features, goal = random_features(pictures), random_features(set_b)
    distance = kernel_distance_of(in_units_of(goal, features), in_units_of(goal, goal))
    return distance.value, distance.standard_error


def _figures(
    inputs: Sequence[Pixels],
    results: Sequence[Pixels],
    truths: Sequence[Pixels],
    masks: Sequence[Mask],
    set_b: Sequence[Pixels],
) -> tuple[float, ...]:
    per_image = list(_per_image(inputs, results, truths, masks))
    errors = [image.foliage_errors for image in per_image if image.foliage_errors.size]
    psnrs = [image.outside_psnr for image in per_image]
    return (
        float(np.concatenate(errors).mean()),
        float(np.mean([image.foliage_mean_error for image in per_image if image.foliage_errors.size])),
        float(np.mean(psnrs)),
        float(np.min(psnrs)),
        sum(image.spilt for image in per_image) / max(1, sum(image.beyond for image in per_image)),
        *kernel_distance(results, set_b),
    )


@dataclass(frozen=True, slots=True)
class _ImageFigures:
    """One image's share: delta E of each foliage pixel, that of the means, PSNR, and counts of pixels."""

    foliage_errors: Floats
    foliage_mean_error: float
    outside_psnr: float
    spilt: int
    beyond: int


def _per_image(
    inputs: Sequence[Pixels], results: Sequence[Pixels], truths: Sequence[Pixels], masks: Sequence[Mask]
) -> Iterator[_ImageFigures]:
    for before, after, truth, mask in zip(inputs, results, truths, masks, strict=True):
        lab_after = lab(after)
        found, wanted = lab_after[mask], lab(truth[mask])
        beyond = ~_dilated(mask)
        change = np.linalg.norm(lab_after[beyond] - lab(before[beyond]), axis=-1)
        yield _ImageFigures(
            foliage_errors=np.linalg.norm(found - wanted, axis=-1),
            foliage_mean_error=float(np.linalg.norm(found.mean(axis=0) - wanted.mean(axis=0))) if mask.any() else 0.0,
            outside_psnr=_psnr(after[~mask], truth[~mask]),
            spilt=int((change > SPILL).sum()),
            beyond=int(beyond.sum()),
        )


def _psnr(result: Pixels, truth: Pixels) -> float:
    if not result.size:
        return IDENTICAL_DB
    error = float(np.square(result.astype(np.float64) - truth).mean())
    return min(IDENTICAL_DB, 10 * float(np.log10(255**2 / error))) if error else IDENTICAL_DB


def _dilated(mask: Mask) -> Mask:
    wider = Image.fromarray(mask.astype(np.uint8) * 255).filter(ImageFilter.MaxFilter(2 * DILATION + 1))
    return np.asarray(wider) > 0


def _moved(picture: Pixels, goal_mean: Floats, goal_deviation: Floats) -> Pixels:
    values = lab(picture)
    mean, deviation = values.mean(axis=(0, 1)), values.std(axis=(0, 1))
    return srgb((values - mean) * (goal_deviation / np.maximum(deviation, 1e-6)) + goal_mean)


def _linear_table() -> Floats:
    encoded = np.arange(256) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


_LINEAR = _linear_table()
