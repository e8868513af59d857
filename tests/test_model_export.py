"""A run's generator in files that other programs run: any size, pixels in and out, equal to torch."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import safetensors
import torch
from trainings import picture, tiny, whole_dataset

from pipeline.errors import UsageError
from train.checkpoint import begin, save
from train.cyclegan import build_generator
from train.export import Exported, export_model, parity
from train.networks import Generator
from train.options import TrainOptions
from train.rundir import RunDir, RunSettings, read_settings, write_settings
from train.schedule import Plan
from train.translator import load_generator, load_weights, translate_image

CPU = torch.device("cpu")
KINDS: dict[str, dict[str, object]] = {
    "change": {"upsample": "resize"},
    "affine": {"predict": "affine"},
    "image": {"predict": "image"},
    "unet": {"predict": "image", "generator": "unet-128", "size": 128, "load_size": 128},
}


def untrained_run(root: Path, **changes: object) -> Path:
    """A run with a checkpoint whose generators do something."""
    options = tiny(ema=0.0, **changes)
    run = RunDir(root / "00000-run")
    run.root.mkdir(parents=True)
    write_settings(run, RunSettings(str(root), options))
    training = begin(options, Plan(0, 0), CPU)
    for generator in training.generators:
        lively(generator)
    save(run, training, options)
    return run.root


def lively(generator: Generator) -> None:
    random = torch.Generator().manual_seed(5)
    for parameter in generator.parameters():
        if parameter.dim() == 4:
            parameter.data.copy_(torch.randn(parameter.shape, generator=random) * 0.1)


@pytest.fixture(scope="module", params=sorted(KINDS))
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return untrained_run(tmp_path_factory.mktemp(request.param), **KINDS[request.param])


def translated(run: Path, direction: str, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A picture no larger than the training's, and what `pipeline translate` makes of it."""
    image = picture(3, size)
    made = translate_image(load_generator(run, direction, CPU), image, CPU)
    return np.asarray(image)[None], np.asarray(made)[None].astype(int)


@pytest.mark.parametrize("direction", ["a2b", "b2a"])
def test_onnx_takes_and_gives_pixels_of_any_size_as_translate_does(run: Path, direction: str, tmp_path: Path) -> None:
    summary = export_model("onnx", run, direction, tmp_path / "model.onnx")

    session = onnxruntime.InferenceSession(summary.file, providers=["CPUExecutionProvider"])
    for size in ((50, 34), (36, 63)):
        pixels, expected = translated(run, direction, size)
        assert np.abs(session.run(None, {"image": pixels})[0].astype(int) - expected).max() <= 1
    assert summary.largest_difference is not None
    assert summary.largest_difference <= 1
    facts = {entry.key: entry.value for entry in onnx.load(summary.file).metadata_props}
    assert facts["direction"] == direction
    assert "uint8 [N, H, W, 3], RGB" in facts["input"]


def test_torchscript_takes_and_gives_pixels_of_any_size_as_translate_does(run: Path, tmp_path: Path) -> None:
    summary = export_model("torchscript", run, "a2b", tmp_path / "model.pt")

    script = (
        "import sys, numpy, torch\n"
        "model = torch.jit.load(sys.argv[1])\n"
        "numpy.save(sys.argv[3], model(torch.from_numpy(numpy.load(sys.argv[2]))).numpy())\n"
    )
    pixels, expected = translated(run, "a2b", (50, 34))
    np.save(tmp_path / "in.npy", pixels)
    subprocess.run([sys.executable, "-W", "ignore", "-c", script, summary.file, str(tmp_path / "in.npy"),
                    str(tmp_path / "out.npy")], check=True, cwd=tmp_path)  # fmt: skip
    assert np.abs(np.load(tmp_path / "out.npy").astype(int) - expected).max() <= 1
    assert summary.differing_share is not None
    assert summary.differing_share < 0.01


def test_parity_sees_a_model_that_differs() -> None:
    model = Exported(build_generator(tiny(predict="image")).eval())

    most, share = parity(model, lambda pixels: pixels)

    assert most > 50
    assert share > 0.9


def test_safetensors_hold_our_weights_and_what_describes_them(run: Path, tmp_path: Path) -> None:
    export_model("safetensors", run, "b2a", tmp_path / "model.safetensors")

    with safetensors.safe_open(tmp_path / "model.safetensors", "pt") as file:
        facts = file.metadata()
        generator = build_generator(TrainOptions(**json.loads(facts["options"])))
        names = {name: name.removeprefix("generator_b2a.") for name in file.keys()}  # noqa: SIM118  no dict
        generator.load_state_dict({ours: file.get_tensor(name) for name, ours in names.items()})
    expected = load_generator(run, "b2a", CPU).generator.state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in generator.state_dict().items())
    assert (facts["direction"], facts["shorter_side_trained"]) == (
        "b2a",
        str(read_settings(RunDir(run)).options.load_side),
    )


def test_safetensors_translate_as_the_run_does_and_only_their_own_direction(run: Path, tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    export_model("safetensors", run, "b2a", file)

    image = picture(2, (80, 60))
    ours = translate_image(load_generator(run, "b2a", CPU), image, CPU)
    assert translate_image(load_weights(file, CPU, direction="b2a"), image, CPU).tobytes() == ours.tobytes()
    with pytest.raises(UsageError, match="Say --direction b2a"):
        load_weights(file, CPU)


def test_weights_for_others_come_back_as_they_were(tmp_path: Path) -> None:
    run = untrained_run(tmp_path, predict="image")

    export_model("pth", run, "a2b", tmp_path / "latest_net_G_A.pth")

    image = picture(2, (40, 36))
    ours = translate_image(load_generator(run, "a2b", CPU), image, CPU)
    back = translate_image(load_weights(tmp_path / "latest_net_G_A.pth", CPU), image, CPU)
    assert np.array_equal(np.asarray(ours), np.asarray(back))


def test_what_others_lack_is_not_written_for_them(tmp_path: Path) -> None:
    run = untrained_run(tmp_path)

    with pytest.raises(UsageError, match="change"):
        export_model("pth", run, "a2b", tmp_path / "net.pth")

    assert not (tmp_path / "net.pth").exists()


def test_without_its_package_onnx_names_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = untrained_run(tmp_path)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)

    with pytest.raises(UsageError, match=r"unpaired\[onnx\]"):
        export_model("onnx", run, "a2b", tmp_path / "model.onnx")


def test_the_command_exports_the_latest_run_and_keeps_datasets_and_runs_apart(tmp_path: Path) -> None:
    untrained_run(tmp_path / "runs", predict="image")
    whole_dataset(tmp_path / "set")

    def call(*words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-c", "from pipeline.cli import main; main()", "export", *words],
            capture_output=True, text=True, cwd=tmp_path, check=False,
        )  # fmt: skip

    done, refused = call("--format", "torchscript", "--direction", "b2a"), call("--format", "recipe", "00000-run")

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "00000-run-b2a.pt").is_file()
    assert "Against torch" in done.stdout
    assert refused.returncode == 2
    assert "--dataset" in refused.stderr
