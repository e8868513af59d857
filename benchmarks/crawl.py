"""How fast the crawler downloads, beside a bare pool of `requests` threads and other crawlers; and its memory.

400 JPEGs of real size (mean 100 kB, seeded) come from a loopback server process that waits 50 ms before each answer.
Ours decodes, hashes, obeys robots.txt and keeps its catalogue; the pool only downloads. Each run is a process of its
own, and the contestants take turns. Run by hand:

    python benchmarks/crawl.py [--rounds 3] [--images 400] [--many 4000] [--peers-python PATH]

`--peers-python` names the interpreter of another environment, in which icrawler and img2dataset are installed.
"""

import argparse
import asyncio
import importlib
import io
import json
import multiprocessing
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

LATENCY_SECONDS = 0.05
THREADS = 64
BASES = 40
"""So many pictures are drawn; each is served under many names, with a comment of its own, so that no two are equal."""


@dataclass(frozen=True)
class Measured:
    """One run: how many images, in how many seconds, at how much CPU time, with how much memory at the most."""

    images: int
    seconds: float
    cpu_seconds: float
    peak_megabytes: float


def pictures() -> list[bytes]:
    """JPEGs with the size and the detail of photos on the web: 100 kB in the mean."""
    import numpy as np
    from PIL import Image

    made = []
    for number in range(BASES):
        generator = np.random.default_rng(number)
        width, height = ((640, 480), (800, 600), (1024, 683), (1200, 800))[number % 4]
        coarse = Image.fromarray(generator.integers(0, 256, (12, 16, 3), dtype=np.uint8))
        scene = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float32)
        grain = generator.normal(0, 7, (height, width, 1)).astype(np.float32)
        file = io.BytesIO()
        Image.fromarray(np.clip(scene + grain, 0, 255).astype(np.uint8)).save(file, "JPEG", quality=75)
        made.append(file.getvalue())
    return made


def with_comment(jpeg: bytes, number: int) -> bytes:
    """The same picture with other bytes: a comment after the first marker (ITU-T T.81, B.2.4.5)."""
    text = f"{number:08d}".encode()
    return jpeg[:2] + b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text + jpeg[2:]


def serve(ready: Connection) -> None:
    """The server process: a page for each number, after 50 ms, over connections that are kept."""
    asyncio.run(_serve(ready, pictures()))


async def _serve(ready: Connection, bases: list[bytes]) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await asyncio.sleep(LATENCY_SECONDS)
                writer.write(_answer(head.split(b" ", 2)[1].decode(), bases))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, backlog=256)
    ready.send((server.sockets[0].getsockname()[1], sum(map(len, bases)) / len(bases)))
    async with server:
        await server.serve_forever()


def _answer(target: str, bases: list[bytes]) -> bytes:
    name = target.strip("/").removesuffix(".jpg")
    if not name.isdecimal():
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    body = with_comment(bases[int(name) % len(bases)], int(name))
    return b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def ours(port: int, count: int, folder: Path) -> int:
    """The crawler as the command line runs it, but for the engine, which is a list of addresses."""
    from crawler.crawl import crawl
    from crawler.options import CrawlOptions
    from pipeline.dataset import DatasetDir
    from pipeline.progress import Silent
    from pipeline.records import Candidate, Query

    host = f"127.0.0.1:{port}"
    options = CrawlOptions(limit=count, allow_host=(host,), concurrency=THREADS, per_host=THREADS)
    made = [Candidate("A", "google", "q", rank, url) for rank, url in enumerate(_urls(port, count))]
    dataset = DatasetDir(folder)
    return crawl(options, [Query("A", "q")], dataset, progress=Silent(), search=lambda _query: iter(made)).images


def bare(port: int, count: int, _folder: Path) -> int:
    """64 threads that only download."""
    import requests
    from requests.adapters import HTTPAdapter

    with requests.Session() as session, ThreadPoolExecutor(THREADS) as pool:
        session.mount("http://", HTTPAdapter(pool_connections=1, pool_maxsize=THREADS))
        return sum(bool(body) for body in pool.map(lambda url: len(session.get(url).content), _urls(port, count)))


def icrawler(port: int, count: int, folder: Path) -> int:
    """icrawler at its defaults: one thread."""
    from icrawler.builtin import UrlListCrawler  # type: ignore[import-not-found]

    folder.mkdir(parents=True, exist_ok=True)
    urls = folder.parent / f"{folder.name}.txt"
    urls.write_text("\n".join(_urls(port, count)))
    UrlListCrawler(storage={"root_dir": str(folder)}, log_level=50).crawl(str(urls))
    return sum(1 for _file in folder.iterdir())


def img2dataset(port: int, count: int, folder: Path) -> int:
    """img2dataset at its defaults."""
    from img2dataset import download  # type: ignore[import-not-found]

    urls = folder.parent / f"{folder.name}.txt"
    urls.write_text("\n".join(_urls(port, count)))
    download(url_list=str(urls), output_folder=str(folder))
    return sum(1 for _file in folder.glob("*/*.jpg"))


CONTESTANTS: dict[str, Callable[[int, int, Path], int]] = {
    "bare": bare, "ours": ours, "icrawler": icrawler, "img2dataset": img2dataset,
}  # fmt: skip


MODULES = {"bare": "requests", "ours": "crawler.crawl", "icrawler": "icrawler.builtin", "img2dataset": "img2dataset"}


def _urls(port: int, count: int) -> list[str]:
    return [f"http://127.0.0.1:{port}/{number}.jpg" for number in range(count)]


def run_one(name: str, port: int, count: int, folder: Path) -> Measured:
    """In the run's own process. What it imports is loaded before the clock starts; all else that it does counts."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # this checkout, whatever is installed
    importlib.import_module(MODULES[name])
    begun = time.perf_counter()
    images = CONTESTANTS[name](port, count, folder)
    seconds = time.perf_counter() - begun
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_seconds = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    return Measured(images, seconds, cpu_seconds, own.ru_maxrss / 1024)


def measure(python: str, name: str, port: int, count: int) -> Measured:
    with tempfile.TemporaryDirectory(prefix="unpaired-benchmark-") as folder:
        command = [python, __file__, "--one", name, str(port), str(count), f"{folder}/data"]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Measured(**json.loads(output.splitlines()[-1]))


@contextmanager
def server() -> Any:
    receiving, sending = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(sending,), daemon=True)
    process.start()
    try:
        yield receiving.recv()
    finally:
        process.kill()
        process.join()


def importable(python: str, module: str) -> bool:
    command = [python, "-c", f"import {module}"]
    return bool(python) and subprocess.run(command, capture_output=True, check=False).returncode == 0


def contestants(peers_python: str) -> dict[str, str]:
    """Who takes part, and each one's interpreter."""
    chosen = {"bare": sys.executable, "ours": sys.executable}
    for peer in ("icrawler", "img2dataset"):
        if importable(peers_python, peer):
            chosen[peer] = peers_python
        else:
            say(f"{peer}: not importable by --peers-python {peers_python or '(none given)'}; left out")
    return chosen


def report(name: str, runs: list[Measured], bare_runs: list[Measured]) -> None:
    speed = statistics.median(run.images / run.seconds for run in runs)
    ratios = [
        (run.images / run.seconds) / (other.images / other.seconds) for run, other in zip(runs, bare_runs, strict=True)
    ]
    cpu = statistics.median(run.cpu_seconds / run.images for run in runs) * 1000
    peak = max(run.peak_megabytes for run in runs)
    images = min(run.images for run in runs)
    say(
        f"{name:12} {images:6} images {speed:8.1f} images/s {statistics.median(ratios):6.2f} x bare"
        f" {cpu:7.2f} ms CPU an image {peak:7.1f} MB"
    )


def compare(rounds: int, images: int, many: int, peers_python: str) -> None:
    chosen = contestants(peers_python)
    with server() as (port, mean_bytes):
        say(f"{images} images of {mean_bytes / 1000:.0f} kB in the mean, {LATENCY_SECONDS * 1000:.0f} ms latency")
        runs: dict[str, list[Measured]] = {name: [] for name in chosen}
        for _round in range(rounds):
            for name, python in chosen.items():
                runs[name].append(measure(python, name, port, images))
        for name, measured in runs.items():
            report(name, measured, runs["bare"])
        if many:
            large = measure(sys.executable, "ours", port, many)
            say(f"memory: {large.peak_megabytes / max(run.peak_megabytes for run in runs['ours']):.2f} x for {many}")
            report("ours", [large], [measure(sys.executable, "bare", port, many)])


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--images", type=int, default=400)
    parser.add_argument("--many", type=int, default=4000)
    parser.add_argument("--peers-python", default="")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        name, port, count, folder = arguments.one
        say(json.dumps(asdict(run_one(name, int(port), int(count), Path(folder)))))
    else:
        compare(arguments.rounds, arguments.images, arguments.many, arguments.peers_python)


if __name__ == "__main__":
    main()
