"""Compiled networks: the same losses and gradients, the same checkpoints, and a refusal where that cannot be had."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor
from trainings import assert_equal_to_the_bit, dataset, state_of, tiny

from pipeline.errors import UsageError
from pipeline.progress import Silent
from train import compile as compiling
from train.checkpoint import begin
from train.compile import compile_networks
from train.loop import train
from train.options import TrainOptions
from train.schedule import Plan
from train.step import take_step

CPU = torch.device("cpu")

pytestmark = [
    pytest.mark.usefixtures("one_thread"),
    pytest.mark.filterwarnings("ignore"),  # torch's compiler warns of itself
]


@pytest.fixture(autouse=True)
def traced_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that compiling does but the C++ compiler, which takes minutes."""
    torch.compiler.reset()
    monkeypatch.setattr(compiling, "_HOW", {"backend": "aot_eager"})


def changes_of(options: TrainOptions) -> list[Tensor]:
    """What one step of plain descent changes in all weights: their gradients."""
    training = begin(options, Plan(6, 3), CPU)
    if options.compile:
        compile_networks(training, options, CPU)
        assert training.compiled is not None
        assert_equal_to_the_bit(training, begin(options, Plan(6, 3), CPU))  # comparing losses has changed nothing
    for name in ("generator_optimizer", "discriminator_optimizer"):
        parameters = getattr(training, name).param_groups[0]["params"]
        setattr(training, name, torch.optim.SGD(parameters, lr=1.0))
    images = torch.rand(2, 1, 3, 32, 32, generator=torch.Generator().manual_seed(2)) * 2 - 1
    take_step(training, options, images[0], images[1], lambda name, loss: None)
    before = begin(options, Plan(6, 3), CPU).networks
    return [
        (new - old).detach()
        for after, start in zip(training.networks.named().values(), before.named().values(), strict=True)
        for new, old in zip(after.parameters(), start.parameters(), strict=True)
    ]


@pytest.mark.parametrize("changes", [{"predict": "image"}, {"gan_loss": "wgan-gp"}])
def test_compiled_networks_have_the_gradients_of_plain_ones(changes: dict[str, object]) -> None:
    plain, compiled = (changes_of(tiny(compile=on, learning_rate=1.0, **changes)) for on in (False, True))

    for one, other in zip(compiled, plain, strict=True):
        assert (one - other).abs().max() <= 1e-5 * other.abs().max() + 1e-12


def test_a_compiled_training_is_cut_off_and_goes_on_plain_with_the_same_names(tmp_path: Path) -> None:
    data = dataset(tmp_path / "set")
    first = train(tiny(steps=2, compile=True), data, tmp_path / "runs", resume=None, progress=Silent())
    on = train(
        tiny(extend=2, compile=False), data, tmp_path / "runs", resume="", progress=Silent(),
        said=frozenset({"extend", "compile"}),
    )  # fmt: skip

    assert (first.steps, on.steps) == (2, 4)
    names = state_of(on.run).networks.generator_a2b.state_dict().keys()
    assert names == begin(tiny(), Plan(6, 3), CPU).networks.generator_a2b.state_dict().keys()


def broken(*_anything: object) -> Callable[..., object]:
    raise RuntimeError("no C++ compiler")


def wrong(graph: torch.fx.GraphModule, _inputs: list[Tensor]) -> Callable[..., object]:
    """A compiler that makes everything a thousandth larger."""

    def run(*inputs: Tensor) -> list[Tensor]:
        return [value * 1.001 if value.is_floating_point() else value for value in graph(*inputs)]

    return run


@pytest.mark.parametrize(("backend", "reason"), [(broken, "no C.. compiler"), (wrong, r"the loss \w+ comes out as")])
def test_a_compiler_that_is_missing_or_wrong_is_refused_with_the_way_out_and_no_run_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: Callable[..., object], reason: str
) -> None:
    monkeypatch.setattr(compiling, "_HOW", {"backend": backend})

    with pytest.raises(UsageError, match=f"--compile.*{reason}.*--no-compile"):
        train(tiny(compile=True), dataset(tmp_path / "set"), tmp_path / "runs", resume=None, progress=Silent())
    assert not (tmp_path / "runs").exists()
