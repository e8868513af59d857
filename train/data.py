"""Two folders of images -> batches of random crops, the same for any number of workers and after any resume.

Workers are threads, not processes: Pillow and numpy release the interpreter's lock where the time goes, and a thread
cannot die of a full /dev/shm, of a missing main guard or of a killed child, which is how loaders of other trainers end.
Pictures are scaled once and kept in memory while they fit, so that a set of some hundred is decoded once per run.
"""

import json
import logging
import math
import re
import zipfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import count, islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from pipeline.dataset import DatasetDir
from pipeline.errors import UnusableError
from pipeline.files import sha256_of
from pipeline.image import ImageError, decode
from pipeline.language import _
from pipeline.progress import Progress
from pipeline.records import DOMAINS, Domain, Split
from train.ahead import ahead
from train.capacity import free_bytes
from train.options import TrainOptions
from train.schedule import steps_per_epoch

Pixels = NDArray[np.uint8]
Folder = Path | zipfile.Path
Identity = tuple[Domain, str]
"""An image as a run knows it: its domain and its sha256."""

CACHE_BYTES = 1_000_000_000
"""Scaled pictures kept in memory by one run at the most; those beyond are decoded again each time."""

_CACHE_SHARE = 0.25
"""Of the memory that is free, so that the training finds the rest."""

MAX_FILE_BYTES = 500_000_000
_OWN_FOLDERS = ("A", "B")

_SHA256 = re.compile(r"[0-9a-f]{64}")
_STREAMS = {"order": {"A": 0, "B": 1}, "crop": {"A": 2, "B": 3}}
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ImageFile:
    """An image of a folder or an archive. Its sha256 is its name where that is one (ours are), else its bytes'."""

    domain: Domain
    path: Folder

    @property
    def name(self) -> str:
        return self.path.name

    def read(self) -> bytes:
        """The file's bytes. Raises ImageError for a file that cannot be read."""
        try:
            if isinstance(self.path, Path) and self.path.stat().st_size > MAX_FILE_BYTES:
                raise ImageError("too_many_pixels", f"{self.path.stat().st_size} bytes")
            return self.path.read_bytes()
        except (OSError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
            raise ImageError("corrupt", f"{type(error).__name__}: {error}") from error


@dataclass(frozen=True)
class Picture:
    """A file whose bytes have decoded once; `pixels` is the scaled picture [H, W, 3] while the memory allows it."""

    file: ImageFile
    sha256: str
    pixels: Pixels | None

    def load(self, side: int) -> Pixels:
        return scaled(self.file.read(), side) if self.pixels is None else self.pixels


@dataclass(frozen=True)
class Pictures:
    """The usable pictures of each domain by their sha256, whatever they are called, and how many files were skipped."""

    a: list[Picture]
    b: list[Picture]
    skipped: int

    def of(self, domain: Domain) -> list[Picture]:
        return self.a if domain == "A" else self.b

    def identities(self) -> list[Identity]:
        """Every picture, in order; one that lies there twice comes twice."""
        return sorted((domain, picture.sha256) for domain in DOMAINS for picture in self.of(domain))


@contextmanager
def image_files(
    dataroot: Path, split: Split, folders: tuple[str, str] = ("A", "B")
) -> Iterator[dict[Domain, list[ImageFile]]]:
    """The files of a split: in train/A and train/B or trainA and trainB, in the folder said or one deeper, or zipped.

    `folders` are what stands for A and B: with horses and zebras, train/horses and train/zebras or trainhorses and so
    on, and for training horses and zebras themselves too.

    Raises UnusableError for a place that has no such folders, or two of them, or holds an unfinished curation.
    """
    if not dataroot.exists():
        raise UnusableError(_("{path}: no such folder. Crawl and curate first, or name another.", path=dataroot))
    if dataroot.is_dir():
        yield _listed(dataroot, dataroot, split, folders)
        return
    try:
        with zipfile.ZipFile(dataroot) as archive:
            yield _listed(dataroot, zipfile.Path(archive), split, folders)
    except zipfile.BadZipFile as error:
        raise UnusableError(
            _("{path}: neither a folder nor a zip archive. Name one with train/A and train/B in it.", path=dataroot)
        ) from error


def load_pictures(dataroot: Path, options: TrainOptions, files: dict[Domain, list[ImageFile]], progress: Progress) \
        -> Pictures:  # fmt: skip
    """Decode every file once, scale it, and keep it while memory lasts; name each unusable one in the log.

    Raises UnusableError when a domain has no usable image at all.
    """
    everything = [file for domain in DOMAINS for file in files[domain]]
    found: dict[Domain, list[Picture]] = {domain: [] for domain in DOMAINS}
    progress.start(_("Reading images"), total=len(everything))
    kept_bytes, budget = 0, min(CACHE_BYTES, int(_CACHE_SHARE * free_bytes(torch.device("cpu"))))
    for done, (file, picture) in enumerate(zip(everything, _decoded(everything, options), strict=True), start=1):
        progress.update(done)
        if isinstance(picture, ImageError):
            _log.warning(_("{file}: skipped, {reason}.", file=file.path, reason=picture))
            continue
        assert picture.pixels is not None
        kept_bytes += picture.pixels.nbytes
        found[file.domain].append(picture if kept_bytes <= budget else Picture(file, picture.sha256, None))
    progress.finish()
    for domain in DOMAINS:
        if not found[domain]:
            raise UnusableError(
                _("{path}: no usable image in domain {domain}. Crawl more.", path=dataroot, domain=domain)
            )
    skipped = len(everything) - len(found["A"]) - len(found["B"])
    if skipped:
        _log.warning(_("{count} unusable files were skipped.", count=skipped))
    a, b = (sorted(found[domain], key=lambda picture: picture.sha256) for domain in DOMAINS)
    return Pictures(a, b, skipped)


def tell_kept(pictures: Pictures) -> None:
    """Say how many pictures are kept decoded in memory, and how many are decoded anew each time."""
    everything = pictures.a + pictures.b
    kept = [picture.pixels.nbytes for picture in everything if picture.pixels is not None]
    megabytes, others = math.ceil(sum(kept) / 1e6), len(everything) - len(kept)
    if not others:
        _log.info(_("All {count} images are kept decoded in memory: {size} MB.", count=len(kept), size=megabytes))
        return
    _log.info(
        _(
            "{count} images are kept decoded in memory: {size} MB; {others} more would not fit and are decoded each"
            " time.",
            count=len(kept),
            size=megabytes,
            others=others,
        )
    )


def scaled(data: bytes, side: int) -> Pixels:
    """Decoded and scaled so that the shorter side is `side` pixels; [H, W, 3]. Raises ImageError."""
    picture = scaled_image(decode(data, at_least=side), side)
    return np.array(picture, dtype=np.uint8)


def scaled_image(image: Image.Image, side: int) -> Image.Image:
    """The picture with a shorter side of `side` pixels, its shape kept to the pixel."""
    factor = side / min(image.size)
    size = (max(side, round(image.width * factor)), max(side, round(image.height * factor)))
    return image if size == image.size else image.resize(size, Image.Resampling.BICUBIC)


class Batches:
    """The batches of a run: a pure function of the options, the pictures and the step.

    Each domain goes through its own pictures again and again, every time in a new order drawn from (seed, domain,
    pass); mirroring and crop are drawn from (seed, domain, pass, index). So A and B are never paired, domains of
    unequal size both show every picture, and a resume goes on exactly, with any number of workers.
    """

    def __init__(self, pictures: Pictures, options: TrainOptions) -> None:
        self._pictures = pictures
        self._options = options
        self._named: set[str] = set()

    def at(self, step: int) -> tuple[Tensor, Tensor]:
        """real_a and real_b of a step, each [batch_size, 3, size, size] in [-1, 1]."""
        return self._batch("A", step), self._batch("B", step)

    @property
    def epoch_steps(self) -> int:
        return steps_per_epoch(self._options.batch_size, len(self._pictures.a), len(self._pictures.b))

    def from_step(self, first: int) -> Generator[tuple[Tensor, Tensor], None, None]:
        """The batches from a step on, without end, loaded ahead by threads. Close the iterator."""
        loaders = self._options.loaders
        return ahead(self.at, count(first), workers=loaders, waiting=2 * loaders)

    def first_images(self, domain: Domain, most: int) -> Tensor:
        """The first pictures of a domain, cut from their middle: [up to `most`, 3, size, size] in [-1, 1]."""
        pictures = list(islice(self._pictures.of(domain), most))
        size = self._options.size
        return torch.stack([_to_tensor(_middle(picture.load(self._options.load_side), size)) for picture in pictures])

    def examples(self, domain: Domain, versions: int) -> list[tuple[Pixels, list[Pixels]]]:
        """Every picture of a domain, scaled, beside what training would cut from it: each [size, size, 3]."""
        size, side = self._options.size, self._options.load_side
        rows: list[tuple[Pixels, list[Pixels]]] = []
        for index, picture in enumerate(self._pictures.of(domain)):
            pixels = picture.load(side)
            draws = (
                generator_for(self._options.seed, _STREAMS["crop"][domain], turn, index) for turn in range(versions)
            )
            rows.append((pixels, [_augmented(pixels, size, random) for random in draws]))
        return rows

    def _batch(self, domain: Domain, step: int) -> Tensor:
        size = self._options.batch_size
        return torch.stack([self._sample(domain, step * size + offset) for offset in range(size)])

    def _sample(self, domain: Domain, number: int) -> Tensor:
        pictures = self._pictures.of(domain)
        turn, place = divmod(number, len(pictures))
        index = int(_order(self._options.seed, domain, turn, len(pictures))[place])
        random = generator_for(self._options.seed, _STREAMS["crop"][domain], turn, index)
        return _to_tensor(_augmented(self._load(pictures, index), self._options.size, random))

    def _load(self, pictures: list[Picture], index: int) -> Pixels:
        """The picture's pixels, or the next one's where its file went bad since the run began."""
        for offset in range(len(pictures)):
            picture = pictures[(index + offset) % len(pictures)]
            try:
                return picture.load(self._options.load_side)
            except ImageError as error:
                self._name_once(picture.file, error)
        raise UnusableError(_("{file}: and every other image went away. Curate again.", file=pictures[index].file.path))

    def _name_once(self, file: ImageFile, error: ImageError) -> None:
        if str(file.path) not in self._named:
            self._named.add(str(file.path))
            _log.warning(_("{file}: skipped, {reason}.", file=file.path, reason=error))


def generator_for(*key: int) -> np.random.Generator:
    """A random generator that depends on nothing but the key, such as (seed, stream, epoch, index)."""
    return np.random.default_rng(list(key))


def image_lines(identities: list[Identity]) -> bytes:
    """images.jsonl: a line for each image trained on, in order of (domain, sha256)."""
    lines = [json.dumps({"domain": domain, "sha256": sha256}) for domain, sha256 in sorted(identities)]
    return "".join(f"{line}\n" for line in lines).encode()


def read_image_lines(path: Path) -> list[Identity]:
    """Read images.jsonl, in order. Raises UnusableError for a damaged one."""
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return sorted((line["domain"], line["sha256"]) for line in lines)
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = _("{file}: not readable ({error}). Start a new run.", file=path, error=repr(error))
        raise UnusableError(message) from error


def _listed(dataroot: Path, root: Folder, split: Split, names: tuple[str, str]) -> dict[Domain, list[ImageFile]]:
    home, folders = _find(dataroot, root, split, names)
    if isinstance(home, Path):
        dataset = DatasetDir(home)
        if dataset.catalog.exists() and not dataset.summary.exists():
            raise UnusableError(_("{path}: not curated, or not to the end. Run pipeline curate.", path=home))
    return {domain: _files(domain, folder) for domain, folder in zip(DOMAINS, folders, strict=True)}


def _find(dataroot: Path, root: Folder, split: Split, names: tuple[str, str]) -> tuple[Folder, tuple[Folder, Folder]]:
    """The folder that holds both domains, and theirs: where the user said, else in one of the folders there."""
    if names == _OWN_FOLDERS and isinstance(root, Path) and DatasetDir(root).catalog.exists():
        return root, (root / split / "A", root / split / "B")
    inner = sorted((path for path in root.iterdir() if path.is_dir() and _visible(path)), key=lambda path: path.name)
    for homes in ([root], inner):
        found = [(home, pair) for home in homes for pair in _pairs(home, split, names)]
        if len(found) == 1:
            return found[0]
        if found:
            homes_found = ", ".join(sorted({str(home) for home, _pair in found}))
            raise UnusableError(_("{path}: more than one data set there: {names}.", path=dataroot, names=homes_found))
    message = _(
        "{path}: no {split}/{a} and {split}/{b} there. Crawl and curate first, or say what the folders are called:"
        " --domain-a, --domain-b.",
        path=dataroot,
        split=split,
        a=names[0],
        b=names[1],
    )
    raise UnusableError(message)


def _pairs(home: Folder, split: Split, names: tuple[str, str]) -> list[tuple[Folder, Folder]]:
    a, b = names
    candidates = [(home / split / a, home / split / b), (home / f"{split}{a}", home / f"{split}{b}")]
    if names != _OWN_FOLDERS and split == "train":
        candidates.append((home / a, home / b))
    found = [(a, b) for a, b in candidates if a.is_dir() and b.is_dir()]
    if (
        len(found) == 2
        and names == _OWN_FOLDERS
        and all(_names(folder) == _names(view) for folder, view in zip(*found, strict=True))
    ):
        return found[:1]  # a curation's view of the same files (curate --layout cyclegan)
    return found


def _names(folder: Folder) -> set[str]:
    return {path.name for path in folder.iterdir()}


def _files(domain: Domain, folder: Folder) -> list[ImageFile]:
    if not folder.is_dir():
        return []
    files = [ImageFile(domain, path) for path in folder.iterdir() if path.is_file() and _visible(path)]
    return sorted(files, key=lambda file: file.name)


def _visible(path: Folder) -> bool:
    return not path.name.startswith(".") and path.name != "__MACOSX"


def _decoded(files: list[ImageFile], options: TrainOptions) -> Iterator[Picture | ImageError]:
    """Each file decoded, in order, a few ahead at a time so that a large set never lies in memory whole."""
    return ahead(lambda file: _decode(file, options.load_side), files, workers=max(1, options.loaders), waiting=32)


def _decode(file: ImageFile, side: int) -> Picture | ImageError:
    try:
        data = file.read()
        stem = file.name.partition(".")[0]
        return Picture(file, stem if _SHA256.fullmatch(stem) else sha256_of(data), scaled(data, side))
    except ImageError as error:
        return error


@lru_cache(maxsize=8)
def _order(seed: int, domain: Domain, turn: int, count: int) -> NDArray[np.int64]:
    return generator_for(seed, _STREAMS["order"][domain], turn).permutation(count)


def _augmented(pixels: Pixels, size: int, random: np.random.Generator) -> Pixels:
    """A random square of the picture, mirrored half of the time; [size, size, 3]."""
    top = int(random.integers(pixels.shape[0] - size + 1))
    left = int(random.integers(pixels.shape[1] - size + 1))
    crop = pixels[top : top + size, left : left + size]
    return crop[:, ::-1] if random.random() < 0.5 else crop


def _middle(pixels: Pixels, size: int) -> Pixels:
    top, left = (pixels.shape[0] - size) // 2, (pixels.shape[1] - size) // 2
    return pixels[top : top + size, left : left + size]


def _to_tensor(pixels: Pixels) -> Tensor:
    """[H, W, 3] of 0..255 -> [3, H, W] of -1..1."""
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1))).float() / 127.5 - 1
