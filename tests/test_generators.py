"""Generators alone, the best and the last, and the card beside them."""

import json
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from trainings import dataset, picture, state_of, tiny

from pipeline.errors import UnusableError
from pipeline.finished import FinishedPicture, metadata_bytes
from pipeline.progress import Silent
from train.checkpoint import begin
from train.generators import are_ours, read_generators, read_one, write_generators
from train.loop import train
from train.rundir import RunDir, TrainSummary, read_lines
from train.schedule import Plan
from train.start import start_from
from train.translator import load_generator, load_weights, translate_image


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> TrainSummary:
    root = tmp_path_factory.mktemp("generators")
    return train(tiny(), curated(root / "street2blossom"), root / "runs", resume=None, progress=Silent())


def curated(root: Path) -> Path:
    """A small dataset with the papers of a curation: where each image came from."""
    dataset(root)
    pictures = []
    for number, path in enumerate(sorted(root.glob("train/*/*.png"))):
        domain = path.parent.name
        sha256 = f"{number:064x}"
        path.rename(path.with_name(f"{sha256}.png"))
        licence = "CC BY 4.0" if number % 2 else "<script>alert(1)</script>"
        pictures.append(
            FinishedPicture(f"{domain}/{sha256}.png", domain, "train", sha256, "", "벚꽃 이미지", "commons",
                            f"https://img.example/{number}.png", "", "", licence, "", 48, 40)  # type: ignore[arg-type]
        )  # fmt: skip
    (root / "train" / "metadata.jsonl").write_bytes(metadata_bytes(pictures))
    (root / "test").mkdir()
    (root / "test" / "metadata.jsonl").write_bytes(b"")
    content = {"names": {"A": "거리", "B": "벚꽃"}, "options": {}, "rejected": {}, "versions": {"unpaired": "0.1.0"}}
    (root / "dataset.json").write_text(json.dumps(content))
    return root


def test_the_last_generators_of_a_finished_run_are_those_of_its_checkpoint(trained: TrainSummary) -> None:
    run = RunDir(Path(trained.run))
    generators, options = read_generators(run.generators("last"))
    kept = state_of(trained.run).averages

    assert list(generators) == ["a2b", "b2a"]
    for one, other in zip(generators.values(), kept, strict=True):
        assert all(torch.equal(value, other.state_dict()[name]) for name, value in one.state_dict().items())
    assert options == tiny()


def test_the_best_generators_are_those_of_the_least_distance(trained: TrainSummary) -> None:
    run = RunDir(Path(trained.run))
    sums = {line["step"]: line["kernel_distance_a2b"] + line["kernel_distance_b2a"] for line in read_lines(run.metrics)}
    best = min(sums, key=lambda step: sums[step])

    assert (trained.best_step, trained.best_distance) == (best, sums[best])
    assert len(sums) == 6
    assert read_generators(run.generators("best"))


def test_generators_come_back_to_the_bit(tmp_path: Path) -> None:
    training = begin(tiny(ema=0.0), Plan(6, 3), torch.device("cpu"))
    write_generators(tmp_path / "g.safetensors", training.generators_in_use, tiny(ema=0.0), 7)
    a2b, _options = read_one(tmp_path / "g.safetensors", "a2b")

    state = training.generators[0].state_dict()
    assert all(torch.equal(value, state[name]) for name, value in a2b.state_dict().items())
    assert are_ours(tmp_path / "g.safetensors")


@settings(derandomize=True, deadline=None, max_examples=40)
@given(share=st.floats(0, 0.999), cut=st.booleans())
def test_a_damaged_file_is_refused(trained: TrainSummary, share: float, cut: bool) -> None:
    path = RunDir(Path(trained.run)).generators("last")
    whole = path.read_bytes()
    place = int(share * len(whole))
    damaged = path.with_name("damaged.safetensors")
    damaged.write_bytes(whole[:place] + (b"" if cut else bytes([whole[place] ^ 1]) + whole[place + 1 :]))

    with pytest.raises(UnusableError, match="damaged"):
        read_generators(damaged)


def test_a_new_run_begins_with_them(trained: TrainSummary, tmp_path: Path) -> None:
    path = RunDir(Path(trained.run)).generators("best")
    options = tiny(init_from=str(path), seed=9)
    training = begin(options, Plan(6, 3), torch.device("cpu"))
    start_from(training, options, tmp_path)

    best = read_one(path, "a2b")[0].state_dict()
    assert all(torch.equal(value, best[name]) for name, value in training.averages[0].state_dict().items())


@pytest.mark.parametrize("direction", ["a2b", "b2a"])
def test_pictures_are_translated_by_the_file_as_by_the_run(trained: TrainSummary, direction: str) -> None:
    run = RunDir(Path(trained.run))
    device = torch.device("cpu")
    photo = picture(5, (90, 70))

    by_file = translate_image(load_weights(run.generators("last"), device, direction=direction), photo, device)
    by_run = translate_image(load_generator(run.root, direction, device), photo, device)
    assert by_file.tobytes() == by_run.tobytes()


def test_the_card_tells_dataset_sources_licences_options_measures_and_samples(trained: TrainSummary) -> None:
    card = RunDir(Path(trained.run)).card.read_text(encoding="utf-8")

    for told in ("거리 ↔ 벚꽃", "| A: 거리 | 6 |", "| B: 벚꽃 | 4 |", "벚꽃 이미지", "CC BY 4.0 | 5 |",
                 "img.example | 10 |",
                 "| `width` | 4 |", "loss cycle&#95;a", "kernel distance, best", "(samples/step_0000006.jpg)",
                 "generators/best.safetensors"):  # fmt: skip
        assert told.replace("&#95;", "_") in card
    assert "<script" not in card


def test_a_folder_without_papers_has_a_card_that_says_so_and_a_card_of_the_users_own_stays(tmp_path: Path) -> None:
    data = dataset(tmp_path / "data")
    summary = train(tiny(steps=1), data, tmp_path / "runs", resume=None, progress=Silent())
    run = RunDir(Path(summary.run))
    assert "not known" in run.card.read_text()

    run.card.write_text("mine")
    train(tiny(extend=1), data, tmp_path / "runs", resume="", progress=Silent(), said=frozenset({"extend"}))
    assert run.card.read_text() == "mine"
