"""The door of evaluating: a run's generators on the test set, in numbers that need no truth."""

import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from pipeline.errors import UnusableError, UsageError
from pipeline.image import ImageError, decode
from pipeline.kernel import LEAST, in_units_of, kernel_distance_of, random_features
from pipeline.language import _
from pipeline.progress import Progress
from pipeline.records import DOMAINS, Domain
from train.data import ImageFile, image_files, scaled_image
from train.loop import device_for
from train.metrics import Floats, Pixels, frechet_distance, mean_error, structure
from train.options import EvaluateOptions
from train.rundir import find_run, read_settings
from train.testing import WAYS
from train.translator import Translator, load_generator, translate_image

RANDOM_FEATURES = "random convolutions (448), not comparable with published KIDs"
INCEPTION_FEATURES = "Inception"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Spread:
    """A distance on named features, and where it lies with 95 % confidence."""

    features: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One direction. Errors are mean absolute differences of 0..255, structure is from -1 to 1 (see metrics.py).

    `nothing` is the kernel distance of doing nothing: of the inputs themselves to the goal's images. `fid` and
    `inception_kid` are None without Inception.
    """

    images: int
    cycle_error: float
    identity_error: float
    structure: float
    kid: Spread
    nothing: Spread
    inception_kid: Spread | None
    fid: float | None


@dataclass(frozen=True, slots=True)
class EvaluationSummary:
    """What `pipeline evaluate` found, by direction."""

    run: str
    skipped: int
    directions: Mapping[str, Evaluation]

    def text(self) -> str:
        """A few lines for each direction, worth pasting into a note."""
        lines = [self.run]
        for way, one in self.directions.items():
            lines.append(
                _(
                    "{way}: {images} images, cycle error {cycle:.2f}, identity error {identity:.2f} of 255,"
                    " structure {structure:.3f}",
                    way=way, images=one.images, cycle=one.cycle_error, identity=one.identity_error,
                    structure=one.structure,
                )
            )  # fmt: skip
            spreads = [(_("KID"), one.kid), (_("KID of doing nothing"), one.nothing)]
            spreads += [(_("KID"), one.inception_kid)] if one.inception_kid else []
            lines += [f"  {name} {s.value:.4f} [{s.low:.4f}, {s.high:.4f}] ({s.features})" for name, s in spreads]
            lines += [f"  FID {one.fid:.2f}"] if one.fid is not None else []
        return "\n".join(lines)


def evaluate(options: EvaluateOptions, run: Path, *, progress: Progress) -> EvaluationSummary:
    """Measure both directions of a run on test/A and test/B, scaled down to the size of its training.

    Raises UsageError (no such run, no Inception in the file), UnusableError (fewer than three images in a domain, no
    checkpoint), CudaError.
    """
    folder = find_run(run.parent, str(run))
    settings = read_settings(folder)
    device = device_for(options.cuda)
    inception = _inception(Path(options.inception)) if options.inception else None
    translators: dict[Domain, Translator] = {
        domain: load_generator(folder.root, WAYS[domain], device, options.precision) for domain in DOMAINS
    }
    dataroot = Path(options.dataroot or settings.dataroot)
    with image_files(dataroot, "test", settings.options.folders) as files:
        count = sum(map(len, files.values()))
        pictures = {domain: _pictures(files[domain], settings.options.load_side) for domain in DOMAINS}
    if min(map(len, pictures.values())) < LEAST:
        message = _("{path}: fewer than {count} usable images in test/A or test/B.", path=dataroot, count=LEAST)
        raise UnusableError(message)
    progress.start(_("Evaluating"), total=2 * len(DOMAINS))
    made = {}
    for number, domain in enumerate(DOMAINS):
        made[WAYS[domain]] = _direction(domain, pictures, translators, device, inception)
        progress.update(2 * number + 2)
    progress.finish()
    return EvaluationSummary(str(folder.root), count - sum(map(len, pictures.values())), made)


def _direction(
    domain: Domain,
    pictures: Mapping[Domain, Sequence[Image.Image]],
    translators: Mapping[Domain, Translator],
    device: torch.device,
    inception: torch.jit.ScriptModule | None,
) -> Evaluation:
    goal: Domain = "B" if domain == "A" else "A"
    there, back = translators[domain], translators[goal]
    reals = _arrays(pictures[domain])
    fakes = [translate_image(there, picture, device) for picture in pictures[domain]]
    cycled = _arrays([translate_image(back, fake, device) for fake in fakes])
    goals = _arrays(pictures[goal])
    same = _arrays([translate_image(there, picture, device) for picture in pictures[goal]])
    results = _arrays(fakes)
    reference = random_features(goals)
    deep = (_deep(inception, results), _deep(inception, goals)) if inception is not None else None
    return Evaluation(
        images=len(reals),
        cycle_error=float(np.mean([mean_error(*pair) for pair in zip(reals, cycled, strict=True)])),
        identity_error=float(np.mean([mean_error(*pair) for pair in zip(goals, same, strict=True)])),
        structure=float(np.mean([structure(*pair) for pair in zip(reals, results, strict=True)])),
        kid=_spread(RANDOM_FEATURES, *(in_units_of(reference, f) for f in (random_features(results), reference))),
        nothing=_spread(RANDOM_FEATURES, *(in_units_of(reference, f) for f in (random_features(reals), reference))),
        inception_kid=_spread(INCEPTION_FEATURES, *deep) if deep else None,
        fid=frechet_distance(*deep) if deep else None,
    )


def _spread(features: str, x: Floats, y: Floats) -> Spread:
    distance = kernel_distance_of(x, y)
    return Spread(features, distance.value, *distance.interval)


def _pictures(files: Sequence[ImageFile], side: int) -> list[Image.Image]:
    found = []
    for file in files:
        try:
            picture = decode(file.read())
        except ImageError as error:
            _log.warning(_("{file}: skipped, {reason}.", file=file.path, reason=error))
        else:
            found.append(scaled_image(picture, side) if min(picture.size) > side else picture)
    return found


def _arrays(pictures: Sequence[Image.Image]) -> list[Pixels]:
    return [np.asarray(picture) for picture in pictures]


def _inception(file: Path) -> torch.jit.ScriptModule:
    """The Inception of FID as TorchScript: uint8 [N, 3, H, W] and return_features=True -> [N, 2048].

    The form in which NVIDIA's StyleGAN2-ADA publishes it, converted from the weights of the TensorFlow original.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's about the age of TorchScript
            model: torch.jit.ScriptModule = torch.jit.load(file, map_location="cpu").eval()  # type: ignore[no-untyped-call]
        shape = _deep(model, [np.zeros((32, 32, 3), np.uint8)]).shape
        if len(shape) != 2:
            raise ValueError(shape)
    except (OSError, RuntimeError, ValueError, TypeError) as error:
        message = _(
            "--inception {file}: no Inception as TorchScript there. Nothing is downloaded: fetch"
            " inception-2015-12-05.pt of StyleGAN2-ADA, and give its path; without it there is no FID.",
            file=file,
        )
        raise UsageError(message) from error
    return model


@torch.inference_mode()
def _deep(model: torch.jit.ScriptModule, pictures: Sequence[Pixels]) -> Floats:
    batches = (torch.from_numpy(picture.copy()).permute(2, 0, 1).unsqueeze(0) for picture in pictures)
    return torch.cat([model(batch, return_features=True) for batch in batches]).double().numpy()
