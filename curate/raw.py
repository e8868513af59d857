"""An image's bytes as they were downloaded, checked by their hash each time they are read."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.dataset import DatasetDir
from pipeline.files import sha256_of
from pipeline.image import ImageError
from pipeline.records import ImageRecord


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
