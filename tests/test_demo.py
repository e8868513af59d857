"""The demo walks the whole way: drawn scenes and folders of photos, through a real browser to a picture."""

import dataclasses
import json
from pathlib import Path

import pytest

from pipeline.dataset import DatasetDir
from pipeline.demo import drawing, run
from pipeline.demo.drawing import blossom_seeds, paint_leaf, street_seeds, truth_seeds
from pipeline.demo.options import DemoOptions
from pipeline.errors import UsageError
from pipeline.progress import Silent

SEEDS = range(0, 400, 7)


@pytest.fixture
def small_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few scenes and hardly any training: the way is the same, what is learned is not looked at."""
    monkeypatch.setattr(drawing, "SCENES", 6)
    monkeypatch.setattr(drawing, "TRUTHS", 3)
    training = dataclasses.replace(run.DEMO_TRAINING, steps=2, size=32, load_size=36, width=4)
    monkeypatch.setattr(run, "DEMO_TRAINING", training)


def test_no_scene_that_measures_is_ever_crawled() -> None:
    crawled = {number for seed in SEEDS for number in (*street_seeds(seed), *blossom_seeds(seed))}
    measuring = {number for seed in SEEDS for number in truth_seeds(seed)}
    assert crawled.isdisjoint(measuring)


def test_the_streets_in_leaf_are_other_scenes_than_those_in_blossom() -> None:
    leaf = {number for seed in SEEDS for number in street_seeds(seed)}
    blossom = {number for seed in SEEDS for number in blossom_seeds(seed)}
    assert leaf.isdisjoint(blossom)


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.usefixtures("small_demo")
def test_drawn_scenes_end_as_a_table_and_a_picture(tmp_path: Path) -> None:
    dataset = DatasetDir(tmp_path / "demo")
    summary = run.run_demo(DemoOptions(seed=399), dataset, tmp_path / "runs", progress=Silent())
    told = json.loads(json.dumps(dataclasses.asdict(summary)))
    assert Path(told["picture"]).stat().st_size > 10_000
    assert dataset.summary.is_file()
    assert told["candidates"] == told["fetched"] + sum(told["failed"].values())
    assert told["fetched"] > told["kept"] >= 12
    assert sum(told["train"].values()) + sum(told["test"].values()) == told["kept"]
    assert set(told["seconds"]) == {"draw", "crawl", "curate", "train", "test", "measure"}
    assert told["measures"]["foliage_error"]["nothing"] > 10
    assert told["measures"]["spill"]["nothing"] == 0
    assert "foliage_error" in summary.text()


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.usefixtures("small_demo")
def test_folders_of_photos_end_as_a_sheet_and_have_no_measures(tmp_path: Path) -> None:
    folders = tmp_path / "a", tmp_path / "b"
    for folder, first in zip(folders, (900_000, 900_100), strict=True):
        folder.mkdir()
        for number in range(first, first + 3):
            (folder / f"{number}.jpg").write_bytes(paint_leaf(number))
    options = DemoOptions(photos_a=str(folders[0]), photos_b=str(folders[1]))
    summary = run.run_demo(options, DatasetDir(tmp_path / "demo"), tmp_path / "runs", progress=Silent())
    assert summary.measures is None
    assert summary.kept == 6
    assert Path(summary.picture).is_file()


def test_a_folder_of_photos_that_is_not_there_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    options = DemoOptions(photos_a=str(tmp_path / "nowhere"), photos_b=str(tmp_path))
    with pytest.raises(UsageError, match="nowhere"):
        run.run_demo(options, DatasetDir(tmp_path / "demo"), tmp_path / "runs", progress=Silent())
    assert list(tmp_path.iterdir()) == []


def test_each_demo_takes_a_dataset_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run.fresh_dataset().root == Path("datasets/demo")
    (tmp_path / "datasets" / "demo").mkdir(parents=True)
    assert run.fresh_dataset().root == Path("datasets/demo-2")
