"""The door of the trainer: two folders of images in, a run folder out, and the loop between them."""

import logging
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import torch

from pipeline.errors import CudaError, UsageError
from pipeline.files import disk_errors, lock
from pipeline.language import _
from pipeline.progress import Progress
from train.checkpoint import Training, begin, restore, save
from train.compile import compile_networks
from train.data import Batches, Pictures, image_files, load_pictures, tell_kept
from train.generators import write_generators
from train.interrupts import deferred
from train.journal import Journal, last_losses
from train.memory import foretell, running_out, tell_measured
from train.modelcard import write_model_card
from train.options import TrainOptions
from train.resuming import clear_leftovers, continued, record_images, waiting_run
from train.rundir import (
    RunDir,
    RunSettings,
    TrainSummary,
    find_run,
    keep_lines_up_to,
    new_run,
    read_settings,
    read_summary,
    write_settings,
    write_summary,
)
from train.schedule import TIMED_STEPS, added_steps, extended, plan_for, planned, steps_per_epoch
from train.start import start_from
from train.step import moved, take_step, wait_for

_log = logging.getLogger(__name__)


def train(
    options: TrainOptions,
    dataroot: Path,
    runs_dir: Path,
    *,
    resume: str | None,
    progress: Progress,
    said: frozenset[str] = frozenset(),
) -> TrainSummary:
    """Train a CycleGAN on the images under `dataroot` and leave a run folder under `runs_dir`.

    `resume` None starts a new run; "" goes on with the newest unfinished run, else the newest; a number, name or path
    with that one. A resumed run keeps its own options and images, but for what resuming.py lets change: `said` names
    the options that the user chose, and "dataset" among them means `dataroot`, else the run's own folder serves while
    it is there. Going on is exact: weights and metrics are those of a run that was never stopped. Ctrl-C and SIGTERM
    finish the step, write a checkpoint and are raised again. A run is locked while it is trained.

    Raises UsageError (no such run; options or images that are not the run's), UnusableError (images, checkpoints, a
    loss that is no number any more), DatasetLockedError, CudaError, DiskError; out of memory is one of UsageError, on a
    GPU of CudaError.
    """
    if resume is None:
        return _train_anew(options, dataroot, runs_dir, progress)
    run = find_run(runs_dir, resume, unfinished_first=True)
    with lock(run.lock):
        return _go_on(run, options, dataroot, said, progress)


def _train_anew(options: TrainOptions, dataroot: Path, runs_dir: Path, progress: Progress) -> TrainSummary:
    if options.extend:
        raise UsageError(_("--extend {extend}: adds to a run that is there. Say --resume RUN.", extend=options.extend))
    settings = RunSettings(str(dataroot.resolve()), options)
    with _prepared(options, dataroot, progress) as (pictures, device):
        waiting = waiting_run(runs_dir, settings, pictures.identities())
        if waiting:
            message = _(
                "{run}: an unfinished run of the same dataset and options. This one begins anew; to go on with that"
                " one: pipeline train --resume {run}",
                run=waiting.name,
            )
            _log.warning(message)
        training = _fresh(options, pictures, device, runs_dir)
        _compile(training, options, device)
        run = new_run(runs_dir, options.name or f"{dataroot.resolve().stem}-{options.generator.replace('-', '')}")
        with lock(run.lock):
            record_images(run, pictures.identities())
            write_settings(run, settings)
            if options.init_from:
                save(run, training, options)  # what it begins with may go away
            with _log_file(run.log):
                return _train_in(run, options, training, pictures, device=device, progress=progress)


def _go_on(run: RunDir, asked: TrainOptions, dataroot: Path, said: frozenset[str], progress: Progress) -> TrainSummary:
    settings = read_settings(run)
    options = continued(run, settings.options, asked, said)
    if run.finished and options.extend == settings.options.extend:
        _log.info(_("{run}: finished already.", run=run.name))
        return read_summary(run)
    clear_leftovers(run)
    source = Path(settings.dataroot)
    if "dataset" in said or not source.exists():
        source = dataroot
    with _prepared(options, source, progress) as (pictures, device):
        record_images(run, pictures.identities())
        run.test_sheet.unlink(missing_ok=True)  # the test was of other weights
        run.summary.unlink(missing_ok=True)  # before the options: a run that waits for more steps is not finished
        write_settings(run, RunSettings(settings.dataroot, options))
        with _log_file(run.log):
            training = _restored(run, options, pictures, device)
            _compile(training, options, device)
            return _train_in(run, options, training, pictures, device=device, progress=progress)


@contextmanager
def _prepared(options: TrainOptions, dataroot: Path, progress: Progress) -> Iterator[tuple[Pictures, torch.device]]:
    device = device_for(options.cuda)
    with image_files(dataroot, "train", options.folders) as files, _threads(options.threads), _own_randomness(device):
        pictures = load_pictures(dataroot, options, files, progress)
        tell_kept(pictures)
        yield pictures, device


def _fresh(options: TrainOptions, pictures: Pictures, device: torch.device, runs_dir: Path) -> Training:
    """The state before the first step, with the weights that it shall begin with."""
    with running_out(options):
        training = begin(options, planned(options, len(pictures.a), len(pictures.b)), device)
    if options.init_from:
        start_from(training, options, runs_dir)
    return training


def _compile(training: Training, options: TrainOptions, device: torch.device) -> None:
    if options.compile:
        with running_out(options):
            compile_networks(training, options, device)


def _restored(run: RunDir, options: TrainOptions, pictures: Pictures, device: torch.device) -> Training:
    """The state of the run's newest usable checkpoint, else the one before the first step; with what `extend` adds."""
    training = begin(options, planned(options, len(pictures.a), len(pictures.b)), device)
    if restore(run, training):
        _log.info(_("{run}: going on after step {step}.", run=run.name, step=training.step))
    else:
        training = _fresh(options, pictures, device, run.root.parent)
    for file in (run.metrics, run.warnings):
        keep_lines_up_to(file, training.step)
    if options.extend > training.extend and training.plan.steps:
        epoch_steps = steps_per_epoch(options.batch_size, len(pictures.a), len(pictures.b))
        steps = added_steps(options, options.extend - training.extend, epoch_steps)
        training.plan, training.extend = extended(training.plan, steps), options.extend
        _log.info(_("{run}: {steps} steps more.", run=run.name, steps=steps))
    return training


def _train_in(
    run: RunDir,
    options: TrainOptions,
    training: Training,
    pictures: Pictures,
    *,
    device: torch.device,
    progress: Progress,
) -> TrainSummary:
    batches = Batches(pictures, options)
    journal = Journal(run, options, batches, device, progress)
    journal.meter.restore(training.unlogged, device)
    progress.start(_("Training"), total=training.plan.steps or None)
    try:
        with running_out(options, run):
            foretell(training, options, device)
            _loop(training, options, batches, journal, device)
        summary = _summary(run, training, journal.means or last_losses(run), pictures, device)
        write_generators(run.generators("last"), training.generators_in_use, options, training.step)
        write_model_card(run, read_settings(run), summary)
        write_summary(run, summary)
    finally:
        progress.finish()
        journal.close()
    return summary


def _loop(training: Training, options: TrainOptions, batches: Batches, journal: Journal, device: torch.device) -> None:
    """The training loop: images, a step, and what is to be written after it."""
    step_seconds: list[float] = []
    with deferred() as interrupt, closing(batches.from_step(training.step)) as loader:
        while not training.finished:
            started = time.monotonic()
            real_a, real_b = (moved(batch, device) for batch in next(loader))
            take_step(training, options, real_a, real_b, journal.meter.add)
            if not training.plan.steps:  # the steps are being timed: a GPU's must have ended
                wait_for(device)
            step_seconds.append(time.monotonic() - started)
            if len(step_seconds) == 1:
                tell_measured(device)
            spent = training.seconds + step_seconds[-1]
            if not training.plan.steps and training.step == TIMED_STEPS:
                plan = plan_for(options.time_budget_seconds, training.step, spent, step_seconds)
                training.plan, training.extend = extended(plan, options.extend), options.extend
                journal.expect(training.plan.steps)
            limited = bool(options.steps) and not options.extend
            out_of_time = limited and 0 < options.time_budget_seconds <= spent
            interrupted = bool(interrupt.signal)  # read once: a signal that comes from here on waits for the next step
            journal.after_step(training, stopping=interrupted or out_of_time or training.finished)
            training.seconds += time.monotonic() - started  # a GPU is waited for where the journal reads losses
            if interrupted:
                interrupt.reraise()
            if out_of_time and not training.finished:
                _log.warning(_("Stopped at step {step}: the time budget is spent.", step=training.step))
                break


def device_for(cuda: bool) -> torch.device:
    """The CPU, or the GPU when it was asked for. Raises CudaError where that one cannot be used; never falls back."""
    if not cuda:
        if torch.cuda.is_available():
            _log.info(_("An NVIDIA GPU is here and not used; --cuda uses it."))
        return torch.device("cpu")
    if torch.version.cuda is None:
        message = _(
            "--cuda: this torch ({version}) is built for the CPU only. Install one built for CUDA"
            " (pip install --force-reinstall torch), or leave --cuda out.",
            version=torch.__version__,
        )
        raise CudaError(message)
    try:
        torch.zeros(1, device="cuda")
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        message = _("--cuda: no usable NVIDIA GPU ({reason}). Look at nvidia-smi, or leave --cuda out.", reason=reason)
        raise CudaError(message) from error
    return torch.device("cuda")


def _own_randomness(device: torch.device) -> AbstractContextManager[None]:
    """Give torch's global random state back as it was, on the CPU and on the device that is used."""
    return torch.random.fork_rng(devices=[torch.cuda.current_device()] if device.type == "cuda" else [])


def _summary(
    run: RunDir, training: Training, losses: dict[str, float], pictures: Pictures, device: torch.device
) -> TrainSummary:
    sheets = sorted(run.samples.glob("step_*.jpg")) if run.samples.is_dir() else []
    return TrainSummary(
        run=str(run.root),
        steps=training.step,
        planned_steps=training.plan.steps,
        seconds=round(training.seconds, 1),
        seconds_per_step=round(training.seconds / max(1, training.step), 4),
        losses=losses,
        device=str(device),
        images_a=len(pictures.a),
        images_b=len(pictures.b),
        skipped=pictures.skipped,
        sheet=str(sheets[-1]) if sheets else "",
        best_step=training.best_step,
        best_distance=training.best_distance if training.best_step else None,
    )


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _log_file(path: Path) -> Iterator[None]:
    """Copy the trainer's log lines to the run's log.txt."""
    with disk_errors(path):
        handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("train")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()
