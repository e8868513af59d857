"""Using what was learnt: any picture, and the test set."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch.nn import functional
from trainings import picture, state_of, tiny, whole_dataset

from pipeline.errors import CudaError, UnusableError, UsageError
from pipeline.progress import Silent
from train import capacity, testing, translate
from train.loop import train
from train.networks import ResNetGenerator
from train.options import PREDICTIONS, TestOptions, TranslateOptions
from train.rundir import RunDir, RunSettings, write_settings
from train.samples import to_image, to_tensor
from train.tiles import scaled_to, tiled, with_fixed_norms
from train.translator import Translator, load_generator, load_weights, translate_image
from train.unet import UNetGenerator
from train.weights import write_generator_weights

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained run with its data set beside it."""
    root = tmp_path_factory.mktemp("translate")
    summary = train(tiny(), whole_dataset(root / "set"), root / "runs", resume=None, progress=Silent())
    return Path(summary.run)


def translator(predict: str) -> Translator:
    """A translator whose last layer is not zero, so that it does something."""
    torch.manual_seed(1)
    generator = ResNetGenerator(4, 1, predict=predict)
    last = [module for module in generator.modules() if isinstance(module, torch.nn.Conv2d)][-1]
    torch.nn.init.normal_(last.weight, 0, 0.005)
    return Translator(generator.eval().requires_grad_(False), 16)


@pytest.mark.parametrize("predict", PREDICTIONS)
@settings(derandomize=True, deadline=None, max_examples=8)
@given(size=st.tuples(st.integers(1, 70), st.integers(1, 70)))
def test_a_picture_of_any_size_keeps_its_size(predict: str, size: tuple[int, int]) -> None:
    translated = translate_image(translator(predict), picture(1, size), CPU)

    assert (translated.size, translated.mode) == (size, "RGB")


def test_a_predicted_change_is_made_small_and_applied_at_full_size() -> None:
    stripes = np.zeros((64, 64, 3), dtype=np.uint8) + 60
    stripes[:, ::2] += 100

    translated = np.asarray(translate_image(translator("change"), Image.fromarray(stripes), CPU))

    assert not np.array_equal(translated, stripes)
    assert np.abs(np.diff(translated.astype(int), axis=1)).min() > 50


def test_a_predicted_image_is_made_at_the_pictures_own_size() -> None:
    network = translator("image")
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
    summary = testing.test(TestOptions(), run, progress=Silent())

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

    summary = testing.test(TestOptions(dataroot=str(root)), run, progress=Silent())

    assert (summary.images["fake_B"], summary.skipped) == (2, 1)


def test_test_images_whose_names_differ_in_their_ending_alone_are_all_there(run: Path, tmp_path: Path) -> None:
    root = whole_dataset(tmp_path / "other")
    picture(7).save(root / "test/A/000.bmp")

    summary = testing.test(TestOptions(dataroot=str(root)), run, progress=Silent())

    assert summary.images["fake_B"] == 3
    for folder in ("real_A", "fake_B"):
        assert {path.name for path in (run / "test" / folder).iterdir()} == {"000.png", "000-2.png", "001.png"}


def test_an_earlier_test_leaves_nothing_behind(run: Path, tmp_path: Path) -> None:
    testing.test(TestOptions(), run, progress=Silent())
    root = whole_dataset(tmp_path / "other")
    (root / "test/B/002.png").unlink()

    testing.test(TestOptions(dataroot=str(root)), run, progress=Silent())

    assert len(list((run / "test/fake_A").iterdir())) == 2


def test_a_test_set_without_a_usable_image_is_refused(run: Path, tmp_path: Path) -> None:
    root = whole_dataset(tmp_path / "other")
    for path in (root / "test").rglob("*.png"):
        path.write_bytes(b"bad")

    with pytest.raises(UnusableError, match="test/A"):
        testing.test(TestOptions(dataroot=str(root)), run, progress=Silent())


def test_a_run_without_a_checkpoint_and_a_path_that_is_no_run_are_refused(run: Path, tmp_path: Path) -> None:
    untrained = tmp_path / "00000-untrained"
    write_settings(RunDir(untrained), RunSettings(str(run.parent.parent / "set"), tiny()))

    with pytest.raises(UnusableError, match="--resume"):
        testing.test(TestOptions(), untrained, progress=Silent())
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
    for predict in PREDICTIONS:
        unet = Translator(UNetGenerator(4, 5, predict=predict).eval().requires_grad_(False), 20)
        for size in ((1, 9), (33, 70)):
            assert translate_image(unet, picture(1, size), CPU).size == size


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
def test_a_gpu_that_is_not_there_is_refused_and_never_replaced(run: Path) -> None:
    with pytest.raises(CudaError, match="--cuda"):
        testing.test(TestOptions(cuda=True), run, progress=Silent())


def foreign_weights(path: Path) -> Path:
    """A file of weights as other programs write it; the same for the same name."""
    torch.manual_seed(sum(path.name.encode()))
    write_generator_weights(path, ResNetGenerator(4, 1))
    return path


def test_a_test_goes_one_way_where_that_is_asked_for(run: Path, tmp_path: Path) -> None:
    options = TestOptions(direction="b2a", output=str(tmp_path / "out"))

    summary = testing.test(options, run, progress=Silent())

    assert summary.images == {"real_B": 3, "fake_A": 3}
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["fake_A", "real_B", "sheet.jpg"]
    assert "0 images of leaf (A)" in summary.text({"A": "leaf", "B": "blossom"})


def test_files_of_weights_are_tested_in_place_of_a_run(tmp_path: Path) -> None:
    a2b, b2a = foreign_weights(tmp_path / "netG_A2B.pth"), foreign_weights(tmp_path / "netG_B2A.pth")
    root, out = whole_dataset(tmp_path / "set"), tmp_path / "out"
    options = TestOptions(dataroot=str(root), generator_a2b=str(a2b), generator_b2a=str(b2a), output=str(out))

    summary = testing.test(options, None, progress=Silent())

    assert summary.images == {"real_A": 2, "fake_B": 2, "real_B": 3, "fake_A": 3}
    with Image.open(root / "test/A/000.png") as real, Image.open(out / "fake_B/000.png") as made:
        expected = translate_image(load_weights(a2b, CPU), real, CPU)
        assert np.array_equal(np.asarray(made), np.asarray(expected))


def test_one_file_of_weights_tests_its_direction_alone(tmp_path: Path) -> None:
    weights = foreign_weights(tmp_path / "netG_A2B.pth")
    root, out = whole_dataset(tmp_path / "set"), str(tmp_path / "out")

    summary = testing.test(
        TestOptions(dataroot=str(root), generator_a2b=str(weights), output=out), None, progress=Silent()
    )

    assert set(summary.images) == {"real_A", "fake_B"}
    with pytest.raises(UsageError, match="--direction b2a"):
        testing.test(TestOptions(generator_a2b=str(weights), direction="b2a"), None, progress=Silent())


def test_a_folder_that_holds_something_else_is_never_emptied(run: Path, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/mine.jpg").write_bytes(b"mine")

    with pytest.raises(UsageError, match="--output"):
        testing.test(TestOptions(output=str(tmp_path / "photos")), run, progress=Silent())

    assert (tmp_path / "photos/mine.jpg").read_bytes() == b"mine"


def test_the_command_tests_by_aitorzips_words(tmp_path: Path) -> None:
    foreign_weights(tmp_path / "netG_A2B.pth")
    whole_dataset(tmp_path / "set")

    done = subprocess.run(
        [sys.executable, "-c", "from pipeline.cli import main; main()", "test", "--json",
         "--dataroot", "set/", "--generator_A2B", "netG_A2B.pth"],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["images"] == {"real_A": 2, "fake_B": 2}
    assert len(list((tmp_path / "tested/fake_B").iterdir())) == 2


def translated_files(options: TranslateOptions, sources: list[Path], run: Path | None) -> list[str]:
    return [Path(name).name for name in translate.translate(options, sources, run, progress=Silent()).images]


def test_names_never_collide_and_no_source_is_written_over(run: Path, tmp_path: Path) -> None:
    for name in ("a/photo.jpg", "a/photo.png", "b/Photo.jpg", "b/photo-2.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        picture(1, (24, 20)).save(tmp_path / name)
    before = (tmp_path / "a/photo.png").read_bytes()

    names = translated_files(TranslateOptions(output=str(tmp_path / "a")), [tmp_path / "a", tmp_path / "b"], run)

    assert names == ["photo-2.png", "photo-3.png", "Photo-4.png", "photo-2-2.png"]
    assert (tmp_path / "a/photo.png").read_bytes() == before


def test_a_bad_file_is_named_and_counted_and_stops_nothing(
    run: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    picture(1).save(tmp_path / "good.png")
    (tmp_path / "bad.jpg").write_bytes((tmp_path / "good.png").read_bytes()[:200])

    summary = translate.translate(TranslateOptions(output=str(tmp_path / "out")), [tmp_path], run, progress=Silent())

    assert (len(summary.images), summary.skipped) == (1, 1)
    assert "bad.jpg" in caplog.text
    assert str(tmp_path / "out/good.png") in summary.text()


def test_alpha_is_kept_and_what_is_clear_has_no_colour_to_translate(run: Path, tmp_path: Path) -> None:
    opaque = picture(4, (40, 30))
    alpha = Image.linear_gradient("L").resize((40, 30))
    opaque.putalpha(alpha)
    opaque.save(tmp_path / "photo.png")

    names = translated_files(TranslateOptions(output=str(tmp_path / "out")), [tmp_path / "photo.png"], run)

    with Image.open(tmp_path / "out" / names[0]) as made:
        assert made.mode == "RGBA"
        assert np.array_equal(np.asarray(made.getchannel("A")), np.asarray(alpha))


def test_a_photo_that_lies_on_its_side_comes_out_upright(run: Path, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture(4, (40, 24)).save(tmp_path / "photo.jpg", exif=exif)

    names = translated_files(TranslateOptions(output=str(tmp_path / "out")), [tmp_path / "photo.jpg"], run)

    with Image.open(tmp_path / "out" / names[0]) as made:
        assert made.size == (24, 40)


def test_pictures_of_one_size_go_together_and_come_out_as_alone(run: Path, tmp_path: Path) -> None:
    sizes = [(40, 32), (40, 32), (40, 32), (32, 40), (40, 32)]
    for number, size in enumerate(sizes):
        picture(number, size).save(tmp_path / f"{number}.png")
    photos = [translate.Photo(tmp_path, picture(number, size), None) for number, size in enumerate(sizes)]
    assert [len(batch) for batch in translate.batches(iter(photos))] == [3, 1, 1]
    large = [translate.Photo(tmp_path, picture(0, (256, 256)), None)] * 9
    assert [len(batch) for batch in translate.batches(iter(large))] == [4, 4, 1]

    names = translated_files(TranslateOptions(output=str(tmp_path / "out")), [tmp_path], run)

    generator = load_generator(run, "a2b", CPU)
    for number, name in enumerate(names):
        with Image.open(tmp_path / "out" / name) as made:
            alone = np.asarray(translate_image(generator, picture(number, sizes[number]), CPU)).astype(int)
            assert np.abs(np.asarray(made) - alone).max() <= 1


def test_a_test_image_too_large_for_the_memory_goes_by_tiles_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = tmp_path / "netG_A2B.pth"
    write_generator_weights(weights, ResNetGenerator(4, 1))
    (tmp_path / "set/test/A").mkdir(parents=True)
    (tmp_path / "set/test/B").mkdir()
    picture(1, (200, 120)).save(tmp_path / "set/test/A/large.png")
    monkeypatch.setattr(capacity, "free_bytes", lambda device: 2 * 4 * 4 * 4 * 100 * 100)
    options = TestOptions(dataroot=str(tmp_path / "set"), generator_a2b=str(weights), output=str(tmp_path / "out"))

    made = testing.test(options, None, progress=Silent())

    generator = load_weights(weights, CPU)
    assert generator.pixels_at_once == 100 * 100
    with Image.open(Path(made.folder) / "fake_B/large.png") as image, torch.inference_mode():
        real = to_tensor(picture(1, (200, 120))).unsqueeze(0)
        assert np.array_equal(np.asarray(image), np.asarray(to_image(tiled(generator.generator, real, 100 * 100)[0])))
        assert not np.array_equal(np.asarray(image), np.asarray(to_image(generator.generator(real)[0])))


def test_a_picture_larger_than_a_tile_shows_no_seam(tmp_path: Path) -> None:
    weights, photo = foreign_weights(tmp_path / "net.pth"), picture(1, (230, 150))
    photo.save(tmp_path / "photo.png")
    options = TranslateOptions(weights=str(weights), tile=96, output=str(tmp_path / "out"))

    names = translated_files(options, [tmp_path / "photo.png"], None)

    image = functional.pad(to_tensor(photo).unsqueeze(0), (0, 2, 0, 2), mode="replicate")
    with torch.inference_mode(), Image.open(tmp_path / "out" / names[0]) as made:
        fixed = with_fixed_norms(load_weights(weights, CPU).generator, scaled_to(image, 96**2, 4))
        whole = np.asarray(to_image(fixed(image)[0, :, :150, :230])).astype(int)
        assert np.abs(np.asarray(made) - whole).max() <= 1
    with pytest.raises(UsageError, match="96 or more"):
        translated_files(TranslateOptions(weights=str(weights), tile=95), [tmp_path / "photo.png"], None)


@pytest.mark.parametrize("predict", PREDICTIONS)
def test_sixteen_bits_give_nearly_the_same(predict: str) -> None:
    coarse = translator(predict)
    exact = np.asarray(translate_image(coarse, picture(2), CPU)).astype(int)
    coarse.precision = "bf16"

    away = np.abs(np.asarray(translate_image(coarse, picture(2), CPU)) - exact)

    assert 0 < away.mean() < 1.5
