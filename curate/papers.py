"""What lies beside train/ and test/ for others to read: the dataset card (README.md) and croissant.json."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.card import FOLDERS, card, may_write_card
from pipeline.croissant import croissant
from pipeline.dataset import DatasetDir
from pipeline.files import disk_errors, write_atomically
from pipeline.finished import Curation, FinishedPicture


def write_papers(dataset: DatasetDir, pictures: Sequence[FinishedPicture], curation: Curation) -> None:
    """Write the card and croissant.json, each whole or not at all. A README.md of the user's own stays. DiskError."""
    for path, data in _papers(dataset, pictures, curation):
        write_atomically(path, data)


def papers_stand(dataset: DatasetDir, pictures: Sequence[FinishedPicture], curation: Curation) -> bool:
    """Whether there is nothing to do for `write_papers`. Raises DiskError."""
    with disk_errors(dataset.root):
        return all(
            path.is_file() and not path.is_symlink() and path.read_bytes() == data
            for path, data in _papers(dataset, pictures, curation)
        )


def _papers(
    dataset: DatasetDir, pictures: Sequence[FinishedPicture], curation: Curation
) -> Iterator[tuple[Path, bytes]]:
    with disk_errors(dataset.card):
        ours = may_write_card(dataset.card)
    if ours:
        yield dataset.card, card(pictures, curation, FOLDERS, samples=True)
    yield dataset.croissant, croissant(pictures, curation)
