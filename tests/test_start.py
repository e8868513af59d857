"""Beginning with weights that are there: another run's, or those of other programs."""

from pathlib import Path

import pytest
import torch
from trainings import dataset, state_of, tiny

from pipeline.errors import UnusableError, UsageError
from pipeline.progress import Silent
from train.checkpoint import Training, begin
from train.cyclegan import build_networks
from train.export import export_model
from train.loop import train
from train.options import TrainOptions
from train.schedule import Plan
from train.start import relatives, start_from
from train.unet import UNetGenerator
from train.weights import exported

CPU = torch.device("cpu")
IMAGES = tiny(predict="image", generator="resnet-3")


def fresh(options: TrainOptions) -> Training:
    return begin(options, Plan(6, 3), CPU)


def started(options: TrainOptions, runs: Path) -> Training:
    training = fresh(options)
    start_from(training, options, runs)
    return training


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of 2 steps."""
    root = tmp_path_factory.mktemp("start")
    return Path(train(tiny(steps=2), dataset(root / "data"), root / "runs", resume=None, progress=Silent()).run)


def theirs(folder: Path, names: dict[str, str]) -> dict[str, dict[str, torch.Tensor]]:
    """Write networks of another seed as other programs do; returns their states by our networks' names."""
    networks = build_networks(tiny(predict="image", seed=50)).named()
    for name, file in names.items():
        torch.save(exported(networks[name]), folder / file)  # type: ignore[arg-type]
    return {name: network.state_dict() for name, network in networks.items()}


def same(network: torch.nn.Module, state: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(value, state[name]) for name, value in network.state_dict().items())


def test_a_run_gives_its_four_networks_and_the_rest_begins_anew(trained: Path) -> None:
    source = state_of(str(trained))
    options = tiny(seed=8, init_from=trained.name)
    training = started(options, trained.parent)

    for name, network in training.networks.named().items():
        assert same(network, source.networks.named()[name].state_dict())
    assert same(training.averages[1], source.networks.generator_b2a.state_dict())
    assert training.step == 0
    assert training.generator_optimizer.state_dict()["state"] == {}


def test_a_run_with_other_networks_is_refused_with_the_words_to_add(trained: Path) -> None:
    with pytest.raises(UsageError, match=r"Add: --width 4 --predict change$"):
        started(tiny(width=8, predict="image", init_from=str(trained)), trained.parent)


def test_a_new_run_begins_with_these_weights_and_has_them_even_when_cut_off_at_once(trained: Path) -> None:
    data = trained.parents[1] / "data"
    summary = train(
        tiny(init_from=trained.name, steps=1, learning_rate=1e-12), data, trained.parent, resume=None, progress=Silent()
    )
    run = Path(summary.run)

    first = run / "checkpoints" / "step_0000000.pt"
    content = torch.load(first, weights_only=True)
    assert same(state_of(str(trained)).networks.generator_a2b, content["networks"]["generator_a2b"])


AITORZIP = {"generator_a2b": "netG_A2B.pth", "generator_b2a": "netG_B2A.pth", "discriminator_a": "netD_A.pth",
            "discriminator_b": "netD_B.pth"}  # fmt: skip
JUNYANZ = {"generator_a2b": "latest_net_G_A.pth", "generator_b2a": "latest_net_G_B.pth",
           "discriminator_a": "latest_net_D_B.pth", "discriminator_b": "latest_net_D_A.pth"}  # fmt: skip


@pytest.mark.parametrize("names", [AITORZIP, JUNYANZ], ids=["aitorzip", "junyanz"])
@pytest.mark.parametrize("said", ["generator_a2b", "generator_b2a"])
def test_a_file_brings_those_beside_it_that_belong_to_the_same_training(
    tmp_path: Path, names: dict[str, str], said: str
) -> None:
    states = theirs(tmp_path, names)
    training = started(tiny(predict="image", init_from=str(tmp_path / names[said])), tmp_path)

    assert [name for name, network in training.networks.named().items() if not same(network, states[name])] == []


def test_a_file_alone_is_the_generator_that_its_name_says(tmp_path: Path) -> None:
    states = theirs(tmp_path, {"generator_a2b": "latest_net_G.pth"})
    options = tiny(predict="image", init_from=str(tmp_path / "latest_net_G.pth"))
    training, untouched = started(options, tmp_path), fresh(options)

    assert same(training.networks.generator_a2b, states["generator_a2b"])
    assert same(training.networks.generator_b2a, untouched.networks.generator_b2a.state_dict())
    assert same(training.averages[0], states["generator_a2b"])


def test_of_two_programs_names_each_judge_is_of_its_domain() -> None:
    assert relatives(Path("d/3_net_G_B.pth"))["discriminator_a"] == Path("d/3_net_D_B.pth")
    assert relatives(Path("d/netD_A.pth"))["generator_b2a"] == Path("d/netG_B2A.pth")


@pytest.mark.parametrize("form", ["pth", "safetensors"])
def test_what_was_exported_of_a_run_brings_its_generators_back(tmp_path: Path, form: str) -> None:
    data = dataset(tmp_path / "data")
    run = Path(train(tiny(steps=1, predict="image"), data, tmp_path / "runs", resume=None, progress=Silent()).run)
    for direction in ("a2b", "b2a"):
        export_model(form, run, direction, tmp_path / f"00000-data-{direction}.{form}")
    training = started(tiny(predict="image", seed=9, init_from=str(tmp_path / f"00000-data-b2a.{form}")), tmp_path)

    a2b, b2a = state_of(str(run)).averages
    assert same(training.networks.generator_b2a, b2a.state_dict())
    assert same(training.networks.generator_a2b, a2b.state_dict()) is (form == "pth")  # by the name of its sister
    judge = begin(tiny(predict="image", seed=9), Plan(6, 3), CPU).networks.discriminator_a
    assert same(training.networks.discriminator_a, judge.state_dict())


def test_a_unet_of_pix2pix_authors_trains_on_as_the_network_it_is(tmp_path: Path) -> None:
    theirs = UNetGenerator(4, 7, rectified=True)
    for module in theirs.modules():
        if isinstance(module, torch.nn.InstanceNorm2d):
            torch.nn.init.ones_(module.weight)  # theirs have no scales
    torch.save(exported(theirs), tmp_path / "latest_net_G_A.pth")
    said = {"predict": "image", "size": 128, "load_size": 0, "init_from": str(tmp_path / "latest_net_G_A.pth")}

    with pytest.raises(UsageError, match="--generator pix2pix-256, or -128"):
        started(tiny(generator="unet-128", **said), tmp_path)
    training = started(tiny(generator="pix2pix-128", **said), tmp_path)

    images = torch.rand(1, 3, 128, 128) * 2 - 1
    ours = training.networks.generator_a2b.eval()
    assert torch.equal(ours(images), theirs.eval()(images))


@pytest.mark.parametrize(
    ("changes", "told"),
    [({"width": 8}, "--width 8"), ({"generator": "resnet-4"}, "--generator resnet-4"),
     ({"predict": "change"}, "--predict image"), ({"predict": "affine"}, "--predict image"),
     ({"upsample": "resize"}, "does not fit")],
)  # fmt: skip
def test_a_file_of_other_networks_is_refused(tmp_path: Path, changes: dict[str, object], told: str) -> None:
    theirs(tmp_path, {"generator_a2b": "netG_A2B.pth"})

    with pytest.raises(UsageError, match=told):
        started(tiny(**{"predict": "image", "init_from": str(tmp_path / "netG_A2B.pth")} | changes), tmp_path)


def test_what_is_neither_a_run_nor_weights_is_refused_and_no_run_is_made(trained: Path, tmp_path: Path) -> None:
    data = trained.parents[1] / "data"
    (tmp_path / "netG_A2B.pth").write_bytes(b"no weights")

    with pytest.raises(UnusableError, match=r"netG_A2B\.pth"):
        train(tiny(predict="image", init_from=str(tmp_path / "netG_A2B.pth")), data, tmp_path / "runs", resume=None,
              progress=Silent())  # fmt: skip
    with pytest.raises(UsageError, match="nowhere"):
        train(tiny(init_from="nowhere"), data, trained.parent, resume=None, progress=Silent())
    assert not (tmp_path / "runs").exists()
