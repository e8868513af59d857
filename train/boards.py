"""TensorBoard and Weights & Biases, by their own libraries, which are extras."""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pipeline.files import sha256_of
from pipeline.language import _
from train.options import TrainOptions
from train.trackers import Point, TrackerError

_REFUSALS = (ImportError, OSError, RuntimeError, ValueError, TypeError, AttributeError)
"""What the libraries raise where a disk, a service or another version of something does not do as they expect."""


class TensorBoard:
    """Event files in `folder`: tensorboard --logdir runs. What a killed run wrote after `step` is hidden."""

    def __init__(self, folder: Path, step: int) -> None:
        with _told("tensorboard"):
            from torch.utils.tensorboard import SummaryWriter

            self._writer: Any = SummaryWriter(str(folder), purge_step=step + 1)

    def add(self, point: Point) -> None:
        with _told("tensorboard"):
            for name, value in point.curves.items():
                self._writer.add_scalar(name, value, point.step)

    def show(self, step: int, pictures: Mapping[str, Image.Image]) -> None:
        with _told("tensorboard"):
            for name, picture in pictures.items():
                self._writer.add_image(name, np.asarray(picture), step, dataformats="HWC")
            self._writer.flush()

    def close(self) -> None:
        with _told("tensorboard"):
            self._writer.close()


class WeightsAndBiases:
    """A run of wandb in `root`, offline unless WANDB_MODE says otherwise: `wandb sync` sends it later.

    A run that goes on is the same run there: its id comes from its folder.
    """

    def __init__(self, root: Path, options: TrainOptions) -> None:
        with _told("wandb"):
            import wandb
        self._wandb: Any = wandb
        with self._refused():
            self._run: Any = wandb.init(
                project="unpaired",
                name=root.resolve().name,
                id=sha256_of(str(root.resolve()).encode())[:16],
                dir=str(root),
                config=asdict(options),
                resume="allow",
                mode=os.environ.get("WANDB_MODE", "offline"),  # type: ignore[arg-type]
                settings=wandb.Settings(console="off", silent=True, disable_git=True, save_code=False),
            )

    def add(self, point: Point) -> None:
        with self._refused():
            self._run.log({**point.curves, "epoch": point.epoch}, step=point.step)

    def show(self, step: int, pictures: Mapping[str, Image.Image]) -> None:
        with self._refused():
            self._run.log({name: self._wandb.Image(picture) for name, picture in pictures.items()}, step=step)

    def close(self) -> None:
        with self._refused():
            self._run.finish()

    def _refused(self) -> AbstractContextManager[None]:
        return _told("wandb", self._wandb.errors.Error)


@contextmanager
def _told(package: str, *kinds: type[Exception]) -> Iterator[None]:
    """Turn what a library raises, its own `kinds` too, into a TrackerError."""
    refusals: tuple[type[Exception], ...] = (*_REFUSALS, *kinds)
    try:
        yield
    except ModuleNotFoundError as error:
        raise TrackerError(_('it is not installed: pip install "unpaired[{extra}]"', extra=package)) from error
    except refusals as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise TrackerError(_("it failed ({reason})", reason=reason)) from error
