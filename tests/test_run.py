"""`pipeline run` by a recipe: killed anywhere and started again it goes on, and what is up to date is skipped."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.demo.drawing import paint_blossom, paint_leaf
from pipeline.demo.offers import Offer
from pipeline.demo.site import Site, serve

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RECIPE = """
dataset = "bloom"

[domain.A]
name = "거리"
queries = ["거리 이미지"]

[domain.B]
name = "벚꽃"
queries = ["벚꽃 이미지"]

[crawl]
search_url = "{search_url}"
allow_host = ["{image_host}"]

[train]
steps = 6
size = 32
width = 4
generator = "resnet-3"
checkpoint_every = 1
num_workers = 0
threads = 1
"""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    offers = {
        "거리 이미지": [Offer(f"거리/{number}.jpg", paint_leaf(900_000 + number)) for number in range(5)],
        "벚꽃 이미지": [Offer(f"벚꽃/{number}.jpg", paint_blossom(900_100 + number)) for number in range(5)],
    }
    with serve(offers) as running:
        yield running


@pytest.fixture
def project(tmp_path: Path, site: Site) -> Path:
    return _project(tmp_path, site)


@pytest.fixture(scope="module")
def finished_project(tmp_path_factory: pytest.TempPathFactory, site: Site) -> Path:
    project = _project(tmp_path_factory.mktemp("finished"), site)
    _finish(project, "run")
    return project


def _project(folder: Path, site: Site) -> Path:
    recipe = RECIPE.format(search_url=site.search_url, image_host=site.image_host)
    (folder / "pipeline.toml").write_text(recipe, encoding="utf-8")
    return folder


def _start(project: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", "from pipeline.cli import main; main()", *words],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _finish(project: Path, *words: str) -> str:
    child = _start(project, *words)
    output, errors = child.communicate()
    assert child.returncode == 0, errors
    return output


def _kill_when(child: subprocess.Popen[str], reached: Callable[[], bool]) -> None:
    """SIGKILL as soon as `reached`; a child that ended before is a test that proves nothing, and fails."""
    give_up_at = time.monotonic() + 120
    while not reached():
        assert child.poll() is None, child.communicate()
        assert time.monotonic() < give_up_at
        time.sleep(0.005)
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    assert child.returncode == -signal.SIGKILL


def _some(project: Path, pattern: str) -> Callable[[], bool]:
    return lambda: any(project.glob(pattern))


def test_killed_in_every_stage_and_started_again_it_ends_and_fetches_nothing_twice(project: Path, site: Site) -> None:
    before = site.requests.downloads
    for pattern in ("datasets/bloom/raw/??/*.jpg", "datasets/bloom/.build-*", "runs/*/checkpoints/*"):
        _kill_when(_start(project, "run"), _some(project, pattern))
    done = json.loads(_finish(project, "run", "--json"))
    assert done["train"]["steps"] == 6
    assert (project / done["test"]["sheet"]).is_file()
    assert len(list((project / "runs").iterdir())) == 1
    fetched = site.requests.downloads - before
    acknowledged_once = [name for name, count in fetched.items() if count == 1]
    assert len(fetched) == 10
    assert len(acknowledged_once) >= 10 - 8  # a batch of eight may have been under way when the crawl was killed


def test_what_is_up_to_date_is_skipped(finished_project: Path) -> None:
    done = json.loads(_finish(finished_project, "run", "--json"))
    assert done == {"crawl": None, "curate": None, "train": None, "test": None}


def test_new_photos_are_curated_and_trained_on_anew(finished_project: Path) -> None:
    (finished_project / "mine").mkdir()
    (finished_project / "mine" / "street.jpg").write_bytes(paint_leaf(900_500))
    _finish(finished_project, "add", "mine", "--domain", "A")
    done = json.loads(_finish(finished_project, "run", "--json"))
    trained_on = done["train"]["images_a"] + done["train"]["images_b"]
    assert done["crawl"] is None
    assert done["curate"]["kept"] == 11
    assert trained_on + sum(done["curate"]["counts"]["test"].values()) == 11
