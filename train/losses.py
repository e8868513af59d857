"""The losses, each a pure function of scores or images (arXiv 1703.10593, sections 3 to 5; others as named)."""

import torch
from torch import Tensor
from torch.nn import functional

from train.networks import Discriminator

PENALTY_WEIGHT = 10.0
"""How much the critic's slope counts in wgan-gp (arXiv 1704.00028, section 4)."""


def adversarial_loss(fake_scores: Tensor, gan_loss: str = "lsgan") -> Tensor:
    """What the judge's scores [N, 1, H', W'] of translations cost the generator that made them.

    lsgan: E[(D(G(x)) - 1)^2] (section 4). The square is taken of each patch's score before the mean: otherwise it
    would be no patch judge. vanilla: -E[log sigmoid(D(G(x)))], the form that does not saturate (arXiv 1406.2661,
    section 3). hinge and wgan-gp: -E[D(G(x))].
    """
    if gan_loss == "lsgan":
        return (fake_scores - 1).square().mean()
    if gan_loss == "vanilla":
        return functional.softplus(-fake_scores).mean()
    return -fake_scores.mean()


def discriminator_loss(real_scores: Tensor, fake_scores: Tensor, gan_loss: str = "lsgan") -> Tensor:
    """What a judge's scores [N, 1, H', W'] of real images and of translations cost it.

    lsgan: E[(D(y) - 1)^2] + E[D(G(x))^2], halved (section 7.1: the judge shall learn more slowly).
    vanilla: -E[log sigmoid(D(y))] - E[log(1 - sigmoid(D(G(x))))], halved too. hinge: E[max(0, 1 - D(y))] +
    E[max(0, 1 + D(G(x)))] (arXiv 1705.02894). wgan-gp: E[D(G(x))] - E[D(y)]; its penalty is `gradient_penalty`.
    """
    if gan_loss == "lsgan":
        return 0.5 * ((real_scores - 1).square().mean() + fake_scores.square().mean())
    if gan_loss == "vanilla":
        return 0.5 * (functional.softplus(-real_scores).mean() + functional.softplus(fake_scores).mean())
    if gan_loss == "hinge":
        return (1 - real_scores).relu().mean() + (1 + fake_scores).relu().mean()
    return fake_scores.mean() - real_scores.mean()


def gradient_penalty(judge: Discriminator, real: Tensor, fake: Tensor) -> Tensor:
    """E[(|gradient of D at x| - 1)^2], x somewhere on the line from a real image to a translation (arXiv 1704.00028).

    `real` and `fake` are [N, 3, H, W]; the place on each line is drawn from torch's random state. D is the mean of an
    image's patch scores, as in the loss beside it; the norm is taken over all values of the image.
    """
    place = torch.rand(len(real), 1, 1, 1, device=real.device)
    between = (place * real.detach() + (1 - place) * fake.detach()).requires_grad_()
    scores = judge(between).mean(dim=(1, 2, 3)).sum()
    (slope,) = torch.autograd.grad(scores, between, create_graph=True)
    steepness: Tensor = slope.flatten(1).norm(dim=1)
    return (steepness - 1).square().mean()


def cycle_loss(cycled: Tensor, real: Tensor) -> Tensor:
    """The mean absolute difference between an image and itself translated there and back (equation 2)."""
    return (cycled - real).abs().mean()


def identity_loss(same: Tensor, real: Tensor) -> Tensor:
    """The mean absolute difference that a generator makes to an image that is of its goal already (section 5.2)."""
    return (same - real).abs().mean()


def identity_factor(share: float, step: int, steps: int) -> float:
    """What the identity weights are multiplied by at `step` (from 0) of `steps`: 1, in a line to 0 after `share`.

    1 where the share is 0 or the number of steps is not known yet.
    """
    falling = share * steps
    return max(0.0, 1.0 - step / falling) if falling > 0 else 1.0
