"""The memory that a training needs: told before its first step, measured after it; and what to say when it runs out."""

import dataclasses
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from pipeline.errors import CudaError, OptionError, UsageError
from pipeline.language import _
from train.capacity import free_bytes, most_held_bytes
from train.checkpoint import Training
from train.options import TrainOptions
from train.rundir import RunDir, checkpoints

_SLACK = 1.4
"""What allocators, convolutions and the way back take beside the maps that are kept for it. With it, 0.9 to 1.2 of what
the kernel counted in two steps was foretold in six settings (96 to 256 pixels, 32 and 16 bits, ResNets and a U-Net)."""

_FLOAT_BYTES = 4
_SMALL_SIDE = 64
_WORDS_OF_ALLOCATORS = ("allocate memory", "not enough memory", "bad_alloc", "alloc_failed")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Need:
    """What a training will take beside what it holds already: in any case, for each pixel of a square, for a save."""

    fixed_bytes: int
    pixel_bytes: float
    save_bytes: int = 0

    def at(self, size: int) -> int:
        """Bytes for squares of `size` pixels. A checkpoint is written when the maps of a step are gone."""
        return self.fixed_bytes + max(round(self.pixel_bytes * size**2), self.save_bytes)

    def greatest(self, free: int) -> int:
        """The side in pixels of the greatest squares for which `free` bytes are enough; 0 where none are."""
        left = free - self.fixed_bytes
        return int((left / self.pixel_bytes) ** 0.5) if left >= max(1, self.save_bytes) else 0


def foretell(training: Training, options: TrainOptions, device: torch.device) -> None:
    """Say what the training will take, what is free, and which size would fit; a warning where it does not fit.

    One pass over a small image is all that is computed: no weight, gradient or random state of a step changes.
    """
    need, free = need_of(training, options, device), free_bytes(device)
    needed, largest = need.at(options.size), fitting_size(options, need.greatest(free))
    fits = _("the greatest --size that fits is {size}", size=largest) if largest else _("no --size fits")
    if needed <= free:
        _log.info(_("Memory: training takes about {needed}, and {free} are free; {fits}.", needed=told(needed),
                    free=told(free), fits=fits))  # fmt: skip
        return
    _log.warning(
        _(
            "Memory: training takes about {needed}, and only {free} are free; {fits}. What takes less: {remedies}.",
            needed=told(needed),
            free=told(free),
            fits=fits,
            remedies=remedies(options, largest),
        )
    )


def need_of(training: Training, options: TrainOptions, device: torch.device) -> Need:
    """What a training takes at the most, by what a pass of its own networks over one small image keeps.

    Gradients and Adam's two moments of all networks, as far as they are not there yet; the replay buffers; what the
    longest of the loss paths keeps for its way back, of which autocast's copies of weights do not grow with the image.
    """
    networks = training.networks
    weights = sum(_bytes(network) for network in networks.named().values())
    averages = sum(_bytes(network) for network in training.averages)
    passed = (networks.generator_a2b, networks.generator_b2a, networks.discriminator_b)
    dtype = training.precision.dtype
    copies = sum(_bytes(network) for network in passed) * dtype.itemsize // _FLOAT_BYTES if dtype else 0
    side = _small_side(options)
    kept = options.batch_size * _kept_bytes(training, side) / side**2
    replays = 2 * options.replay_size * 3 * _FLOAT_BYTES
    save = 0 if device.type == "cuda" else 3 * weights + averages  # on its way to the disk it lies in the machine's
    return Need(3 * weights - _moments_bytes(training) + copies, replays + _SLACK * kept, save)


def fitting_size(options: TrainOptions, greatest: int) -> int:
    """The greatest --size up to `greatest` that the networks take; 0 where there is none."""
    for size in range(greatest // 4 * 4, 0, -4):
        try:
            return dataclasses.replace(options, size=size, load_size=0).size
        except OptionError:
            continue  # a U-Net and a discriminator of many layers do not take every size
    return 0


def remedies(options: TrainOptions, size: int) -> str:
    """The options that would make this training smaller, with values; `size` 0 where no smaller one is known."""
    found = [f"--batch-size {options.batch_size // 2}"] if options.batch_size > 1 else []
    if 0 < size < options.size:
        found.append(f"--size {size}")
    if options.precision == "fp32":
        found.append("--precision bf16")
    if options.generator == "resnet-9":
        found.append("--generator resnet-6")
    if options.width > 1:
        found.append(f"--width {options.width // 2}")
    return ", ".join(found)


def tell_measured(device: torch.device) -> None:
    """Say what was held at the most so far: after the first step, what the training takes. Nothing where none knows."""
    held = most_held_bytes(device)
    if held:
        _log.info(_("Memory: this process has held {held} at the most, its first step included.", held=told(held)))


@contextmanager
def running_out(options: TrainOptions, run: RunDir | None = None) -> Iterator[None]:
    """Make an allocator's error one that says which options take less, and where the run's last checkpoint lies.

    Raises CudaError for a full GPU, UsageError for a full memory: options that this machine is too small for.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        message = _out_of_memory(options, run)
        raise (CudaError(message) if options.cuda else UsageError(message)) from error


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an allocator said that there is no memory left, the GPU's or the machine's."""
    said = str(error).lower()
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(
        words in said for words in _WORDS_OF_ALLOCATORS
    )


def told(size_bytes: int) -> str:
    """Bytes for a person: 1.3 GB, 80 MB."""
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.0f} MB"


def _out_of_memory(options: TrainOptions, run: RunDir | None) -> str:
    less = remedies(options, fitting_size(options, options.size // 2))
    newest: Path | None = next(iter(checkpoints(run)), None) if run else None
    if run is None or newest is None:
        return _("Out of memory before a checkpoint was written. What takes less: {remedies}.", remedies=less)
    return _(
        "Out of memory. The last good checkpoint: {checkpoint}. What takes less: {remedies}; a new run begins with the"
        " weights of this one by --init-from {run} where its networks are the same.",
        checkpoint=newest,
        remedies=less,
        run=run.name,
    )


def _small_side(options: TrainOptions) -> int:
    return options.unet_side or min(options.size, _SMALL_SIDE)


class _Watch(TorchDispatchMode):
    """Knows every storage that a pass makes of anything but weights, without keeping it alive."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._sizes: dict[Any, int] = {}  # by a weak reference to a storage

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, Tensor) and not (args and isinstance(args[0], nn.Parameter)):  # no weight in 16 bits
                storage = tensor.untyped_storage()
                self._sizes[StorageWeakRef(storage)] = storage.nbytes()  # type: ignore[no-untyped-call]
        return result

    def alive_bytes(self) -> int:
        """The bytes of those that are still held by anybody."""
        return sum(size for storage, size in self._sizes.items() if not storage.expired())


def _kept_bytes(training: Training, side: int) -> int:
    """What a pass of one image there, back and through the judge keeps for going backward, without any weights.

    All that lives is counted, whoever holds it: what is made again in the backward pass has no saved tensor.
    """
    networks = training.networks
    images = torch.zeros(1, 3, side, side, device=next(networks.generator_parameters()).device)
    watch = _Watch()
    with watch, training.precision.passes():
        fake = networks.generator_a2b(images)
        outputs = networks.generator_b2a(fake), networks.discriminator_b(fake)
    kept = watch.alive_bytes()
    del outputs
    return kept


def _moments_bytes(training: Training) -> int:
    """Adam's moments that are there already, as in a run that goes on."""
    states = (training.generator_optimizer.state, training.discriminator_optimizer.state)
    return sum(value.nbytes for state in states for moments in state.values() for value in moments.values()
               if isinstance(value, Tensor))  # fmt: skip


def _bytes(network: nn.Module) -> int:
    return sum(parameter.nbytes for parameter in network.parameters())
