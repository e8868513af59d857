"""Checkpoints: all that resuming needs, as tensors and plain values; written whole, checked by sha256, no code in them.

Random states are not among them: every random choice is a function of (seed, step), see data.py, replay.py, loop.py.
"""

import copy
import io
import logging
import math
import pickle
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from pipeline.errors import UnusableError
from pipeline.files import disk_errors, sha256_of, write_atomically
from pipeline.language import _
from train.cyclegan import Networks, build_generator, build_networks
from train.networks import Generator
from train.options import DIRECTIONS, TrainOptions
from train.precision import Precision, precision_of
from train.replay import Replay
from train.rundir import FORMAT, RunDir, checkpoints
from train.schedule import Plan

KEPT = 2
"""How many of the newest checkpoints stay; the last of a finished run is the newest of them."""

_REPLAY_STREAMS = {"a": 4, "b": 5}
_log = logging.getLogger(__name__)


@dataclass
class Training:
    """The whole state of a training, of which a checkpoint is the copy on disk.

    `step` counts finished steps, `seconds` the time that they took. `averages` are the averaged generators a2b and b2a,
    none without --ema. The replay buffer `fakes_a` holds earlier fakes of domain A. `extend` is how much of what the
    options extend the plan holds. `unlogged` is the state of a Meter: losses of steps that no line of metrics
    tells yet. `best_distance` is the least that Journal has measured, at `best_step`. `compiled` are the
    networks as steps go through them where these are compiled, with the same weights; no part of a checkpoint.
    """

    networks: Networks
    averages: list[Generator]
    generator_optimizer: torch.optim.Adam
    discriminator_optimizer: torch.optim.Adam
    fakes_a: Replay
    fakes_b: Replay
    precision: Precision
    plan: Plan
    step: int = 0
    seconds: float = 0.0
    extend: int = 0
    unlogged: dict[str, Any] = field(default_factory=dict)
    best_step: int = 0
    best_distance: float = math.inf
    compiled: Networks | None = None

    @property
    def finished(self) -> bool:
        return 0 < self.plan.steps <= self.step

    @property
    def generators(self) -> list[Generator]:
        return [self.networks.generator_a2b, self.networks.generator_b2a]

    @property
    def best_generators(self) -> list[Generator]:
        """a2b and b2a as they are used: averaged where averages are kept."""
        return self.averages or self.generators

    @property
    def generators_in_use(self) -> dict[str, Generator]:
        """The same by their direction."""
        return dict(zip(DIRECTIONS, self.best_generators, strict=True))


def begin(options: TrainOptions, plan: Plan, device: torch.device) -> Training:
    """The state before the first step, on `device`."""
    networks = build_networks(options)
    for network in networks.named().values():
        network.to(device)
    betas = (options.beta1, 0.999)
    generators = [networks.generator_a2b, networks.generator_b2a]
    return Training(
        networks=networks,
        averages=[copy.deepcopy(generator).requires_grad_(False) for generator in generators] if options.ema else [],
        generator_optimizer=torch.optim.Adam(networks.generator_parameters(), options.learning_rate, betas),
        discriminator_optimizer=torch.optim.Adam(networks.discriminator_parameters(), options.learning_rate, betas),
        fakes_a=Replay(options.replay_size, options.seed, _REPLAY_STREAMS["a"]),
        fakes_b=Replay(options.replay_size, options.seed, _REPLAY_STREAMS["b"]),
        precision=precision_of(options.precision, device.type),
        plan=plan,
    )


def save(run: RunDir, training: Training, options: TrainOptions) -> Path:
    """Write a checkpoint of the state, and remove the oldest beyond two. Raises DiskError.

    Its sha256 is written before it, so that a checkpoint without one is a half-done save and never used.
    """
    buffer = io.BytesIO()
    torch.save(_content(training, options), buffer)
    data = buffer.getbuffer()  # no second copy: it is three times as large as the networks
    path = run.checkpoints / f"step_{training.step:07d}.pt"
    write_atomically(_sum_of(path), sha256_of(data).encode())
    write_atomically(path, data)
    for old in checkpoints(run)[KEPT:]:
        with disk_errors(old):
            old.unlink(missing_ok=True)
            _sum_of(old).unlink(missing_ok=True)
    return path


def restore(run: RunDir, training: Training) -> bool:
    """Put the newest usable checkpoint into a fresh state; False where the run has none yet.

    A damaged checkpoint is named in a warning and the one before it is used. Raises UnusableError when all are damaged,
    or when the checkpoint's networks are not those of the run's options.
    """
    content = read(run)
    if content is None:
        return False
    try:
        for name, network in training.networks.named().items():
            network.load_state_dict(content["networks"][name])
        _restore_averages(training, content["averages"])
        training.generator_optimizer.load_state_dict(content["optimizers"]["generators"])
        training.discriminator_optimizer.load_state_dict(content["optimizers"]["discriminators"])
        device = next(training.networks.generator_parameters()).device
        training.fakes_a.restore(content["replays"]["a"].to(device))
        training.fakes_b.restore(content["replays"]["b"].to(device))
        training.precision.restore(content.get("scaler", {}))
        training.plan = Plan(**content["plan"])
        training.step, training.seconds = content["step"], content["seconds"]
        training.extend, training.unlogged = content.get("extend", 0), content.get("unlogged", {})
        training.best_step, training.best_distance = content.get("best", (0, math.inf))
    except (RuntimeError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise UnusableError(_other_networks(run, error)) from error
    return True


def read_generator(run: RunDir, options: TrainOptions, direction: str, device: torch.device) -> Generator:
    """The generator "a2b" or "b2a" of the newest usable checkpoint, averaged where the run keeps averages.

    Raises UnusableError where there is none, or where its networks are not those of the options.
    """
    content = read(run)
    if content is None:
        message = _("{run}: no checkpoint yet. Train on: pipeline train --resume {name}.", run=run.root, name=run.name)
        raise UnusableError(message)
    generator = build_generator(options)
    try:
        weights = content["averages"] or content["networks"]
        generator.load_state_dict(weights[f"generator_{direction}"])
    except (RuntimeError, KeyError, TypeError, AttributeError) as error:
        raise UnusableError(_other_networks(run, error)) from error
    return generator.eval().requires_grad_(False).to(device)


def read(run: RunDir) -> dict[str, Any] | None:
    """The content of the newest usable checkpoint on the CPU, or None where no checkpoint was ever written.

    Raises UnusableError when there are checkpoints and none is usable. Never runs code: `weights_only=True`.
    """
    found = checkpoints(run)
    for path in found:
        try:
            return _read(path)
        except UnusableError as error:
            _log.warning("%s", error)
    if found:
        raise UnusableError(_("{folder}: no usable checkpoint. Start a new run.", folder=run.checkpoints))
    return None


def _read(path: Path) -> dict[str, Any]:
    try:
        data = path.read_bytes()
        if sha256_of(data).encode() != _sum_of(path).read_bytes():
            raise UnusableError(_("{file}: damaged (its sha256 is another); the one before it serves.", file=path))
        content = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise UnusableError(_("{file}: not a checkpoint of this version; the one before it serves.", file=path))
    except (OSError, pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise UnusableError(
            _("{file}: not a checkpoint ({error}); the one before it serves.", file=path, error=type(error).__name__)
        ) from error
    return content


def _content(training: Training, options: TrainOptions) -> dict[str, Any]:
    names = ("generator_a2b", "generator_b2a")
    return {
        "format": FORMAT,
        "options": asdict(options),
        "step": training.step,
        "seconds": training.seconds,
        "extend": training.extend,
        "unlogged": training.unlogged,
        "best": (training.best_step, training.best_distance),
        "plan": asdict(training.plan),
        "networks": {name: network.state_dict() for name, network in training.networks.named().items()},
        "averages": {name: kept.state_dict() for name, kept in zip(names, training.averages, strict=False)},
        "optimizers": {
            "generators": training.generator_optimizer.state_dict(),
            "discriminators": training.discriminator_optimizer.state_dict(),
        },
        "scaler": training.precision.state(),
        "replays": {"a": training.fakes_a.state(), "b": training.fakes_b.state()},
    }


def _restore_averages(training: Training, averages: dict[str, Any]) -> None:
    for name, kept in zip(("generator_a2b", "generator_b2a"), training.averages, strict=False):
        kept.load_state_dict(averages[name])


def _sum_of(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _other_networks(run: RunDir, error: Exception) -> str:
    reason = str(error).strip().splitlines()[0][:200]
    return _(
        "{run}: its checkpoint does not fit its options.json ({reason}). Start a new run.", run=run.root, reason=reason
    )
