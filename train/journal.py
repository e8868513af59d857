"""What a run writes down as it goes: lines of metrics, sample sheets, checkpoints."""

import logging
import math
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from pipeline.errors import UnusableError
from pipeline.language import _
from pipeline.progress import Progress
from train.checkpoint import Training, save
from train.data import Batches
from train.diagnosis import LONG_PATIENCE, NOT_A_NUMBER, Finding, diagnose, told
from train.generators import write_generators
from train.likeness import Likeness
from train.options import TrainOptions
from train.page.page import write_page
from train.rundir import RunDir, append_line, checkpoints, read_lines
from train.samples import sample_sheet, to_image, translated, write_picture
from train.schedule import TIMED_STEPS
from train.signs import signs
from train.trackers import Trackers

LOG_EVERY = 20
"""Steps between lines of metrics.jsonl: reading a loss waits for the device."""

EXAMINE_EVERY = 100
"""Steps between examinations of the sample images, which cost about as much as a third of a step."""

LOSSES = ("gan_a2b", "gan_b2a", "cycle_a", "cycle_b", "identity_a", "identity_b", "discriminator_a", "discriminator_b")
_SAMPLED = 4
_PAGE_SECONDS = 30
"""Seconds between versions of the page where no new sheet calls for one; a page that takes long comes more rarely."""
_log = logging.getLogger(__name__)


class Meter:
    """Sums of losses on the device, which are read only when they are logged."""

    def __init__(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._counts: dict[str, int] = {}
        self._started = time.monotonic()

    def add(self, name: str, loss: Tensor) -> None:
        """Count a loss, a tensor of no dimensions, under a name of LOSSES."""
        value = loss.detach()
        self._sums[name] = self._sums[name] + value if name in self._sums else value
        self._counts[name] = self._counts.get(name, 0) + 1

    def state(self) -> dict[str, Any]:
        """All that the meter knows but the time, for a checkpoint."""
        return {"sums": dict(self._sums), "counts": dict(self._counts)}

    def restore(self, state: Mapping[str, Any], device: torch.device) -> None:
        """Take back what `state` gave; nothing where it is empty."""
        self._sums = {name: value.to(device) for name, value in state.get("sums", {}).items()}
        self._counts = dict(state.get("counts", {}))

    def means(self) -> dict[str, Tensor]:
        """The mean of each loss since the meter was made, on the device."""
        return {name: self._sums[name] / self._counts[name] for name in LOSSES if name in self._sums}

    def seconds_per_step(self) -> float:
        return (time.monotonic() - self._started) / max(1, self._counts.get(LOSSES[0], 0))


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be written after a step."""

    metrics: bool
    examination: bool
    sheet: bool
    checkpoint: bool


def sheet_interval(steps: int, options: TrainOptions, epoch_steps: int) -> int:
    """Steps between two sheets of a run of so many."""
    return options.sample_epochs * epoch_steps or options.sample_every or max(1, steps // 10)


def due(step: int, steps: int, options: TrainOptions, *, stopping: bool, epoch_steps: int = 1) -> Due:
    """Sheets and checkpoints at their intervals and at the end. `steps` 0: how many there will be is not known yet.

    Metrics come with every sheet, and never with a stop: their lines are the same however often a run is cut off.
    """
    just_planned = bool(options.time_budget) and not options.steps and step == TIMED_STEPS
    between_checkpoints = options.checkpoint_epochs * epoch_steps or options.checkpoint_every or max(1, steps // 20)
    sheet = steps > 0 and (step == steps or step % sheet_interval(steps, options, epoch_steps) == 0)
    regular = steps > 0 and step % between_checkpoints == 0
    checkpoint = regular or stopping or just_planned
    metrics = sheet or step % LOG_EVERY == 0 or 0 < steps <= step
    return Due(metrics, step % EXAMINE_EVERY == 0, sheet, checkpoint)


class Journal:
    """Writes what is due after each step."""

    def __init__(
        self, run: RunDir, options: TrainOptions, batches: Batches, device: torch.device, progress: Progress
    ) -> None:
        self.meter = Meter()
        self.means: dict[str, float] = {}
        self._run = run
        self._options = options
        self._epoch_steps = batches.epoch_steps
        self._progress = progress
        before = read_lines(run.metrics)
        self._trackers = Trackers(run, options, before)
        self._examined = deque((line for line in before if "change_a2b" in line), maxlen=LONG_PATIENCE)
        self._next_page = 0.0
        self._said = {str(line["cause"]) for line in read_lines(run.warnings)}
        self._real_a = batches.first_images("A", _SAMPLED).to(device)
        self._real_b = batches.first_images("B", _SAMPLED).to(device)
        self._likeness = Likeness(batches, device)

    def expect(self, steps: int) -> None:
        """Tell the progress bar how many steps there are, once that is known."""
        self._progress.finish()
        self._progress.start(_("Training"), total=steps)

    def after_step(self, training: Training, *, stopping: bool) -> None:
        """Write what the finished step calls for; `stopping` makes a checkpoint whatever the step.

        Raises UnusableError when a loss is no number any more, DiskError.
        """
        now = due(training.step, training.plan.steps, self._options, stopping=stopping, epoch_steps=self._epoch_steps)
        if now.metrics or now.checkpoint:  # no state with a loss that is no number is ever kept
            seen = self._examine(training) if now.examination else {}
            alike = self._measure(training) if now.sheet else {}
            numbers = _read(self.meter.means() | seen | alike)
            self._refuse_no_number(training.step, numbers)
            self.means = {name: numbers[name] for name in LOSSES if name in numbers}
        if now.metrics:
            line = self._line(training, numbers)
            append_line(self._run.metrics, line)
            self._trackers.add(line)
            if seen:
                self._diagnose(line)
            if alike:
                self._keep_the_best(training, sum(numbers[name] for name in alike))
            self.meter = Meter()
        self._progress.update(training.step, self._note())
        if now.sheet:
            a2b, b2a = training.best_generators
            with training.precision.passes():
                sheet = sample_sheet(a2b, b2a, self._real_a, self._real_b)
            write_picture(self._run.sample(training.step), sheet)
        if self._trackers and (now.sheet or now.examination):
            self._show(training)
        if now.checkpoint:
            training.unlogged = self.meter.state()
            save(self._run, training, self._options)
        if now.sheet or (now.metrics and time.monotonic() >= self._next_page):
            self._write_page()

    def close(self) -> None:
        """Let the trackers take what is left, and write the page as the run ends."""
        self._trackers.close()
        write_page(self._run)

    def _show(self, training: Training) -> None:
        """Give the trackers the first sample image of each domain and its translation, by aitorzip's names."""
        a2b, b2a = training.best_generators
        with training.precision.passes():
            columns = translated(a2b, b2a, self._real_a[:1], self._real_b[:1])
        self._trackers.show(training.step, {name: to_image(image[0]) for name, image in columns.items()})

    def _write_page(self) -> None:
        started = time.monotonic()
        write_page(self._run)
        ended = time.monotonic()
        self._next_page = ended + max(_PAGE_SECONDS, 100 * (ended - started))

    def _examine(self, training: Training) -> dict[str, Tensor]:
        a2b, b2a = training.generators
        with training.precision.passes():
            return signs(a2b, b2a, self._real_a, self._real_b)

    def _measure(self, training: Training) -> dict[str, Tensor]:
        a2b, b2a = training.best_generators
        interval = sheet_interval(training.plan.steps, self._options, self._epoch_steps)
        return self._likeness.of(a2b, b2a, interval, training.precision)

    def _keep_the_best(self, training: Training, distance: float) -> None:
        if distance < training.best_distance:
            training.best_step, training.best_distance = training.step, distance
            path = self._run.generators("best")
            write_generators(path, training.generators_in_use, self._options, training.step)

    def _refuse_no_number(self, step: int, numbers: dict[str, float]) -> None:
        broken = [name for name, number in numbers.items() if not math.isfinite(number)]
        if not broken:
            return
        self._tell(Finding(NOT_A_NUMBER, step))
        message = _(
            "Step {step}: the loss {name} is no number any more. The last good checkpoint: {checkpoint}."
            " Train again with a lower --learning-rate.",
            step=step,
            name=", ".join(broken),
            checkpoint=next(iter(checkpoints(self._run)), "-"),
        )
        raise UnusableError(message)

    def _line(self, training: Training, numbers: dict[str, float]) -> dict[str, float]:
        return {
            "step": training.step,
            "planned_steps": training.plan.steps,
            "epoch": round(training.step / self._epoch_steps, 4),
            "learning_rate": training.generator_optimizer.param_groups[0]["lr"],
            **numbers,
            "seconds_per_step": round(self.meter.seconds_per_step(), 4),
        }

    def _diagnose(self, line: dict[str, float]) -> None:
        self._examined.append(line)
        for finding in diagnose(list(self._examined), self._said, self._options.gan_loss):
            self._tell(finding)
            _log.warning(told(finding))

    def _tell(self, finding: Finding) -> None:
        self._said.add(finding.cause)
        append_line(self._run.warnings, asdict(finding))

    def _note(self) -> str:
        if not self.means:
            return ""
        judges = sum(mean for name, mean in self.means.items() if name.startswith("discriminator"))
        makers = sum(mean for name, mean in self.means.items() if not name.startswith("discriminator"))
        return f"G {makers:.2f} D {judges:.2f}"


def _read(numbers: dict[str, Tensor]) -> dict[str, float]:
    """Tensors of no dimensions to plain numbers: the one place where a training waits for its device."""
    return dict(zip(numbers, torch.stack(list(numbers.values())).tolist(), strict=True))


def last_losses(run: RunDir) -> dict[str, float]:
    """The losses of the last line of metrics; none where there is no line."""
    return {name: line[name] for line in read_lines(run.metrics)[-1:] for name in LOSSES if name in line}
