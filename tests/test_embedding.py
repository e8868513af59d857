"""Off-topic pictures flagged by an ONNX model, written byte by byte here: it gives a picture's mean colour."""

import errno
import io
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from curate.build import CurateSummary, curate
from curate.embedding import MEAN, STD, embed, embed_files, prepared, try_model
from curate.onnx import FREE_SIDE, Model, read_model
from curate.options import CurateOptions
from curate.raw import RawFile
from curate.thresholds import REASONS
from pipeline.catalog import open_catalog
from pipeline.dataset import DatasetDir
from pipeline.errors import DiskError, UsageError
from pipeline.files import sha256_of
from pipeline.finished import read_finished
from pipeline.progress import Silent
from pipeline.records import Candidate, Domain, ImageRecord, Source
from pipeline.workers import ProcessExecutor

NAMES: dict[Domain, str] = {"A": "거리", "B": "벚꽃"}
OPTIONS = CurateOptions(split=0.75, size=40, min_size=32, keep=(*REASONS, "duplicate"), workers=1)
GREEN, PINK, BLUE = (60, 140, 70), (230, 150, 190), (40, 60, 220)


def varint(number: int) -> bytes:
    head = b""
    while number > 127:
        head += bytes([number & 127 | 128])
        number >>= 7
    return head + bytes([number])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def text(field: int, value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(data)) + data


def value_info(name: str, sides: tuple[int | str, ...], kind: int = 1) -> bytes:
    dims = (text(1, number(1, side) if isinstance(side, int) else text(2, side)) for side in sides)
    return text(1, name) + text(2, text(1, number(1, kind) + text(2, b"".join(dims))))


def node(kind: str, given: str, made: str, *attributes: bytes) -> bytes:
    inputs = b"".join(text(1, name) for name in given.split())
    return text(1, inputs + text(2, made) + text(4, kind) + b"".join(attributes))


def tensor(name: str, values: list[float], *sides: int, inside: bytes | None = None) -> bytes:
    data = text(9, struct.pack(f"<{len(values)}f", *values)) if inside is None else inside
    return b"".join(number(1, side) for side in sides) + number(2, 1) + text(8, name) + data


def onnx(*graph: bytes) -> bytes:
    """A model of IR version 8 and operator set 13."""
    return number(1, 8) + text(7, text(2, "g") + b"".join(graph)) + text(8, text(1, "") + number(2, 13))


def mean_colour(*sides: int | str, kind: int = 1, scale: float = 1.0) -> bytes:
    """Gives the three means of a picture, each times `scale`."""
    return onnx(
        node("GlobalAveragePool", "x", "p"),
        node("Mul", "p s", "m"),
        node("Flatten", "m", "y"),
        text(5, tensor("s", [scale], 1)),
        text(11, value_info("x", sides or (1, 3, 16, 16), kind)),
        text(12, value_info("y", (1, 3))),
    )


COLOURS_LAST = onnx(
    node(
        "Transpose", "x", "t", text(5, text(1, "perm") + b"".join(number(8, n) for n in (0, 3, 1, 2)) + number(20, 7))
    ),
    node("GlobalAveragePool", "t", "p"),
    node("Flatten", "p", "y"),
    text(11, value_info("x", ("N", 16, 24, 3))),
    text(12, value_info("y", ("N", 3))),
)


def picture(colour: tuple[int, int, int], seed: int) -> bytes:
    """A picture of one prevailing colour, unlike those of all other seeds."""
    noise = np.random.default_rng(seed).integers(-40, 40, (6, 8, 3))
    values = np.clip(np.array(colour) + noise - noise.mean(axis=(0, 1)), 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(values).resize((96, 64), Image.Resampling.BICUBIC).save(buffer, "PNG")
    return buffer.getvalue()


def add(dataset: DatasetDir, domain: Domain, files: list[bytes]) -> list[str]:
    with open_catalog(dataset.catalog) as catalog:
        for rank, data in enumerate(files):
            sha256 = sha256_of(data)
            path = dataset.raw_file(sha256, "png")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            candidate = Candidate(domain, "google", NAMES[domain], rank, f"https://example.org/{sha256}")
            catalog.see([candidate])
            catalog.settle([Source(candidate, "fetched", sha256=sha256)], [ImageRecord(sha256, "png", len(data))])
    return [sha256_of(data) for data in files]


def run(dataset: DatasetDir, model: Path | None) -> CurateSummary:
    options = replace(OPTIONS, embedding=str(model) if model else "")
    return curate(options, dataset, names=NAMES, progress=Silent())


def flags(dataset: DatasetDir) -> dict[str, str]:
    """The flags about what is shown, by image, as metadata.jsonl tells them."""
    told = {one.sha256: {*one.flags.split(",")} & {"off_topic", "other_domain"} for one in read_finished(dataset)}
    return {sha256: found.pop() for sha256, found in told.items() if found}


def vectors(dataset: DatasetDir, model: Path) -> dict[str, bytes]:
    with open_catalog(dataset.catalog) as catalog:
        return catalog.embeddings(sha256_of(model.read_bytes()))


def dump(dataset: DatasetDir) -> list[tuple[object, ...]]:
    with open_catalog(dataset.catalog) as catalog:
        return catalog.dump()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return written(tmp_path / "colour.onnx", mean_colour())


@pytest.fixture
def streets(tmp_path: Path) -> DatasetDir:
    """Fourteen green pictures and fourteen pink ones; among the green a blue and a pink one."""
    return made(tmp_path / "streets")


def made(root: Path) -> DatasetDir:
    dataset = DatasetDir(root)
    add(dataset, "A", [picture(GREEN, seed) for seed in range(14)] + [BLUE_ONE, PINK_ONE])
    add(dataset, "B", [picture(PINK, seed) for seed in range(20, 34)])
    return dataset


BLUE_ONE, PINK_ONE = picture(BLUE, 100), picture(PINK, 101)
STRANGERS = {sha256_of(BLUE_ONE): "off_topic", sha256_of(PINK_ONE): "other_domain"}


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.fixture(scope="module")
def executor() -> Iterator[ProcessExecutor]:
    with ProcessExecutor(1) as processes:
        yield processes


def test_another_motif_and_one_of_the_other_domain_are_kept_with_a_flag(streets: DatasetDir, model: Path) -> None:
    summary = run(streets, model)
    assert flags(streets) == STRANGERS
    assert (summary.kept, summary.rejected) == (30, {})
    report = streets.report.read_text("utf-8")
    assert "Off topic" in report
    assert "As in the other domain" in report


def test_without_a_model_nothing_is_flagged_and_its_flags_go_again(streets: DatasetDir, model: Path) -> None:
    run(streets, model)
    assert run(streets, None).changed
    assert flags(streets) == {}
    assert vectors(streets, model)


def test_a_second_run_embeds_nothing_and_a_later_one_only_what_is_new(streets: DatasetDir, model: Path) -> None:
    run(streets, model)
    marked = dict.fromkeys(vectors(streets, model), b"")
    with open_catalog(streets.catalog) as catalog:
        catalog.embed(sha256_of(model.read_bytes()), marked)
    assert run(streets, model).changed
    assert vectors(streets, model) == marked
    assert flags(streets) == {}
    (new,) = add(streets, "B", [picture(PINK, 50)])
    run(streets, model)
    assert [sha256 for sha256, vector in vectors(streets, model).items() if vector] == [new]


def test_an_unchanged_dataset_is_left_as_it_is(streets: DatasetDir, model: Path) -> None:
    run(streets, model)
    assert not run(streets, model).changed


def test_a_model_is_known_by_its_bytes_and_not_by_where_it_lies(streets: DatasetDir, model: Path) -> None:
    run(streets, model)
    moved = model.rename(model.with_name("moved.onnx"))
    assert not run(streets, moved).changed
    assert sha256_of(moved.read_bytes()) in streets.summary.read_text("utf-8")
    assert str(moved.parent) not in streets.summary.read_text("utf-8")


def test_another_model_embeds_anew_and_both_are_remembered(streets: DatasetDir, model: Path) -> None:
    run(streets, model)
    other = written(model.with_name("other.onnx"), mean_colour(scale=2.0))
    run(streets, other)
    assert len(vectors(streets, other)) == len(vectors(streets, model)) == 30
    assert flags(streets) == STRANGERS


def test_the_number_of_workers_does_not_matter(streets: DatasetDir, model: Path, tmp_path: Path) -> None:
    twin = made(tmp_path / "twin")
    run(streets, model)
    options = replace(OPTIONS, embedding=str(model), workers=3)
    curate(options, twin, names=NAMES, progress=Silent())
    assert dump(twin) == dump(streets)


KILLED = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
import test_embedding
from curate import build
from pipeline.catalog import Catalog
from pipeline.dataset import DatasetDir

def embed_and_die(catalog, model, vectors):
    embed(catalog, model, vectors)
    os.kill(os.getpid(), signal.SIGKILL)

build._BATCH, embed, Catalog.embed = 8, Catalog.embed, embed_and_die
test_embedding.run(DatasetDir(Path(sys.argv[1])), Path(sys.argv[2]))
"""


def test_a_curation_that_is_killed_while_it_embeds_goes_on_from_there_to_the_same_result(
    streets: DatasetDir, model: Path, tmp_path: Path
) -> None:
    twin = made(tmp_path / "twin")
    run(twin, model)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    died = subprocess.run([sys.executable, "-c", KILLED, str(streets.root), str(model)], env=environment, check=False)
    assert died.returncode == -signal.SIGKILL
    assert len(vectors(streets, model)) == 8
    run(streets, model)
    assert dump(streets) == dump(twin)
    assert streets.summary.read_bytes() == twin.summary.read_bytes()


def test_only_kept_images_are_shown_to_the_model(streets: DatasetDir, model: Path) -> None:
    (torn,) = add(streets, "A", [picture(GREEN, 60)[:-300]])
    run(streets, model)
    assert torn not in vectors(streets, model)


def test_a_forgotten_image_leaves_no_vector(streets: DatasetDir, model: Path) -> None:
    run(streets, model)
    gone, other = sorted(vectors(streets, model))[:2]
    with open_catalog(streets.catalog) as catalog:
        catalog.forget([gone], [], [])
    assert gone not in vectors(streets, model)
    assert other in vectors(streets, model)


def test_an_unusable_model_is_refused_before_anything_is_measured(streets: DatasetDir, tmp_path: Path) -> None:
    broken = written(tmp_path / "broken.onnx", onnx(node("Nonsense", "x", "y"), *PICTURE_TO_ROW))
    with pytest.raises(UsageError, match="OpenCV cannot run it"):
        run(streets, broken)
    with open_catalog(streets.catalog) as catalog:
        assert catalog.measurements() == {}


PICTURE_TO_ROW = (text(11, value_info("x", (1, 3, 16, 16))), text(12, value_info("y", (1, 3))))
TWO_INPUTS = onnx(node("Add", "x z", "y"), *PICTURE_TO_ROW, text(11, value_info("z\x1b[31m", ("batch", 3, 16, 16))))
ELSEWHERE = text(13, text(1, "location") + text(2, "/etc/passwd")) + number(14, 1)
UNFIT = {
    "no file at all": (None, "there is no such file"),
    "an empty file": (b"", "no ONNX file"),
    "a text": (b"<!doctype html>", "no ONNX file"),
    "the first half of a model": (mean_colour()[:60], "no ONNX file"),
    "a number without end": (b"\x3a" + b"\xff" * 20, "no ONNX file"),
    "a number that is cut off": (b"\x3a\xff", "no ONNX file"),
    "a length beyond the end": (b"\x3a\x7fabc", "no ONNX file"),
    "two inputs": (TWO_INPUTS, r"inputs are x \(1, 3, 16, 16\), z \[31m \(\?, 3, 16, 16\)"),
    "no input": (onnx(node("Relu", "x", "y")), "inputs are -"),
    "grey pictures": (mean_colour(1, 1, 16, 16), "inputs are x"),
    "eight pictures at once": (mean_colour(8, 3, 16, 16), "inputs are x"),
    "bytes in place of floats": (mean_colour(1, 3, 16, 16, kind=2), "inputs are x"),
    "a row in place of a picture": (mean_colour(1, 48), "inputs are x"),
    "a picture of a gigapixel": (mean_colour(1, 3, 40_000, 40_000), "inputs are x"),
    "weights in another file": (onnx(text(5, tensor("w", [], 3, inside=ELSEWHERE)), *PICTURE_TO_ROW), "other files"),
    "weights of a node in another file": (
        onnx(
            node("Constant", "", "w", text(5, text(1, "value") + text(5, tensor("", [], 3, inside=ELSEWHERE)))),
            *PICTURE_TO_ROW,
        ),
        "other files",
    ),
}


@pytest.mark.parametrize("case", UNFIT)
def test_a_file_that_is_no_model_of_one_picture_is_refused(case: str, tmp_path: Path) -> None:
    data, problem = UNFIT[case]
    path = tmp_path / "model.onnx"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(UsageError, match=f"--embedding .*model.onnx: .*{problem}.* Needed is an image model") as raised:
        read_model(path)
    assert str(raised.value).isprintable()


def test_a_graph_in_a_graph_without_end_is_refused(tmp_path: Path) -> None:
    nested = b""
    for _depth in range(2000):
        nested = text(1, text(5, text(6, nested)))
    with pytest.raises(UsageError, match="no ONNX file"):
        read_model(written(tmp_path / "model.onnx", onnx(nested, *PICTURE_TO_ROW)))


@settings(derandomize=True, deadline=None)
@given(place=st.integers(0, len(mean_colour()) - 1), data=st.binary(max_size=8), cut=st.booleans())
def test_whatever_the_bytes_are_they_are_a_model_or_refused(
    place: int, data: bytes, cut: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole = mean_colour()
    changed = whole[:place] + data + (b"" if cut else whole[place + len(data) :])
    try:
        read_model(written(tmp_path_factory.getbasetemp() / "changed.onnx", changed))
    except UsageError as error:
        assert "--embedding" in str(error)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        read_model(tmp_path)


def test_a_file_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(UsageError, match=f"cannot be read .{os.strerror(errno.EIO)}"):
        read_model(Path("/proc/self/mem"))  # its first page is never there, for nobody


@pytest.mark.parametrize(
    ("nodes", "problem"),
    [
        (node("Relu", "x", "y"), r"its outputs are \(1, 3, 16, 16\)"),
        (node("Nonsense", "x", "y"), "OpenCV cannot run it"),
    ],
)
def test_a_model_without_a_flat_output_or_with_an_unknown_layer_is_refused(
    nodes: bytes, problem: str, tmp_path: Path, executor: ProcessExecutor
) -> None:
    path = written(tmp_path / "model.onnx", onnx(nodes, *PICTURE_TO_ROW))
    with pytest.raises(UsageError, match=problem):
        try_model(executor, read_model(path))


@pytest.fixture
def deadly(tmp_path: Path) -> Model:
    """OpenCV's importer reads beyond the inputs of a Concat that has none."""
    return read_model(written(tmp_path / "deadly.onnx", onnx(node("Concat", "", "y"), *PICTURE_TO_ROW)))


def test_a_model_that_brings_opencv_down_is_refused_and_the_curation_lives(
    deadly: Model, executor: ProcessExecutor
) -> None:
    with pytest.raises(UsageError, match=r"brings its process down|OpenCV cannot run it"):
        try_model(executor, deadly)


def test_an_image_on_which_the_process_dies_has_no_vector(
    deadly: Model, tmp_path: Path, executor: ProcessExecutor
) -> None:
    (embedded,) = embed_files(executor, [even(tmp_path)], deadly)
    assert (embedded.vector, embedded.readable) == (b"", True)


def test_weights_that_old_files_list_among_the_inputs_are_no_inputs(tmp_path: Path) -> None:
    data = onnx(text(5, tensor("w", [1.0], 1)), text(11, value_info("w", (1,))), *PICTURE_TO_ROW)
    assert read_model(written(tmp_path / "model.onnx", data)).width == 16


def raw(folder: Path, data: bytes) -> RawFile:
    return RawFile(sha256_of(data), written(folder / "picture.png", data))


def even(folder: Path, width: int = 60, height: int = 40) -> RawFile:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (255, 128, 0)).save(buffer, "PNG")
    return raw(folder, buffer.getvalue())


EXPECTED = (np.array([1.0, 128 / 255, 0.0]) - MEAN) / STD


@pytest.mark.parametrize(
    ("data", "width", "height"),
    [
        (mean_colour(1, 3, 24, 16), 16, 24),
        (mean_colour("batch", 3, "height", "width"), FREE_SIDE, FREE_SIDE),
        (mean_colour("batch", "channels", 32, "width"), FREE_SIDE, 32),
        (mean_colour(1, 3, 16, 16, kind=10), 16, 16),
        (COLOURS_LAST, 24, 16),
    ],
)
def test_pictures_are_prepared_as_the_input_wants_them_and_vectors_have_length_one(
    data: bytes, width: int, height: int, tmp_path: Path
) -> None:
    model = read_model(written(tmp_path / "model.onnx", data))
    assert (model.width, model.height) == (width, height)
    vector = np.frombuffer(embed(even(tmp_path), model).vector, "<f4")
    assert vector == pytest.approx(EXPECTED / np.linalg.norm(EXPECTED), abs=2e-3)


def test_a_picture_is_cut_about_its_middle() -> None:
    wide = Image.new("RGB", (300, 100), (0, 0, 0))
    wide.paste((255, 255, 255), (90, 0, 210, 100))
    seen = prepared(wide, Model(Path("model.onnx"), "", 16, 16))
    assert seen.shape == (1, 3, 16, 16)
    assert seen[0, 0].min() == pytest.approx((1 - MEAN[0]) / STD[0])


def test_of_several_outputs_the_first_flat_one_counts(tmp_path: Path) -> None:
    data = onnx(
        node("Relu", "x", "states"),
        node("GlobalAveragePool", "states", "p"),
        node("Flatten", "p", "y"),
        text(11, value_info("x", (1, 3, 16, 16))),
        text(12, value_info("states", (1, 3, 16, 16))),
        text(12, value_info("y", (1, 3))),
    )
    vector = embed(even(tmp_path), read_model(written(tmp_path / "model.onnx", data))).vector
    assert len(vector) == 3 * 4


@pytest.mark.parametrize("scale", [0.0, float("nan"), float("inf")])
def test_a_vector_without_a_direction_is_none(scale: float, tmp_path: Path) -> None:
    model = read_model(written(tmp_path / "model.onnx", mean_colour(scale=scale)))
    assert embed(even(tmp_path), model).vector == b""


def test_an_image_that_cannot_be_read_now_is_looked_at_the_next_time(streets: DatasetDir, model: Path) -> None:
    run(streets, None)
    sha256, path = sha256_of(BLUE_ONE), streets.raw_file(sha256_of(BLUE_ONE), "png")
    path.write_bytes(bytes(len(BLUE_ONE)))
    run(streets, model)
    assert sha256 not in vectors(streets, model)


def test_a_model_that_changes_under_way_ends_the_curation(
    model: Path, tmp_path: Path, executor: ProcessExecutor
) -> None:
    known = read_model(model)
    model.write_bytes(mean_colour(scale=3.0))
    with pytest.raises(DiskError, match=r"colour\.onnx: the file changed while it was in use"):
        list(embed_files(executor, [even(tmp_path)], known))


def test_a_disk_that_fails_under_an_image_is_told_as_such(
    model: Path, tmp_path: Path, executor: ProcessExecutor
) -> None:
    file = RawFile("0" * 64, tmp_path / ("n" * 300))
    with pytest.raises(DiskError, match=f"nnn: {os.strerror(errno.ENAMETOOLONG)}"):
        list(embed_files(executor, [file], read_model(model)))


def test_images_without_a_vector_are_counted_in_a_warning(
    streets: DatasetDir, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nothing = written(tmp_path / "nothing.onnx", mean_colour(scale=0.0))
    run(streets, nothing)
    assert f"{nothing}: no vector of 30 images" in caplog.text
    assert flags(streets) == {}
