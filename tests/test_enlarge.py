"""Carrying a change from a small picture to a large one."""

import subprocess
import sys

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from train import enlarge as room
from train.enlarge import enlarged, fitted

MEASURED = """
from pathlib import Path
import torch
from PIL import Image
from train.networks import ResNetGenerator
from train.translator import Translator, translate_image
torch.set_num_threads(1)
def status(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))
translator = Translator(ResNetGenerator(4, 1, predict="change").eval().requires_grad_(False), 64)
device = torch.device("cpu")
photo = Image.new("RGB", (3000, 4000), "green")
translate_image(translator, photo.resize((90, 120)), device)
before = status("VmRSS")
translate_image(translator, photo, device)
print((status("VmHWM") - before) / (3000 * 4000))
"""


def enlarge(h: Tensor, small: Tensor, large: Tensor) -> Tensor:
    """The change of the large picture, whole."""
    return torch.cat([strip for _rows, strip in enlarged(fitted(h, small), large)], dim=2)


def halves(height: int, width: int) -> Tensor:
    """Dark at the left, light at the right."""
    picture = torch.full((1, 3, height, width), -0.8)
    picture[:, :, :, width // 2 :] = 0.8
    return picture


def test_an_even_change_stays_what_it_is() -> None:
    small = torch.rand(2, 3, 12, 16, generator=torch.Generator().manual_seed(1)) * 2 - 1
    large = functional.interpolate(small, (48, 64), mode="bicubic")

    enlarged = enlarge(torch.full_like(small, 0.7), small, large)

    assert torch.allclose(enlarged, torch.full_like(large, 0.7), atol=1e-4)


def test_a_change_that_follows_the_colour_follows_it_at_the_large_size_too() -> None:
    small = torch.rand(1, 3, 24, 24, generator=torch.Generator().manual_seed(1)) * 2 - 1
    mixing = torch.tensor([[0.5, 0.1, 0.0], [-0.2, 0.3, 0.0], [0.0, 0.4, -0.6]])
    change = torch.einsum("oi,nihw->nohw", mixing, small) + 0.1
    large = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(2)) * 2 - 1

    enlarged = enlarge(change, small, large)

    expected = torch.einsum("oi,nihw->nohw", mixing, large) + 0.1
    assert (enlarged - expected).abs().max() < 0.05


def test_a_change_ends_at_the_edge_of_what_changed() -> None:
    small, large = halves(12, 12), halves(120, 120)
    change = torch.where(small > 0, 1.0, 0.0)

    sharp = enlarge(change, small, large)
    plain = functional.interpolate(change, (120, 120), mode="bilinear")

    beside = slice(56, 60)  # the dark pixels next to the edge
    assert sharp[..., beside].abs().max() < plain[..., beside].abs().max() / 4


@pytest.mark.parametrize("pixels", [1, 100, 700, 2000])
def test_strips_of_any_height_are_the_rows_of_the_whole(pixels: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = torch.Generator().manual_seed(1)
    h, small, large = (torch.rand(2, 3, *size, generator=random) for size in ((9, 7), (9, 7), (50, 39)))
    whole = enlarge(h, small, large)
    monkeypatch.setattr(room, "STRIP_PIXELS", pixels)

    rows = [number for strip, _change in enlarged(fitted(h, small), large) for number in range(strip.start, strip.stop)]
    assert rows == list(range(50))
    assert torch.allclose(enlarge(h, small, large), whole, atol=1e-6)


def test_maps_are_enlarged_as_torch_enlarges_them() -> None:
    maps = torch.rand(1, 9, 7, 5, generator=torch.Generator().manual_seed(1))

    ours = room._stretched(maps, slice(0, 40), (40, 33))
    assert torch.allclose(ours, functional.interpolate(maps, (40, 33), mode="bilinear"), atol=1e-5)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_large_photo_takes_little_more_than_itself_and_its_translation() -> None:
    """Two of its tensors are 24 bytes a pixel; the change of every pixel at once would take more than 100."""
    child = subprocess.run([sys.executable, "-c", MEASURED], check=True, capture_output=True, text=True)

    assert float(child.stdout) < 60
