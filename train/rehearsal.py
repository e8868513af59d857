"""What a training would do, told without doing it: `pipeline train --dry-run`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.language import _
from pipeline.records import Domain
from train.data import image_files
from train.loop import device_for
from train.options import TrainOptions
from train.schedule import planned


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The images and the plan of a training that was not started; `planned_steps` is 0 where a time budget decides."""

    dataroot: str
    images_a: int
    images_b: int
    planned_steps: int
    device: str
    options: TrainOptions

    def text(self, names: Mapping[Domain, str]) -> str:
        """What would happen, as a line to paste into a note."""
        return _(
            "{dataroot}: {a} images of {name_a} (A) and {b} of {name_b} (B), {steps} steps, {device}."
            " Nothing was written.",
            dataroot=self.dataroot,
            a=self.images_a,
            b=self.images_b,
            name_a=names["A"],
            name_b=names["B"],
            steps=self.planned_steps or self.options.time_budget,
            device=self.device,
        )


def rehearse(options: TrainOptions, dataroot: Path) -> Rehearsal:
    """Check what a training checks before its first step, but for decoding the images; writes nothing.

    Raises UnusableError for a folder that cannot be trained on, CudaError where CUDA is asked for and not usable.
    """
    device = device_for(options.cuda)
    with image_files(dataroot, "train", options.folders) as files:
        a, b = len(files["A"]), len(files["B"])
    return Rehearsal(str(dataroot), a, b, planned(options, a, b).steps, str(device), options)
