"""Photos to try a run with: test images, which it was not trained on."""

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.errors import UnusableError
from pipeline.files import disk_errors
from pipeline.image import ImageError, decode
from pipeline.language import _
from pipeline.records import DOMAINS, Domain
from train.data import ImageFile, image_files
from train.rundir import RunDir
from train.serve.studio import jpeg

MOST = 6
_SIDE = 512
_log = logging.getLogger(__name__)


def photos_to_try(dataroot: Path, folders: tuple[str, str], run: RunDir | None) -> dict[Domain, list[bytes]]:
    """Some of the test images of each domain as JPEGs: the data set's, or where it is gone those of the run's test."""
    try:
        with image_files(dataroot, "test", folders) as files:
            found = {domain: _jpegs(files[domain]) for domain in DOMAINS}
    except UnusableError as error:
        _log.info(_("No photos to try: {reason}", reason=error))
        found = {}
    if any(found.values()) or run is None:
        return found
    return {domain: _jpegs(_tested(run, domain)) for domain in DOMAINS}


def _tested(run: RunDir, domain: Domain) -> list[ImageFile]:
    return [ImageFile(domain, path) for path in sorted((run.test / f"real_{domain}").glob("*.png"))]


def _jpegs(files: Sequence[ImageFile]) -> list[bytes]:
    """Some of the files, as far apart as may be, those that are no pictures left out."""
    chosen = files[:: max(1, len(files) // MOST)][:MOST]
    return [picture for file in chosen for picture in _jpeg_of(file)]


def _jpeg_of(file: ImageFile) -> Iterable[bytes]:
    try:
        with disk_errors(Path(str(file.path))):
            picture = decode(file.read(), at_least=_SIDE)
    except ImageError:
        return
    picture.thumbnail((2 * _SIDE, 2 * _SIDE))
    yield jpeg(picture)
