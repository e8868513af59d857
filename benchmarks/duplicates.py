"""How well and how fast copies are found: each edit's recall on the photos of folders, and the search's cost by size.

`python benchmarks/duplicates.py FOLDER...` edits every photo there in every way; without folders only the cost is
measured, on made-up signatures with the density of real ones.
"""

import resource
import sys
import time
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from curate.proposals import propose
from curate.selftest import Report, check
from curate.signature import SIDE, Signature, signature_of
from pipeline.image import ImageError, decode

SIZES = (1_000, 10_000, 100_000)
LARGEST_SIDE = 1100


def made_up(count: int, seed: int) -> dict[str, Signature]:
    """Signatures with the spectrum of photos (amplitude falls with the frequency), bright tops, a tenth copies."""
    random = np.random.default_rng(seed)
    frequencies = np.hypot(*np.meshgrid(np.fft.fftfreq(SIDE), np.fft.rfftfreq(SIDE), indexing="ij"))
    falling = 1 / np.maximum(frequencies, 1 / SIDE) ** 1.12
    signatures: dict[str, Signature] = {}
    previous = np.zeros((SIDE, SIDE))
    for number in range(count):
        if number % 10 != 9:
            noise = np.fft.rfft2(random.normal(size=(SIDE, SIDE)))
            previous = np.fft.irfft2(noise * falling, (SIDE, SIDE))
            previous += random.normal(0.5, 0.5) * previous.std() * np.linspace(1, -1, SIDE)[:, None]
        levels = previous + random.normal(0, 0.03 * previous.std(), (SIDE, SIDE))
        levels = np.clip((levels - levels.mean()) / levels.std() * 40 + 128, 0, 255).astype(np.uint8)
        signatures[f"{number:07}"] = Signature(
            levels.tobytes(), *((256, 171) if number % 3 else (192, 256)), flat=False
        )
    return signatures


def photos_of(folders: list[str]) -> dict[str, Image.Image]:
    photos = {}
    for path in sorted(path for folder in folders for path in Path(folder).rglob("*") if path.is_file()):
        try:
            picture = decode(path.read_bytes(), at_least=LARGEST_SIDE)
        except ImageError:
            continue
        picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
        photos[str(path)] = picture
    return photos


def table_of(report: Report) -> str:
    lines = [f"{'edit':18} {'found':>6} {'copies':>7}"]
    lines += [
        f"{score.edit.name:18} {score.recall:6.3f} {score.share_called_copies:7.3f}  ({score.pictures} photos)"
        for score in report.scores
    ]
    mistakes = report.mistakes
    lines.append(f"{mistakes.pairs} pairs of photos: {mistakes.linked} linked, {mistakes.called_copies} called copies")
    return "\n".join(lines)


def cost_of_signatures() -> str:
    picture = Image.effect_noise((1600, 1067), 60).convert("RGB")
    signature_of(picture)
    start = time.process_time()
    for _turn in range(20):
        signature_of(picture)
    return f"signature of 1,600 pixels: {(time.process_time() - start) / 20 * 1000:.1f} ms"


def cost_of_search(count: int) -> str:
    signatures = made_up(count, seed=1)
    start = time.process_time()
    found = propose(signatures, signatures)
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    each = seconds / count * 1000
    return f"{count:7} pictures: {seconds:6.1f} s, {each:.2f} ms each, {len(found)} proposals, peak {peak:.0f} MB"


def main() -> None:
    cv2.setNumThreads(1)
    sys.stdout.write(cost_of_signatures() + "\n")
    for count in SIZES:
        sys.stdout.write(cost_of_search(count) + "\n")
        sys.stdout.flush()
    if sys.argv[1:]:
        sys.stdout.write(table_of(check(photos_of(sys.argv[1:]))) + "\n")


if __name__ == "__main__":
    main()
