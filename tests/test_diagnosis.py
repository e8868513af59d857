"""What a training says of its own failure: each caused in a real training, and none in a healthy one."""

import json
import logging
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from trainings import StopAt, dataset, tiny

from pipeline.errors import UnusableError
from pipeline.language import is_korean
from pipeline.progress import Silent
from train import cyclegan, journal
from train.diagnosis import LONG_PATIENCE, PATIENCE, Finding, advice_on, diagnose, name_of, told
from train.loop import train
from train.networks import Discriminator, Generator
from train.options import TrainOptions
from train.rundir import RunDir, read_lines

EVERY = 4
STEPS = EVERY * PATIENCE


class Frozen(Generator):
    """A generator that does one thing and learns nothing: tanh(gain * atanh(x) + level)."""

    def __init__(self, gain: float, level: float = 0.0) -> None:
        super().__init__()
        self.predict, self.multiple = "image", 4
        self.gain, self.level = gain, level
        self.nothing = nn.Parameter(torch.zeros(1))

    def maps(self, images: Tensor) -> Tensor:
        return self.gain * torch.atanh(images.clamp(-0.999, 0.999)) + self.level + 0 * self.nothing


class Knowing(Discriminator):
    """A judge that is given the answer: a plain image is a translation, whatever else is real; it learns nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.nothing = nn.Parameter(torch.zeros(1))

    def forward(self, images: Tensor) -> Tensor:
        real = images.std(dim=(1, 2, 3), keepdim=True) > 0.01
        return real.float() + 0 * self.nothing


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dataset(tmp_path_factory.mktemp("data") / "street2blossom")


@pytest.fixture(autouse=True)
def often_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EXAMINE_EVERY", "LOG_EVERY"):
        monkeypatch.setattr(journal, name, EVERY)


def options(**changes: object) -> TrainOptions:
    return tiny(**{"steps": STEPS, "sample_every": 1000, "checkpoint_every": EVERY, "ema": 0.0, **changes})


def warnings_of(root: Path) -> list[dict[str, object]]:
    return read_lines(RunDir(next(root.glob("0*"))).warnings)


FAILURES = {
    "colour_inversion": (lambda: Frozen(-1.0), {}),
    "mode_collapse": (lambda: Frozen(0.1), {}),
    "identical_outputs": (lambda: Frozen(0.0, 0.5), {}),
    "discriminator_won": (lambda: Frozen(0.0, -3.0), {}),
    "no_change": (None, {"learning_rate": 1e-12, "steps": EVERY * LONG_PATIENCE + EVERY}),
}


@pytest.mark.parametrize("cause", FAILURES)
def test_a_training_that_fails_says_how_once_with_advice_and_goes_on(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, cause: str
) -> None:
    generator, changes = FAILURES[cause]
    if generator is not None:
        monkeypatch.setattr(cyclegan, "build_generator", lambda _options: generator())
    if cause == "discriminator_won":
        monkeypatch.setattr(cyclegan, "build_discriminator", lambda _options: Knowing())

    with caplog.at_level(logging.WARNING):
        summary = train(
            options(**{"steps": STEPS + 2 * EVERY, **changes}), data, tmp_path, resume=None, progress=Silent()
        )

    (found,) = [line for line in warnings_of(tmp_path) if line["cause"] == cause]
    assert found["directions"] == ["a2b", "b2a"]
    assert STEPS <= found["step"] < summary.steps
    finding = Finding(cause, found["step"], ("a2b", "b2a"))
    assert advice_on(finding) in told(finding)
    assert caplog.text.count(told(finding)) == RunDir(Path(summary.run)).log.read_text().count(told(finding)) == 1


@pytest.mark.parametrize("changes", [{}, {"predict": "image", "gan_loss": "vanilla"}])
def test_a_training_that_learns_gives_no_warning(data: Path, tmp_path: Path, changes: dict[str, object]) -> None:
    usual = {"steps": EVERY * LONG_PATIENCE, "learning_rate": 4e-3, "width": 8}
    train(options(**usual | changes), data, tmp_path, resume=None, progress=Silent())

    assert warnings_of(tmp_path) == []


def test_one_image_in_each_domain_is_no_collapse(tmp_path: Path) -> None:
    own = dataset(tmp_path / "own", 1, 1)
    train(options(learning_rate=4e-3), own, tmp_path / "runs", resume=None, progress=Silent())

    causes = {line["cause"] for line in warnings_of(tmp_path / "runs")}
    assert not causes & {"mode_collapse", "identical_outputs"}


def test_a_resumed_run_neither_forgets_what_it_saw_nor_says_it_twice(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cyclegan, "build_generator", lambda _options: Frozen(-1.0))
    whole = train(options(steps=STEPS + 3 * EVERY), data, tmp_path / "whole", resume=None, progress=Silent())
    for at in (STEPS - 6, STEPS + 5):
        with pytest.raises(KeyboardInterrupt):
            resume = "" if at > STEPS else None
            stop = StopAt(at)
            train(options(steps=STEPS + 3 * EVERY), data, tmp_path / "cut", resume=resume, progress=stop)
    cut = RunDir(next((tmp_path / "cut").iterdir()))
    with cut.warnings.open("a") as file:
        file.write(json.dumps({"cause": "mode_collapse", "step": STEPS + 12, "directions": []}) + '\n{"cau')
    train(options(), data, tmp_path / "cut", resume="", progress=Silent())

    assert cut.warnings.read_text() == RunDir(Path(whole.run)).warnings.read_text()


def test_a_loss_that_is_no_number_is_a_warning_too(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cyclegan, "cycle_loss", lambda one, other: (one - other).abs().mean() * torch.nan)

    with pytest.raises(UnusableError, match="cycle_a"):
        train(options(), data, tmp_path, resume=None, progress=Silent())
    assert [line["cause"] for line in warnings_of(tmp_path)] == ["not_a_number"]


def line(step: int, **signs: float) -> dict[str, float]:
    healthy = {"change": 20.0, "correlation": 0.8, "diversity": 0.9, "gan": 0.4}
    numbers = {f"{name}_{way}": value for name, value in healthy.items() for way in ("a2b", "b2a")}
    return {"step": step, "discriminator_a": 0.2, "discriminator_b": 0.2, **numbers, **signs}


def test_only_what_lasts_is_a_failure_and_it_names_the_direction() -> None:
    inverted = [line(step, correlation_b2a=-0.9) for step in range(100, 600, 100)]

    assert diagnose(inverted, set(), "lsgan") == [Finding("colour_inversion", 500, ("b2a",))]
    assert diagnose(inverted[1:], set(), "lsgan") == []
    assert diagnose([*inverted[:-1], line(500)], set(), "lsgan") == []
    assert diagnose(inverted, {"colour_inversion"}, "lsgan") == []


def test_a_judge_of_b_that_wins_is_the_failure_of_a_to_b_and_a_critic_cannot_win() -> None:
    lost = [line(step, discriminator_b=0.001, gan_a2b=0.99) for step in range(100, 600, 100)]

    assert diagnose(lost, set(), "lsgan") == [Finding("discriminator_won", 500, ("a2b",))]
    assert diagnose(lost, set(), "wgan-gp") == []


def test_a_warning_is_korean_where_the_locale_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    is_korean.cache_clear()

    finding = Finding("colour_inversion", 500, ("a2b",))
    assert name_of(finding) == "뒤집힌 색"
    assert "A → B" in told(finding)
