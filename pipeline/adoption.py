"""Raw files without a row in the catalogue are taken up again, and half-written ones are cleared away."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path

from pipeline.catalog import Catalog
from pipeline.dataset import DatasetDir
from pipeline.files import TEMPORARY_PREFIX, disk_errors, sha256_of
from pipeline.image import ImageError, inspect
from pipeline.language import _
from pipeline.records import ImageRecord

logger = logging.getLogger(__name__)

_RAW_NAME = re.compile(r"([0-9a-f]{64})\.([a-z0-9]{1,5})")


def adopt_raw(dataset: DatasetDir, catalog: Catalog) -> int:
    """Give every file in raw/ its row: a killed crawl leaves files without one, a lost catalogue leaves all of them.

    A file is adopted only where its name is its sha256 and lies in the folder of its first two digits; links are not
    followed, so nothing outside the dataset is read or deleted. Temporary files of a killed command are deleted, and so
    are forgotten images. To be called under the dataset's lock. Returns how many files were adopted. Raises DiskError.
    """
    known = {image.sha256 for image in catalog.images()}
    with disk_errors(dataset.raw):
        strays = list(_strays(dataset, known, catalog.forgotten_images()))
    adopted = catalog.adopt(strays)
    if adopted:
        logger.info(_("{count} files in {folder} had no row and were adopted.", count=adopted, folder=dataset.raw))
    return adopted


def _strays(dataset: DatasetDir, known: set[str], forgotten: set[str]) -> Iterator[ImageRecord]:
    for path in _files(dataset.raw):
        if path.name.startswith(TEMPORARY_PREFIX):
            path.unlink(missing_ok=True)
            continue
        match = _RAW_NAME.fullmatch(path.name)
        if match is None or path.parent.name != match[1][:2] or match[1] in known:
            continue
        if match[1] in forgotten:  # a killed `pipeline forget` leaves it
            path.unlink(missing_ok=True)
            continue
        data = path.read_bytes()
        if sha256_of(data) == match[1]:
            known.add(match[1])
            yield ImageRecord(match[1], match[2], len(data), *_size(data))
        else:
            logger.warning(_("{file}: its bytes are not those of its name; it is ignored.", file=path))


def _size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels, or 0 and 0: what is no picture is adopted all the same, and judged later."""
    try:
        facts = inspect(data)
    except ImageError:
        return 0, 0
    return facts.width, facts.height


def _files(raw: Path) -> Iterator[Path]:
    """The regular files of raw/ and of its folders, in the order of their names; no link is followed."""
    for path in _entries(raw):
        yield from (entry for entry in _entries(path) if _is_plain_file(entry))
        if _is_plain_file(path):
            yield path


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() and not folder.is_symlink() else []


def _is_plain_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
