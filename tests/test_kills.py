"""Row P1 of FAULTS.md: each stage is killed at seeded moments and started again, and nothing tells the difference."""

import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import test_build
from processes import drivers_of, living, marked
from test_crawl import BLOSSOM, acknowledged, child, collect, dump, ended, listing, mixed, offers, raw, until
from trainings import assert_equal_to_the_bit, state_of
from trainings import dataset as dataset_to_train
from victims import Nursery, nursery

from pipeline.dataset import DatasetDir
from pipeline.demo.offers import Offer
from pipeline.demo.site import Site, serve
from pipeline.progress import Silent
from train.loop import train
from train.options import TrainOptions
from train.rundir import RunDir


@dataclass(frozen=True)
class Crawl:
    """A site, what it offers, a crawl of it that nobody interrupted, and how many downloads that asked for."""

    site: Site
    offered: list[Offer]
    whole: DatasetDir
    limit: int
    by_browser: bool = False

    def again(self, killed: DatasetDir) -> None:
        """Crawl to the end; nothing that is acknowledged may be asked for again, and the result is the same."""
        settled, before = acknowledged(killed), self.site.requests.downloads
        self.run(killed)
        after = self.site.requests.downloads
        assert all(after[offer.name] == before[offer.name] for offer in self.offered if offer.title in settled)
        assert dump(killed) == dump(self.whole)
        assert raw(killed) == raw(self.whole)

    def run(self, dataset: DatasetDir) -> None:
        search = None if self.by_browser else listing(self.site, self.offered)
        collect(self.site, dataset, search, limit=self.limit)


@pytest.fixture(scope="module")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawl]:
    offered = mixed(40)
    with serve({BLOSSOM.text: offered}) as site:
        made = Crawl(site, offered, DatasetDir(tmp_path_factory.mktemp("crawl") / "whole"), limit=25)
        made.run(made.whole)
        yield made


def test_a_crawl_that_was_killed_and_started_again_gives_the_same_result(
    crawl: Crawl, tmp_path: Path, kill_seed: int
) -> None:
    point = random.Random(kill_seed).randint(1, 30)
    killed = DatasetDir(tmp_path / "killed")
    asked = crawl.site.requests.downloads.total()
    process = child(crawl.site, killed, crawl.offered, crawl.limit)
    until(lambda: crawl.site.requests.downloads.total() >= asked + point)
    process.kill()
    ended(process)
    crawl.again(killed)


@pytest.fixture(scope="module")
def crawl_by_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawl]:
    offered = offers(45)
    with serve({BLOSSOM.text: offered}) as site:
        whole = DatasetDir(tmp_path_factory.mktemp("browser") / "whole")
        made = Crawl(site, offered, whole, limit=30, by_browser=True)
        made.run(made.whole)
        yield made


@pytest.mark.browser
def test_a_crawl_with_a_browser_that_was_killed_gives_the_same_result_and_leaves_no_browser(
    crawl_by_browser: Crawl, tmp_path: Path, browser_kill_seed: int
) -> None:
    point = random.Random(browser_kill_seed).randint(1, 25)
    site, killed = crawl_by_browser.site, DatasetDir(tmp_path / "killed")
    asked = site.requests.downloads.total()
    process = child(site, killed, [], crawl_by_browser.limit)
    until(lambda: site.requests.downloads.total() >= asked + point)
    sessions = drivers_of(process.pid)
    assert len(living(*sessions)) > 1
    process.kill()
    ended(process)
    until(lambda: not living(*sessions))
    crawl_by_browser.again(killed)


START = """
import subprocess, selenium
from crawler.browser import open_browser
from crawler.options import CrawlOptions
from victims import serve

def work():
    with open_browser(CrawlOptions(), ()):
        pass

serve(work, {"find_browser": "looking", "_running_driver": "driver", "_session": "session", "quit": "end"},
      [subprocess.__file__, *selenium.__path__])
"""
STAGES_OF_A_START = ("driver", "session", "driver", "end")
"""While the reaper and the driver start; while the browser starts; while all three end."""


@pytest.fixture(scope="module")
def places() -> Iterator[Path]:
    """The folder for the profiles of browsers, by which their processes are known, too; its path is short."""
    with tempfile.TemporaryDirectory(prefix="unpaired-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def starts(places: Path) -> Iterator[tuple[Nursery, Mapping[str, int]]]:
    with nursery(START, TMPDIR=str(places)) as running:
        yield running, running.whole()


@pytest.mark.browser
def test_a_crawl_that_is_killed_as_its_browser_starts_or_ends_leaves_no_process_and_no_profile(
    starts: tuple[Nursery, Mapping[str, int]], places: Path, kill_seed: int
) -> None:
    running, moments = starts
    bystanders = marked(str(places))  # the nursery itself
    stage = STAGES_OF_A_START[kill_seed % len(STAGES_OF_A_START)]
    running.kill(moments, stage, kill_seed)
    until(lambda: marked(str(places)) == bystanders)
    assert list(places.iterdir()) == []


OPENING = """
from crawler.browser import open_browser
from crawler.options import CrawlOptions
with open_browser(CrawlOptions(), ()):
    input()
"""


@pytest.mark.browser
@pytest.mark.parametrize("sign", ["unpaired-*", "unpaired-*/driver.log", "unpaired-*/*Chromium*", "unpaired-*/profile"])
def test_a_crawl_that_is_killed_while_it_waits_for_its_browser_leaves_no_process_and_no_profile(
    places: Path, sign: str
) -> None:
    bystanders = set(marked(str(places)))
    with subprocess.Popen(
        [sys.executable, "-c", OPENING], stdin=subprocess.PIPE, env=os.environ | {"TMPDIR": str(places)}
    ) as process:
        until(lambda: any(places.glob(sign)))
        process.kill()
    until(lambda: not set(marked(str(places))) - bystanders)
    assert list(places.iterdir()) == []


CURATION = """
from pathlib import Path
from victims import serve
from curate.build import curate
from curate.options import CurateOptions
from curate.thresholds import REASONS
from pipeline.dataset import DatasetDir
from pipeline.progress import Silent

def work(root):
    options = CurateOptions(split=0.75, size=36, min_size=32, keep=REASONS, workers=1)
    curate(options, DatasetDir(Path(root)), names={"A": "거리", "B": "벚꽃"}, progress=Silent())

serve(work, {"measure": "measuring", "compare": "comparing", "plan": "split", "build_tree": "building",
             "write_report": "report", "commit": "swap", "warn_of_few": "swapped"})
"""
STAGES_OF_A_CURATION = ("measuring", "comparing", "split", "building", "report", "swap")


@dataclass(frozen=True)
class Curation:
    """A dataset with news to curate, how it looks when that was not interrupted, and the moments till then."""

    start: DatasetDir
    whole: DatasetDir
    moments: Mapping[str, int]
    nursery: Nursery


@pytest.fixture(scope="module")
def curation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Curation]:
    folder = tmp_path_factory.mktemp("curation")
    start, whole = DatasetDir(folder / "trees"), DatasetDir(folder / "whole" / "trees")
    test_build.add(start, "A", [test_build.picture(seed) for seed in range(4)])
    test_build.add(start, "B", [test_build.picture(seed) for seed in range(10, 14)])
    test_build.run(start)
    news = [test_build.picture(40), test_build.picture(1, 120, 80), b"dirt"]
    test_build.add(start, "A", news, query="new")
    shutil.copytree(start.root, whole.root)
    with nursery(CURATION) as running:
        yield Curation(start, whole, running.whole(whole.root), running)


def test_a_curation_that_was_killed_in_any_of_its_stages_ends_with_the_same_result(
    curation: Curation, tmp_path: Path, kill_seed: int
) -> None:
    victim = DatasetDir(tmp_path / "trees")
    shutil.copytree(curation.start.root, victim.root)
    stage = STAGES_OF_A_CURATION[kill_seed % len(STAGES_OF_A_CURATION)]
    curation.nursery.kill(curation.moments, stage, kill_seed, victim.root)
    test_build.run(victim, replace(test_build.OPTIONS, size=36))
    assert test_build.content(victim) == test_build.content(curation.whole)
    assert test_build.dump(victim) == test_build.dump(curation.whole)
    assert not [path.name for path in victim.root.iterdir() if path.name.startswith((".build-", ".old-"))]


TRAINING = """
from pathlib import Path
import torch
from trainings import tiny
from victims import serve
from pipeline.progress import Silent
from train.loop import train

def work(data, runs):
    train(tiny(), Path(data), Path(runs), resume=None, progress=Silent())

serve(work, {"_set_rate": "step", "after_step": "metrics", "save": "checkpoint", "write_summary": "summary"})
"""
STAGES_OF_A_TRAINING = ("checkpoint", "checkpoint", "checkpoint", "summary")


@dataclass(frozen=True)
class TrainingVictims:
    """Images, the run folder of a training that nobody interrupted, and the moments till its end."""

    data: Path
    whole: RunDir
    moments: Mapping[str, int]
    nursery: Nursery


@pytest.fixture(scope="module")
def training(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrainingVictims]:
    folder = tmp_path_factory.mktemp("training")
    data = dataset_to_train(folder / "data")
    with nursery(TRAINING) as running:
        moments = running.whole(data, folder / "runs")
        yield TrainingVictims(data, RunDir(next((folder / "runs").iterdir())), moments, running)


def test_a_training_that_was_killed_as_it_wrote_a_checkpoint_ends_with_the_same_weights(
    training: TrainingVictims, tmp_path: Path, kill_seed: int
) -> None:
    stage = STAGES_OF_A_TRAINING[kill_seed % len(STAGES_OF_A_TRAINING)]
    training.nursery.kill(training.moments, stage, kill_seed, training.data, tmp_path)
    summary = train(TrainOptions(), Path("/nowhere"), tmp_path, resume="", progress=Silent())
    assert_equal_to_the_bit(state_of(summary.run), state_of(str(training.whole.root)))
    assert RunDir(Path(summary.run)).finished
