"""Generators alone, as safetensors: what a run gives away; a file holds both, the options that describe them, a sum."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as save_safetensors
from torch import Tensor

from pipeline.errors import OptionError, UnusableError
from pipeline.files import write_atomically
from pipeline.language import _
from train.cyclegan import build_generator
from train.networks import Generator
from train.options import TrainOptions

FORMAT = "unpaired-generators-1"
NAMES = ("generator_a2b", "generator_b2a")


def write_generators(path: Path, generators: list[Generator], options: TrainOptions, step: int) -> None:
    """Write a2b and b2a, whole or not at all. Raises DiskError."""
    tensors = {
        f"{name}.{key}": value.detach().cpu().contiguous()
        for name, generator in zip(NAMES, generators, strict=True)
        for key, value in generator.state_dict().items()
    }
    facts = {"format": FORMAT, "options": json.dumps(asdict(options), sort_keys=True), "step": str(step)}
    write_atomically(path, save_safetensors(tensors, facts | {"sha256": _sum(tensors, facts)}))


def are_ours(path: Path) -> bool:
    """Whether a file says that it holds the generators of a run of ours."""
    try:
        with safe_open(path, framework="pt") as file:
            return (file.metadata() or {}).get("format") == FORMAT
    except (OSError, SafetensorError):
        return False


def read_generators(path: Path) -> tuple[Generator, Generator, TrainOptions]:
    """a2b, b2a and the options of their run, for use on the CPU, not for training. No code of the file is ever run.

    Raises UnusableError for a file that is damaged, was changed, or is none of ours.
    """
    try:
        with safe_open(path, framework="pt") as file:
            facts = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  it is no dict
        known = {field: facts[field] for field in ("format", "options", "step")}
        if facts["format"] != FORMAT or facts["sha256"] != _sum(tensors, known):
            raise ValueError("sha256")
        options = TrainOptions(**json.loads(facts["options"]))
        a2b, b2a = (_filled(build_generator(options), name, tensors) for name in NAMES)
    except (OSError, SafetensorError, KeyError, ValueError, TypeError, RuntimeError, OptionError) as error:
        message = _("{file}: no generators of a run, or damaged ({error}).", file=path, error=type(error).__name__)
        raise UnusableError(message) from error
    return a2b, b2a, options


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
