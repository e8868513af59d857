"""Tiny data sets and options that the trainer's tests share."""

import dataclasses
import os
import signal
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from pipeline.progress import Silent
from train.checkpoint import Training, begin, restore
from train.data import Batches, image_files, load_pictures
from train.options import TrainOptions
from train.rundir import RunDir, read_settings
from train.schedule import Plan

TINY = TrainOptions(
    steps=6, size=32, load_size=36, seed=3, ema=0.9, generator="resnet-3", width=4, predict="change",
    discriminator_layers=2, discriminator_width=4, replay_size=3, num_workers=0, threads=1, checkpoint_every=2,
)  # fmt: skip


def tiny(**changes: object) -> TrainOptions:
    return dataclasses.replace(TINY, **changes)  # type: ignore[arg-type]


class StopAt(Silent):
    """Progress that sends this process a signal, Ctrl-C where none is said, once a step is reached."""

    def __init__(self, step: int, number: int = signal.SIGINT) -> None:
        self.step, self.number = step, number
        self.training = False

    def start(self, label: str, total: int | None = None) -> None:
        self.training = label == "Training"

    def update(self, done: int, note: str = "") -> None:
        if self.training and done == self.step:
            os.kill(os.getpid(), self.number)


def picture(seed: int, size: tuple[int, int] = (48, 40)) -> Image.Image:
    """A blurry random picture, greenish or pinkish by its seed's parity."""
    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(0, 256, (6, 6, 3)).astype(np.uint8))
    return coarse.resize(size, Image.Resampling.BICUBIC)


def dataset(root: Path, a: int = 6, b: int = 4, folders: tuple[str, ...] = ("train/A", "train/B")) -> Path:
    """Folders of small pictures: `a` in the first, `b` in the second."""
    for first, (folder, count) in enumerate(zip(folders, (a, b), strict=True)):
        (root / folder).mkdir(parents=True)
        for number in range(count):
            picture(1000 * first + number).save(root / folder / f"{number:03d}.png")
    return root


def whole_dataset(root: Path) -> Path:
    """train/ and test/, with 6 and 4, 2 and 3 pictures."""
    dataset(root)
    return dataset(root, 2, 3, ("test/A", "test/B"))


def loaded_batches(root: Path, options: TrainOptions = TINY) -> Batches:
    """The batches of a folder."""
    with image_files(root, "train") as files:
        return Batches(load_pictures(root, options, files, Silent()), options)


def state_of(run: str) -> Training:
    """The state in the run's newest checkpoint."""
    folder = RunDir(Path(run))
    training = begin(read_settings(folder).options, Plan(0, 0), torch.device("cpu"))
    assert restore(folder, training)
    return training


def tensors_of(training: Training) -> dict[str, torch.Tensor]:
    """Every number that a training consists of, by name."""
    tensors = {f"{n}.{k}": v for n, net in training.networks.named().items() for k, v in net.state_dict().items()}
    for number, averaged in enumerate(training.averages):
        tensors |= {f"average{number}.{name}": value for name, value in averaged.state_dict().items()}
    for name in ("generator_optimizer", "discriminator_optimizer"):
        for index, moments in getattr(training, name).state_dict()["state"].items():
            tensors |= {f"{name}.{index}.{key}": value for key, value in moments.items()}
    return tensors | {"fakes_a": training.fakes_a.state(), "fakes_b": training.fakes_b.state()}


def assert_equal_to_the_bit(one: Training, other: Training) -> None:
    first, second = tensors_of(one), tensors_of(other)
    assert first.keys() == second.keys()
    assert [name for name in first if not torch.equal(first[name], second[name])] == []
    assert (one.step, one.plan) == (other.step, other.plan)
