"""Others' weights: recognised, made into our networks with the same output, and written back."""

import contextlib
import io
import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor, nn
from trainings import picture

from pipeline.errors import UnusableError, UsageError
from pipeline.progress import Silent
from train.networks import Discriminator, Generator, PatchDiscriminator, PixelDiscriminator, ResNetGenerator
from train.options import TranslateOptions
from train.samples import to_image, to_tensor
from train.translate import translate
from train.unet import UNetGenerator
from train.weights import (
    ForeignError,
    exported,
    imported_discriminator,
    imported_generator,
    read_generator_weights,
    write_generator_weights,
)

Norm = Callable[[int], nn.Module]


class Holder(nn.Module):
    """A network under one name, as the others hold theirs."""

    def __init__(self, name: str, network: nn.Module) -> None:
        super().__init__()
        self.add_module(name, network)
        self._name = name

    def forward(self, images: Tensor) -> Tensor:
        output: Tensor = getattr(self, self._name)(images)
        return output


class TheirBlock(Holder):
    """A residual block of theirs, with a dropout between its halves or without."""

    def __init__(self, channels: int, norm: Norm, *, bias: bool, dropout: bool) -> None:
        halves = [
            [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3, bias=bias), norm(channels)] for _half in range(2)
        ]
        between = [nn.ReLU(), nn.Dropout(0.5)] if dropout else [nn.ReLU()]
        super().__init__("conv_block", nn.Sequential(*halves[0], *between, *halves[1]))

    def forward(self, images: Tensor) -> Tensor:
        return images + super().forward(images)


class TheirLevel(nn.Module):
    """A level of junyanz' U-Net, with the levels inside it."""

    def __init__(
        self, outer: int, inner: int, inside: "TheirLevel | None", norm: Norm | None, *, outermost: bool
    ) -> None:
        super().__init__()
        self.outermost = outermost
        bias = norm is None
        normed: Norm = norm or nn.InstanceNorm2d
        down = nn.Conv2d(3 if outermost else outer, inner, 4, 2, 1, bias=bias)
        wide = inner if inside is None else 2 * inner
        up = nn.ConvTranspose2d(wide, 3 if outermost else outer, 4, 2, 1, bias=bias or outermost)
        if outermost:
            modules = [down, inside, nn.ReLU(), up, nn.Tanh()]
        elif inside is None:
            modules = [nn.LeakyReLU(0.2), down, nn.ReLU(), up, normed(outer)]
        else:
            modules = [nn.LeakyReLU(0.2), down, normed(inner), inside, nn.ReLU(), up, normed(outer)]
        self.model = nn.Sequential(*[module for module in modules if module is not None])

    def forward(self, features: Tensor) -> Tensor:
        if self.outermost:
            output: Tensor = self.model(features)
            return output
        # their first module rectifies in place, so that what skips is what it left
        return torch.cat([nn.functional.leaky_relu(features, 0.2), self.model(features)], 1)


def their_generator(
    width: int, blocks: int, norm: Norm = nn.InstanceNorm2d, *, bias: bool = True, dropout: bool = False
) -> nn.Module:
    """junyanz' resnet_<blocks>blocks and, with 64 channels, biases and no dropout, aitorzip's generator."""
    w = width
    return Holder("model", nn.Sequential(
        nn.ReflectionPad2d(3), nn.Conv2d(3, w, 7, bias=bias), norm(w), nn.ReLU(),
        nn.Conv2d(w, 2 * w, 3, 2, 1, bias=bias), norm(2 * w), nn.ReLU(),
        nn.Conv2d(2 * w, 4 * w, 3, 2, 1, bias=bias), norm(4 * w), nn.ReLU(),
        *(TheirBlock(4 * w, norm, bias=bias, dropout=dropout) for _ in range(blocks)),
        nn.ConvTranspose2d(4 * w, 2 * w, 3, 2, 1, 1, bias=bias), norm(2 * w), nn.ReLU(),
        nn.ConvTranspose2d(2 * w, w, 3, 2, 1, 1, bias=bias), norm(w), nn.ReLU(),
        nn.ReflectionPad2d(3), nn.Conv2d(w, 3, 7), nn.Tanh(),
    ))  # fmt: skip


def their_unet(width: int, depth: int, norm: Norm | None = None) -> nn.Module:
    """junyanz' unet_256 (depth 8) or unet_128 (depth 7); a norm given is pix2pix' batch norm, else instance norm."""
    w = [width * min(2**level, 8) for level in range(depth)]
    level: TheirLevel | None = None
    for outer, inner in zip(w[-2::-1], w[:0:-1], strict=True):
        level = TheirLevel(outer, inner, level, norm, outermost=False)
    return Holder("model", TheirLevel(3, w[0], level, norm, outermost=True))


def their_discriminator(width: int, layers: int) -> nn.Module:
    """junyanz' n-layer discriminator; with 64 channels and three layers aitorzip's too, before its averaging."""
    modules: list[nn.Module] = [nn.Conv2d(3, width, 4, 2, 1), nn.LeakyReLU(0.2)]
    channels = width
    for layer in range(1, layers + 1):
        wider = width * min(2**layer, 8)
        stride = 2 if layer < layers else 1
        modules += [nn.Conv2d(channels, wider, 4, stride, 1), nn.InstanceNorm2d(wider), nn.LeakyReLU(0.2)]
        channels = wider
    return Holder("model", nn.Sequential(*modules, nn.Conv2d(channels, 1, 4, 1, 1)))


def their_pixel_discriminator(width: int) -> nn.Module:
    w = width
    return Holder("net", nn.Sequential(
        nn.Conv2d(3, w, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(w, 2 * w, 1), nn.InstanceNorm2d(2 * w), nn.LeakyReLU(0.2), nn.Conv2d(2 * w, 1, 1),
    ))  # fmt: skip


def lively(network: nn.Module, seed: int = 1) -> nn.Module:
    """The network with every parameter random, biases too, so that a wrong place shows."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=random) * (0.3 if parameter.dim() == 1 else 0.1))
    return network


def images(side: int = 32, count: int = 2) -> Tensor:
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(2)) * 2 - 1


def difference(one: Tensor, other: Tensor) -> float:
    return float((one - other).detach().abs().max() / other.detach().abs().max())


def megabytes_of_parameters(network: nn.Module) -> float:
    return round(sum(parameter.numel() for parameter in network.parameters()) / 1e6, 3)


def test_the_layouts_have_as_many_weights_as_their_authors_print() -> None:
    """junyanz' program prints 11.378 M for resnet_9blocks, 2.765 M for its discriminator, 54.414 M for unet_256."""
    with torch.device("meta"):
        assert megabytes_of_parameters(their_generator(64, 9)) == 11.378
        assert megabytes_of_parameters(their_discriminator(64, 3)) == 2.765
        assert megabytes_of_parameters(their_unet(64, 8, nn.BatchNorm2d)) == 54.414


def test_ours_differ_from_the_layouts_by_the_biases_that_have_no_effect() -> None:
    with torch.device("meta"):
        pairs = [
            (their_generator(64, 9), ResNetGenerator(64, 9)),
            (their_discriminator(64, 3), PatchDiscriminator(64, 3)),
            (their_pixel_discriminator(64), PixelDiscriminator(64)),
        ]
    for theirs, ours in pairs:
        dead = sum(module.num_features for module in ours.modules() if isinstance(module, nn.InstanceNorm2d))
        assert sum(p.numel() for p in theirs.parameters()) - dead == sum(p.numel() for p in ours.parameters())


@pytest.mark.parametrize(("width", "blocks", "dropout"), [(4, 9, False), (8, 6, False), (4, 2, True), (64, 1, False)])
def test_a_generator_of_theirs_gives_the_same_images_here(width: int, blocks: int, dropout: bool) -> None:
    theirs = lively(their_generator(width, blocks, dropout=dropout)).eval()

    ours = imported_generator(theirs.state_dict()).eval()

    assert isinstance(ours, ResNetGenerator)
    assert difference(ours(images()), theirs(images())) < 1e-4


@pytest.mark.parametrize("depth", [5, 7, 8])
def test_a_unet_of_theirs_gives_the_same_images_here(depth: int) -> None:
    theirs = lively(their_unet(4, depth)).eval()

    ours = imported_generator(theirs.state_dict()).eval()

    assert isinstance(ours, UNetGenerator)
    assert ours.multiple == 2**depth
    assert difference(ours(images(2**depth)), theirs(images(2**depth))) < 1e-4


def test_a_unet_with_batch_norm_gives_what_its_authors_test_gives_for_one_image() -> None:
    theirs = lively(their_unet(4, 6, nn.BatchNorm2d)).train()

    ours = imported_generator(theirs.state_dict()).eval()

    assert difference(ours(images(64, 1)), theirs(images(64, 1))) < 1e-4


@pytest.mark.parametrize(("width", "layers"), [(4, 1), (4, 3), (8, 5), (64, 3)])
def test_a_patch_discriminator_of_theirs_gives_the_same_scores_here(width: int, layers: int) -> None:
    theirs = lively(their_discriminator(width, layers))

    ours = imported_discriminator(theirs.state_dict())

    assert isinstance(ours, PatchDiscriminator)
    assert difference(ours(images(128)), theirs(images(128))) < 1e-4


def test_a_pixel_discriminator_of_theirs_gives_the_same_scores_here() -> None:
    theirs = lively(their_pixel_discriminator(8))

    ours = imported_discriminator(theirs.state_dict())

    assert isinstance(ours, PixelDiscriminator)
    assert difference(ours(images()), theirs(images())) < 1e-4


@pytest.mark.parametrize("dropout", [False, True])
@pytest.mark.parametrize("norm", [partial(nn.InstanceNorm2d, affine=True), nn.BatchNorm2d], ids=["instance", "batch"])
def test_a_resnet_whose_norms_have_scales_gives_what_its_authors_test_gives_for_one_image(
    norm: Norm, dropout: bool
) -> None:
    theirs = lively(their_generator(4, 2, norm, bias=norm is not nn.BatchNorm2d, dropout=dropout)).train()
    for module in theirs.modules():
        if isinstance(module, nn.Dropout):
            module.eval()
    ours = imported_generator(theirs.state_dict())

    image = images(count=1)
    assert difference(ours(image), theirs(image)) < 1e-4
    with pytest.raises(ForeignError, match="scales"):
        exported(ours)


def test_importing_leaves_torchs_random_state_and_the_tensors_of_the_file_alone() -> None:
    theirs = their_generator(4, 1)
    torch.manual_seed(8)
    expected = torch.rand(1)
    torch.manual_seed(8)

    ours = imported_generator(theirs.state_dict())

    assert torch.rand(1) == expected
    with torch.no_grad():
        next(ours.parameters()).zero_()
    assert next(theirs.parameters()).abs().max() > 0


def test_a_bias_before_an_instance_norm_has_no_effect_and_is_left_out() -> None:
    theirs = lively(their_generator(4, 1))
    with_biases = theirs(images())
    for name, parameter in theirs.named_parameters():
        if name.endswith("bias") and not name.startswith("model.18"):
            nn.init.zeros_(parameter)

    assert difference(theirs(images()), with_biases) < 1e-4
    assert [name for name in imported_generator(theirs.state_dict()).state_dict() if name.endswith("bias")] == [
        "body.18.bias"
    ]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (ResNetGenerator(4, 2), their_generator(4, 2)),
        (PatchDiscriminator(4, 3), their_discriminator(4, 3)),
        (PixelDiscriminator(4), their_pixel_discriminator(4)),
        (imported_generator(their_unet(4, 5).state_dict()), their_unet(4, 5)),
    ],
    ids=["resnet", "patch", "pixel", "unet"],
)
def test_what_is_written_back_loads_strictly_there_and_gives_the_same(
    ours: Generator | Discriminator, theirs: nn.Module
) -> None:
    theirs.load_state_dict(exported(ours), strict=True)

    assert difference(theirs.eval()(images()), ours.eval()(images())) < 1e-4


def test_a_file_goes_out_and_comes_in_again_to_the_bit(tmp_path: Path) -> None:
    generator = ResNetGenerator(4, 3)

    write_generator_weights(tmp_path / "netG_A2B.pth", generator)
    back = read_generator_weights(tmp_path / "netG_A2B.pth")

    assert not back.training
    assert all(torch.equal(value, back.state_dict()[name]) for name, value in generator.state_dict().items())


def old(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """As torch before 0.4 wrote it: running means of instance norms, which were never used."""
    means = {f"model.{n}.{kind}": torch.rand(4) for n in (2, 5, 8) for kind in ("running_mean", "running_var")}
    return state | means | {"model.2.num_batches_tracked": torch.tensor(3)}


def parallel(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """As DataParallel names its parts."""
    return {f"module.{name}": value for name, value in state.items()}


def half(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.half() for name, value in state.items()}


@pytest.mark.parametrize("change", [old, parallel, half])
def test_files_of_other_times_and_machines_are_understood(
    change: Callable[[dict[str, Tensor]], dict[str, Tensor]],
) -> None:
    theirs = lively(their_generator(4, 1)).eval()

    ours = imported_generator(change(theirs.state_dict()))

    assert difference(ours(images()), theirs(images())) < 0.02


def test_the_format_of_torch_before_1_6_and_safetensors_are_read(tmp_path: Path) -> None:
    state = lively(their_generator(4, 1)).state_dict()
    torch.save(state, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    safetensors.torch.save_file(dict(state), tmp_path / "new.safetensors")

    outputs = [read_generator_weights(tmp_path / name)(images()) for name in ("old.pth", "new.safetensors")]

    assert torch.equal(*outputs)


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        (ResNetGenerator(4, 1, predict="change"), "change"),
        (ResNetGenerator(4, 1, upsample="resize"), "resiz"),
        (UNetGenerator(4, 5), "tutorial"),
        (imported_generator(lively(their_unet(4, 5, nn.BatchNorm2d)).state_dict()), "scales"),
    ],
    ids=["change", "resize", "tutorial", "scales"],
)
def test_a_network_that_the_others_do_not_have_is_not_written_for_them(
    network: Generator, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=reason):
        write_generator_weights(tmp_path / "file.pth", network)
    assert list(tmp_path.iterdir()) == []


def grey_state() -> dict[str, Tensor]:
    return their_generator(4, 1).state_dict() | {"model.1.weight": torch.zeros(4, 1, 7, 7)}


def odd_shape() -> dict[str, Tensor]:
    return their_generator(4, 1).state_dict() | {"model.4.weight": torch.zeros(9, 4, 3, 3)}


def diverged() -> dict[str, Tensor]:
    return their_generator(4, 1).state_dict() | {"model.4.weight": torch.full((8, 4, 3, 3), math.nan)}


def claims_a_lot() -> dict[str, Tensor]:
    """Its first layer alone would make the others take terabytes."""
    return their_generator(4, 1).state_dict() | {"model.1.weight": torch.zeros(1).expand(300_000, 3, 7, 7)}


def half_scaled() -> dict[str, Tensor]:
    """A norm with a scale where the first has none."""
    return their_generator(4, 1).state_dict() | {"model.12.weight": torch.zeros(8)}


def lost_layer() -> dict[str, Tensor]:
    return {name: value for name, value in their_generator(4, 2).state_dict().items() if "model.7" not in name}


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (grey_state, "takes no RGB"),
        (odd_shape, r"model\.4 has the shape \(9, 4, 3, 3\) in place of \(8, 4, 3, 3\)"),
        (diverged, r"model\.4 holds values that are no numbers"),
        (claims_a_lot, r"model\.4 has the shape"),
        (lost_layer, r"model\.7 is missing"),
        (half_scaled, r"model\.12\.weight.*no place"),
        (lambda: their_discriminator(4, 3).state_dict(), r"no layer is called model\.1"),
        (lambda: their_generator(4, 0).state_dict(), "neither"),
        (lambda: nn.Linear(2, 2).state_dict(), r"latest_net_G\.pth"),
        (dict, "no layer"),
        (lambda: {3: torch.zeros(2)}, "bare weights"),
    ],
    ids=[
        "grey",
        "shape",
        "diverged",
        "claims",
        "lost",
        "half-scaled",
        "discriminator",
        "no-blocks",
        "linear",
        "empty",
        "unnamed",
    ],
)
def test_weights_that_fit_no_generator_are_refused_with_the_reason(
    state: Callable[[], dict[str, Tensor]], reason: str, tmp_path: Path
) -> None:
    torch.save(state(), tmp_path / "latest_net_G.pth")

    with pytest.raises(UnusableError, match=reason):
        read_generator_weights(tmp_path / "latest_net_G.pth")


def test_a_generator_is_no_discriminator() -> None:
    with pytest.raises(ForeignError, match=r"model\.0"):
        imported_discriminator(their_generator(4, 1).state_dict())
    with pytest.raises(ForeignError, match="few"):
        imported_discriminator({"model.0.weight": torch.zeros(4, 3, 4, 4)})


def whole_files() -> dict[str, bytes]:
    """One generator in the three forms of files."""
    state = their_generator(2, 1).state_dict()
    new, old_form = io.BytesIO(), io.BytesIO()
    torch.save(state, new)
    torch.save(state, old_form, _use_new_zipfile_serialization=False)
    return {
        "new.pth": new.getvalue(),
        "old.pth": old_form.getvalue(),
        "new.safetensors": safetensors.torch.save(dict(state)),
    }


WHOLE_FILES = whole_files()


class Trap:
    """A pickle that would make a file where it is loaded."""

    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.witness,)


def test_a_pickle_that_needs_code_is_refused_and_not_run(tmp_path: Path) -> None:
    torch.save({"model.1.weight": Trap(tmp_path / "witness")}, tmp_path / "trap.pth")
    torch.save(nn.Linear(2, 2), tmp_path / "whole.pth")

    for name in ("trap.pth", "whole.pth"):
        with pytest.raises(UnusableError, match="code"):
            read_generator_weights(tmp_path / name)
    assert not (tmp_path / "witness").exists()


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("content", [b"", b"no weights at all", b"PK\x03\x04" + bytes(200), b"\x80\x02}q\x00."])
def test_what_is_no_file_of_weights_is_refused(content: bytes, suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"file{suffix}").write_bytes(content)

    with pytest.raises(UnusableError, match="file"):
        read_generator_weights(tmp_path / f"file{suffix}")


def test_a_cut_off_file_is_refused(tmp_path: Path) -> None:
    torch.save(their_generator(4, 1).state_dict(), tmp_path / "file.pth")
    whole = (tmp_path / "file.pth").read_bytes()
    for length in (10, 1000, len(whole) // 2, len(whole) - 10):
        (tmp_path / "file.pth").write_bytes(whole[:length])
        with pytest.raises(UnusableError, match=r"file\.pth"):
            read_generator_weights(tmp_path / "file.pth")


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")  # a changed byte may claim any
@settings(derandomize=True, deadline=None, max_examples=60)
@given(data=st.data(), kind=st.sampled_from(["new.pth", "old.pth", "new.safetensors"]))
def test_a_file_with_changed_bytes_is_read_or_refused_and_never_breaks_the_program(
    data: st.DataObject, kind: str
) -> None:
    content = bytearray(WHOLE_FILES[kind])
    for _change in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, min(len(content), 3000) - 1))
        content[place] = data.draw(st.integers(0, 255))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / kind).write_bytes(content)
        with contextlib.suppress(UnusableError):
            read_generator_weights(Path(folder) / kind)


def test_a_checkpoint_of_a_run_and_a_file_that_is_not_there_name_the_remedy(tmp_path: Path) -> None:
    torch.save({"format": 1, "networks": {}}, tmp_path / "step_0000002.pt")

    with pytest.raises(UnusableError, match="--run"):
        read_generator_weights(tmp_path / "step_0000002.pt")
    with pytest.raises(UsageError, match="nowhere"):
        read_generator_weights(tmp_path / "nowhere.pth")
    with pytest.raises(UsageError, match="Give the path"):
        read_generator_weights(tmp_path)


@pytest.mark.parametrize("kind", ["resnet", "unet"])
def test_a_photo_is_translated_by_weights_of_another_program_at_its_own_size(kind: str, tmp_path: Path) -> None:
    theirs = lively(their_generator(4, 2) if kind == "resnet" else their_unet(4, 5)).eval()
    torch.save(theirs.state_dict(), tmp_path / "latest_net_G.pth")
    picture(1, (64, 32)).save(tmp_path / "photo.png")
    options = TranslateOptions(weights=str(tmp_path / "latest_net_G.pth"), output=str(tmp_path / "out"))

    summary = translate(options, [tmp_path / "photo.png"], None, progress=Silent())

    assert (summary.images, summary.skipped) == ((str(tmp_path / "out/photo.png"),), 0)
    with torch.inference_mode():
        expected = np.asarray(to_image(theirs(to_tensor(picture(1, (64, 32))).unsqueeze(0))[0]))
    with Image.open(summary.images[0]) as made:
        assert np.abs(np.asarray(made).astype(int) - expected).max() <= 1


def test_the_command_translates_a_folder_by_a_file_of_weights(tmp_path: Path) -> None:
    torch.save(their_generator(4, 1).state_dict(), tmp_path / "netG_A2B.pth")
    (tmp_path / "photos").mkdir()
    for number in (1, 2):
        picture(number, (30, 21)).save(tmp_path / f"photos/{number}.jpg")
    (tmp_path / "photos/notes.txt").write_text("no photo")
    picture(3).save(tmp_path / "1.png")

    done = subprocess.run(
        [sys.executable, "-c", "from pipeline.cli import main; main()",
         "translate", "--weights", "netG_A2B.pth", "--json", "photos", "1.png"],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["images"] == ["translated/1.png", "translated/2.png", "translated/1-2.png"]
    assert told["skipped"] == 1
    assert "notes.txt" in done.stderr
    with Image.open(tmp_path / "translated/1.png") as made:
        assert made.size == (30, 21)


def test_what_cannot_be_translated_is_refused(tmp_path: Path) -> None:
    torch.save(their_generator(4, 1).state_dict(), tmp_path / "net.pth")
    (tmp_path / "text").write_text("no photo")
    (tmp_path / "empty").mkdir()
    options = TranslateOptions(weights=str(tmp_path / "net.pth"), output=str(tmp_path / "out"))

    with pytest.raises(UsageError, match="nowhere"):
        translate(options, [tmp_path / "nowhere"], None, progress=Silent())
    for name in ("text", "empty"):
        with pytest.raises(UnusableError, match=name):
            translate(options, [tmp_path / name], None, progress=Silent())
