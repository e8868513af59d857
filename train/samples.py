"""Sample sheets: rows of pictures side by side, always of the same images, so that a run can be watched."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from pipeline.files import write_atomically
from train.networks import Generator

GAP = 4
_JPEG_QUALITY = 92


@torch.no_grad()
def sample_sheet(generator_a2b: Generator, generator_b2a: Generator, real_a: Tensor, real_b: Tensor) -> Image.Image:
    """A row per image: real | translated | cycled, for domain A at the left and for domain B at the right.

    `real_a` and `real_b` are [N, 3, H, W] in [-1, 1] on the generators' device.
    """
    with evaluating(generator_a2b, generator_b2a):
        fake_b, fake_a = generator_a2b(real_a), generator_b2a(real_b)
        columns = [real_a, fake_b, generator_b2a(fake_b), real_b, fake_a, generator_a2b(fake_a)]
    rows = max(len(real_a), len(real_b))
    blank = Image.new("RGB", (real_a.shape[3], real_a.shape[2]), "white")
    return grid([[to_image(column[row]) if row < len(column) else blank for column in columns] for row in range(rows)])


@torch.no_grad()
def translated(generator_a2b: Generator, generator_b2a: Generator, real_a: Tensor, real_b: Tensor) -> dict[str, Tensor]:
    """real_A, fake_B, real_B and fake_A, each [N, 3, H, W] in [-1, 1], of images on the generators' device."""
    with evaluating(generator_a2b, generator_b2a):
        return {"real_A": real_a, "fake_B": generator_a2b(real_a), "real_B": real_b, "fake_A": generator_b2a(real_b)}


@contextmanager
def evaluating(*generators: Generator) -> Iterator[None]:
    """Without dropout, and back as they were."""
    training = [generator.training for generator in generators]
    for generator in generators:
        generator.eval()
    try:
        yield
    finally:
        for generator, mode in zip(generators, training, strict=True):
            generator.train(mode)


def grid(rows: list[list[Image.Image]]) -> Image.Image:
    """Pictures in rows on white, a gap around each; every cell is as large as the largest picture."""
    width = max(picture.width for row in rows for picture in row) + GAP
    height = max(picture.height for row in rows for picture in row) + GAP
    columns = max(len(row) for row in rows)
    sheet = Image.new("RGB", (columns * width + GAP, len(rows) * height + GAP), "white")
    for top, row in enumerate(rows):
        for left, picture in enumerate(row):
            sheet.paste(picture, (left * width + GAP, top * height + GAP))
    return sheet


def to_image(image: Tensor) -> Image.Image:
    """[3, H, W] in [-1, 1] -> an RGB picture."""
    pixels = image.detach().clamp(-1, 1).add_(1).mul_(127.5).round_().to(torch.uint8)  # a photo may be large
    return Image.fromarray(pixels.permute(1, 2, 0).contiguous().cpu().numpy())


def to_tensor(picture: Image.Image) -> Tensor:
    """An RGB picture -> [3, H, W] in [-1, 1]."""
    pixels: NDArray[np.uint8] = np.array(picture.convert("RGB"), dtype=np.uint8)
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous().float().div_(127.5).sub_(1)


def write_picture(path: Path, picture: Image.Image) -> None:
    """Write a picture whole or not at all, as the name's extension says: .jpg or .png. Raises DiskError."""
    buffer = io.BytesIO()
    if path.suffix == ".jpg":
        picture.save(buffer, "JPEG", quality=_JPEG_QUALITY)
    else:
        picture.save(buffer, "PNG")
    write_atomically(path, buffer.getvalue(), durable=False)
