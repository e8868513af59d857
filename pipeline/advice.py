"""The next sensible command: a pure function of where a dataset and its runs stand."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.language import _
from pipeline.records import DOMAINS
from pipeline.runs import RunStatus

MANY_DOUBTFUL = 20
"""So many doubtful images that nobody looked at are worth a review before the first training."""
_TAKES_RUNS_DIR = ("train", "watch", "test", "translate", "status")


@dataclass(frozen=True, slots=True)
class Situation:
    """What the advice hangs on.

    `images` are in the catalogue, `new_images` of them were never judged; `curated`: train/ and test/ are complete;
    `words_changed`: a person said something since; `training` counts the images of A and of B in train/; `doubtful`
    ones are kept and nobody looked at them; `runs` are the dataset's, oldest first.
    """

    candidates: int = 0
    images: int = 0
    new_images: int = 0
    curated: bool = False
    words_changed: bool = False
    training: tuple[int, int] = (0, 0)
    doubtful: int = 0
    runs: Sequence[RunStatus] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    """A command line, and why."""

    command: str
    why: str


def next_command(situation: Situation, dataset: str = "", runs_dir: str = "") -> Advice:
    """What to do next. `dataset` and `runs_dir` are what the user said of them, to be said again; "" for nothing."""
    words, why = _collecting(situation) or _curating(situation) or _training(situation)
    said = ["--dataset", dataset] if dataset else []
    said += ["--runs-dir", runs_dir] if runs_dir and words[0] in _TAKES_RUNS_DIR else []
    return Advice(shlex.join(["pipeline", *words, *said]), why)


def _collecting(now: Situation) -> tuple[list[str], str] | None:
    """How to get images; None where some are there, to be curated or to be trained on."""
    if now.images or any(now.training):
        return None
    if now.candidates:
        return ["status", "--failed"], _("of what was found nothing could be fetched; it says why")
    return ["crawl"], _("nothing is here yet")


def _curating(now: Situation) -> tuple[list[str], str] | None:
    """What is missing until there is something to train on; None where nothing is."""
    if now.images and not now.curated:
        return ["curate"], _("the images are not curated, or not to the end")
    if now.new_images:
        return ["curate"], _("{count} images came since the last curation", count=now.new_images)
    if now.words_changed:
        return ["curate"], _("a review said something since the last curation")
    for domain, count in zip(DOMAINS, now.training, strict=True):
        if not count:
            return ["crawl", "--domain", domain], _("no image of {domain} is left to train on", domain=domain)
    if now.doubtful >= MANY_DOUBTFUL and not now.runs:
        return ["review"], _("nobody looked at {count} doubtful images; or train right away", count=now.doubtful)
    return None


def _training(now: Situation) -> tuple[list[str], str]:
    if not now.runs:
        return ["train"], _("no run was trained on it yet")
    run = now.runs[-1]
    if run.state == "running":
        return ["watch", run.name], _("it is being trained")
    if not run.current:
        return ["train"], _("{run} was trained on other images", run=run.name)
    if run.state == "stopped":
        return ["train", "--resume", run.name], _("it stopped before its end")
    if not run.tested:
        return ["test", run.name], _("it is finished and was not tested")
    return ["translate", "--run", run.name, "photo.jpg"], _("it is finished; translate photos of your own")
