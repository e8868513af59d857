"""What decoding tells of an image, made once for each image in processes that may crash."""

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from pipeline.dataset import DatasetDir
from pipeline.files import disk_errors, sha256_of
from pipeline.image import ImageError, decode
from pipeline.records import ImageRecord, Measurement
from pipeline.workers import CrashedError, finished

PASSING_REASONS = ("missing", "changed")
"""Reasons that lie in the folder and not in the bytes: the file may come back, so they are looked at anew each time."""


@dataclass(frozen=True, slots=True)
class RawFile:
    """An image's bytes in raw/ and the hash that they must have."""

    sha256: str
    path: Path

    def read(self) -> bytes:
        """The bytes, checked. Raises ImageError with the reason "missing" or "changed"; OSError of the disk."""
        try:
            data = self.path.read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise ImageError("missing", self.path.name) from error
        if sha256_of(data) != self.sha256:
            raise ImageError("changed", self.path.name)
        return data


def raw_file(dataset: DatasetDir, image: ImageRecord) -> RawFile:
    return RawFile(image.sha256, dataset.raw_file(image.sha256, image.extension))


def measure(file: RawFile) -> Measurement:
    """Decode one image whole: its size and perceptual hash, or the reason why it gives no picture. Raises OSError."""
    import imagehash  # it brings scipy along, which only the working processes need

    try:
        picture = decode(file.read())
    except ImageError as error:
        return Measurement(file.sha256, error.reason)
    return Measurement(file.sha256, "", picture.width, picture.height, str(imagehash.phash(picture)))


def measure_all(executor: Executor, files: Iterable[RawFile]) -> Iterator[Measurement]:
    """Measure files as they come. One that brings its process down twice is `crashed`. Raises DiskError."""
    for file, future in finished(executor, measure, files):
        try:
            with disk_errors(file.path):
                yield future.result()
        except CrashedError:
            yield Measurement(file.sha256, "crashed")


def unmeasured(
    dataset: DatasetDir, images: Iterable[ImageRecord], measurements: dict[str, Measurement]
) -> list[RawFile]:
    """The images to be measured: new ones, and those whose file came back, went away or has another size."""
    return [raw_file(dataset, image) for image in images if _is_stale(dataset, image, measurements.get(image.sha256))]


def _is_stale(dataset: DatasetDir, image: ImageRecord, measurement: Measurement | None) -> bool:
    if measurement is None or measurement.reason in PASSING_REASONS:
        return True
    try:
        return dataset.raw_file(image.sha256, image.extension).stat().st_size != image.size_bytes
    except (FileNotFoundError, NotADirectoryError):
        return True
