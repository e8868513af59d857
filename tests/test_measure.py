"""What decoding tells of an image, and what becomes of one that brings the decoder down."""

import io
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import astuple, fields
from pathlib import Path

import imagehash
import pytest
from PIL import Image

from curate.looks import look
from curate.measure import Measured, measure, measure_all, unmeasured
from curate.raw import RawFile
from curate.resize import Form, Rendering, render
from curate.scores import Looks
from curate.signature import signature_of
from curate.working import working_copy
from pipeline.dataset import DatasetDir
from pipeline.errors import DiskError
from pipeline.files import sha256_of
from pipeline.image import decode
from pipeline.records import ImageRecord, Measurement
from pipeline.workers import CrashedError


def stored(folder: Path, data: bytes) -> RawFile:
    path = folder / sha256_of(data)
    path.write_bytes(data)
    return RawFile(sha256_of(data), path)


def png(width: int = 40, height: int = 30) -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).save(buffer, "PNG")
    return buffer.getvalue()


class Scripted(Executor):
    """Runs work here and now, except that files named in `errors` end with that error."""

    def __init__(self, errors: dict[str, Exception]) -> None:
        self._errors = errors

    def submit(self, function: Callable[..., object], /, *args: object, **kwargs: object) -> Future[object]:  # type: ignore[override]
        future: Future[object] = Future()
        (file,) = args
        assert isinstance(file, RawFile)
        if file.sha256 in self._errors:
            future.set_exception(self._errors[file.sha256])
        else:
            future.set_result(function(file))
        return future


def test_a_picture_gives_its_upright_size_its_hashes_and_its_looks(tmp_path: Path) -> None:
    file = stored(tmp_path, png())
    picture = decode(file.read())
    measurement = Measurement(
        file.sha256,
        reason="",
        width=40,
        height=30,
        phash=str(imagehash.phash(picture)),
        signature=signature_of(working_copy(picture)).to_bytes(),
        looks=astuple(look(picture)),
    )
    assert measure(file) == Measured(measurement)


@pytest.mark.parametrize("format", ["jpeg", "png"])
def test_the_finished_picture_of_a_measuring_is_the_one_that_is_made_alone(tmp_path: Path, format: str) -> None:
    file = stored(tmp_path, png(90, 60))
    assert measure(file, Form(20, format=format)).finished == render(Rendering(file, 30, 20, format)).data


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "empty"), (b"<html>no</html>", "not_image"), (png()[:-30], "corrupt")],
)
def test_bytes_without_a_picture_give_the_reason(tmp_path: Path, data: bytes, reason: str) -> None:
    assert measure(stored(tmp_path, data), Form(20)) == Measured(Measurement(sha256_of(data), reason))


def test_a_file_that_changed_or_went_away_is_told_by_its_hash(tmp_path: Path) -> None:
    file = stored(tmp_path, png())
    file.path.write_bytes(png(50))
    assert measure(file).measurement.reason == "changed"
    file.path.unlink()
    assert measure(file).measurement.reason == "missing"


def test_an_image_that_crashes_the_decoder_is_marked_and_the_rest_goes_on(tmp_path: Path) -> None:
    good, bad = stored(tmp_path, png()), stored(tmp_path, png(50))
    ended = measure_all(Scripted({bad.sha256: CrashedError()}), [bad, good])
    measured = {one.measurement.sha256: one.measurement.reason for one in ended}
    assert measured == {good.sha256: "", bad.sha256: "crashed"}


def test_an_unreadable_disk_stops_the_work_and_names_the_file(tmp_path: Path) -> None:
    file = stored(tmp_path, png())
    with pytest.raises(DiskError, match=file.sha256):
        list(measure_all(Scripted({file.sha256: PermissionError(13, "Permission denied")}), [file]))


def test_files_that_are_new_absent_resized_or_measured_by_an_older_version_are_measured(tmp_path: Path) -> None:
    dataset = DatasetDir(tmp_path)
    images = [ImageRecord(sha256_of(bytes([number])), "png", 1) for number in range(5)]
    for number, image in enumerate(images):
        path = dataset.raw_file(image.sha256, "png")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes([number]))
    new, absent, resized, back, same = (image.sha256 for image in images)
    dataset.raw_file(absent, "png").unlink()
    dataset.raw_file(resized, "png").write_bytes(b"longer")
    looks = (0.0,) * len(fields(Looks))
    known = {sha256: Measurement(sha256, "", 1, 1, "0" * 16, looks=looks) for sha256 in (absent, resized, same)}
    known[back] = Measurement(back, "missing")
    assert [file.sha256 for file in unmeasured(dataset, images, known)] == [new, absent, resized, back]
    older = {**known, same: Measurement(same, "", 1, 1, "0" * 16)}
    assert same in [file.sha256 for file in unmeasured(dataset, images, older)]
