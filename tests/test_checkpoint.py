"""Checkpoints: whole, checked, and never code."""

import logging
import pickle
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from trainings import assert_equal_to_the_bit, tensors_of, tiny

from pipeline.errors import UnusableError
from pipeline.files import sha256_of
from train.checkpoint import Training, begin, read, read_generator, restore, save
from train.rundir import RunDir, checkpoints
from train.schedule import Plan

CPU = torch.device("cpu")


class Evil:
    """A pickle that would make a file where it is loaded."""

    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.witness,)


def training(step: int = 0, **changes: object) -> Training:
    """A state whose every tensor differs from the initial one."""
    state = begin(tiny(**changes), Plan(6, 3), CPU)
    images = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(step)) * 2 - 1
    networks = state.networks
    torch.autograd.backward(networks.discriminator_b(networks.generator_a2b(images)).square().mean())
    torch.autograd.backward(networks.discriminator_a(networks.generator_b2a(images)).square().mean())
    state.generator_optimizer.step()
    state.discriminator_optimizer.step()
    state.fakes_a.swap(images, 0)
    state.step, state.seconds = step, 1.25
    return state


def run_with(tmp_path: Path, *steps: int) -> RunDir:
    run = RunDir(tmp_path / "00000-run")
    for step in steps:
        save(run, training(step), tiny())
    return run


def sign(path: Path) -> None:
    """Write the sha256 that a checkpoint needs to be taken for whole."""
    path.with_name(path.name + ".sha256").write_text(sha256_of(path.read_bytes()))


def test_a_state_comes_back_to_the_bit(tmp_path: Path) -> None:
    run = run_with(tmp_path, 4)
    restored = begin(tiny(), Plan(0, 0), CPU)

    assert restore(run, restored)

    assert_equal_to_the_bit(restored, training(4))
    assert restored.seconds == 1.25


def test_a_run_without_checkpoints_begins_anew(tmp_path: Path) -> None:
    fresh = begin(tiny(), Plan(6, 3), CPU)

    assert not restore(RunDir(tmp_path), fresh)
    assert fresh.step == 0


def test_the_last_two_checkpoints_stay(tmp_path: Path) -> None:
    run = run_with(tmp_path, 2, 4, 6)

    assert [path.name for path in checkpoints(run)] == ["step_0000006.pt", "step_0000004.pt"]
    assert len(list(run.checkpoints.iterdir())) == 4


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    """A run with the checkpoints of steps 2 and 4."""
    return run_with(tmp_path_factory.mktemp("two"), 2, 4)


@pytest.mark.parametrize("cut", [True, False])
@settings(derandomize=True, deadline=None, max_examples=25)
@given(share=st.floats(0, 0.999))
def test_a_truncated_or_flipped_checkpoint_gives_way_to_the_one_before_it(two: RunDir, cut: bool, share: float) -> None:
    newest = checkpoints(two)[0]
    whole = newest.read_bytes()
    place = int(share * len(whole))
    newest.write_bytes(whole[:place] + (b"" if cut else bytes([whole[place] ^ 1]) + whole[place + 1 :]))

    content = read(two)
    newest.write_bytes(whole)

    assert content is not None
    assert content["step"] == 2


def test_a_damaged_checkpoint_is_named_in_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    run = run_with(tmp_path, 2, 4)
    checkpoints(run)[0].write_bytes(b"")

    with caplog.at_level(logging.WARNING):
        read(run)

    assert "step_0000004.pt" in caplog.text


def test_a_checkpoint_without_its_sha256_is_never_used(tmp_path: Path) -> None:
    run = run_with(tmp_path, 2, 4)
    (run.checkpoints / "step_0000004.pt.sha256").unlink()

    content = read(run)

    assert content is not None
    assert content["step"] == 2


def test_a_run_whose_checkpoints_are_all_damaged_is_refused(tmp_path: Path) -> None:
    run = run_with(tmp_path, 2)
    checkpoints(run)[0].write_bytes(b"x")

    with pytest.raises(UnusableError, match="checkpoints"):
        restore(run, begin(tiny(), Plan(6, 3), CPU))


@pytest.mark.parametrize("how", ["torch", "pickle"])
def test_a_checkpoint_with_code_in_it_is_refused_and_the_code_never_runs(tmp_path: Path, how: str) -> None:
    witness = tmp_path / "witness"
    run = run_with(tmp_path, 2)
    path = checkpoints(run)[0]
    if how == "torch":
        torch.save({"format": 1, "step": Evil(witness)}, path)
    else:
        path.write_bytes(pickle.dumps({"format": 1, "step": Evil(witness)}, protocol=2))
    sign(path)

    with pytest.raises(UnusableError):
        read(run)
    assert not witness.exists()


@pytest.mark.parametrize("content", [[1, 2], {"format": 2}, {"step": 1}])
def test_a_signed_file_that_is_no_checkpoint_is_refused(tmp_path: Path, content: object) -> None:
    run = run_with(tmp_path, 2)
    torch.save(content, checkpoints(run)[0])
    sign(checkpoints(run)[0])

    with pytest.raises(UnusableError):
        read(run)


@pytest.mark.parametrize("changes", [{"width": 8}, {"generator": "resnet-4"}, {"discriminator_layers": 3}])
def test_a_checkpoint_of_other_networks_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    run = run_with(tmp_path, 2)

    with pytest.raises(UnusableError, match="does not fit"):
        restore(run, begin(tiny(**changes), Plan(6, 3), CPU))


def test_the_generator_that_is_used_is_the_averaged_one_where_there_is_one(tmp_path: Path) -> None:
    state = training(2)
    run = RunDir(tmp_path)
    save(run, state, tiny())

    averaged = read_generator(run, tiny(), "b2a", CPU)

    expected = {name: value for name, value in tensors_of(state).items() if name.startswith("average1.")}
    assert all(torch.equal(value, expected[f"average1.{name}"]) for name, value in averaged.state_dict().items())


def test_without_averages_the_generator_itself_is_used(tmp_path: Path) -> None:
    state = training(2, ema=0.0)
    run = RunDir(tmp_path)
    save(run, state, tiny(ema=0.0))

    plain = read_generator(run, tiny(ema=0.0), "a2b", CPU)

    weights = state.networks.generator_a2b.state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in plain.state_dict().items())


def test_a_run_without_a_checkpoint_gives_no_generator_and_says_how_to_go_on(tmp_path: Path) -> None:
    with pytest.raises(UnusableError, match="--resume"):
        read_generator(RunDir(tmp_path), tiny(), "a2b", CPU)


@pytest.mark.parametrize("write", [1, 2])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_save_that_is_cut_off_at_either_of_its_files_leaves_the_checkpoint_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: int, moment: str
) -> None:
    run = run_with(tmp_path, 2)
    renames = iter(range(1, 100))
    rename = Path.replace

    def cut_off(path: Path, target: Path) -> Path:
        number = next(renames)
        if number == write and moment == "before":
            raise KeyboardInterrupt
        renamed = rename(path, target)
        if number == write:
            raise KeyboardInterrupt
        return renamed

    monkeypatch.setattr(Path, "replace", cut_off)
    with pytest.raises(KeyboardInterrupt):
        save(run, training(4), tiny())

    content = read(run)
    assert content is not None
    assert content["step"] == (4 if (write, moment) == (2, "after") else 2)


def test_a_checkpoint_that_was_copied_from_a_run_of_other_networks_is_refused(tmp_path: Path) -> None:
    run = run_with(tmp_path, 2)
    other = RunDir(tmp_path / "other")
    save(other, training(4, width=8), tiny(width=8))
    for path in other.checkpoints.iterdir():
        (run.checkpoints / path.name).write_bytes(path.read_bytes())

    with pytest.raises(UnusableError, match="does not fit"):
        restore(run, begin(tiny(), Plan(6, 3), CPU))
