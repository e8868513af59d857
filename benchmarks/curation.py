"""How fast photos are curated, beside cleanvision and imagededup doing their part of the same work; and the memory.

Photos of 1,600 pixels (seeded; one in ten is a smaller copy of another) lie in a folder. Ours decodes, checks, hashes,
looks for copies, resizes and writes the report; cleanvision runs its checks and imagededup its pHash. Neither writes a
picture, so that one contestant resizes what they leave with Pillow, as their users must. Each run is a process of its
own, with one working process, and the contestants take turns. Run by hand:

    python benchmarks/curation.py [--rounds 3] [--images 400] [--many 1600] [--peers-python PATH]

`--peers-python` names the interpreter of another environment, in which cleanvision and imagededup are installed.
"""

import argparse
import contextlib
import importlib
import io
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

SIZE = (1600, 1067)
ONE_COPY_IN = 10


@dataclass(frozen=True)
class Measured:
    """One run: how many images, in how many seconds, at how much CPU time, with how much memory at the most."""

    images: int
    seconds: float
    cpu_seconds: float
    peak_megabytes: float


def photo(number: int) -> bytes:
    """A JPEG with the size and the detail of a photo on the web, some 400 kB; every tenth is a copy of the last."""
    import numpy as np
    from PIL import Image

    is_copy = number % ONE_COPY_IN == ONE_COPY_IN - 1
    generator = np.random.default_rng(number - is_copy)
    picture = np.zeros((SIZE[1], SIZE[0], 3), dtype=np.float32)
    for cells in (4, 12, 40, 160, 400):  # shapes of all sizes, as the spectrum of photos has them
        coarse = generator.integers(0, 256, (cells * 2, cells * 3, 3), dtype=np.uint8)
        layer = Image.fromarray(coarse).resize(SIZE, Image.Resampling.BICUBIC)
        picture += np.asarray(layer, dtype=np.float32) / np.sqrt(cells)
    picture = (picture - picture.mean()) / picture.std() * 50 + 128
    picture += generator.normal(0, 3, (SIZE[1], SIZE[0], 1)).astype(np.float32)
    made = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    made = made.resize((1200, 800), Image.Resampling.LANCZOS) if is_copy else made
    file = io.BytesIO()
    made.save(file, "JPEG", quality=85)
    return file.getvalue()


def nothing(_photos: Path, _folder: Path) -> None:
    """Peers read the photos where they lie."""


def collected(photos: Path, folder: Path) -> None:
    """A dataset whose catalogue knows the photos and nothing else, as `pipeline add` leaves it."""
    from crawler.folder import add
    from pipeline.dataset import DatasetDir
    from pipeline.progress import Silent

    add(photos, "A", DatasetDir(folder), progress=Silent())


def ours(_photos: Path, folder: Path, workers: int = 1) -> int:
    """`pipeline curate`, whole."""
    from curate.build import curate
    from curate.options import CurateOptions
    from pipeline.dataset import DatasetDir
    from pipeline.progress import Silent

    options = CurateOptions(workers=workers)
    return curate(options, DatasetDir(folder), names={"A": "A", "B": "B"}, progress=Silent()).images


def two_processes(photos: Path, folder: Path) -> int:
    return ours(photos, folder, workers=2)


def peers(photos: Path, _folder: Path) -> int:
    """cleanvision at its defaults with one job, then imagededup's pHash with one process."""
    from cleanvision import Imagelab  # type: ignore[import-not-found]
    from imagededup.methods import PHash  # type: ignore[import-not-found]

    lab = Imagelab(data_path=str(photos))
    lab.find_issues(n_jobs=1, verbose=False)
    hasher = PHash(verbose=False)
    encodings = hasher.encode_images(image_dir=str(photos), num_enc_workers=0)
    hasher.find_duplicates_to_remove(encoding_map=encodings, num_dist_workers=0)
    return len(encodings)


def peers_and_pillow(photos: Path, folder: Path) -> int:
    """The same, and then the resizing that both leave to their user."""
    from PIL import Image

    count = peers(photos, folder)
    folder.mkdir()
    for path in sorted(photos.iterdir()):
        with Image.open(path) as picture:
            scale = 286 / min(picture.size)
            size = round(picture.width * scale), round(picture.height * scale)
            resized = picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)
            resized.save(folder / path.name, quality=95, subsampling=0)
    return count


@dataclass(frozen=True)
class Contestant:
    """What is loaded and laid ready before the clock starts, and what is measured."""

    modules: tuple[str, ...]
    prepare: Callable[[Path, Path], None]
    run: Callable[[Path, Path], int]


CONTESTANTS = {
    "peers": Contestant(("cleanvision", "imagededup.methods"), nothing, peers),
    "peers+PIL": Contestant(("cleanvision", "imagededup.methods"), nothing, peers_and_pillow),
    "ours": Contestant(("curate.build",), collected, ours),
    "ours x 2": Contestant(("curate.build",), collected, two_processes),
}


def run_one(name: str, photos: Path, folder: Path) -> Measured:
    """In the run's own process; memory is that of the largest of its processes."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # this checkout, whatever is installed
    contestant = CONTESTANTS[name]
    for module in contestant.modules:
        importlib.import_module(module)
    contestant.prepare(photos, folder)
    cpu_before, begun = cpu_seconds(), time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        images = contestant.run(photos, folder)
    seconds = time.perf_counter() - begun
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    return Measured(images, seconds, cpu_seconds() - cpu_before, peak)


def cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def measure(python: str, name: str, photos: Path) -> Measured:
    with tempfile.TemporaryDirectory(prefix="unpaired-benchmark-") as folder:
        command = [python, __file__, "--one", name, str(photos), f"{folder}/data"]
        one_core_each = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        environment = {**os.environ, **one_core_each}
        output = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    return Measured(**json.loads(output.splitlines()[-1]))


def written(folder: Path, count: int) -> Path:
    folder.mkdir(parents=True)
    for number in range(count):
        (folder / f"{number:06d}.jpg").write_bytes(photo(number))
    return folder


def contestants(peers_python: str) -> dict[str, str]:
    """Who takes part, and each one's interpreter."""
    check = [peers_python, "-c", "import cleanvision, imagededup.methods"]
    able = bool(peers_python) and subprocess.run(check, capture_output=True, check=False).returncode == 0
    if not able:
        say(f"cleanvision and imagededup: not importable by --peers-python {peers_python or '(none given)'}; left out")
    pythons = {name: peers_python if name.startswith("peers") else sys.executable for name in CONTESTANTS}
    return {name: python for name, python in pythons.items() if able or not name.startswith("peers")}


def report(name: str, runs: list[Measured], others: list[Measured]) -> None:
    speeds = [run.images / run.seconds for run in runs]
    ratios = [speed * other.seconds / other.images for speed, other in zip(speeds, others, strict=True)]
    cpu = statistics.median(run.cpu_seconds / run.images for run in runs) * 1000
    peak = max(run.peak_megabytes for run in runs)
    say(
        f"{name:10} {runs[0].images:6} images {statistics.median(speeds):7.1f} images/s"
        f" {statistics.median(ratios):6.2f} x {cpu:7.1f} ms CPU an image {peak:7.1f} MB"
    )


def compare(rounds: int, images: int, many: int, peers_python: str) -> None:
    chosen = contestants(peers_python)
    with tempfile.TemporaryDirectory(prefix="unpaired-photos-") as name:
        photos = written(Path(name, "few"), images)
        runs: dict[str, list[Measured]] = {contestant: [] for contestant in chosen}
        for _round in range(rounds):
            for contestant, python in chosen.items():
                runs[contestant].append(measure(python, contestant, photos))
        first = next(iter(chosen))
        say(f"{images} photos of {SIZE[0]} x {SIZE[1]}; ratios are to {first}")
        for contestant, measured in runs.items():
            report(contestant, measured, runs[first])
        if many:
            large = measure(sys.executable, "ours", written(Path(name, "many"), many))
            peak = max(run.peak_megabytes for run in runs["ours"])
            say(f"memory for {many} images: {large.peak_megabytes:.1f} MB, {large.peak_megabytes / peak:.2f} x")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--images", type=int, default=400)
    parser.add_argument("--many", type=int, default=1600)
    parser.add_argument("--peers-python", default="")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        name, photos, folder = arguments.one
        say(json.dumps(asdict(run_one(name, Path(photos), Path(folder)))))
    else:
        compare(arguments.rounds, arguments.images, arguments.many, arguments.peers_python)


if __name__ == "__main__":
    main()
