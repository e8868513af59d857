"""What an ONNX file says of itself: its inputs and whether it names other files, read by hand from the protocol buffer.

The file is a stranger's. OpenCV would load weights from any path that stands in it, so that is refused here, before.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.files import sha256_of
from pipeline.language import _

FREE_SIDE = 224
"""Pixels of a side that the model leaves open."""
SMALLEST_SIDE, LARGEST_SIDE = 8, 1024
MOST_BYTES = 2**31 - 1
"""A protocol buffer, which an ONNX file is, cannot be longer (protobuf.dev, encoding)."""

_FLOATS = (1, 10)
"""32-bit and 16-bit floats (onnx.proto, TensorProto.DataType)."""

_MOST_SIGNS = 300
_MOST_SHOWN = 4

Message = memoryview


@dataclass(frozen=True, slots=True)
class Model:
    """An image model by its file: its hash, and the picture that it takes, in pixels; colours first or last."""

    path: Path
    sha256: str
    width: int
    height: int
    channels_last: bool = False


def read_model(path: Path) -> Model:
    """What the file says of itself. Raises UsageError for a file that cannot be read or is no model of one picture."""
    data = _bytes_of(path)
    try:
        graphs = _all(memoryview(data), 7)
        inputs = _inputs(graphs)
        has_other_files = any(_is_elsewhere(tensor) for tensor in _tensors(memoryview(data), "model"))
    except (ValueError, IndexError, RecursionError) as error:
        raise unfit(path, _("it is no ONNX file or a damaged one")) from error
    if not graphs:
        raise unfit(path, _("it is no ONNX file or a damaged one"))
    if has_other_files:
        raise unfit(path, _("its weights lie in other files; save it as one (torch.onnx.export: external_data=False)"))
    model = _model_of_picture(path, sha256_of(data), inputs)
    if model is None:
        raise unfit(path, _("its inputs are {inputs}", inputs=", ".join(map(str, inputs[:_MOST_SHOWN])) or "-"))
    return model


def unfit(path: Path, problem: str) -> UsageError:
    """The error that names the file, what is wrong with it, and what is needed."""
    return UsageError(
        _(
            "--embedding {file}: {problem}. Needed is an image model as one ONNX file, such as the image half of a"
            " CLIP, with one input of floats, (1, 3, height, width) or (1, height, width, 3), and an output that is"
            " one row of numbers.",
            file=path,
            problem=problem,
        )
    )


def _bytes_of(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise unfit(path, _("there is no such file"))
        if path.stat().st_size > MOST_BYTES:
            raise unfit(path, _("it is larger than 2 GB"))
        return path.read_bytes()
    except OSError as error:
        raise unfit(path, _("it cannot be read ({error})", error=error.strerror)) from error


@dataclass(frozen=True, slots=True)
class _Input:
    """An input of the graph; `kind` is its TensorProto.DataType, a side of 0 is left open."""

    name: str
    kind: int
    sides: tuple[int, ...]

    def __str__(self) -> str:
        return f"{plain(self.name)} {shape_text(self.sides)}"


def shape_text(sides: Iterable[int]) -> str:
    """Such as (?, 3, 224, 224); a side that is left open is 0."""
    return "(" + ", ".join(str(side or "?") for side in sides) + ")"


def plain(text: str) -> str:
    """A stranger's text for a message: short, and with nothing in it that a terminal would obey."""
    return "".join(sign if sign.isprintable() else " " for sign in text)[:_MOST_SIGNS].strip()


def _model_of_picture(path: Path, sha256: str, inputs: Sequence[_Input]) -> Model | None:
    """The model, where its only input is one picture of a size that can be meant."""
    if len(inputs) != 1 or inputs[0].kind not in _FLOATS or len(inputs[0].sides) != 4:
        return None
    batch, *sides = inputs[0].sides
    channels_last = sides[0] != 3 and sides[2] == 3
    height, width, channels = sides if channels_last else (sides[1], sides[2], sides[0])
    height, width = height or FREE_SIDE, width or FREE_SIDE
    if batch > 1 or channels not in (0, 3):
        return None
    if not all(SMALLEST_SIDE <= side <= LARGEST_SIDE for side in (height, width)):
        return None
    return Model(path, sha256, width, height, channels_last)


def _inputs(graphs: Iterable[Message]) -> list[_Input]:
    """What the graph wants to be given: old files list their weights among the inputs, too (onnx.proto, GraphProto)."""
    found: list[_Input] = []
    given: set[str] = set()
    for graph in graphs:
        given |= {_text(name) for tensor in _all(graph, 5) for name in _all(tensor, 8)}
        found += [_input(value) for value in _all(graph, 11)]
    return [one for one in found if one.name not in given]


def _input(value: Message) -> _Input:
    """A ValueInfoProto: name 1, type 2 -> tensor_type 1 -> elem_type 1, shape 2 -> dim 1 -> dim_value 1."""
    tensors = [tensor for kind in _all(value, 2) for tensor in _all(kind, 1)]
    dims = [dim for tensor in tensors for shape in _all(tensor, 2) for dim in _all(shape, 1)]
    return _Input(
        name="".join(map(_text, _all(value, 1))),
        kind=max((_number(tensor, 1) for tensor in tensors), default=0),
        sides=tuple(_number(dim, 1) for dim in dims),
    )


_INSIDE: dict[str, dict[int, str]] = {
    "model": {7: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
}
"""The fields through which tensors are reached (onnx.proto)."""


def _tensors(message: Message, kind: str) -> Iterator[Message]:
    if kind == "tensor":
        yield message
        return
    for number, value in _fields(message):
        if number in _INSIDE[kind] and isinstance(value, memoryview):
            yield from _tensors(value, _INSIDE[kind][number])


def _is_elsewhere(tensor: Message) -> bool:
    """Whether a TensorProto says that its numbers lie in a file: OpenCV would open any path that stands there."""
    return any(number == 13 or (number == 14 and value) for number, value in _fields(tensor))


def _all(message: Message, number: int) -> list[Message]:
    return [value for name, value in _fields(message) if name == number and isinstance(value, memoryview)]


def _number(message: Message, number: int) -> int:
    """A whole number, 0 where it is not given or negative."""
    values = [value for name, value in _fields(message) if name == number and isinstance(value, int)]
    return values[-1] if values and values[-1] < 2**31 else 0


def _text(value: Message) -> str:
    return bytes(value).decode(errors="replace")


def _fields(message: Message) -> Iterator[tuple[int, int | Message]]:
    """Number and value of each field, in order (protobuf.dev, encoding). Raises ValueError, IndexError if broken."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, place = _varint(message, place)
            yield number, value
            continue
        if kind == 2:
            length, place = _varint(message, place)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise ValueError(f"wire type {kind} at byte {place}")
        if place + length > len(message):
            raise ValueError(f"{length} bytes at byte {place} of {len(message)}")
        yield number, message[place : place + length]
        place += length


def _varint(message: Message, place: int) -> tuple[int, int]:
    """A number of up to ten bytes, seven bits in each, the lowest first; and where the next field begins."""
    number = 0
    for shift in range(0, 70, 7):
        byte = message[place]
        place += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, place
    raise ValueError(f"a number of more than ten bytes before byte {place}")
