"""Networks compiled for the machine: faster steps after a wait, where a compiler is there and its sums are right."""

import dataclasses
import logging
from typing import Any, cast

import torch
from torch import Tensor

from pipeline.errors import UsageError
from pipeline.language import _
from train.checkpoint import Training
from train.cyclegan import Networks, backward_discriminator, backward_generators, objective_at
from train.memory import is_out_of_memory
from train.options import TrainOptions

AGREEMENT = 1e-4
"""How far the first losses may be from those of the plain networks, as a share of them, in 32 bits."""

_AGREEMENT_OF_16_BITS = 1e-2
_HOW: dict[str, Any] = {"backend": "inductor", "options": {"fallback_random": True}}
"""With torch's own random numbers, so that dropout drops what it drops without --compile."""

_log = logging.getLogger(__name__)


def compile_networks(training: Training, options: TrainOptions, device: torch.device) -> None:
    """Give the training compiled twins of its networks, which share their weights; steps alone go through them.

    The losses of one step are computed both ways first, which is when the compiler runs; no weight changes. Judges stay
    plain with wgan-gp, whose penalty needs the slope of a slope, which compiled networks do not have.

    Raises UsageError where the compiler is missing or fails, or where its losses are others.
    """
    _log.info(_("Compiling the networks, which takes some minutes."))
    random = torch.Generator().manual_seed(options.seed)
    images = torch.rand(2, options.batch_size, 3, options.size, options.size, generator=random)
    images = (2 * images - 1).to(device)
    try:
        twins = _twins(training.networks, options)
        found = _first_losses(twins, training, options, images)
    except (RuntimeError, OSError, ImportError) as error:
        if is_out_of_memory(error):
            raise
        reason = " ".join(str(error).split("\n\n")[0].split())[:200] or type(error).__name__
        message = _(
            "--compile: not possible here ({reason}). Install a C++ compiler (g++), on a GPU triton too, or leave it"
            " out: --no-compile.",
            reason=reason,
        )
        raise UsageError(message) from error
    _refuse_others(found, _first_losses(training.networks, training, options, images), options)
    training.compiled = twins


def _twins(networks: Networks, options: TrainOptions) -> Networks:
    chosen = {
        name: cast(Any, torch.compile(network, dynamic=False, **_HOW))
        for name, network in networks.named().items()
        if options.gan_loss != "wgan-gp" or name.startswith("generator")
    }
    return dataclasses.replace(networks, **chosen)


def _first_losses(networks: Networks, training: Training, options: TrainOptions, images: Tensor) -> dict[str, Tensor]:
    """Every loss of a step on these images [2, N, 3, H, W], by name; gradients are thrown away."""
    losses: dict[str, Tensor] = {}
    precision, objective = training.precision, objective_at(options, training.step, training.plan.steps)
    real_a, real_b = images
    torch.manual_seed(options.seed)
    fake_a, fake_b = backward_generators(
        networks, objective, real_a, real_b, lambda name, loss: losses.update({name: loss.detach()}),
        precision=precision,
    )  # fmt: skip
    for name, judge, real, fake in (
        ("discriminator_a", networks.discriminator_a, real_a, fake_a),
        ("discriminator_b", networks.discriminator_b, real_b, fake_b),
    ):
        losses[name] = backward_discriminator(judge, objective, real, fake, precision=precision)
    for optimizer in (training.generator_optimizer, training.discriminator_optimizer):
        optimizer.zero_grad()
    return losses


def _refuse_others(found: dict[str, Tensor], expected: dict[str, Tensor], options: TrainOptions) -> None:
    share = AGREEMENT if options.precision == "fp32" else _AGREEMENT_OF_16_BITS
    for name, loss in expected.items():
        if not torch.allclose(found[name], loss, rtol=share, atol=share):
            raise UsageError(
                _(
                    "--compile: the loss {name} comes out as {found} in place of {expected}. Leave it out:"
                    " --no-compile.",
                    name=name,
                    found=float(found[name]),
                    expected=float(loss),
                )
            )
