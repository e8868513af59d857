"""Generators alone, as safetensors: what a run gives away. A file holds both or one, the options that describe them,
and a sum over all of it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as save_safetensors
from torch import Tensor

from pipeline.errors import OptionError, UnusableError, UsageError
from pipeline.files import write_atomically
from pipeline.language import _
from train.cyclegan import build_generator
from train.networks import Generator
from train.options import DIRECTIONS, TrainOptions

FORMAT = "unpaired-generators-1"
PREFIX = "generator_"


def write_generators(
    path: Path,
    generators: Mapping[str, Generator],
    options: TrainOptions,
    step: int,
    facts: Mapping[str, str] | None = None,
) -> None:
    """Write generators by the direction "a2b" or "b2a" that they take, whole or not at all. Raises DiskError.

    `facts` are more of what a reader should know, under names of their own.
    """
    tensors = {
        f"{PREFIX}{direction}.{key}": value.detach().cpu().contiguous()
        for direction, generator in generators.items()
        for key, value in generator.state_dict().items()
    }
    told = {
        **(facts or {}), "format": FORMAT, "options": json.dumps(asdict(options), sort_keys=True), "step": str(step)
    }  # fmt: skip
    write_atomically(path, save_safetensors(tensors, told | {"sha256": _sum(tensors, told)}))


def are_ours(path: Path) -> bool:
    """Whether a file says that it holds the generators of a run of ours."""
    try:
        with safe_open(path, framework="pt") as file:
            return (file.metadata() or {}).get("format") == FORMAT
    except (OSError, SafetensorError):
        return False


def read_generators(path: Path) -> tuple[dict[str, Generator], TrainOptions]:
    """The generators by their direction, one or both, and the options of their run; on the CPU, not for training.

    No code of the file is ever run. Raises UnusableError for a file that is damaged, was changed, or is none of ours.
    """
    try:
        with safe_open(path, framework="pt") as file:
            facts = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  it is no dict
        known = {name: value for name, value in facts.items() if name != "sha256"}
        if facts["format"] != FORMAT or facts["sha256"] != _sum(tensors, known):
            raise ValueError("sha256")
        options = TrainOptions(**json.loads(facts["options"]))
        held = [way for way in DIRECTIONS if any(name.startswith(f"{PREFIX}{way}.") for name in tensors)]
        found = {way: _filled(build_generator(options), f"{PREFIX}{way}", tensors) for way in held}
    except (OSError, SafetensorError, KeyError, ValueError, TypeError, RuntimeError, OptionError) as error:
        message = _("{file}: no generators of a run, or damaged ({error}).", file=path, error=type(error).__name__)
        raise UnusableError(message) from error
    return found, options


def read_one(path: Path, direction: str) -> tuple[Generator, TrainOptions]:
    """The generator of a direction. Raises UnusableError as above, UsageError where the file holds the other alone."""
    found, options = read_generators(path)
    if direction not in found:
        raise UsageError(_("{file}: holds the generator {way} alone. Say --direction {way}.", file=path,
                           way=", ".join(found)))  # fmt: skip
    return found[direction], options


def _filled(generator: Generator, name: str, tensors: Mapping[str, Tensor]) -> Generator:
    mine = {key.removeprefix(f"{name}."): value for key, value in tensors.items() if key.startswith(f"{name}.")}
    generator.load_state_dict(mine)
    return generator.eval().requires_grad_(False)


def _sum(tensors: Mapping[str, Tensor], facts: Mapping[str, str]) -> str:
    """The sha256 of the facts and of each tensor's name and bytes, in order of their names."""
    digest = hashlib.sha256(json.dumps(sorted(facts.items())).encode())
    for name, value in sorted(tensors.items()):
        digest.update(name.encode())
        digest.update(value.contiguous().view(torch.uint8).numpy().data)
    return digest.hexdigest()
