"""The runs that used a dataset, as `pipeline status` reads them; written by the trainer itself."""

import json
from pathlib import Path

import pytest

from pipeline.dataset import DatasetDir
from pipeline.files import lock
from pipeline.runs import runs_of
from train.data import image_lines
from train.options import TrainOptions
from train.rundir import RunDir, RunSettings, new_run, write_settings

IMAGES = [("A", "a" * 64), ("B", "b" * 64)]


@pytest.fixture
def dataset(tmp_path: Path) -> DatasetDir:
    made = DatasetDir(tmp_path / "trees")
    for domain, sha256 in IMAGES:
        folder = made.images("train", domain)  # type: ignore[arg-type]
        folder.mkdir(parents=True)
        (folder / f"{sha256}.jpg").write_bytes(b"picture")
    return made


@pytest.fixture
def run(dataset: DatasetDir, tmp_path: Path) -> RunDir:
    """A run that stopped after its checkpoint of step 120, with metrics up to 100 and a half line."""
    made = new_run(tmp_path / "runs", "trees")
    write_settings(made, RunSettings(str(dataset.root.resolve()), TrainOptions()))
    made.images.write_bytes(image_lines(IMAGES))  # type: ignore[arg-type]
    lines = [json.dumps({"step": step, "planned_steps": 4000, "cycle_a": 0.5}) for step in (80, 100)]
    made.metrics.write_text("\n".join([*lines, '{"step": 12']))
    made.checkpoints.mkdir()
    (made.checkpoints / "step_0000120.pt").write_bytes(b"")
    (made.checkpoints / "step_0000120.sha256").write_bytes(b"")
    return made


def test_a_stopped_run_says_where_it_stopped_and_what_was_planned(dataset: DatasetDir, run: RunDir) -> None:
    (found,) = runs_of(dataset, run.root.parent, set())
    assert (found.name, found.state, found.step, found.planned_steps) == (run.name, "stopped", 120, 4000)
    assert (found.images, found.current, found.tested) == (2, True, False)
    assert found.text() == "stopped at step 120 of 4,000"


def test_a_run_whose_lock_is_held_is_running(dataset: DatasetDir, run: RunDir) -> None:
    with lock(run.lock):
        assert runs_of(dataset, run.root.parent, set())[0].state == "running"
    assert runs_of(dataset, run.root.parent, set())[0].state == "stopped"


def test_a_run_with_a_summary_is_finished_and_one_with_a_sheet_was_tested(dataset: DatasetDir, run: RunDir) -> None:
    run.summary.write_text("{}")
    run.test.mkdir()
    run.test_sheet.write_bytes(b"")
    (found,) = runs_of(dataset, run.root.parent, set())
    assert (found.state, found.tested) == ("finished", True)


def test_a_run_on_other_images_than_now_says_so(dataset: DatasetDir, run: RunDir) -> None:
    (dataset.images("train", "A") / f"{'c' * 64}.jpg").write_bytes(b"picture")
    (found,) = runs_of(dataset, run.root.parent, set())
    assert not found.current
    assert "other images" in found.text()


def test_a_run_on_a_folder_from_elsewhere_is_not_said_to_have_other_images(dataset: DatasetDir, run: RunDir) -> None:
    (dataset.images("train", "A") / "horse 1.jpg").write_bytes(b"picture")
    assert [one.current for one in runs_of(dataset, run.root.parent, set())] == [True]


def test_a_run_is_known_by_its_images_where_the_dataset_was_moved_and_by_its_folder_where_they_changed(
    dataset: DatasetDir, run: RunDir, tmp_path: Path
) -> None:
    dataset.root.rename(tmp_path / "moved")
    moved = DatasetDir(tmp_path / "moved")
    assert [one.name for one in runs_of(moved, run.root.parent, set())] == [run.name]
    for domain, sha256 in IMAGES:
        (moved.images("train", domain) / f"{sha256}.jpg").unlink()  # type: ignore[arg-type]
    assert runs_of(moved, run.root.parent, set()) == []
    assert [one.name for one in runs_of(moved, run.root.parent, {"a" * 64})] == [run.name]
    assert runs_of(DatasetDir(tmp_path / "elsewhere"), run.root.parent, set()) == []


def test_a_run_that_has_written_nothing_but_its_options_is_stopped_at_step_0(
    dataset: DatasetDir, tmp_path: Path
) -> None:
    made = new_run(tmp_path / "runs", "trees")
    write_settings(made, RunSettings(str(dataset.root.resolve()), TrainOptions()))
    (found,) = runs_of(dataset, made.root.parent, set())
    assert found.text() == "stopped at step 0 of ?"


@pytest.mark.parametrize("content", ["", "[]", "no json", '{"dataroot": 7}'])
def test_a_folder_whose_options_cannot_be_read_is_no_run_of_ours(
    dataset: DatasetDir, run: RunDir, content: str
) -> None:
    run.options.write_text(content)
    run.images.unlink()
    assert runs_of(dataset, run.root.parent, set()) == []


def test_no_folder_of_runs_is_no_run(dataset: DatasetDir, tmp_path: Path) -> None:
    assert runs_of(dataset, tmp_path / "nowhere", set()) == []
