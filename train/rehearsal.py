"""What a training would do, told without doing it: `pipeline train --dry-run`."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from PIL import Image

from pipeline.language import _
from pipeline.progress import Progress
from pipeline.records import DOMAINS, Domain
from train.checkpoint import begin
from train.data import Batches, ImageFile, image_files, load_pictures
from train.loop import device_for
from train.memory import foretell, running_out
from train.options import TrainOptions
from train.samples import grid, write_picture
from train.schedule import planned

_SHOWN = 4
_VERSIONS = 3


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The images and the plan of a training that was not started; `planned_steps` is 0 where a time budget decides."""

    dataroot: str
    images_a: int
    images_b: int
    planned_steps: int
    device: str
    augmented: str
    options: TrainOptions

    def text(self, names: Mapping[Domain, str]) -> str:
        """What would happen, as a line to paste into a note."""
        return _(
            "{dataroot}: {a} images of {name_a} (A) and {b} of {name_b} (B), {steps} steps, {device}."
            " How images are cut and mirrored: {augmented}. Nothing else was written.",
            dataroot=self.dataroot,
            a=self.images_a,
            b=self.images_b,
            name_a=names["A"],
            name_b=names["B"],
            steps=self.planned_steps or self.options.time_budget,
            device=self.device,
            augmented=self.augmented,
        )


def rehearse(options: TrainOptions, dataroot: Path, picture: Path, progress: Progress) -> Rehearsal:
    """Check what a training checks before its first step, but for decoding all images, and say what memory it takes.

    Writes one file, `picture`: a few images of each domain, each beside what a training would cut from it. Raises
    UnusableError for a folder that cannot be trained on, CudaError where CUDA is asked for and not usable, UsageError
    where not even the networks find memory, DiskError.
    """
    device = device_for(options.cuda)
    with image_files(dataroot, "train", options.folders) as files:
        a, b = len(files["A"]), len(files["B"])
        write_picture(picture, _augmented(options, dataroot, files, progress))
    plan = planned(options, a, b)
    with running_out(options):
        foretell(begin(options, plan, device), options, device)
    return Rehearsal(str(dataroot), a, b, plan.steps, str(device), str(picture), options)


def _augmented(
    options: TrainOptions, dataroot: Path, files: Mapping[Domain, list[ImageFile]], progress: Progress
) -> Image.Image:
    """A row for each of the first images: A at the left, B at the right, the image before what is cut from it."""
    few = {domain: files[domain][:_SHOWN] for domain in DOMAINS}
    batches = Batches(load_pictures(dataroot, options, few, progress), options)
    blank = [Image.new("RGB", (1, 1), "white")] * (1 + _VERSIONS)
    sides = [
        [
            [_shrunk(Image.fromarray(whole), options.size), *map(Image.fromarray, cut)]
            for whole, cut in batches.examples(domain, _VERSIONS)
        ]
        for domain in DOMAINS
    ]
    return grid([[*left, *right] for left, right in zip_longest(*sides, fillvalue=blank)])


def _shrunk(whole: Image.Image, size: int) -> Image.Image:
    """The whole image in a cell of `size` pixels."""
    small = whole.copy()
    small.thumbnail((size, size))
    return small
