"""A run in numbers: on the test set, by direction, and FID only with Inception."""

import json
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from trainings import dataset, tiny

from pipeline.errors import UnusableError, UsageError
from pipeline.progress import Silent
from train.checkpoint import begin, save
from train.evaluate import RANDOM_FEATURES, evaluate
from train.options import EvaluateOptions
from train.rundir import RunDir, RunSettings, write_settings
from train.schedule import Plan


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose generators, which predict a change, do nothing yet; with its test set."""
    root = tmp_path_factory.mktemp("evaluate")
    dataset(root / "set", 4, 5, ("test/A", "test/B"))
    options, run = tiny(), RunDir(root / "runs/00000-run")
    run.root.mkdir(parents=True)
    write_settings(run, RunSettings(str(root / "set"), options))
    save(run, begin(options, Plan(0, 0), torch.device("cpu")), options)
    return run.root


class Pooled(nn.Module):
    """A stand-in with the face of FID's Inception, for what it is asked and what is done with its answer."""

    def forward(self, images: Tensor, return_features: bool = False) -> Tensor:
        pooled = images.float().mean(dim=(2, 3))
        if return_features:
            return pooled
        return pooled.sum(dim=1)


def saved(network: nn.Module, path: Path) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(network).save(str(path))
    return str(path)


def test_a_generator_that_does_nothing_is_seen_as_such(run: Path) -> None:
    summary = evaluate(EvaluateOptions(), run, progress=Silent())

    assert set(summary.directions) == {"a2b", "b2a"}
    one = summary.directions["a2b"]
    assert (one.images, summary.directions["b2a"].images, summary.skipped) == (4, 5, 0)
    assert max(one.cycle_error, one.identity_error) <= 1
    assert one.structure > 0.999
    assert one.kid.value == pytest.approx(one.nothing.value, rel=0.05)
    assert one.kid.low < one.kid.value < one.kid.high
    assert one.kid.features == RANDOM_FEATURES
    assert one.fid is one.inception_kid is None
    assert "FID" not in summary.text()


def test_with_inception_there_is_a_fid(run: Path, tmp_path: Path) -> None:
    summary = evaluate(EvaluateOptions(inception=saved(Pooled(), tmp_path / "net.pt")), run, progress=Silent())

    fid = summary.directions["b2a"].fid
    assert fid is not None
    assert fid > 0
    assert "FID" in summary.text()
    assert "(Inception)" in summary.text()


def test_a_file_that_is_no_inception_is_refused_with_the_remedy(run: Path, tmp_path: Path) -> None:
    (tmp_path / "text.pt").write_text("no network")
    for name in (str(tmp_path / "text.pt"), str(tmp_path / "nowhere.pt"), saved(nn.ReLU(), tmp_path / "relu.pt")):
        with pytest.raises(UsageError, match="inception-2015-12-05"):
            evaluate(EvaluateOptions(inception=name), run, progress=Silent())


def test_bad_files_are_counted_and_too_few_images_refused(run: Path, tmp_path: Path) -> None:
    root = dataset(tmp_path / "set", 3, 3, ("test/A", "test/B"))
    (root / "test/A/bad.png").write_bytes(b"bad")
    assert evaluate(EvaluateOptions(dataroot=str(root)), run, progress=Silent()).skipped == 1

    (root / "test/A/000.png").unlink()
    with pytest.raises(UnusableError, match="fewer than 3"):
        evaluate(EvaluateOptions(dataroot=str(root)), run, progress=Silent())


def test_the_command_prints_one_object(run: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from pipeline.cli import main; main()", "evaluate", "--json", "--precision", "bf16"],
        capture_output=True, text=True, cwd=run.parents[1], check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["directions"]["b2a"]["images"] == 5
