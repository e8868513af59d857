"""How many photos the checks of looks reject or flag, and how much of what is no good picture they catch.

Measured on `../shared/data` (where it is there), on folders that are named, on the demo's scenes, logos and cards, and
on photos that are spoiled in many ways. Run by hand:

    python benchmarks/looks.py [--photos DIR]... [--graphics DIR]... [--spoil 60] [--threshold NAME=VALUE]...

`--photos` and `--graphics` name folders of pictures that are all one or the other; `--spoil` so many photos.
"""

import argparse
import csv
import io
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # runs from a checkout

from curate.edits import EDITS, Edit  # noqa: E402
from curate.looks import look  # noqa: E402
from curate.thresholds import Appraisal, Thresholds, failures_of, thresholds_from  # noqa: E402
from pipeline.demo.graphics import logo, text_card  # noqa: E402
from pipeline.demo.scenes import compose, render_blossom, render_leaf  # noqa: E402
from pipeline.image import ImageError, decode  # noqa: E402

SHARED_DATA = ROOT.parent / "shared" / "data"
Way = Callable[[Image.Image], Image.Image]


def saved(picture: Image.Image, quality: int = 88) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return decode(file.getvalue())


def blurred(photo: Image.Image, pixels: float) -> Image.Image:
    """As a Gaussian of so many pixels at the working size of 512 blurs it."""
    return photo.filter(ImageFilter.GaussianBlur(pixels * max(1.0, max(photo.size) / 512)))


def enlarged(photo: Image.Image, side: int) -> Image.Image:
    small = photo.copy()
    small.thumbnail((side, side), Image.Resampling.BICUBIC)
    return small.resize(photo.size, Image.Resampling.BICUBIC)


def noisy(photo: Image.Image) -> Image.Image:
    noise = np.random.default_rng(0).normal(0, 50, (photo.height, photo.width, 3))
    return Image.fromarray((np.asarray(photo) + noise).clip(0, 255).astype(np.uint8))


def with_text(photo: Image.Image) -> Image.Image:
    written = photo.copy()
    font = ImageFont.load_default(max(12, photo.width // 20))
    ImageDraw.Draw(written).text((10, photo.height // 2), "CHERRY BLOSSOM TOUR", fill="white", font=font)
    return written


DRAWN_OVER = ("band", "caption", "date", "watermark", "tiled watermark")


def drawn_over(edit: Edit) -> Way:
    return lambda photo: decode(edit.apply(photo, random.Random(0)))


SPOILED: dict[str, Way] = {
    "none": lambda photo: photo,
    "strong blur": lambda photo: blurred(photo, 5),
    "soft blur": lambda photo: blurred(photo, 2),
    "enlarged from 100 px": lambda photo: enlarged(photo, 100),
    "enlarged from 160 px": lambda photo: enlarged(photo, 160),
    "dark": lambda photo: ImageEnhance.Brightness(photo).enhance(0.2),
    "overexposed": lambda photo: ImageEnhance.Brightness(photo).enhance(3),
    "faded": lambda photo: Image.blend(Image.new("RGB", photo.size, (190, 190, 190)), photo, 0.3),
    "posterised": lambda photo: ImageOps.posterize(photo, 2),
    "grey": lambda photo: photo.convert("L").convert("RGB"),
    "noise": noisy,
    "lowest JPEG quality": lambda photo: saved(photo, 8),
    "letterbox": lambda photo: ImageOps.expand(photo, (0, photo.height // 10), "black"),
    "a line of text": with_text,
} | {edit.name: drawn_over(edit) for edit in EDITS if edit.name in DRAWN_OVER}


def pictures_in(folder: Path) -> Iterator[Image.Image]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            yield decode(path.read_bytes())
        except ImageError:
            continue


def shared_sets() -> Iterator[tuple[str, list[Image.Image]]]:
    crawl: dict[str, list[Image.Image]] = defaultdict(list)
    with (SHARED_DATA / "dirty_crawl" / "labels.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            crawl[row["label"]].append(decode((SHARED_DATA / "dirty_crawl" / row["file"]).read_bytes()))
    for label, pictures in crawl.items():
        yield f"dirty_crawl, {label}", pictures
    for domain in "AB":
        folders = (SHARED_DATA / "street2blossom" / split / domain for split in ("train", "test"))
        yield f"street2blossom, {domain}", [picture for folder in folders for picture in pictures_in(folder)]


def demo_sets() -> Iterator[tuple[str, list[Image.Image]]]:
    seeds = [1000 * seed + number for seed in (0, 1, 2) for number in range(8)]
    scenes = [saved(render_leaf(compose(seed))) for seed in seeds]
    yield "demo, scenes", scenes + [saved(render_blossom(compose(200 + seed))) for seed in seeds]
    lines = ["SPRING SALE", "up to 40 % off", "this week only"]
    yield "demo, logos and cards", [drawn for seed in range(20) for drawn in (logo(seed), text_card(seed, lines))]


def row(name: str, found: Iterable[Appraisal]) -> str:
    appraisals = list(found)
    count = max(1, len(appraisals))
    rejected = [one.rejected.reason for one in appraisals if one.rejected]
    flagged = [one for one in appraisals if one.flags and not one.rejected]
    reasons = Counter(rejected) + Counter(flag.reason for one in flagged for flag in one.flags)
    why = ", ".join(f"{reason} {number}" for reason, number in reasons.most_common(4))
    shares = f"{len(rejected) / count:8.1%} {len(flagged) / count:8.1%}"
    return f"{name:26s} {len(appraisals):6d} {shares} {(len(rejected) + len(flagged)) / count:8.1%}  {why}"


def milliseconds(photos: list[Image.Image]) -> float:
    """The processor time of one look at a photo of 1,600 pixels."""
    large = [ImageOps.contain(photo, (1600, 1600)) for photo in photos[:12]]
    look(large[0])
    started = time.process_time()
    for photo in large:
        look(photo)
    return 1000 * (time.process_time() - started) / len(large)


def report(sets: Iterable[tuple[str, list[Image.Image]]], spoil: int, thresholds: Thresholds) -> Iterator[str]:
    yield f"{'':26s} {'images':>6s} {'rejected':>8s} {'flagged':>8s} {'caught':>8s}  for"
    photos: list[Image.Image] = []
    for name, pictures in sets:
        yield row(name, (failures_of(look(picture), thresholds) for picture in pictures))
        if name.endswith(("photo", ", B", "photos")):
            photos += pictures
    if not photos:
        return
    chosen = random.Random(0).sample(photos, min(spoil, len(photos)))
    for way, change in SPOILED.items():
        yield row(f"spoiled: {way}", (failures_of(look(saved(change(photo))), thresholds) for photo in chosen))
    yield f"a look at 1,600 pixels takes {milliseconds(photos):.1f} ms of one processor"


def named(folders: list[Path], kind: str) -> Iterator[tuple[str, list[Image.Image]]]:
    for folder in folders:
        yield f"{folder.name}, {kind}", list(pictures_in(folder))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, action="append", default=[])
    parser.add_argument("--graphics", type=Path, action="append", default=[])
    parser.add_argument("--spoil", type=int, default=60)
    parser.add_argument("--threshold", action="append", default=[])
    options = parser.parse_args()
    cv2.setNumThreads(1)
    sets = [*demo_sets(), *named(options.photos, "photos"), *named(options.graphics, "graphics")]
    if SHARED_DATA.is_dir():
        sets = [*shared_sets(), *sets]
    for line in report(sets, options.spoil, thresholds_from(options.threshold)):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
