"""Where a new run's weights come from when not from chance: another run, or files of other programs."""

import dataclasses
import logging
import re
from pathlib import Path

from torch import nn

from pipeline.errors import UnusableError, UsageError
from pipeline.language import _
from train.checkpoint import Training, read
from train.generators import PREFIX, are_ours, read_generators
from train.networks import Generator
from train.options import NETWORKS, TrainOptions
from train.rundir import RunDir, find_run, read_settings
from train.weights import read_discriminator_weights, read_generator_weights

_FAMILIES = (
    (re.compile(r"net([GD])_(A2B|B2A|A|B)(?=\.)"), "netG_A2B", "netG_B2A", "netD_A", "netD_B"),
    (re.compile(r"net_([GD])_(A|B)(?=\.)"), "net_G_A", "net_G_B", "net_D_B", "net_D_A"),
    (re.compile(r"-(a2b|b2a)(?=\.)"), "-a2b", "-b2a"),
)
"""How files of one training are called: aitorzip's, junyanz', whose D_A judges what G_A makes, images of B, and those
of `pipeline export`, which writes no discriminators.

A pattern, then the names of generator_a2b, generator_b2a, discriminator_a and discriminator_b.
"""

_NAMES = ("generator_a2b", "generator_b2a", "discriminator_a", "discriminator_b")
_log = logging.getLogger(__name__)


def start_from(training: Training, options: TrainOptions, runs_dir: Path) -> None:
    """Put the weights that `--init-from` names into the networks of a training that has not begun.

    Of a run: all four networks, not averaged, since they go on learning; optimizers and buffers begin anew. Of a file:
    its network, and those in the files beside it that belong to the same training by their names.

    Raises UsageError (no such run or file, networks that the options do not describe), UnusableError (no usable
    weights).
    """
    path = Path(options.init_from)
    if path.is_file() and are_ours(path):
        taken = _from_generators(training, options, path)
    elif path.is_file():
        taken = _from_files(training, options, path)
    else:
        taken = _from_run(training, options, find_run(runs_dir, options.init_from))
    for average, generator in zip(training.averages, training.generators, strict=False):
        average.load_state_dict(generator.state_dict())
    rest = [name for name in _NAMES if name not in taken]
    _log.info(
        _("--init-from {source}: took {taken}.", source=options.init_from, taken=", ".join(taken))
        if not rest
        else _(
            "--init-from {source}: took {taken}; {rest} begin anew.",
            source=options.init_from,
            taken=", ".join(taken),
            rest=", ".join(rest),
        )
    )


def relatives(path: Path) -> dict[str, Path]:
    """The files of one training by our networks' names, from the path of one of them; those that exist are not asked.

    A file of another name, such as latest_net_G.pth, is generator_a2b alone.
    """
    for pattern, *stems in _FAMILIES:
        if pattern.search(path.name):
            return {
                name: path.with_name(pattern.sub(stem, path.name)) for name, stem in zip(_NAMES, stems, strict=False)
            }
    return {"generator_a2b": path}


def _from_run(training: Training, options: TrainOptions, run: RunDir) -> list[str]:
    _refuse_other_networks(run.name, read_settings(run).options, options)
    content = read(run)
    if content is None:
        message = _("{run}: no checkpoint yet. Train on: pipeline train --resume {name}.", run=run.root, name=run.name)
        raise UnusableError(message)
    for name, network in training.networks.named().items():
        _fill(network, content["networks"][name], run.root, options)
    return list(_NAMES)


def _from_generators(training: Training, options: TrainOptions, path: Path) -> list[str]:
    found, theirs = read_generators(path)
    _refuse_other_networks(path.name, theirs, options)
    names = {f"{PREFIX}{way}": generator for way, generator in found.items()}
    for name, generator in names.items():
        training.networks.named()[name].load_state_dict(generator.state_dict())
    return list(names)


def _from_files(training: Training, options: TrainOptions, path: Path) -> list[str]:
    if options.predict != "image":
        raise UsageError(
            _("--init-from {file}: its generators make images. Say --predict image.", file=path),
        )
    found = {name: file for name, file in relatives(path).items() if file.is_file()}
    networks = training.networks.named()
    for name, file in found.items():
        is_generator = isinstance(networks[name], Generator)
        theirs = read_generator_weights(file) if is_generator else read_discriminator_weights(file)
        if getattr(theirs, "rectified", False) and not options.generator.startswith("pix2pix"):
            raise UsageError(
                _(
                    "--init-from {file}: a U-Net of the form of pix2pix. Say --generator pix2pix-256, or -128.",
                    file=file,
                )
            )
        _fill(networks[name], theirs.state_dict(), file, options)
    return list(found)


def _refuse_other_networks(source: str, theirs: TrainOptions, options: TrainOptions) -> None:
    names = [field.name for field in dataclasses.fields(TrainOptions) if field.metadata["group"] == NETWORKS]
    others = [name for name in names if getattr(theirs, name) != getattr(options, name)]
    if others:
        words = " ".join(f"--{name.replace('_', '-')} {getattr(theirs, name)}" for name in others)
        raise UsageError(_("--init-from {run}: its networks are others. Add: {words}", run=source, words=words))


def _fill(network: nn.Module, state: dict[str, object], source: Path, options: TrainOptions) -> None:
    try:
        network.load_state_dict(state)
    except (RuntimeError, TypeError, AttributeError) as error:
        message = _(
            "--init-from {source}: does not fit a network of --generator {generator} --width {width} ({reason})."
            " Say what it is.",
            source=source,
            generator=options.generator,
            width=options.width,
            reason=str(error).strip().splitlines()[-1].strip()[:160],
        )
        raise UsageError(message) from error
