"""The options of training and testing."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pipeline.cores import usable_cores
from pipeline.errors import OptionError
from pipeline.language import _
from pipeline.listening import ListenOptions
from pipeline.options import option
from pipeline.records import Domain
from train.presets import PRESETS, preset_values

GENERATORS = ("resnet-9", "resnet-6", "resnet-4", "resnet-3", "unet-256", "unet-128", "pix2pix-256", "pix2pix-128")
"""What makes images, and how many residual blocks it has, or to how large images a U-Net is suited: TensorFlow's
tutorial's, or that of pix2pix' authors."""

PREDICTIONS = ("image", "change", "affine")
UPSAMPLINGS = ("transpose", "resize")
DISCRIMINATORS = ("patch", "pixel")
GAN_LOSSES = ("lsgan", "vanilla", "hinge", "wgan-gp")
AUGMENTATIONS = ("color", "translation", "cutout")
"""The kinds of differentiable augmentation, by the names of its authors (arXiv 2006.10738), in their order."""

TRACKERS = ("visdom", "tensorboard", "wandb")
PRECISIONS = ("fp32", "bf16", "fp16")
DIRECTIONS = ("a2b", "b2a")

MODEL_FORMS = ("onnx", "torchscript", "safetensors", "pth")
"""Forms of an exported model: two that run anywhere, our weights with what describes them, weights for others."""

USED_PRECISIONS = ("fp32", "bf16")
"""What a trained generator may compute in: both work on every device."""

SCHEDULE = "Schedule"
NETWORKS = "Networks"
LOSSES = "Losses"
MACHINE = "Machine and files"

_MOST_LOADERS = 4
"""Where nothing is said; each holds two batches in memory."""

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)?")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True)
class TrainOptions:
    """What the user may say about a training; the defaults are the paper's (arXiv 1703.10593, sections 4 and 7.1).

    Raises OptionError for a value that cannot be meant.
    """

    cuda: bool = option(False, "Train on the NVIDIA GPU.", off="--cpu")
    epochs: int = option(100, "Epochs at the full learning rate.", metavar="N")
    decay_epochs: int = option(100, "Epochs after them in which it falls to 0.", metavar="N")
    steps: int = option(0, "Steps in all, in place of epochs: a half at the full rate, a half falling.", metavar="N")
    time_budget: str = option(
        "", "Time to train for, in place of epochs: 90s, 6m, 2h. Beside --steps: stop by then.", metavar="TIME"
    )
    size: int = option(256, "Side in pixels of the squares that are trained on.", metavar="PIXELS")
    seed: int = option(0, "The same seed gives the same run.", metavar="N")
    preset: str = option(
        "",
        "Settings of a published CycleGAN: paper, aitorzip, official, aladdinpersson or tensorflow.",
        metavar="NAME",
    )
    batch_size: int = option(1, "Images of each domain in one step.", group=SCHEDULE, metavar="N")
    learning_rate: float = option(2e-4, "Adam's learning rate before it falls.", group=SCHEDULE)
    beta1: float = option(0.5, "Adam's first beta.", group=SCHEDULE)
    extend: int = option(
        0, "Go on with a run for N more epochs, or steps where the run counts these.", group=SCHEDULE, metavar="N"
    )
    load_size: int = option(0, "Shorter side before the random crop; 0 takes 286/256 of --size.", group=SCHEDULE)
    ema: float = option(0.0, "Decay of the averaged generators that sample and test; 0 averages none.", group=SCHEDULE)
    generator: str = option(
        "resnet-9",
        "A ResNet by its blocks, or a U-Net by the size of image it suits.",
        group=NETWORKS,
        choices=GENERATORS,
    )
    width: int = option(64, "Channels of the generators' first layer.", group=NETWORKS, metavar="N")
    predict: str = option(
        "image",
        "What a generator gives: an image, a change to its input, or a change that goes by colour.",
        group=NETWORKS,
        choices=PREDICTIONS,
    )
    upsample: str = option(
        "transpose",
        "How a generator enlarges: by a transposed convolution, or without its checkerboard.",
        group=NETWORKS,
        choices=UPSAMPLINGS,
    )
    discriminator: str = option("patch", "What is judged: patches, or pixels.", group=NETWORKS, choices=DISCRIMINATORS)
    discriminator_layers: int = option(3, "Layers that halve; 3 judges patches of 70 pixels.", group=NETWORKS)
    discriminator_width: int = option(64, "Channels of the discriminators' first layer.", group=NETWORKS)
    gan_loss: str = option("lsgan", "The adversarial loss.", group=LOSSES, choices=GAN_LOSSES)
    cycle_weight: float = option(10.0, "Weight of the cycle loss.", group=LOSSES)
    cycle_weight_b: str = option("", "Weight of B's cycle loss; else the same.", group=LOSSES, metavar="WEIGHT")
    cycle_reach: float = option(
        1.0, "Share of the cycle loss that also teaches the generator that goes first; the paper: all.", group=LOSSES
    )
    cycle_reach_b: str = option("", "The same share of B's cycle loss; else the same.", group=LOSSES, metavar="SHARE")
    identity_weight: float = option(5.0, "Weight of the identity loss.", group=LOSSES)
    identity_weight_b: str = option("", "Weight of B's identity loss; else the same.", group=LOSSES, metavar="WEIGHT")
    identity_decay: float = option(
        0.0, "Share of the steps in which the identity weight falls to 0; 0 keeps it.", group=LOSSES
    )
    augment: str = option(
        "",
        "For few images: change what discriminators see; color,translation,cutout or some of them.",
        group=LOSSES,
        metavar="KINDS",
    )
    replay_size: int = option(50, "Earlier translations that the discriminators see again.", group=LOSSES)
    precision: str = option(
        "fp32",
        "What networks compute in: bf16 takes half the time where the processor has it; fp16 needs --cuda.",
        group=MACHINE,
        choices=PRECISIONS,
    )
    compile: bool = option(
        False, "Compile the networks: some minutes' wait, then faster steps.", group=MACHINE, off="--no-compile"
    )
    num_workers: int = option(
        -1,
        "Threads that load images ahead; -1 takes one for each core, at most 4; 0 loads between the steps.",
        group=MACHINE,
        metavar="N",
    )
    threads: int = option(0, "CPU threads; 0 takes one for each core.", group=MACHINE)
    name: str = option("", "A name for the run's folder; else the dataset and the generator.", group=MACHINE)
    init_from: str = option(
        "", "Begin with the weights of a run, or of a file such as netG_A2B.pth.", group=MACHINE, metavar="RUN|FILE"
    )
    domain_a: str = option("", "Folder of domain A, such as horses; else A.", group=MACHINE, metavar="FOLDER")
    domain_b: str = option("", "Folder of domain B, such as zebras; else B.", group=MACHINE, metavar="FOLDER")
    track: str = option(
        "", "Show curves and pictures elsewhere too: visdom,tensorboard,wandb or some.", group=MACHINE, metavar="NAMES"
    )
    track_url: str = option("http://localhost:8097", "Where visdom answers.", group=MACHINE, metavar="URL")
    sample_every: int = option(0, "Steps between sample sheets; 0 makes one each tenth of the run.", group=MACHINE)
    sample_epochs: int = option(0, "Epochs between sample sheets, in place of steps.", group=MACHINE, metavar="N")
    checkpoint_every: int = option(0, "Steps between checkpoints; 0 makes one each twentieth.", group=MACHINE)
    checkpoint_epochs: int = option(0, "Epochs between checkpoints, in place of steps.", group=MACHINE, metavar="N")

    def __post_init__(self) -> None:
        known = self.preset in ("", *PRESETS)
        _check("preset", self.preset, known, _("one of {names}", names=", ".join(PRESETS)))
        _check("epochs", self.epochs, self.epochs >= (0 if self.decay_epochs > 0 else 1), _("1 or more"))
        for name in ("domain_a", "domain_b"):
            _check(name, getattr(self, name), _is_folder_name(getattr(self, name)), _("the name of a folder"))
        same = self.folders[0] == self.folders[1]
        _check("domain_b", self.domain_b, not same, _("another folder than --domain-a"))
        for name in ("size", "batch_size", "width", "discriminator_layers", "discriminator_width"):
            _check(name, getattr(self, name), getattr(self, name) >= 1, _("1 or more"))
        for name in ("decay_epochs", "steps", "load_size", "replay_size", "threads", "seed", "extend"):
            _check(name, getattr(self, name), getattr(self, name) >= 0, _("0 or more"))
        for name in ("sample_every", "sample_epochs", "checkpoint_every", "checkpoint_epochs"):
            _check(name, getattr(self, name), getattr(self, name) >= 0, _("0 or more"))
        _check("num_workers", self.num_workers, self.num_workers >= -1, _("-1 or more"))
        for name in ("cycle_weight", "identity_weight"):
            value = getattr(self, name)
            _check(name, value, 0 <= value < math.inf, _("a number from 0"))
        _check("learning_rate", self.learning_rate, 0 < self.learning_rate < math.inf, _("a number above 0"))
        for name in ("beta1", "ema"):
            _check(name, getattr(self, name), 0 <= getattr(self, name) < 1, _("from 0 to below 1"))
        for name in ("cycle_weight_b", "identity_weight_b"):
            value = getattr(self, name)
            _check(name, value, not value or _weight_of(value) is not None, _("a number from 0"))
        _check("cycle_reach", self.cycle_reach, 0 <= self.cycle_reach <= 1, _("from 0 to 1"))
        share = _weight_of(self.cycle_reach_b or "0")
        _check("cycle_reach_b", self.cycle_reach_b, share is not None and share <= 1, _("from 0 to 1"))
        _check("identity_decay", self.identity_decay, 0 <= self.identity_decay <= 1, _("from 0 to 1"))
        _check("track", self.track, set(self.trackers) <= set(TRACKERS), _known_ones(TRACKERS))
        _check(
            "track_url", self.track_url, _is_web(self.track_url), _("an address that begins with http:// or https://")
        )
        known = all(kind in AUGMENTATIONS for kind in self.augmentations)
        _check("augment", self.augment, known, _known_ones(AUGMENTATIONS))
        _check("size", self.size, self.size >= 32 and self.size % 4 == 0, _("32 or more, and a multiple of 4"))
        side = self.unet_side
        fits = not side or self.size % side == 0
        _check("size", self.size, fits, _("a multiple of {side} for {generator}", side=side, generator=self.generator))
        scores = self.discriminator == "pixel" or self.size // 2**self.discriminator_layers >= 4
        _check("discriminator_layers", self.discriminator_layers, scores, _("so few that --size halves to 4 or more"))
        possible = self.precision != "fp16" or self.cuda
        _check("precision", self.precision, possible, _("fp32 or bf16 without --cuda"))
        wanted = self.load_size == 0 or self.load_size >= self.size
        _check("load_size", self.load_size, wanted, _("0, or at least --size"))
        _check("time_budget", self.time_budget, seconds_of(self.time_budget) is not None, _("such as 90s, 6m or 2h"))

    @property
    def time_budget_seconds(self) -> float:
        """The time budget in seconds, 0 for none."""
        return seconds_of(self.time_budget) or 0.0

    @property
    def cycle_weights(self) -> tuple[float, float]:
        """The weights of the cycle losses of A (A -> B -> A) and of B."""
        return self.cycle_weight, _either(self.cycle_weight_b, self.cycle_weight)

    @property
    def cycle_reaches(self) -> tuple[float, float]:
        """The shares of A's and B's cycle loss that also teach the generator that goes first."""
        return self.cycle_reach, _either(self.cycle_reach_b, self.cycle_reach)

    @property
    def identity_weights(self) -> tuple[float, float]:
        """The weights of the identity losses of A (an A that shall become an A) and of B, before they decay."""
        return self.identity_weight, _either(self.identity_weight_b, self.identity_weight)

    @property
    def augmentations(self) -> tuple[str, ...]:
        """The kinds of augmentation that were asked for, each of AUGMENTATIONS."""
        return _named(self.augment)

    @property
    def trackers(self) -> tuple[str, ...]:
        """The trackers that were asked for, each of TRACKERS, once."""
        return tuple(dict.fromkeys(_named(self.track)))

    @property
    def folders(self) -> tuple[str, str]:
        """The names of the folders of A and of B, inside a folder train or behind the word: train/A, trainA."""
        return self.domain_a or "A", self.domain_b or "B"

    def names(self, names: Mapping[Domain, str]) -> dict[Domain, str]:
        """What to call the domains: by their folders where these have names of their own, else as in `names`."""
        return {"A": self.domain_a or names["A"], "B": self.domain_b or names["B"]}

    @staticmethod
    def beneath(values: Mapping[str, Any]) -> Mapping[str, object]:
        """The values of options that the user does not say, where others that are said bring some: by a preset."""
        if values["preset"] not in PRESETS:
            return {}
        preset = preset_values(values["preset"], values["size"])
        rivals = {"sample_every": "sample_epochs", "checkpoint_every": "checkpoint_epochs"}
        beaten = {epochs for steps, epochs in rivals.items() if values[steps]}
        return {name: value for name, value in preset.items() if name not in beaten}

    @property
    def unet_side(self) -> int:
        """The side in pixels of the images that a U-Net brings down to one pixel; 0 for a ResNet."""
        kind, _dash, number = self.generator.partition("-")
        return 0 if kind == "resnet" else int(number)

    @property
    def loaders(self) -> int:
        """How many threads load images; 0: they are loaded between the steps."""
        return min(_MOST_LOADERS, usable_cores()) if self.num_workers < 0 else self.num_workers

    @property
    def load_side(self) -> int:
        """The shorter side in pixels to which an image is scaled before the random crop of `size`."""
        return self.load_size or round(self.size * 286 / 256)


@dataclass(frozen=True)
class TestOptions:
    """What the user may say about a test."""

    __test__ = False  # pytest collects what is called Test...

    cuda: bool = option(False, "Translate on the NVIDIA GPU.")
    dataroot: str = option("", "Folder with test/A and test/B; else the run's dataset.", metavar="DIR")
    domain_a: str = option("", "Folder of domain A, such as horses; else the run's.", metavar="FOLDER")
    domain_b: str = option("", "Folder of domain B, such as zebras; else the run's.", metavar="FOLDER")
    direction: str = option("both", "Which way is tested.", choices=("both", *DIRECTIONS))
    precision: str = option("fp32", "Numbers to compute in; bf16 is faster and coarser.", choices=USED_PRECISIONS)
    generator_a2b: str = option(
        "",
        "A file of weights A -> B, netG_A2B.pth or latest_net_G_A.pth, in place of a run.",
        metavar="FILE",
        aliases=("--generator_A2B",),
    )
    generator_b2a: str = option(
        "", "A file of weights B -> A, in place of a run.", metavar="FILE", aliases=("--generator_B2A",)
    )
    output: str = option("", "Folder for the results; else test/ in the run's, or tested/.", metavar="DIR")

    def __post_init__(self) -> None:
        for name in ("domain_a", "domain_b"):
            _check(name, getattr(self, name), _is_folder_name(getattr(self, name)), _("the name of a folder"))


@dataclass(frozen=True)
class EvaluateOptions:
    """What the user may say about an evaluation."""

    cuda: bool = option(False, "Translate on the NVIDIA GPU.")
    dataroot: str = option("", "Folder with test/A and test/B; else the run's dataset.", metavar="DIR")
    precision: str = option("fp32", "Numbers to compute in; bf16 is faster and coarser.", choices=USED_PRECISIONS)
    inception: str = option(
        "", "Inception as TorchScript, inception-2015-12-05.pt, for FID and KID on its features.", metavar="FILE"
    )


@dataclass(frozen=True)
class TranslateOptions:
    """What the user may say about translating pictures of their own."""

    cuda: bool = option(False, "Translate on the NVIDIA GPU.")
    weights: str = option(
        "", "Generator of another program, latest_net_G.pth or netG_A2B.pth, in place of a run.", metavar="FILE"
    )
    direction: str = option("a2b", "Which way a run translates.", choices=DIRECTIONS)
    output: str = option("translated", "Folder for the translations.", metavar="DIR")
    precision: str = option("fp32", "Numbers to compute in; bf16 is faster and coarser.", choices=USED_PRECISIONS)
    tile: int = option(
        0, "Side of the tiles of pictures with more pixels than one; 0 decides by the memory.", metavar="PIXELS"
    )

    def __post_init__(self) -> None:
        _check("tile", self.tile, self.tile >= 0, _("0 or more"))


@dataclass(frozen=True)
class ServeOptions(ListenOptions):
    """What the user may say about the page that translates photos."""

    cuda: bool = option(False, "Translate on the NVIDIA GPU.")
    weights: str = option(
        "", "Generator of another program, latest_net_G.pth or netG_A2B.pth, in place of a run.", metavar="FILE"
    )
    longest_side: int = option(
        2048, "Longer side to which larger photos are scaled down; 0 keeps their size.", metavar="PIXELS"
    )
    precision: str = option("fp32", "Numbers to compute in; bf16 is faster and coarser.", choices=USED_PRECISIONS)

    def __post_init__(self) -> None:
        super().__post_init__()
        fine = self.longest_side == 0 or self.longest_side >= 64
        _check("longest_side", self.longest_side, fine, _("0, or 64 or more"))


def seconds_of(text: str) -> float | None:
    """'90s', '6m', '2h' or bare seconds -> seconds; 0.0 for "" and None for what is no duration above 0."""
    if not text:
        return 0.0
    match = _DURATION.fullmatch(text.strip())
    if not match or not float(match[1]):
        return None
    return float(match[1]) * _SECONDS[match[2] or "s"]


def _is_folder_name(text: str) -> bool:
    """Whether a folder's name may be this; "" for none said."""
    return text not in (".", "..") and not set(text) & set("/\\\0")


def _named(text: str) -> tuple[str, ...]:
    """'a, b' -> ("a", "b")."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _known_ones(names: tuple[str, ...]) -> str:
    return _("some of {kinds}, with commas", kinds=", ".join(names))


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _weight_of(text: str) -> float | None:
    try:
        weight = float(text)
    except ValueError:
        return None
    return weight if 0 <= weight < math.inf else None


def _either(text: str, otherwise: float) -> float:
    weight = _weight_of(text)
    return otherwise if weight is None else weight


def _check(name: str, value: object, fine: bool, allowed: str) -> None:
    if not fine:
        raise OptionError(name, value, allowed)
