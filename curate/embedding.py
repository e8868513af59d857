"""Pictures to vectors by an image model of the user's: an ONNX file, run by OpenCV in processes that may crash."""

import errno
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from curate.offtopic import Vectors, embed_all, off_topic
from curate.onnx import Model, plain, shape_text, unfit
from curate.raw import RawFile
from curate.thresholds import Finding
from pipeline.files import disk_errors, sha256_of
from pipeline.image import ImageError, decode
from pipeline.language import _
from pipeline.records import Verdict
from pipeline.workers import CrashedError, finished

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
"""Of ImageNet's red, green and blue, 0 to 1: what most image models were trained with; CLIP's differ by a tenth."""
MOST_NUMBERS = 65_536
"""The longest vector; embeddings have 256 to 4,096 numbers."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """An image's vector as little-endian 32-bit floats of length 1; empty where the model gives nothing usable.

    `readable` is False where the image itself could not be read now, which says nothing about the vector.
    """

    sha256: str
    vector: bytes = b""
    readable: bool = True


def try_model(executor: Executor, model: Model) -> None:
    """Let a process load the model and embed a grey picture. Raises UsageError where that fails; DiskError."""
    try:
        with disk_errors(model.path):
            problem = executor.submit(_trial, model).result()
    except CrashedError as error:
        raise unfit(model.path, _("it brings its process down, or takes more than two minutes")) from error
    if problem:
        raise unfit(model.path, problem)


def embed(file: RawFile, model: Model) -> Embedded:
    """One image's vector. Raises OSError of the disk, and one that names the model's file where that changed."""
    import cv2  # only the working processes need it

    network = _network(model)
    try:
        picture = decode(file.read(), at_least=2 * max(model.width, model.height))
    except ImageError:
        return Embedded(file.sha256, readable=False)
    try:
        vector = embed_all(network, [picture])[0]
    except (ValueError, cv2.error):
        return Embedded(file.sha256)
    return Embedded(file.sha256, vector.astype("<f4").tobytes() if vector.any() else b"")


def embed_files(executor: Executor, files: Iterable[RawFile], model: Model) -> Iterator[Embedded]:
    """Embed images as they come. One that brings its process down twice has no vector. Raises DiskError."""
    for file, future in finished(executor, partial(embed, model=model), files):
        try:
            yield future.result()
        except CrashedError:
            yield Embedded(file.sha256)
        except OSError as error:
            with disk_errors(model.path if error.filename == str(model.path) else file.path):
                raise


def strangers(kept: Iterable[Verdict], vectors: Mapping[str, bytes]) -> dict[str, Finding]:
    """What among the kept images is off its domain's topic; an image without a vector is not looked at."""
    told = [verdict for verdict in kept if vectors.get(verdict.sha256)]
    if not told:
        return {}
    rows = np.stack([np.frombuffer(vectors[verdict.sha256], "<f4") for verdict in told])
    return off_topic([verdict.sha256 for verdict in told], rows, [verdict.domain for verdict in told if verdict.domain])


def prepared(picture: Image.Image, model: Model) -> NDArray[np.float32]:
    """A picture as the model takes it, (1, 3, height, width) or (1, height, width, 3).

    Cut about its middle to the shape of the input, brought to its size, and normalised by MEAN and STD.
    """
    fitted = ImageOps.fit(picture, (model.width, model.height), Image.Resampling.BICUBIC)
    values = (np.asarray(fitted, np.float32) / 255 - np.array(MEAN, np.float32)) / np.array(STD, np.float32)
    ordered = values if model.channels_last else values.transpose(2, 0, 1)
    return np.ascontiguousarray(ordered[np.newaxis], np.float32)


class _UnfitError(Exception):
    """This model cannot be run, or gives nothing that is a vector; the text says why, in the user's language."""


def _trial(model: Model) -> str:
    try:
        _network(model)
    except _UnfitError as error:
        return str(error)
    return ""


@lru_cache(maxsize=1)
def _network(model: Model) -> "_Network":
    """The model in this process's memory. Raises _UnfitError, OSError."""
    return _Network(model)


class _Network:
    """An Embedding (curate.offtopic). A picture at a time, on one thread: no vector depends on its neighbours."""

    def __init__(self, model: Model) -> None:
        import cv2

        cv2.setNumThreads(1)  # each core has a process of its own
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        data = model.path.read_bytes()
        if sha256_of(data) != model.sha256:
            raise OSError(errno.ESTALE, _("the file changed while it was in use"), str(model.path))
        self._model = model
        try:
            self._net: Any = cv2.dnn.readNetFromONNX(np.frombuffer(data, np.uint8))
            self._output, self._numbers = self._flat_output()
        except cv2.error as error:
            raise _UnfitError(_("OpenCV cannot run it ({error})", error=plain(str(error.err or error)))) from error

    def __call__(self, pictures: Sequence[Image.Image]) -> Vectors:
        return np.stack([self._vector(picture) for picture in pictures])

    def _vector(self, picture: Image.Image) -> NDArray[np.float32]:
        self._net.setInput(prepared(picture, self._model))
        return np.array(self._net.forward(self._output), np.float32).reshape(self._numbers)

    def _flat_output(self) -> tuple[str, int]:
        """The first output that is one row of numbers, and how many. Raises _UnfitError where there is none."""
        grey = Image.new("RGB", (self._model.width, self._model.height), (128, 128, 128))
        self._net.setInput(prepared(grey, self._model))
        names = self._net.getUnconnectedOutLayersNames()
        shapes = [np.shape(output) for output in self._net.forward(names)]
        for name, shape in zip(names, shapes, strict=True):
            if max(shape, default=0) == np.prod(shape) and 2 <= max(shape) <= MOST_NUMBERS:
                return name, max(shape)
        raise _UnfitError(_("its outputs are {outputs}", outputs=", ".join(map(shape_text, shapes)) or "-"))
