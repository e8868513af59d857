"""What decoding tells of an image, and what becomes of one that brings the decoder down."""

import io
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path

import imagehash
import pytest
from PIL import Image

from curate.measure import RawFile, measure, measure_all, unmeasured
from pipeline.dataset import DatasetDir
from pipeline.errors import DiskError
from pipeline.files import sha256_of
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


def test_a_picture_gives_its_upright_size_and_its_perceptual_hash(tmp_path: Path) -> None:
    file = stored(tmp_path, png())
    with Image.open(file.path) as picture:
        expected = str(imagehash.phash(picture.convert("RGB")))
    assert measure(file) == Measurement(file.sha256, "", 40, 30, expected)


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "empty"), (b"<html>no</html>", "not_image"), (png()[:-30], "corrupt")],
)
def test_bytes_without_a_picture_give_the_reason(tmp_path: Path, data: bytes, reason: str) -> None:
    assert measure(stored(tmp_path, data)).reason == reason


def test_a_file_that_changed_or_went_away_is_told_by_its_hash(tmp_path: Path) -> None:
    file = stored(tmp_path, png())
    file.path.write_bytes(png(50))
    assert measure(file).reason == "changed"
    file.path.unlink()
    assert measure(file).reason == "missing"


def test_an_image_that_crashes_the_decoder_is_marked_and_the_rest_goes_on(tmp_path: Path) -> None:
    good, bad = stored(tmp_path, png()), stored(tmp_path, png(50))
    measured = {one.sha256: one.reason for one in measure_all(Scripted({bad.sha256: CrashedError()}), [bad, good])}
    assert measured == {good.sha256: "", bad.sha256: "crashed"}


def test_an_unreadable_disk_stops_the_work_and_names_the_file(tmp_path: Path) -> None:
    file = stored(tmp_path, png())
    with pytest.raises(DiskError, match=file.sha256):
        list(measure_all(Scripted({file.sha256: PermissionError(13, "Permission denied")}), [file]))


def test_only_new_absent_and_resized_files_are_measured_again(tmp_path: Path) -> None:
    dataset = DatasetDir(tmp_path)
    images = [ImageRecord(sha256_of(bytes([number])), "png", 1) for number in range(5)]
    for number, image in enumerate(images):
        path = dataset.raw_file(image.sha256, "png")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes([number]))
    new, absent, resized, back, _same = (image.sha256 for image in images)
    dataset.raw_file(absent, "png").unlink()
    dataset.raw_file(resized, "png").write_bytes(b"longer")
    known = {sha256: Measurement(sha256, "", 1, 1, "0" * 16) for sha256 in (absent, resized, _same)}
    known[back] = Measurement(back, "missing")
    assert [file.sha256 for file in unmeasured(dataset, images, known)] == [new, absent, resized, back]
