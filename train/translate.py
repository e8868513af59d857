"""Using what was learnt: the test set through both generators, or any picture through one."""

import itertools
import logging
import shutil
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from pipeline.errors import UnusableError, UsageError
from pipeline.files import disk_errors
from pipeline.image import ImageError, decode
from pipeline.language import _
from pipeline.progress import Progress
from pipeline.records import DOMAINS, Domain
from train.checkpoint import read_generator
from train.data import ImageFile, image_files, scaled_image
from train.enlarge import enlarge
from train.loop import device_for
from train.networks import Generator, changed
from train.options import TestOptions, TrainOptions, TranslateOptions
from train.rundir import RunDir, TestSummary, find_run, read_settings
from train.samples import grid, to_image, to_tensor, write_picture
from train.weights import read_generator_weights

_LEAST_SIDE = 8  # below it the reflections inside the generator have nothing to reflect
_SHEET_ROWS = 8
_SHEET_SIDE = 256
_log = logging.getLogger(__name__)

Pair = tuple[Image.Image, Image.Image]
"""A picture and its translation."""


class Translator(nn.Module):
    """A generator that takes images of any size, [N, 3, H, W] in [-1, 1], and gives the same shape.

    A generator that predicts a change works at the scale it was trained at, `side` pixels on the shorter side, and its
    change is enlarged to the image's own size before it is applied: so objects are as large as in training, and every
    detail of the image stays. One that predicts an image works at the image's own size.
    """

    def __init__(self, generator: Generator, side: int) -> None:
        super().__init__()
        self.generator = generator
        self.side = side

    def forward(self, images: Tensor) -> Tensor:
        if not self.generator.predicts_change:
            return _padded(self.generator, images, self.generator.multiple)
        height, width = images.shape[2:]
        factor = self.side / min(height, width)
        if factor >= 1:
            return changed(images, _padded(self.generator.change, images, self.generator.multiple))
        small = (max(1, round(height * factor)), max(1, round(width * factor)))
        reduced = functional.interpolate(images, small, mode="bicubic", antialias=True).clamp(-1, 1)
        h = _padded(self.generator.change, reduced, self.generator.multiple)
        return changed(images, enlarge(h, reduced, images))


def load_generator(run: Path, direction: str, device: torch.device) -> Translator:
    """The run's generator "a2b" or "b2a", with averaged weights where it has them, ready to translate.

    Raises UsageError for a path that is no run, UnusableError for one without a usable checkpoint.
    """
    folder = find_run(run.parent, str(run))
    settings = read_settings(folder)
    return _translator(folder, settings.options, direction, device)


@torch.inference_mode()
def translate_image(generator: nn.Module, image: Image.Image, device: torch.device) -> Image.Image:
    """A picture of any size -> its translation of the same size, by a generator from `load_generator`."""
    output: Tensor = generator(to_tensor(image).unsqueeze(0).to(device))
    return to_image(output[0])


def test(options: TestOptions, run: Path, *, progress: Progress) -> TestSummary:
    """Translate test/A and test/B both ways into <run>/test: real_A, fake_B, real_B, fake_A and sheet.jpg.

    Raises UsageError (no such run), UnusableError (no images, no checkpoint), CudaError, DiskError.
    """
    folder = find_run(run.parent, str(run))
    settings = read_settings(folder)
    device = device_for(options.cuda)
    dataroot = Path(options.dataroot or settings.dataroot)
    translators: dict[Domain, Translator] = {
        "A": _translator(folder, settings.options, "a2b", device),
        "B": _translator(folder, settings.options, "b2a", device),
    }
    a, b = settings.options.folders
    with image_files(dataroot, "test", (options.domain_a or a, options.domain_b or b)) as files:
        everything = [file for domain in DOMAINS for file in files[domain]]
        _remove(folder.test)
        pairs = _translate_all(folder, everything, translators, settings.options, device=device, progress=progress)
    images = {
        "real_A": len(pairs["A"]),
        "fake_B": len(pairs["A"]),
        "real_B": len(pairs["B"]),
        "fake_A": len(pairs["B"]),
    }
    translated = len(pairs["A"]) + len(pairs["B"])
    if not translated:
        raise UnusableError(_("{path}: no usable image in test/A and test/B. Curate again.", path=dataroot))
    sheet = folder.test / "sheet.jpg"
    write_picture(sheet, _sheet(pairs))
    return TestSummary(str(folder.root), str(folder.test), images, len(everything) - translated, str(sheet))


@dataclass(frozen=True, slots=True)
class TranslateSummary:
    """What was translated: the pictures written, in order, and how many files were skipped."""

    folder: str
    images: tuple[str, ...]
    skipped: int

    def text(self) -> str:
        """The closing line of the command."""
        return _("{count} pictures translated: {folder}", count=len(self.images), folder=self.folder)


def translate(
    options: TranslateOptions, sources: Sequence[Path], run: Path | None, *, progress: Progress
) -> TranslateSummary:
    """Translate pictures, and those in folders, at their own size into the folder of the options.

    By the run's generator of the direction, or where `run` is None by the generator in `options.weights`. A file that
    is no picture is skipped and named in the log.

    Raises UsageError (no such file, run or weights), UnusableError (no picture, no usable weights), CudaError,
    DiskError.
    """
    device = device_for(options.cuda)
    files = _files_in(sources)
    translator = (
        _foreign(Path(options.weights), device) if run is None else load_generator(run, options.direction, device)
    )
    folder = Path(options.output)
    written: list[Path] = []
    progress.start(_("Translating"), total=len(files))
    for done, file in enumerate(files, start=1):
        try:
            real = decode(file.read_bytes())
        except (ImageError, OSError) as error:
            _log.warning(_("{file}: skipped, {reason}.", file=file, reason=error))
        else:
            target = _free(folder, file.stem, written)
            write_picture(target, translate_image(translator, real, device))
            written.append(target)
        progress.update(done)
    progress.finish()
    if not written:
        raise UnusableError(_("{path}: no picture. Give photos, or a folder of them.", path=files[0]))
    return TranslateSummary(str(folder), tuple(str(path) for path in written), len(files) - len(written))


def _foreign(path: Path, device: torch.device) -> Translator:
    return Translator(read_generator_weights(path).to(device), 0).eval()


def _files_in(sources: Sequence[Path]) -> list[Path]:
    """The files among the sources, and those in the folders among them by name, without hidden ones."""
    files: list[Path] = []
    for source in sources:
        if not source.exists():
            raise UsageError(_("{path}: no such file. Give photos, or a folder of them.", path=source))
        inside = sorted(source.iterdir()) if source.is_dir() else [source]
        files += [path for path in inside if path.is_file() and not (source.is_dir() and path.name.startswith("."))]
    if not files:
        raise UnusableError(_("{path}: no picture. Give photos, or a folder of them.", path=sources[0]))
    return files


def _free(folder: Path, stem: str, taken: Container[Path]) -> Path:
    """A name for a translation that no other picture of this call has: photo.png, photo-2.png."""
    names = (f"{stem}.png" if number == 1 else f"{stem}-{number}.png" for number in itertools.count(1))
    return next(folder / name for name in names if folder / name not in taken)


def _translate_all(
    run: RunDir,
    files: list[ImageFile],
    translators: dict[Domain, Translator],
    options: TrainOptions,
    *,
    device: torch.device,
    progress: Progress,
) -> dict[Domain, list[Pair]]:
    """Write each picture and its translation; returns both, small, by the domain of the picture."""
    pairs: dict[Domain, list[Pair]] = {domain: [] for domain in DOMAINS}
    progress.start(_("Translating"), total=len(files))
    for done, file in enumerate(files, start=1):
        pair = _translated(file, translators[file.domain], options, device)
        progress.update(done)
        if pair is None:
            continue
        names = (f"real_{file.domain}", "fake_B" if file.domain == "A" else "fake_A")
        for name, picture in zip(names, pair, strict=True):
            write_picture(run.test / name / f"{Path(file.name).stem}.png", picture)
        pairs[file.domain].append((_small(pair[0]), _small(pair[1])))
    progress.finish()
    return pairs


def _translator(run: RunDir, options: TrainOptions, direction: str, device: torch.device) -> Translator:
    return Translator(read_generator(run, options, direction, device), options.load_side).eval()


def _translated(file: ImageFile, translator: Translator, options: TrainOptions, device: torch.device) -> Pair | None:
    """The picture and its translation; None, and a line in the log, for a file that is no picture.

    A generator of images was trained on pictures scaled to the run's size, and is tested on such.
    """
    try:
        real = decode(file.read())
    except ImageError as error:
        _log.warning(_("{file}: skipped, {reason}.", file=file.path, reason=error))
        return None
    if options.predict == "image" and min(real.size) > options.load_side:
        real = scaled_image(real, options.load_side)
    return real, translate_image(translator, real, device)


def _padded(network: Callable[[Tensor], Tensor], images: Tensor, multiple: int) -> Tensor:
    """Run a network that needs multiples of a number on images of any size: repeat the edge, cut the result back."""
    height, width = images.shape[2:]
    least = max(_LEAST_SIDE, multiple)
    below, right = max(-height % multiple, least - height), max(-width % multiple, least - width)
    output = network(functional.pad(images, (0, right, 0, below), mode="replicate"))
    return output[:, :, :height, :width]


def _remove(folder: Path) -> None:
    """Take away what an earlier test left, or its pictures would stand beside those of now."""
    with disk_errors(folder):
        if folder.exists():
            shutil.rmtree(folder)


def _small(picture: Image.Image) -> Image.Image:
    small = picture.copy()
    small.thumbnail((_SHEET_SIDE, _SHEET_SIDE))
    return small


def _sheet(pairs: dict[Domain, list[Pair]]) -> Image.Image:
    """Rows of A and its translation at the left, B and its translation at the right; at most eight."""
    blank = Image.new("RGB", (1, 1), "white")
    columns = [list(pairs[domain][:_SHEET_ROWS]) for domain in DOMAINS]
    rows = max(len(column) for column in columns)
    left, right = (column + [(blank, blank)] * (rows - len(column)) for column in columns)
    return grid([[*one, *other] for one, other in zip(left, right, strict=True)])
