"""Carrying a change from a small picture to a large one."""

import torch
from torch import Tensor
from torch.nn import functional

from train.enlarge import enlarge


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
