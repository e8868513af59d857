"""Rows F2 and F3 of FAULTS.md, through the command: a disk that is full or shut, too few files, links, lost images."""

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from faults import Server, fixed, reply, serving
from PIL import Image

from crawler.crawl import CrawlSummary
from crawler.crawl import crawl as collect_images
from crawler.options import CrawlOptions
from pipeline.catalog import open_catalog
from pipeline.dataset import DatasetDir
from pipeline.errors import DiskError, UnusableError
from pipeline.files import TEMPORARY_PREFIX, sha256_of, sha256_of_file
from pipeline.progress import Silent
from pipeline.records import Candidate, Query

ROOT = Path(__file__).parents[1]
COUNT = 8

PLAIN = ""
OBEYING = """
import ctypes, os, sys
if "OBEYING" not in os.environ:  # without CAP_DAC_OVERRIDE (capabilities(7)) root obeys the modes of files as others do
    os.environ["OBEYING"] = "1"
    ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)
    os.execv(sys.executable, sys.orig_argv)
"""
FEW_FILES = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))\n"
SMALL_FILES = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"


def scene(seed: int) -> bytes:
    """A picture of some 150 kilobytes with detail of every size, as a photo has, unlike those of all other seeds."""
    random = np.random.default_rng(seed)
    total = np.full((400, 600, 3), 128.0)
    for rows in (6, 12, 24, 48, 96, 192):
        values = random.integers(0, 256, (rows, rows * 3 // 2, 3), dtype=np.uint8)
        total += 0.6 * np.asarray(Image.fromarray(values).resize((600, 400), Image.Resampling.BICUBIC)) - 76.8
    file = io.BytesIO()
    Image.fromarray(np.clip(total, 0, 255).astype(np.uint8)).save(file, "JPEG", quality=90)
    return file.getvalue()


PICTURES = {f"/{seed}.jpg": scene(seed) for seed in range(COUNT)}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    answers = {path: fixed(reply(picture)) for path, picture in PICTURES.items()}
    with serving({"/robots.txt": fixed(reply(b"", "404 No")), **answers}) as server:
        yield server


def pipeline(*words: str, before: str = PLAIN) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, which first does what `before` says."""
    program = f"{before}from pipeline.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, cwd=ROOT, check=False, timeout=60
    )


def crawl(server: Server, dataset: DatasetDir, before: str = PLAIN) -> subprocess.CompletedProcess[str]:
    listed = dataset.root.parent.parent / "list.txt"
    listed.write_text("\n".join(server.url(path) for path in PICTURES))
    words = ["crawl", "--urls", str(listed), "--domain", "B", "--dataset", str(dataset.root)]
    return pipeline(*words, "--allow-host", server.host, before=before)


def curate(dataset: DatasetDir, before: str = PLAIN, size: int = 286) -> subprocess.CompletedProcess[str]:
    return pipeline("curate", "--size", str(size), "--dataset", str(dataset.root), before=before)


def result(dataset: DatasetDir) -> tuple[list[tuple[object, ...]], dict[str, bytes]]:
    """What DESIGN.md means by the same result: equal bytes, and an equal dump of the catalogue."""
    with open_catalog(dataset.catalog) as catalog:
        rows = catalog.dump()
    folders = [dataset.raw, dataset.split_dir("train"), dataset.split_dir("test")]
    paths = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return rows, {str(path.relative_to(dataset.root)): path.read_bytes() for path in paths}


def finished(dataset: DatasetDir) -> dict[str, bytes]:
    return {name: data for name, data in result(dataset)[1].items() if not name.startswith("raw/")}


def assert_nothing_is_half_written(dataset: DatasetDir) -> None:
    """Every image in raw/ has the bytes of its name, and no temporary file is left anywhere."""
    for path in dataset.raw.glob("*/*"):
        assert sha256_of_file(path) == path.stem
    assert not list(dataset.root.rglob(f"{TEMPORARY_PREFIX}*"))


@pytest.fixture(scope="module")
def whole(server: Server, tmp_path_factory: pytest.TempPathFactory) -> tuple[DatasetDir, DatasetDir]:
    """What crawl, and then curate, come to where nothing stands in their way; not to be changed."""
    crawled = DatasetDir(tmp_path_factory.mktemp("whole") / "in" / "crawled")
    assert crawl(server, crawled).returncode == 0
    curated = DatasetDir(crawled.root.with_name("curated"))
    shutil.copytree(crawled.root, curated.root)
    assert curate(curated).returncode == 0
    assert len(list(curated.root.glob("*/B/*.jpg"))) == COUNT
    return crawled, curated


@pytest.fixture
def dataset(tmp_path: Path) -> DatasetDir:
    return DatasetDir(tmp_path / "disk" / "dataset")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 700 kB; skips where none can be made, as without root."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=700k", "none", folder], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def remount(disk: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", disk], check=True)


def test_a_catalogue_that_finds_the_disk_full_says_so(dataset: DatasetDir, disk: Path) -> None:
    with open_catalog(dataset.catalog):
        pass
    (disk / "full").write_bytes(bytes(shutil.disk_usage(disk).free))
    many = [Candidate("B", "google", "벚꽃", rank, f"http://a.kr/{rank}.jpg") for rank in range(5000)]
    with pytest.raises(DiskError, match="the disk is full"), open_catalog(dataset.catalog) as catalog:
        catalog.see(many)


def test_a_crawl_that_fills_the_disk_goes_on_when_there_is_room(
    server: Server, whole: tuple[DatasetDir, DatasetDir], dataset: DatasetDir, disk: Path
) -> None:
    full = crawl(server, dataset)
    assert (full.returncode, full.stdout) == (DiskError.exit_code, "")
    assert f"{dataset.root}/" in full.stderr
    assert "the disk is full. Make room and run the same command again." in full.stderr
    assert_nothing_is_half_written(dataset)
    remount(disk, "size=8m")
    assert crawl(server, dataset).returncode == 0
    assert result(dataset) == result(whole[0])


def test_a_curation_that_fills_the_disk_leaves_the_old_tree_and_goes_on_when_there_is_room(
    whole: tuple[DatasetDir, DatasetDir], dataset: DatasetDir, disk: Path
) -> None:
    remount(disk, "size=8m")
    shutil.copytree(whole[1].root, dataset.root)
    remount(disk, f"size={sum(path.stat().st_size for path in disk.rglob('*')) + 300_000}")
    full = curate(dataset, size=400)
    assert (full.returncode, full.stdout) == (DiskError.exit_code, "")
    assert "the disk is full" in full.stderr
    assert dataset.summary.read_bytes() == whole[1].summary.read_bytes()
    assert finished(dataset) == finished(whole[1])
    remount(disk, "size=8m")
    assert curate(dataset).returncode == 0
    assert result(dataset) == result(whole[1])
    assert not list(dataset.root.glob(".build-*"))


@pytest.mark.parametrize("stage", ["crawl", "curate"])
def test_a_limit_on_the_size_of_files_stops_a_stage_that_goes_on_without_it(
    server: Server, whole: tuple[DatasetDir, DatasetDir], dataset: DatasetDir, stage: str
) -> None:
    if stage == "curate":
        shutil.copytree(whole[0].root, dataset.root)
    run = crawl(server, dataset, SMALL_FILES) if stage == "crawl" else curate(dataset, SMALL_FILES)
    assert run.returncode == DiskError.exit_code
    assert str(dataset.root) in run.stderr
    assert_nothing_is_half_written(dataset)
    assert not dataset.summary.exists()
    assert (crawl(server, dataset) if stage == "crawl" else curate(dataset)).returncode == 0
    assert result(dataset) == result(whole[stage == "curate"])


@contextmanager
def shut(root: Path) -> Iterator[None]:
    """Every folder and file under `root` may be read and not written, by whoever obeys modes."""
    paths = [root, *root.rglob("*")]
    for path in paths:
        path.chmod(path.stat().st_mode & ~0o222)
    descriptors = [os.open(path, os.O_RDONLY) for path in paths]  # the command may rename them
    try:
        yield
    finally:
        for descriptor in descriptors:
            os.fchmod(descriptor, os.fstat(descriptor).st_mode | 0o200)
            os.close(descriptor)


def test_where_nothing_may_be_written_crawl_and_curate_say_so_and_change_nothing(
    server: Server, whole: tuple[DatasetDir, DatasetDir], dataset: DatasetDir
) -> None:
    shutil.copytree(whole[0].root, dataset.root)
    before = result(dataset)
    with shut(dataset.root):
        runs = [crawl(server, dataset, OBEYING), curate(dataset, OBEYING)]
    for run in runs:
        assert (run.returncode, run.stdout) == (DiskError.exit_code, "")
        assert f"{dataset.root}/" in run.stderr
        assert "permission" in run.stderr
    assert result(dataset) == before
    assert curate(dataset).returncode == 0
    assert result(dataset) == result(whole[1])


@pytest.mark.parametrize("place", ["raw", "train/B", "rejected"])
def test_a_single_folder_that_is_shut_stops_its_stage_which_then_goes_on(
    server: Server, whole: tuple[DatasetDir, DatasetDir], dataset: DatasetDir, place: str
) -> None:
    if place != "raw":
        shutil.copytree(whole[1].root, dataset.root)
    folder = dataset.root / place
    folder.mkdir(parents=True, exist_ok=True)
    with shut(folder):
        run = crawl(server, dataset, OBEYING) if place == "raw" else curate(dataset, OBEYING, size=100)
    assert (run.returncode, run.stdout) == (DiskError.exit_code, "")
    assert f"{dataset.root}" in run.stderr
    assert "no permission to write. Change its owner or choose another folder." in run.stderr
    assert_nothing_is_half_written(dataset)
    assert (crawl(server, dataset) if place == "raw" else curate(dataset)).returncode == 0
    assert result(dataset) == result(whole[place != "raw"])


def test_on_a_disk_that_is_mounted_read_only_nothing_is_done(
    server: Server, whole: tuple[DatasetDir, DatasetDir], dataset: DatasetDir, disk: Path
) -> None:
    remount(disk, "size=8m")
    shutil.copytree(whole[0].root, dataset.root)
    remount(disk, "ro")
    runs = [crawl(server, dataset), curate(dataset)]
    remount(disk, "rw")
    for run in runs:
        assert run.returncode == DiskError.exit_code
        assert f"{dataset.lock}: no permission to write" in run.stderr
    assert result(dataset) == result(whole[0])


@pytest.mark.parametrize("stage", ["crawl", "curate"])
def test_too_few_open_files_stop_a_stage_with_the_remedy_and_lose_nothing(
    server: Server, whole: tuple[DatasetDir, DatasetDir], dataset: DatasetDir, stage: str
) -> None:
    if stage == "curate":
        shutil.copytree(whole[0].root, dataset.root)
    run = crawl(server, dataset, FEW_FILES) if stage == "crawl" else curate(dataset, FEW_FILES)
    assert (run.returncode, run.stdout) == (DiskError.exit_code, "")
    assert "too many open files. Raise the limit (ulimit -n 4096)" in run.stderr
    assert_nothing_is_half_written(dataset)
    assert (crawl(server, dataset) if stage == "crawl" else curate(dataset)).returncode == 0
    assert result(dataset) == result(whole[stage == "curate"])


def collect(server: Server, dataset: DatasetDir) -> CrawlSummary:
    """The same crawl in this process."""

    def search(query: Query) -> Iterator[Candidate]:
        for rank, path in enumerate(PICTURES):
            yield Candidate(query.domain, "google", query.text, rank, server.url(path))

    options = CrawlOptions(allow_host=(server.host,))
    return collect_images(options, [Query("B", "벚꽃")], dataset, progress=Silent(), search=search)


@pytest.mark.parametrize("place", ["raw", f"raw/{sha256_of(PICTURES['/0.jpg'])[:2]}", "catalog.sqlite"])
def test_nothing_is_written_through_a_link_that_leads_out_of_the_dataset(
    server: Server, dataset: DatasetDir, tmp_path: Path, place: str
) -> None:
    outside = tmp_path / "outside"
    link = dataset.root / place
    link.parent.mkdir(parents=True)
    if place == "catalog.sqlite":
        outside.write_bytes(b"")
    else:
        outside.mkdir()
    link.symlink_to(outside)
    with pytest.raises(UnusableError, match=f"{link}: a link"):
        collect(server, dataset)
    assert link.is_symlink()
    assert outside.read_bytes() == b"" if outside.is_file() else not list(outside.iterdir())


@pytest.mark.parametrize("behind", ["the same bytes", "other bytes", "nothing"])
def test_a_link_in_the_place_of_an_image_is_replaced_and_what_it_points_to_stays(
    server: Server, dataset: DatasetDir, tmp_path: Path, behind: str
) -> None:
    picture = PICTURES["/0.jpg"]
    held = {"the same bytes": picture, "other bytes": b"precious", "nothing": None}[behind]
    outside, link = tmp_path / "outside.png", dataset.raw_file(sha256_of(picture), "jpg")
    if held is not None:
        outside.write_bytes(held)
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)
    assert collect(server, dataset).images == COUNT
    assert (link.is_symlink(), link.read_bytes()) == (False, picture)
    assert (outside.read_bytes() if outside.exists() else None) == held


def test_an_image_that_vanished_or_changed_between_the_stages_is_found_by_its_hash(
    server: Server, whole: tuple[DatasetDir, DatasetDir], dataset: DatasetDir
) -> None:
    shutil.copytree(whole[0].root, dataset.root)
    gone, changed, *_others = sorted(dataset.raw.glob("*/*"))
    kept = gone.read_bytes(), changed.read_bytes()
    gone.unlink()
    changed.write_bytes(bytes(len(kept[1])))
    run = curate(dataset)
    assert (run.returncode, f"{COUNT - 2} of {COUNT} images kept" in run.stdout) == (0, True)
    assert not {gone.stem, changed.stem} & {Path(name).stem for name in finished(dataset)}
    gone.write_bytes(kept[0])
    changed.write_bytes(kept[1])
    assert curate(dataset).returncode == 0
    assert set(finished(dataset)) == set(finished(whole[1]))


def test_a_decoder_that_cannot_be_loaded_is_no_fault_of_the_image() -> None:
    program = """if True:
        import os, resource, sys
        from pipeline.image import ImageError, inspect
        data = sys.stdin.buffer.read()
        lowest_free = os.dup(0)
        os.close(lowest_free)
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, before[1]))
        try:
            inspect(data)
        except (OSError, ImageError) as error:
            told = repr(error)
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        sys.stdout.write(f"{told} {inspect(data).format}")
    """
    arguments = [sys.executable, "-c", program]
    child = subprocess.run(arguments, input=PICTURES["/0.jpg"], capture_output=True, cwd=ROOT, check=True, timeout=60)
    assert child.stdout.decode() == "OSError(24, 'Too many open files') JPEG"
