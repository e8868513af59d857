"""How long a run trains and how fast it learns at each step: pure functions of the options and the step."""

from dataclasses import dataclass

from train.options import TrainOptions

TIMED_STEPS = 20
"""Steps after which a time budget becomes a number of steps."""

_WARM_UP_STEPS = 5  # the first steps allocate memory and pick kernels, and say little about the others


@dataclass(frozen=True, slots=True)
class Plan:
    """How many steps a run has, and how many of them at the full learning rate. `steps` 0: not known yet."""

    steps: int
    constant_steps: int

    def rate_factor(self, step: int) -> float:
        """What the learning rate is multiplied by at `step` (from 0): 1, then falling in a line towards 0.

        Section 4 of the paper: constant for the first half, then linearly to zero.
        """
        falling = self.steps - self.constant_steps
        if step < self.constant_steps or falling <= 0:
            return 1.0
        return max(0.0, 1.0 - (step - self.constant_steps) / falling)


def planned(options: TrainOptions, images_a: int, images_b: int) -> Plan:
    """The plan that the options give for so many images; a plan of 0 steps where only a time budget says how long."""
    if options.steps:
        return halved(options.steps)
    if options.time_budget:
        return Plan(0, 0)
    steps = steps_per_epoch(options.batch_size, images_a, images_b)
    return Plan((options.epochs + options.decay_epochs) * steps, options.epochs * steps)


def extended(plan: Plan, steps: int) -> Plan:
    """The plan with so many steps more at its end; a fall of the rate, if there is one, is stretched to the new end."""
    falls = plan.constant_steps < plan.steps
    return Plan(plan.steps + steps, plan.constant_steps if falls else plan.constant_steps + steps)


def added_steps(options: TrainOptions, added: int, epoch_steps: int) -> int:
    """How many steps `--extend` means by `added`: epochs of a run that counts epochs, else steps."""
    return added if options.steps or options.time_budget else added * epoch_steps


def halved(steps: int) -> Plan:
    """So many steps in all: a half at the full rate, a half falling."""
    return Plan(steps, (steps + 1) // 2)


def steps_per_epoch(batch_size: int, images_a: int, images_b: int) -> int:
    """An epoch has shown every image of the larger domain once."""
    return -(-max(images_a, images_b) // batch_size)


def plan_for(budget_seconds: float, done_steps: int, spent_seconds: float, step_seconds: list[float]) -> Plan:
    """The plan that fills a time budget of which some is spent, and at least the steps that are done.

    `step_seconds` are those of the latest steps, one or more: the median of them, without the first five, counts. A
    twentieth of the budget is left for sheets and checkpoints.
    """
    settled = sorted(step_seconds[_WARM_UP_STEPS:] or step_seconds)
    typical = max(settled[len(settled) // 2], 1e-6)
    left = budget_seconds * 0.95 - spent_seconds
    return halved(done_steps + max(0, int(left / typical)))


def average_decay(decay: float, step: int) -> float:
    """The decay of the averaged generators at `step`: smaller at first, or the untrained start would linger."""
    return min(decay, (1 + step) / (10 + step))
