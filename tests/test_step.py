"""A step never waits for its device, whatever is trained; what is read is read where it is logged."""

import pytest
import torch
from torch import Tensor
from trainings import tiny

from train.checkpoint import begin
from train.journal import LOSSES, Meter
from train.schedule import Plan
from train.step import moved, take_step, wait_for

pytestmark = pytest.mark.usefixtures("one_thread")

META = torch.device("meta")
"""A device whose tensors have no values: whatever reads one fails."""


def images(side: int, device: torch.device, count: int = 2) -> Tensor:
    return torch.rand(count, 3, side, side, device=device) * 2 - 1


@pytest.mark.parametrize(
    "changes",
    [
        {"augment": "color,translation,cutout", "identity_decay": 0.5},
        {"gan_loss": "wgan-gp", "discriminator": "pixel", "upsample": "resize", "ema": 0.0, "replay_size": 0},
        {"gan_loss": "hinge", "predict": "image"},
        {"gan_loss": "vanilla", "generator": "unet-128", "size": 128, "load_size": 0},
    ],
)
def test_no_value_leaves_the_device_in_a_step(changes: dict[str, object]) -> None:
    options = tiny(**changes)
    training, meter = begin(options, Plan(6, 3), META), Meter()

    for _step in range(2):  # the replay buffer is full in the second
        take_step(training, options, images(options.size, META), images(options.size, META), meter.add)

    assert training.step == 2
    with pytest.raises(RuntimeError, match="meta"):
        meter.means()["cycle_a"].item()


def test_a_value_that_is_read_would_be_noticed() -> None:
    options = tiny()

    with pytest.raises(RuntimeError, match="meta"):
        take_step(begin(options, Plan(6, 3), META), options, images(32, META), images(32, META),
                  lambda name, loss: loss.item())  # fmt: skip


def test_a_step_reports_each_loss_once() -> None:
    names: list[str] = []
    options = tiny()
    cpu = torch.device("cpu")

    take_step(begin(options, Plan(6, 3), cpu), options, images(32, cpu), images(32, cpu),
              lambda name, loss: names.append(name))  # fmt: skip

    assert sorted(names) == sorted(LOSSES)


def test_images_for_the_cpu_stay_where_they_are() -> None:
    batch = images(32, torch.device("cpu"))

    assert moved(batch, torch.device("cpu")) is batch
    wait_for(torch.device("cpu"))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_a_gpu_is_never_waited_for_in_a_step(precision: str) -> None:
    options = tiny(precision=precision, cuda=True)
    device = torch.device("cuda")
    training, meter = begin(options, Plan(9, 3), device), Meter()
    take_step(training, options, *(moved(images(32, torch.device("cpu")), device) for _ in range(2)), meter.add)
    try:
        torch.cuda.set_sync_debug_mode("error")
        take_step(training, options, *(moved(images(32, torch.device("cpu")), device) for _ in range(2)), meter.add)
    finally:
        torch.cuda.set_sync_debug_mode("default")
