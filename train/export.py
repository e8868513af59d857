"""The door of exporting a model: one generator of a run -> a file that other programs run, checked against torch."""

import io
import json
import tempfile
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pipeline.errors import UsageError
from pipeline.files import write_atomically
from pipeline.language import _
from train.checkpoint import read_generator
from train.generators import write_generators
from train.networks import HEADROOM, Generator
from train.rundir import checkpoint_step, checkpoints, find_run, read_settings
from train.weights import write_generator_weights

INPUT = "image: uint8 [N, H, W, 3], RGB of 0..255; 8 pixels or more a side"
OUTPUT = "translated: the same"

_OPSET = 17
_CPU = torch.device("cpu")
_SUFFIXES = {"onnx": ".onnx", "torchscript": ".pt", "safetensors": ".safetensors", "pth": ".pth"}
_PROBES = ((1, 64, 64), (2, 37, 90))

Pixels = NDArray[np.uint8]
Run = Callable[[Pixels], Pixels]


@dataclass(frozen=True, slots=True)
class ModelExportSummary:
    """What was exported, and how far it is from torch: the largest difference of 255, and the share that differs.

    Both are None for weights, which compute nothing themselves.
    """

    file: str
    size_bytes: int
    direction: str
    input: str
    output: str
    largest_difference: int | None
    differing_share: float | None

    def text(self) -> str:
        """The closing lines of the command."""
        line = _("{file}: {direction}, {size_bytes} bytes.", file=self.file, direction=self.direction,
                 size_bytes=self.size_bytes)  # fmt: skip
        if self.largest_difference is None or self.differing_share is None:
            return line
        parity = _(
            "Against torch: {share:.4%} of the values differ, by {most} of 255 at the most.",
            share=self.differing_share,
            most=self.largest_difference,
        )
        return "\n".join((line, self.input, self.output, parity))


class Exported(nn.Module):
    """A generator with everything around it: uint8 [N, H, W, 3] of 0..255 in, the same out, for any H and W from 8.

    Edges are repeated up to the generator's multiple, and cut off again. A generator that predicts a change works at
    the picture's own size: what `pipeline translate` does for pictures no larger than those of the training.
    """

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, image: Tensor) -> Tensor:
        images = image.permute(0, 3, 1, 2).float() / 127.5 - 1
        height, width = images.shape[2], images.shape[3]
        padded = images.index_select(2, self._edge(height)).index_select(3, self._edge(width))
        made = self._made(padded)[:, :, :height, :width]
        pixels = ((made + 1) * 127.5).round().clamp(0, 255)
        return pixels.to(torch.uint8).permute(0, 2, 3, 1)

    def _made(self, images: Tensor) -> Tensor:
        """As networks.changed says it, with logarithms for atanh, which ONNX' converter does not know."""
        h = self.generator.change(images)
        if not self.generator.predicts_change:
            return torch.tanh(h)
        x = HEADROOM * images
        return torch.tanh(0.5 * torch.log((1 + x) / (1 - x)) + h) / HEADROOM

    def _edge(self, length: int) -> Tensor:
        """The indices 0 to length - 1, and the last again up to the next multiple; `length` may be a traced number."""
        multiple = self.generator.multiple
        return torch.arange((length + multiple - 1) // multiple * multiple).clamp(max=length - 1)


def export_model(form: str, run: Path, direction: str, output: Path | None) -> ModelExportSummary:
    """Write the generator "a2b" or "b2a" of a run in one of options.MODEL_FORMS, whole or not at all.

    `output` None names the file after the run, in this folder.

    onnx and torchscript take and give pixels (see Exported), of any size, and are run beside torch before they count
    as written; safetensors are a file of generators.py with this one, pth junyanz' and aitorzip's layout.
    Raises UsageError (no such run, a missing package, a network that the others lack), UnusableError, DiskError.
    """
    folder = find_run(run.parent, str(run))
    options = read_settings(folder).options
    generator = read_generator(folder, options, direction, _CPU)
    path = output or Path(f"{folder.name}-{direction}{_SUFFIXES[form]}")
    if form == "pth":
        write_generator_weights(path, generator)
        return _weights_summary(path, direction)
    facts = {"direction": direction, "input": INPUT, "output": OUTPUT, "shorter_side_trained": str(options.load_side)}
    if form == "safetensors":
        step = max(map(checkpoint_step, checkpoints(folder)), default=0)
        write_generators(path, {direction: generator}, options, step, facts)
        return _weights_summary(path, direction)
    model = Exported(generator).eval()
    data, run_it = (_onnx if form == "onnx" else _torchscript)(model, facts)
    most, share = parity(model, run_it)
    write_atomically(path, data)
    return ModelExportSummary(str(path), len(data), direction, INPUT, OUTPUT, most, share)


@torch.inference_mode()
def parity(model: Exported, run_it: Run) -> tuple[int, float]:
    """How far an exported model is from torch, on noise of two sizes: the largest difference, the share that differs.

    Sizes other than the one that was traced, and no multiples of anything: so a fixed size would show.
    """
    random = np.random.default_rng(0)
    away = []
    for count, height, width in _PROBES:
        pixels = random.integers(0, 256, (count, height, width, 3), dtype=np.uint8)
        expected = model(torch.from_numpy(pixels)).numpy()
        away.append(np.abs(run_it(pixels).astype(int) - expected).ravel())
    differences = np.concatenate(away)
    return int(differences.max()), float((differences > 0).mean())


def _weights_summary(path: Path, direction: str) -> ModelExportSummary:
    return ModelExportSummary(str(path), path.stat().st_size, direction, "", "", None, None)


def _torchscript(model: Exported, facts: Mapping[str, str]) -> tuple[bytes, Run]:
    """The traced model; the facts lie in it as facts.json."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's about tracing and its age; parity() decides
        traced = torch.jit.trace(model, _example(model), check_trace=False)  # type: ignore[no-untyped-call]
        buffer = io.BytesIO()
        torch.jit.save(traced, buffer, _extra_files={"facts.json": json.dumps(dict(facts))})
        loaded = torch.jit.load(io.BytesIO(buffer.getvalue()))  # type: ignore[no-untyped-call]
    return buffer.getvalue(), lambda pixels: np.asarray(loaded(torch.from_numpy(pixels)))


def _onnx(model: Exported, facts: Mapping[str, str]) -> tuple[bytes, Run]:
    """The model as ONNX, the facts as its metadata, and a session of onnxruntime that runs it."""
    try:
        import onnx
        import onnxruntime
    except ImportError as error:
        raise UsageError(
            _(
                "--format onnx needs the packages onnx and onnxruntime. Install them: pip install 'unpaired[onnx]',"
                " or take --format torchscript.",
            )
        ) from error
    axes = {0: "n", 1: "height", 2: "width"}
    with warnings.catch_warnings(), tempfile.TemporaryDirectory(prefix="unpaired-") as folder:
        warnings.simplefilter("ignore")  # as above; the newer exporter takes half a minute and two packages more
        torch.onnx.export(
            model, (_example(model),), f"{folder}/model.onnx", dynamo=False, opset_version=_OPSET,
            input_names=["image"], output_names=["translated"], dynamic_axes={"image": axes, "translated": axes},
        )  # fmt: skip
        proto = onnx.load(f"{folder}/model.onnx")
    onnx.helper.set_model_props(proto, dict(facts))
    onnx.checker.check_model(proto)
    data = proto.SerializeToString()
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    return data, lambda pixels: np.asarray(session.run(None, {"image": pixels})[0])


def _example(model: Exported) -> Tensor:
    side = max(2 * model.generator.multiple, 32)
    return torch.zeros(1, side, side, 3, dtype=torch.uint8)
