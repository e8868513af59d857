"""The sky of the demo's scenes, and the noise that clouds, roads and lawns are textured with."""

import math
from functools import cache

import numpy as np
from PIL import Image

from pipeline.demo.paint import Camera, Floats, Light


@cache
def cloud_tile() -> Floats:
    """A tile (256, 256) of fractal noise that repeats without seams; mean 0, deviation 1. Always the same."""
    rng = np.random.default_rng(20)
    spectrum = np.fft.fft2(rng.standard_normal((256, 256)))
    frequency = np.hypot(np.fft.fftfreq(256)[:, None], np.fft.fftfreq(256)[None, :])
    frequency[0, 0] = 1.0
    noise = np.real(np.fft.ifft2(spectrum * frequency**-1.55))
    noise -= noise.mean()
    return np.asarray(noise / noise.std(), np.float32)


def sample_tile(across: Floats, along: Floats) -> Floats:
    """The tile's values at those coordinates (tile pixels, any range), nearest neighbour."""
    values: Floats = cloud_tile()[along.astype(np.int32) & 255, across.astype(np.int32) & 255]
    return values


def paint_sky(camera: Camera, light: Light) -> Image.Image:
    """The whole canvas as sky: gradient, clouds that flatten towards the horizon, the sun's warmth."""
    width, height = camera.width // 4, camera.height // 4
    rows = np.arange(height, dtype=np.float32)[:, None] * 4
    columns = np.arange(width, dtype=np.float32)[None, :] * 4
    up = np.clip((camera.horizon - rows) / camera.focal, 0.0, 2.0)
    side = (columns - camera.centre) / camera.focal
    rise = np.clip(up / 0.85, 0, 1)[..., None] ** 0.75
    sky = np.asarray(light.low_sky, np.float32) * (1 - rise) + np.asarray(light.zenith, np.float32) * rise
    sky = np.broadcast_to(sky, (height, width, 3)).copy()
    _add_sun(sky, camera, light, up, side)
    _add_clouds(sky, light, up, side)
    return Image.fromarray(np.clip(sky, 0, 255).astype(np.uint8)).resize(
        (camera.width, camera.height), Image.Resampling.BICUBIC
    )


def _add_sun(sky: Floats, camera: Camera, light: Light, up: Floats, side: Floats) -> None:
    x, y, z = light.sun
    ahead = x * math.sin(camera.yaw) + z * math.cos(camera.yaw)
    right = x * math.cos(camera.yaw) - z * math.sin(camera.yaw)
    cosine = (ahead + right * side + y * up) / np.sqrt(1 + side**2 + up**2)
    near = np.clip(cosine, 0, 1)[..., None]
    power = sum(light.direct) / 3
    warm = np.asarray(light.direct, np.float32) / max(light.direct) * 255
    sky += (warm - sky) * np.clip(power * (0.55 * near**10 + 0.6 * near**160), 0, 0.95)


def _add_clouds(sky: Floats, light: Light, up: Floats, side: Floats) -> None:
    reach = 1.0 / (up + 0.12)
    shift = light.seed % 251
    across, along = (
        side * reach * 34 + shift,
        np.broadcast_to(reach * 30 + shift * 3, (len(up), side.shape[1])),
    )
    noise = _smooth_tile(across.astype(np.float32), along.astype(np.float32))
    towards = _smooth_tile((across + 5 * light.sun[0]).astype(np.float32), (along - 4).astype(np.float32))
    bound = 1.5 - 2.6 * light.cloud_cover
    body = np.clip((noise - bound) / 0.9, 0, 1)[..., None]
    body = body * body * (3 - 2 * body) * np.clip(up * 9, 0.15, 1)[..., None] * 0.92
    lit = np.clip(0.62 + 0.55 * (noise - towards) - 0.13 * (noise - bound), 0, 1)[..., None]
    cloud = np.asarray(light.cloud_dark, np.float32) * (1 - lit) + np.asarray(light.cloud_bright, np.float32) * lit
    sky += (cloud - sky) * body


def _smooth_tile(across: Floats, along: Floats) -> Floats:
    """As sample_tile, bilinear: clouds are large on the canvas."""
    left, top = np.floor(across), np.floor(along)
    u, v = across - left, along - top
    upper = sample_tile(left, top) * (1 - u) + sample_tile(left + 1, top) * u
    lower = sample_tile(left, top + 1) * (1 - u) + sample_tile(left + 1, top + 1) * u
    return np.asarray(upper * (1 - v) + lower * v, np.float32)
