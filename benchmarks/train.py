"""A training step at 256 x 256, batch 1, the paper's networks: CPU time and memory, beside a peer's step.

Ours in fp32 and in bf16, and that of junyanz' program (its `models` package, from a checkout beside the project), take
turns in one process, with one thread: on a busy machine the CPU time of several would count their waiting for one
another. Memory is what the process holds at the most within a step above what it held before, when weights and
optimizers lay there and no gradients: the kernel's own count, reset before each step. Last, how much of a training at
64 x 64 goes to waiting for images. Linux only. Run by hand:

    python benchmarks/train.py [--rounds 3] [--size 256] [--peer CHECKOUT]
"""

import argparse
import contextlib
import ctypes
import importlib
import io
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # this checkout, whatever is installed

from train.checkpoint import begin
from train.options import TrainOptions
from train.schedule import Plan
from train.step import take_step

WARM_UP_STEPS = 1
WAITED_STEPS = 60
CPU = torch.device("cpu")

Step = Callable[[Tensor, Tensor], None]


@dataclass(frozen=True)
class Contestant:
    """What takes a step, and what forgets the gradients that it left."""

    step: Step
    forget: Callable[[], None]


@dataclass(frozen=True)
class Measured:
    """One step: its CPU time, user and system, and its memory above what lay there before."""

    cpu_seconds: float
    megabytes: float


def ours(size: int, precision: str) -> Contestant:
    options = TrainOptions(size=size, precision=precision, steps=1000)
    training = begin(options, Plan(1000, 500), CPU)

    def forget() -> None:
        """Our step leaves none."""

    return Contestant(lambda a, b: take_step(training, options, a, b, lambda _name, _loss: None), forget)


def junyanz(checkout: Path) -> Contestant:
    """Its CycleGAN with the options' defaults of its own command line, but for a GPU."""
    sys.path.insert(0, str(checkout))
    model_class: Any = importlib.import_module("models.cycle_gan_model").CycleGANModel
    options = SimpleNamespace(
        isTrain=True, gpu_ids=[], checkpoints_dir=tempfile.gettempdir(), name="benchmark", preprocess="resize_and_crop",
        direction="AtoB", input_nc=3, output_nc=3, ngf=64, ndf=64, netG="resnet_9blocks", netD="basic", n_layers_D=3,
        norm="instance", no_dropout=True, init_type="normal", init_gain=0.02, pool_size=50, gan_mode="lsgan", lr=2e-4,
        beta1=0.5, lambda_A=10.0, lambda_B=10.0, lambda_identity=0.5,
    )  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()):
        model = model_class(options)

    def step(real_a: Tensor, real_b: Tensor) -> None:
        model.set_input({"A": real_a, "B": real_b, "A_paths": [], "B_paths": []})
        model.optimize_parameters()

    def forget() -> None:
        for optimizer in (model.optimizer_G, model.optimizer_D):
            optimizer.zero_grad()

    return Contestant(step, forget)


def measured(contestant: Contestant, real_a: Tensor, real_b: Tensor) -> Measured:
    contestant.forget()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the greatest size so far is that of now
    before_kilobytes, before_seconds = status("VmRSS"), cpu_seconds()
    contestant.step(real_a, real_b)
    return Measured(cpu_seconds() - before_seconds, (status("VmHWM") - before_kilobytes) / 1024)


def status(field: str) -> int:
    """A line of /proc/self/status, in kilobytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(f"{field}:")).split()[1])


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def images(size: int) -> Iterator[tuple[Tensor, Tensor]]:
    random = torch.Generator().manual_seed(1)
    while True:
        both = torch.rand(2, 1, 3, size, size, generator=random) * 2 - 1
        yield both[0], both[1]


def compare(rounds: int, size: int, peer: Path | None) -> None:
    contestants = {"ours fp32": ours(size, "fp32"), "ours bf16": ours(size, "bf16")}
    if peer:
        contestants = {"junyanz": junyanz(peer)} | contestants
    runs: dict[str, list[Measured]] = {name: [] for name in contestants}
    for number, (real_a, real_b) in zip(range(WARM_UP_STEPS + rounds), images(size), strict=False):
        for name, contestant in contestants.items():
            one = measured(contestant, real_a, real_b)
            if number >= WARM_UP_STEPS:
                runs[name].append(one)
    first = next(iter(contestants))
    say(f"a step at {size} x {size}, batch 1, one thread, {rounds} rounds; ratios are to {first}")
    for name, steps in runs.items():
        report(name, steps, runs[first])


def report(name: str, steps: list[Measured], others: list[Measured]) -> None:
    seconds = statistics.median(step.cpu_seconds for step in steps)
    megabytes = statistics.median(step.megabytes for step in steps)
    pairs = list(zip(steps, others, strict=True))
    time_ratio = statistics.median(step.cpu_seconds / other.cpu_seconds for step, other in pairs)
    memory_ratio = statistics.median(step.megabytes / other.megabytes for step, other in pairs)
    say(f"{name:10} {seconds:7.2f} s CPU {time_ratio:5.2f} x {megabytes:8.0f} MB above {memory_ratio:5.2f} x")


def waiting() -> None:
    """The share of a training's wall time that goes to waiting for images, 64 x 64, from files of 286 pixels."""
    import numpy as np
    from PIL import Image

    from pipeline.progress import Silent
    from train.data import Batches, image_files, load_pictures

    options = TrainOptions(size=64, steps=WAITED_STEPS, generator="resnet-6", width=32, discriminator_width=32)
    with tempfile.TemporaryDirectory(prefix="unpaired-benchmark-") as folder:
        root = Path(folder)
        random = np.random.default_rng(1)
        for domain in ("A", "B"):
            (root / "train" / domain).mkdir(parents=True)
            for number in range(40):
                coarse = Image.fromarray(random.integers(0, 256, (30, 40, 3), dtype=np.uint8))
                coarse.resize((381, 286)).save(root / "train" / domain / f"{number}.jpg")
        with image_files(root, "train") as files:
            batches = Batches(load_pictures(root, options, files, Silent()), options)
    loader, training = batches.from_step(0), begin(options, Plan(WAITED_STEPS, WAITED_STEPS), CPU)
    waited, begun = 0.0, time.perf_counter()
    for _step in range(WAITED_STEPS):
        asked = time.perf_counter()
        real_a, real_b = next(loader)
        waited += time.perf_counter() - asked
        take_step(training, options, real_a, real_b, lambda _name, _loss: None)
    share = waited / (time.perf_counter() - begun)
    loader.close()
    say(f"waiting for images at 64 x 64, {WAITED_STEPS} steps of small networks: {share:.2%} of the time")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--peer", type=Path, help="a checkout of junyanz/pytorch-CycleGAN-and-pix2pix")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    compare(arguments.rounds, arguments.size, arguments.peer)
    waiting()


if __name__ == "__main__":
    main()
