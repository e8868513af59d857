"""A training on what a crawler brings home: every mode of image, torn files, every way to start workers, no room."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from trainings import StopAt, dataset, picture, tiny

from pipeline.progress import Silent
from train.loop import train

MODES = {
    "greyscale.png": "L", "greyscale-alpha.png": "LA", "palette.gif": "P", "alpha.png": "RGBA", "cmyk.jpg": "CMYK",
    "cmyk.tif": "CMYK", "bits.png": "1", "bits.tif": "1", "16-bit.png": "I;16", "16-bit.tif": "I;16", "float.tif": "F",
    "lab.tif": "LAB", "ycbcr.jpg": "YCbCr",
}  # fmt: skip
TORN = ("cut.jpg", "cut.png", "page.jpg")

CHILD = """
import json, multiprocessing, os, sys
from pipeline.cli import main
words, shm = sys.argv[1:], os.statvfs("/dev/shm")
for method in ("spawn", "fork", "forkserver"):
    multiprocessing.set_start_method(method, force=True)
    for workers in ("0", "1", "4"):
        sys.argv = ["pipeline", *words, "--num-workers", workers]
        try:
            main()
        except SystemExit as end:
            assert not end.code, (method, workers, end.code)
print(json.dumps({"free": shm.f_bavail * shm.f_frsize}))
"""
"""Nine trainings by the command, one after another, in a program without a main guard."""

FULL_SHM = 'mount -t tmpfs -o size=1m tmpfs /dev/shm && head -c 1048576 /dev/zero > /dev/shm/full; exec "$@"'


def mixed(root: Path) -> Path:
    """Both domains with every mode of image, and three files in each that are none."""
    dataset(root, 2, 1)
    for domain in ("A", "B"):
        folder = root / "train" / domain
        for name, mode in MODES.items():
            image = picture(len(name))
            grey = image.convert("L")
            made = (
                grey.convert("I").convert("I;16") if mode == "I;16" else (grey if mode == "F" else image).convert(mode)
            )
            made.save(folder / name)
        transparent = picture(5).convert("P")
        transparent.save(folder / "palette-transparent.png", transparency=3)
        for name in ("cut.jpg", "cut.png"):
            picture(6, (200, 160)).save(folder / name)
            whole = (folder / name).read_bytes()
            (folder / name).write_bytes(whole[: len(whole) // 2])
        (folder / "page.jpg").write_text("<html>not an image</html>")
    return root


def full_shm() -> list[str]:
    """The words before a command that let it see a /dev/shm of 1 MB without room; none where that is not allowed."""
    words = ["unshare", "--mount", "sh", "-c", FULL_SHM, "sh"]
    if not shutil.which("unshare"):
        return []
    tried = subprocess.run([*words, "true"], capture_output=True, check=False)
    return [] if tried.returncode else words


@pytest.fixture(scope="module")
def nine(tmp_path_factory: pytest.TempPathFactory) -> "subprocess.CompletedProcess[str]":
    root = tmp_path_factory.mktemp("hardy")
    words = ["train", "--dataset", str(mixed(root / "set")), "--runs-dir", str(root / "runs"), "--steps", "2",
             "--size", "32", "--generator", "resnet-3", "--width", "4", "--discriminator-layers", "2",
             "--discriminator-width", "4", "--threads", "1", "--json"]  # fmt: skip
    return subprocess.run(
        [*full_shm(), sys.executable, "-c", CHILD, *words],
        capture_output=True, text=True, check=False, env=os.environ | {"OMP_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"},
    )  # fmt: skip


def test_every_mode_and_torn_files_train_with_any_workers_and_start_method(
    nine: "subprocess.CompletedProcess[str]",
) -> None:
    assert nine.returncode == 0, nine.stderr[-2000:]
    *told, _shm = map(json.loads, nine.stdout.splitlines())

    assert [(line["images_a"], line["images_b"], line["skipped"]) for line in told] == [
        (2 + len(MODES) + 1, 1 + len(MODES) + 1, 2 * len(TORN))
    ] * 9
    assert len({json.dumps(line["losses"]) for line in told}) == 1


def test_each_torn_file_is_named_once_by_each_training(nine: "subprocess.CompletedProcess[str]") -> None:
    said = " ".join(nine.stderr.split())

    for domain in ("A", "B"):
        assert [said.count(f"{domain}/{name}: skipped") for name in TORN] == [9] * len(TORN)
    assert "Traceback" not in said


def test_a_full_dev_shm_is_not_noticed(nine: "subprocess.CompletedProcess[str]") -> None:
    if not full_shm():
        pytest.skip("mounting over /dev/shm is not allowed here")

    assert nine.returncode == 0
    assert json.loads(nine.stdout.splitlines()[-1])["free"] == 0


class Children(StopAt):
    """Progress that writes down the processes below this one, at each step."""

    def __init__(self) -> None:
        super().__init__(-1)
        self.seen: set[str] = set()

    def update(self, done: int, note: str = "") -> None:
        if self.training:
            self.seen |= children()


def children() -> set[str]:
    return {child for path in Path("/proc/self/task").glob("*/children") for child in path.read_text().split()}


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="reads /proc")
def test_there_is_no_worker_process_that_could_be_killed(tmp_path: Path) -> None:
    progress, before = Children(), children()
    train(tiny(steps=3, num_workers=4), dataset(tmp_path / "set"), tmp_path / "runs", resume=None, progress=progress)

    assert progress.seen <= before


@pytest.mark.parametrize(("a", "b"), [(1, 1), (1, 7), (9, 2)])
def test_one_image_and_unequal_domains_train(tmp_path: Path, a: int, b: int) -> None:
    options = tiny(steps=0, epochs=1, decay_epochs=0, batch_size=2, sample_every=100)
    summary = train(options, dataset(tmp_path / "set", a, b), tmp_path / "runs", resume=None, progress=Silent())

    assert (summary.images_a, summary.images_b, summary.steps) == (a, b, -(-max(a, b) // 2))
