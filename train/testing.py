"""The door of testing: the test set through both generators, or one, beside what went in."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image

from pipeline.errors import UnusableError, UsageError
from pipeline.files import disk_errors
from pipeline.image import ImageError, decode
from pipeline.language import _
from pipeline.progress import Progress
from pipeline.records import DOMAINS, Domain
from train.data import ImageFile, image_files, scaled_image
from train.loop import device_for
from train.names import Names
from train.options import TestOptions, TrainOptions
from train.rundir import RunDir, TestSummary, find_run, read_settings
from train.samples import grid, write_picture
from train.translator import Translator, load_generator, load_weights, translate_image

WAYS: Mapping[Domain, str] = {"A": "a2b", "B": "b2a"}
"""By the domain of what goes in."""

_SHEET_ROWS = 8
_SHEET_SIDE = 256
_OURS = re.compile(r"(real|fake)_[AB](/[^/]+\.png)?|sheet\.jpg")
_log = logging.getLogger(__name__)

Pair = tuple[Image.Image, Image.Image]
"""A picture and its translation."""


@dataclass(frozen=True)
class Subject:
    """What is tested: the generators by the domain they take, how large they take it, and where results go.

    `largest_side` is the shorter side to which pictures are scaled down, 0 for their own size: a generator of images
    was trained on pictures scaled to the run's size, and is tested on such.
    """

    translators: Mapping[Domain, Translator]
    largest_side: int
    folder: Path
    run: str


def test(options: TestOptions, run: Path | None, *, progress: Progress) -> TestSummary:
    """Translate test/A and test/B into a folder: real_A, fake_B, real_B, fake_A and sheet.jpg.

    By a run's generators into <run>/test, or where `run` is None by the files of weights that the options name, those
    directions alone. Raises UsageError (no such run or file), UnusableError (no images, no checkpoint), CudaError,
    DiskError.
    """
    folder = None if run is None else find_run(run.parent, str(run))
    settings = None if folder is None else read_settings(folder)
    subject = _subject(options, folder)
    dataroot = Path(options.dataroot or (settings.dataroot if settings else ""))
    a, b = (settings.options if settings else TrainOptions()).folders
    with image_files(dataroot, "test", (options.domain_a or a, options.domain_b or b)) as files:
        everything = [file for domain in DOMAINS for file in files[domain] if domain in subject.translators]
        _clear(subject.folder)
        pairs = _translate_all(subject, everything, device=device_for(options.cuda), progress=progress)
    if not any(pairs.values()):
        raise UnusableError(_("{path}: no usable image in test/A and test/B. Curate again.", path=dataroot))
    sheet = subject.folder / "sheet.jpg"
    write_picture(sheet, _sheet([pairs[domain] for domain in subject.translators]))
    images = {name: len(pairs[domain]) for domain in subject.translators for name in _folders(domain)}
    skipped = len(everything) - sum(map(len, pairs.values()))
    return TestSummary(subject.run, str(subject.folder), images, skipped, str(sheet))


def _subject(options: TestOptions, run: RunDir | None) -> Subject:
    device = device_for(options.cuda)
    wanted: list[Domain] = [domain for domain in DOMAINS if options.direction in ("both", WAYS[domain])]
    if run is None:
        files = {"A": options.generator_a2b, "B": options.generator_b2a}
        foreign = {
            domain: load_weights(Path(files[domain]), device, options.precision, WAYS[domain])
            for domain in wanted
            if files[domain]
        }
        if not foreign:
            raise UsageError(_("--direction {way}: no file of weights for it.", way=options.direction))
        return Subject(foreign, 0, Path(options.output or "tested"), "")
    own = {domain: load_generator(run.root, WAYS[domain], device, options.precision) for domain in wanted}
    trained = read_settings(run).options
    largest = trained.load_side if trained.predict == "image" else 0
    return Subject(own, largest, Path(options.output) if options.output else run.test, str(run.root))


def _translate_all(
    subject: Subject, files: list[ImageFile], *, device: torch.device, progress: Progress
) -> dict[Domain, list[Pair]]:
    """Write each picture and its translation; returns both, small, by the domain of the picture."""
    pairs: dict[Domain, list[Pair]] = {domain: [] for domain in DOMAINS}
    names = {domain: Names(Path(), ()) for domain in DOMAINS}
    progress.start(_("Translating"), total=len(files))
    for done, file in enumerate(files, start=1):
        pair = _translated(file, subject, device)
        progress.update(done)
        if pair is None:
            continue
        target = names[file.domain].free(Path(file.name).stem)
        for name, picture in zip(_folders(file.domain), pair, strict=True):
            write_picture(subject.folder / name / target, picture)
        pairs[file.domain].append((_small(pair[0]), _small(pair[1])))
    progress.finish()
    return pairs


def _translated(file: ImageFile, subject: Subject, device: torch.device) -> Pair | None:
    """The picture and its translation; None, and a line in the log, for a file that is no picture."""
    try:
        real = decode(file.read())
    except ImageError as error:
        _log.warning(_("{file}: skipped, {reason}.", file=file.path, reason=error))
        return None
    if subject.largest_side and min(real.size) > subject.largest_side:
        real = scaled_image(real, subject.largest_side)
    return real, translate_image(subject.translators[file.domain], real, device)


def _folders(domain: Domain) -> tuple[str, str]:
    """Where a picture of the domain and its translation lie."""
    return f"real_{domain}", "fake_B" if domain == "A" else "fake_A"


def _clear(folder: Path) -> None:
    """Take away what an earlier test left, or its pictures would stand beside those of now; nothing else, ever."""
    with disk_errors(folder):
        below = sorted(folder.rglob("*"), reverse=True) if folder.exists() else []
        if any(not _OURS.fullmatch(path.relative_to(folder).as_posix()) for path in below):
            raise UsageError(
                _("--output {path}: holds something else than an earlier test. Name a new folder.", path=folder)
            )
        for path in below:
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


def _small(picture: Image.Image) -> Image.Image:
    small = picture.copy()
    small.thumbnail((_SHEET_SIDE, _SHEET_SIDE))
    return small


def _sheet(columns: list[list[Pair]]) -> Image.Image:
    """Rows of an image and its translation, those of one domain beside those of the other; at most eight."""
    blank = Image.new("RGB", (1, 1), "white")
    shown = [column[:_SHEET_ROWS] for column in columns]
    rows = max(len(column) for column in shown)
    filled = [column + [(blank, blank)] * (rows - len(column)) for column in shown]
    return grid([[picture for pair in row for picture in pair] for row in zip(*filled, strict=True)])
