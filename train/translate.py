"""The door of translating: pictures of one's own, each at its own size, through one generator."""

import itertools
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from pipeline.errors import UnusableError, UsageError
from pipeline.image import ImageError, decode_layers
from pipeline.language import _
from pipeline.progress import Progress
from train.capacity import keep_freed_memory
from train.loop import device_for
from train.names import Names
from train.options import TranslateOptions
from train.samples import write_picture
from train.tiles import least_side
from train.translator import Translator, load_generator, load_weights, translate_images

BATCH_PIXELS = 4 * 256 * 256
"""Pictures of one size go together up to so many pixels: four of 256 x 256 took 0.65 of the time of one after another
on two cores; larger ones fill the processor alone."""

_LISTED = 20
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TranslateSummary:
    """What was translated: the pictures written, in order, and how many files were skipped."""

    folder: str
    images: tuple[str, ...]
    skipped: int

    def text(self) -> str:
        """The closing lines of the command: the files written, as far as a screen holds them."""
        lines = list(self.images[:_LISTED])
        if len(self.images) > _LISTED:
            lines.append(_("... and {count} more", count=len(self.images) - _LISTED))
        lines.append(_("pictures translated into {folder}: {count}", count=len(self.images), folder=self.folder))
        if self.skipped:
            lines.append(_("{count} files skipped: no pictures", count=self.skipped))
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture to translate: the file it came from, its colours, and its alpha where it has one."""

    file: Path
    picture: Image.Image
    alpha: Image.Image | None


def translate(
    options: TranslateOptions, sources: Sequence[Path], run: Path | None, *, progress: Progress
) -> TranslateSummary:
    """Translate pictures, and those in folders, at their own size into the folder of the options, as PNG.

    By the run's generator of the direction, or where `run` is None by the generator in `options.weights`. A file that
    is no picture is skipped and named in the log. No picture of this call, and no source, is ever written over.

    Raises UsageError (no such file, run or weights), UnusableError (no picture, no usable weights), CudaError,
    DiskError.
    """
    device = device_for(options.cuda)
    files = _files_in(sources)
    keep_freed_memory()
    translator = (
        load_weights(Path(options.weights), device, options.precision, options.direction)
        if run is None
        else load_generator(run, options.direction, device, options.precision)
    )
    if options.tile:
        translator.pixels_at_once = _pixels_of(options.tile, translator)
    names = Names(Path(options.output), files)
    written: list[Path] = []
    progress.start(_("Translating"), total=len(files))
    for batch in batches(_photos(files, progress)):
        made = translate_images(translator, [photo.picture for photo in batch], device)
        for photo, picture in zip(batch, made, strict=True):
            if photo.alpha is not None:
                picture.putalpha(photo.alpha)
            target = names.free(photo.file.stem)
            write_picture(target, picture)
            written.append(target)
    progress.finish()
    if not written:
        raise UnusableError(_("{path}: no picture. Give photos, or a folder of them.", path=files[0]))
    return TranslateSummary(options.output, tuple(str(path) for path in written), len(files) - len(written))


def batches(photos: Iterator[Photo]) -> Iterator[list[Photo]]:
    """Photos in order, together with their neighbours of the same size as far as BATCH_PIXELS allow."""
    for (width, height), group in itertools.groupby(photos, key=lambda photo: photo.picture.size):
        count = max(1, BATCH_PIXELS // (width * height))
        while batch := list(itertools.islice(group, count)):
            yield batch


def _photos(files: Sequence[Path], progress: Progress) -> Iterator[Photo]:
    """The files that are pictures; the others are named in the log."""
    for done, file in enumerate(files, start=1):
        try:
            yield Photo(file, *decode_layers(file.read_bytes()))
        except (ImageError, OSError) as error:
            _log.warning(_("{file}: skipped, {reason}.", file=file, reason=error))
        progress.update(done)


def _pixels_of(tile: int, translator: Translator) -> int:
    """The pixels of a tile whose side the user chose. Raises UsageError for a side that is less than a tile needs."""
    least = least_side(translator.generator)
    if tile < least:
        raise UsageError(
            _("--tile {side}: too few pixels for this generator. Give {least} or more.", side=tile, least=least)
        )
    return tile**2


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
