"""One step of training: the gradients of each half's losses, and their use."""

import torch
from torch import Tensor

from train.checkpoint import Training
from train.cyclegan import Report, average, backward_discriminator, backward_generators, objective_at
from train.data import generator_for
from train.options import TrainOptions
from train.schedule import average_decay

_STREAM = 6
"""The stream of what torch draws in a step; data.py and checkpoint.py have those below."""


def take_step(training: Training, options: TrainOptions, real_a: Tensor, real_b: Tensor, report: Report) -> None:
    """Change all networks once, by images [N, 3, H, W] in [-1, 1] on their device; `training.step` becomes one more.

    No value is read from the device: on a GPU the step is queued and not waited for.
    """
    networks, precision = training.compiled or training.networks, training.precision
    _set_rate(training, options.learning_rate * training.plan.rate_factor(training.step))
    _seed(options.seed, training.step)
    objective = objective_at(options, training.step, training.plan.steps)

    # The generators: gradients, then apply.
    fake_a, fake_b = backward_generators(networks, objective, real_a, real_b, report, precision=precision)
    precision.apply(training.generator_optimizer)
    if training.averages:
        average(training.averages, training.generators, average_decay(options.ema, training.step))

    # The discriminators, which judge earlier translations too: gradients, then apply.
    for name, judge, real, fake, replay in (
        ("discriminator_a", networks.discriminator_a, real_a, fake_a, training.fakes_a),
        ("discriminator_b", networks.discriminator_b, real_b, fake_b, training.fakes_b),
    ):
        shown = replay.swap(fake, training.step)
        report(name, backward_discriminator(judge, objective, real, shown, precision=precision))
    precision.apply(training.discriminator_optimizer)
    precision.end_step()
    training.step += 1


def moved(images: Tensor, device: torch.device) -> Tensor:
    """The images on the device; a GPU fetches them by itself while the processor goes on."""
    return images.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else images.to(device)


def wait_for(device: torch.device) -> None:
    """Return when the device has done all that it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _seed(seed: int, step: int) -> None:
    """Make what a step draws in torch (dropout, augmentation, the penalty's places) a function of (seed, step)."""
    torch.manual_seed(int(generator_for(seed, _STREAM, step).integers(2**63)))


def _set_rate(training: Training, rate: float) -> None:
    for optimizer in (training.generator_optimizer, training.discriminator_optimizer):
        for group in optimizer.param_groups:
            group["lr"] = rate
