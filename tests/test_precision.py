"""Fewer bits inside the networks: how far the losses move, and that stopping and going on stays exact."""

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor
from trainings import StopAt, assert_equal_to_the_bit, dataset, state_of, tiny

from pipeline.errors import OptionError
from pipeline.progress import Silent
from train.checkpoint import begin
from train.cyclegan import backward_discriminator, backward_generators, build_networks, objective_at
from train.loop import train
from train.options import TrainOptions
from train.precision import FLOAT32, Precision, precision_of
from train.schedule import Plan

CPU = torch.device("cpu")
BF16 = precision_of("bf16", "cpu")

pytestmark = pytest.mark.usefixtures("one_thread")


def two_images(side: int) -> Tensor:
    return torch.rand(2, 1, 3, side, side, generator=torch.Generator().manual_seed(12)) * 2 - 1


def first_losses(options: TrainOptions, precision: Precision) -> dict[str, float]:
    """Every loss of the first step, gradients added to the networks."""
    losses: dict[str, float] = {}
    networks, objective = build_networks(options), objective_at(options, 0, 6)
    real_a, real_b = two_images(options.size)
    fake_a, fake_b = backward_generators(
        networks,
        objective,
        real_a,
        real_b,
        lambda name, loss: losses.__setitem__(name, loss.item()),
        precision=precision,
    )
    judge_a, judge_b = networks.discriminator_a, networks.discriminator_b
    losses["discriminator_a"] = backward_discriminator(judge_a, objective, real_a, fake_a, precision=precision).item()
    losses["discriminator_b"] = backward_discriminator(judge_b, objective, real_b, fake_b, precision=precision).item()
    return losses


@pytest.mark.parametrize(
    "changes",
    [
        {"predict": "image", "cycle_weight": 10.0, "identity_weight": 5.0},
        {"predict": "change"},
        {"predict": "affine"},
        {"generator": "unet-128", "size": 128, "load_size": 0, "predict": "image"},
        {"gan_loss": "vanilla", "upsample": "resize", "discriminator": "pixel", "predict": "image"},
    ],
    ids=["paper", "change", "affine", "unet", "others"],
)
def test_the_first_losses_in_bf16_are_those_of_fp32_within_one_percent(changes: dict[str, object]) -> None:
    options = tiny(width=8, discriminator_width=8, **changes)

    exact, rounded = first_losses(options, FLOAT32), first_losses(options, BF16)

    assert rounded.keys() == exact.keys()
    assert rounded != exact
    for name, loss in exact.items():
        assert rounded[name] == pytest.approx(loss, rel=0.01), name


def test_weights_gradients_translations_and_losses_stay_float32() -> None:
    options = tiny(predict="image")
    networks, objective = build_networks(options), objective_at(options, 0, 6)
    losses: list[Tensor] = []

    fake_a, fake_b = backward_generators(
        networks, objective, *two_images(32), lambda name, loss: losses.append(loss), precision=BF16
    )

    gradients = [parameter.grad for parameter in networks.generator_parameters() if parameter.grad is not None]
    assert gradients
    assert {value.dtype for value in (fake_a, fake_b, *losses, *gradients)} == {torch.float32}


def test_bf16_stopped_and_resumed_ends_as_if_never_stopped(tmp_path: Path) -> None:
    data = dataset(tmp_path / "set")
    options = tiny(steps=5, precision="bf16", sample_every=2)
    whole = train(options, data, tmp_path / "whole", resume=None, progress=Silent())

    with pytest.raises(KeyboardInterrupt):
        train(options, data, tmp_path / "parts", resume=None, progress=StopAt(3))
    parts = train(TrainOptions(), data, tmp_path / "parts", resume="", progress=Silent())

    assert_equal_to_the_bit(state_of(parts.run), state_of(whole.run))


def test_bf16_trains_otherwise_than_fp32(tmp_path: Path) -> None:
    data = dataset(tmp_path / "set")
    exact, rounded = (
        train(tiny(steps=1, precision=name), data, tmp_path / name, resume=None, progress=Silent())
        for name in ("fp32", "bf16")
    )

    assert exact.losses != rounded.losses
    assert all(math.isfinite(loss) for loss in rounded.losses.values())


def test_fp16_without_cuda_is_refused() -> None:
    with pytest.raises(OptionError, match="fp32 or bf16 without --cuda"):
        tiny(precision="fp16")

    assert tiny(precision="fp16", cuda=True).precision == "fp16"


def test_the_samples_are_made_in_the_precision_of_the_run(tmp_path: Path) -> None:
    """The sheet of a run of one step, made again from its weights: the same only in bf16."""
    data = dataset(tmp_path / "set")
    runs = [
        train(tiny(steps=1, precision=name, learning_rate=0.05, ema=0.0, predict="image"), data, tmp_path / name,
              resume=None, progress=Silent())
        for name in ("fp32", "bf16")
    ]  # fmt: skip

    assert Path(runs[0].sheet).read_bytes() != Path(runs[1].sheet).read_bytes()


def scaled_training() -> tuple[Precision, torch.nn.Parameter, torch.optim.SGD]:
    """The scaler of fp16, tried on the CPU with a weight of its own."""
    weight = torch.nn.Parameter(torch.tensor([2.0]))
    return precision_of("fp16", "cpu"), weight, torch.optim.SGD([weight], lr=0.5)


def test_the_gradients_of_fp16_are_scaled_up_and_applied_at_their_size() -> None:
    precision, weight, optimizer = scaled_training()

    precision.backward(3 * weight.sum())
    assert weight.grad is not None
    assert weight.grad.item() > 1000
    precision.apply(optimizer)
    precision.end_step()

    assert weight.item() == pytest.approx(2.0 - 0.5 * 3)
    assert weight.grad is None


def test_a_step_whose_gradients_overflow_is_left_out_and_the_scale_falls() -> None:
    precision, weight, optimizer = scaled_training()
    before = precision.state()["scale"]

    precision.backward(torch.inf * weight.sum())
    precision.apply(optimizer)
    precision.end_step()

    assert weight.item() == 2.0
    assert precision.state()["scale"] == before / 2


def test_the_scale_is_part_of_a_checkpoint() -> None:
    options = tiny(precision="fp16", cuda=True)
    state, fresh = begin(options, Plan(6, 3), CPU), begin(options, Plan(6, 3), CPU)
    state.precision.restore(state.precision.state() | {"scale": 1024.0, "_growth_tracker": 7})

    fresh.precision.restore(state.precision.state())

    assert fresh.precision.state() == state.precision.state()
    assert fresh.precision.state()["scale"] == 1024.0
