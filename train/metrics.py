"""What is measured of a translation without a truth: errors, structure, and Frechet's distance of features."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]

_WINDOW = 11
_SIGMA = 1.5
_C3 = (0.03 * 255) ** 2 / 2
_LUMINANCE = (0.299, 0.587, 0.114)  # ITU-R BT.601


def mean_error(one: Pixels, other: Pixels) -> float:
    """The mean absolute difference of two pictures [H, W, 3], in levels of 0..255."""
    return float(np.abs(one.astype(np.int16) - other).mean())


def structure(one: Pixels, other: Pixels) -> float:
    """How alike the luminance of two pictures [H, W, 3] is built, from -1 to 1, whatever its brightness and contrast.

    The mean of the structure term of SSIM, (s_xy + C3) / (s_x s_y + C3), with its Gaussian window of 11 pixels (Wang et
    al., IEEE Transactions on Image Processing 13, 2004, equation 10). Pictures are at least 11 pixels a side.
    """
    x, y = (_luminance(picture) for picture in (one, other))
    mean_x, mean_y = _smooth(x), _smooth(y)
    variance_x, variance_y = (_smooth(x * x) - mean_x**2).clamp(0), (_smooth(y * y) - mean_y**2).clamp(0)
    covariance = _smooth(x * y) - mean_x * mean_y
    return float(((covariance + _C3) / ((variance_x * variance_y).sqrt() + _C3)).mean())


def frechet_distance(x: Floats, y: Floats) -> float:
    """Frechet's distance of two normal distributions fitted to features [N, d] and [M, d]; on Inception's it is FID.

    arXiv 1706.08500, equation 6. The trace of the root of the product of the covariances is that of a symmetric
    matrix, so that no root is complex.
    """
    offset = x.mean(axis=0) - y.mean(axis=0)
    cov_x, cov_y = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    values, vectors = np.linalg.eigh(cov_x)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    cross = np.sqrt(np.linalg.eigvalsh(root @ cov_y @ root).clip(0)).sum()
    return float(offset @ offset + np.trace(cov_x) + np.trace(cov_y) - 2 * cross)


def _luminance(picture: Pixels) -> Tensor:
    return torch.from_numpy(picture.astype(np.float64) @ np.array(_LUMINANCE))[None, None]


def _smooth(maps: Tensor) -> Tensor:
    places = torch.arange(_WINDOW, dtype=torch.float64) - _WINDOW // 2
    weights = torch.exp(-(places**2) / (2 * _SIGMA**2))
    weights = weights / weights.sum()
    return functional.conv2d(functional.conv2d(maps, weights.view(1, 1, -1, 1)), weights.view(1, 1, 1, -1))
