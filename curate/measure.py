"""What decoding tells of an image, made once for each image in processes that may crash."""

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import astuple, dataclass, fields
from functools import partial

from PIL import Image

from curate.raw import RawFile, raw_file
from curate.resize import Form, finish
from curate.scores import Looks
from curate.working import working_copy
from pipeline.dataset import DatasetDir
from pipeline.files import disk_errors
from pipeline.image import ImageError, decode
from pipeline.records import ImageRecord, Measurement
from pipeline.workers import CrashedError, finished

PASSING_REASONS = ("missing", "changed", "needs_heic")
"""Reasons that lie in the folder or on the machine and not in the bytes: the file may come back, the extra may be
installed, so they are looked at anew each time."""

_LOOKS = len(fields(Looks))


@dataclass(frozen=True, slots=True)
class Measured:
    """What one decoding gave: the measurement, and the finished picture where a form was asked for and there is one."""

    measurement: Measurement
    finished: bytes = b""


def measure(file: RawFile, form: Form | None = None) -> Measured:
    """Decode one image whole: its size, hashes and looks, or the reason why it gives no picture. Raises OSError.

    With a form the finished picture is made as well, since decoding takes most of the time that it takes.
    """
    try:
        picture = decode(file.read())
    except ImageError as error:
        return Measured(Measurement(file.sha256, error.reason))
    working = working_copy(picture)
    measurement = _measurement(file.sha256, picture, working)
    return Measured(measurement, finish(picture, form, working) if form else b"")


def _measurement(sha256: str, picture: Image.Image, working: Image.Image) -> Measurement:
    import cv2

    from curate.looks import look
    from curate.phash import phash_of
    from curate.signature import signature_of

    cv2.setNumThreads(1)  # each core has a process of its own
    return Measurement(
        sha256,
        reason="",
        width=picture.width,
        height=picture.height,
        phash=phash_of(picture),
        signature=signature_of(working).to_bytes(),
        looks=astuple(look(picture, working)),
    )


def measure_all(executor: Executor, files: Iterable[RawFile], form: Form | None = None) -> Iterator[Measured]:
    """Measure files as they come. One that brings its process down twice is `crashed`. Raises DiskError."""
    for file, future in finished(executor, partial(measure, form=form), files):
        try:
            with disk_errors(file.path):
                yield future.result()
        except CrashedError:
            yield Measured(Measurement(file.sha256, "crashed"))


def unmeasured(
    dataset: DatasetDir, images: Iterable[ImageRecord], measurements: dict[str, Measurement]
) -> list[RawFile]:
    """The images to be measured: new ones, and those whose file came back, went away or has another size."""
    return [raw_file(dataset, image) for image in images if _is_stale(dataset, image, measurements.get(image.sha256))]


def _is_stale(dataset: DatasetDir, image: ImageRecord, measurement: Measurement | None) -> bool:
    if measurement is None or measurement.reason in PASSING_REASONS:
        return True
    if not measurement.reason and len(measurement.looks) != _LOOKS:  # an older version's
        return True
    try:
        return dataset.raw_file(image.sha256, image.extension).stat().st_size != image.size_bytes
    except (FileNotFoundError, NotADirectoryError):
        return True
