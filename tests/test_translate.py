"""Using what was learnt: any picture, and the test set."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from trainings import picture, state_of, tiny, whole_dataset

from pipeline.errors import CudaError, UnusableError, UsageError
from pipeline.progress import Silent
from train import translate
from train.loop import train
from train.networks import ResNetGenerator
from train.options import TestOptions, TranslateOptions
from train.rundir import RunDir, RunSettings, write_settings
from train.samples import to_image, to_tensor
from train.translate import Translator, load_generator, translate_image
from train.unet import UNetGenerator

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained run with its data set beside it."""
    root = tmp_path_factory.mktemp("translate")
    summary = train(tiny(), whole_dataset(root / "set"), root / "runs", resume=None, progress=Silent())
    return Path(summary.run)


def translator(*, predicts_change: bool) -> Translator:
    """A translator whose last layer is not zero, so that it does something."""
    torch.manual_seed(1)
    generator = ResNetGenerator(4, 1, predicts_change=predicts_change)
    last = [module for module in generator.modules() if isinstance(module, torch.nn.Conv2d)][-1]
    torch.nn.init.normal_(last.weight, 0, 0.005)
    return Translator(generator.eval().requires_grad_(False), 16)


@pytest.mark.parametrize("predicts_change", [True, False])
@settings(derandomize=True, deadline=None, max_examples=8)
@given(size=st.tuples(st.integers(1, 70), st.integers(1, 70)))
def test_a_picture_of_any_size_keeps_its_size(predicts_change: bool, size: tuple[int, int]) -> None:
    translated = translate_image(translator(predicts_change=predicts_change), picture(1, size), CPU)

    assert (translated.size, translated.mode) == (size, "RGB")


def test_a_predicted_change_is_made_small_and_applied_at_full_size() -> None:
    stripes = np.zeros((64, 64, 3), dtype=np.uint8) + 60
    stripes[:, ::2] += 100

    translated = np.asarray(translate_image(translator(predicts_change=True), Image.fromarray(stripes), CPU))

    assert not np.array_equal(translated, stripes)
    assert np.abs(np.diff(translated.astype(int), axis=1)).min() > 50


def test_a_predicted_image_is_made_at_the_pictures_own_size() -> None:
    network = translator(predicts_change=False)
    image = picture(1, (32, 24))

    expected = to_image(network.generator(to_tensor(image).unsqueeze(0))[0])

    assert np.array_equal(np.asarray(translate_image(network, image, CPU)), np.asarray(expected))


def test_a_picture_survives_the_way_through_a_tensor() -> None:
    image = picture(3)

    assert np.array_equal(np.asarray(to_image(to_tensor(image))), np.asarray(image))


def test_the_averaged_generator_of_the_direction_is_loaded(run: Path) -> None:
    loaded = load_generator(run, "b2a", CPU)

    expected = state_of(str(run)).averages[1].state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in loaded.generator.state_dict().items())


def test_the_test_set_is_translated_both_ways_into_the_run(run: Path) -> None:
    summary = translate.test(TestOptions(), run, progress=Silent())

    assert summary.images == {"real_A": 2, "fake_B": 2, "real_B": 3, "fake_A": 3}
    for folder, count in summary.images.items():
        assert [path.name for path in sorted((run / "test" / folder).iterdir())] == [
            f"{n:03d}.png" for n in range(count)
        ]
    with Image.open(summary.sheet) as sheet:
        assert sheet.format == "JPEG"


def test_another_test_set_can_be_named_and_its_bad_files_are_counted(run: Path, tmp_path: Path) -> None:
    root = whole_dataset(tmp_path / "other")
    (root / "test/A/bad.png").write_bytes(b"bad")

    summary = translate.test(TestOptions(dataroot=str(root)), run, progress=Silent())

    assert (summary.images["fake_B"], summary.skipped) == (2, 1)


def test_an_earlier_test_leaves_nothing_behind(run: Path, tmp_path: Path) -> None:
    translate.test(TestOptions(), run, progress=Silent())
    root = whole_dataset(tmp_path / "other")
    (root / "test/B/002.png").unlink()

    translate.test(TestOptions(dataroot=str(root)), run, progress=Silent())

    assert len(list((run / "test/fake_A").iterdir())) == 2


def test_a_test_set_without_a_usable_image_is_refused(run: Path, tmp_path: Path) -> None:
    root = whole_dataset(tmp_path / "other")
    for path in (root / "test").rglob("*.png"):
        path.write_bytes(b"bad")

    with pytest.raises(UnusableError, match="test/A"):
        translate.test(TestOptions(dataroot=str(root)), run, progress=Silent())


def test_a_run_without_a_checkpoint_and_a_path_that_is_no_run_are_refused(run: Path, tmp_path: Path) -> None:
    untrained = tmp_path / "00000-untrained"
    write_settings(RunDir(untrained), RunSettings(str(run.parent.parent / "set"), tiny()))

    with pytest.raises(UnusableError, match="--resume"):
        translate.test(TestOptions(), untrained, progress=Silent())
    with pytest.raises(UsageError, match="pipeline train"):
        load_generator(tmp_path / "no" / "run", "a2b", CPU)


def test_own_pictures_are_translated_by_a_run_in_the_direction_that_is_asked_for(run: Path, tmp_path: Path) -> None:
    picture(5, (50, 34)).save(tmp_path / "photo.jpg")
    options = TranslateOptions(direction="b2a", output=str(tmp_path / "out"))

    summary = translate.translate(options, [tmp_path / "photo.jpg"], run, progress=Silent())

    with Image.open(tmp_path / "photo.jpg") as real, Image.open(summary.images[0]) as made:
        expected = translate_image(load_generator(run, "b2a", CPU), real, CPU)
        assert np.array_equal(np.asarray(made), np.asarray(expected))


def test_a_unet_takes_pictures_of_any_size() -> None:
    for predicts_change in (True, False):
        unet = Translator(UNetGenerator(4, 5, predicts_change=predicts_change).eval().requires_grad_(False), 20)
        for size in ((1, 9), (33, 70)):
            assert translate_image(unet, picture(1, size), CPU).size == size


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
def test_a_gpu_that_is_not_there_is_refused_and_never_replaced(run: Path) -> None:
    with pytest.raises(CudaError, match="--cuda"):
        translate.test(TestOptions(cuda=True), run, progress=Silent())
