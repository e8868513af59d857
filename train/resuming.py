"""What may change when a run goes on, what is refused, and which runs are waiting to be gone on with."""

import dataclasses
import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import UnusableError, UsageError
from pipeline.files import TEMPORARY_PREFIX, disk_errors, held, write_atomically
from pipeline.language import _
from train.data import Identity, image_lines, read_image_lines
from train.options import TrainOptions
from train.rundir import RunDir, RunSettings, read_settings, runs

FREE = frozenset(
    {"cuda", "compile", "num_workers", "threads", "checkpoint_every", "checkpoint_epochs", "track", "track_url"}
)
"""The options that may be others on a resume: they say how and where a run computes, not what."""

INEXACT = frozenset({"cuda", "compile", "threads"})
"""Of these, the ones after which sums are taken in another order, so that the last bits differ."""

_LISTED = 3
_log = logging.getLogger(__name__)


def continued(run: RunDir, before: TrainOptions, asked: TrainOptions, said: frozenset[str]) -> TrainOptions:
    """The options with which a run goes on: its own, but for those of FREE that were said, and with `extend` added.

    `said` names the options of `asked` that the user chose. Raises UsageError that names every other one whose value
    is not the run's.
    """
    mine = {field.name for field in dataclasses.fields(TrainOptions)} & said - {"extend"}
    others = sorted(name for name in mine - FREE if getattr(asked, name) != getattr(before, name))
    if others:
        raise UsageError(
            _(
                "{run}: goes on as it began, and {options} would be another. Leave that out, or begin a new run with"
                " this one's weights: pipeline train --init-from {run}.",
                run=run.name,
                options=", ".join(_told(name, asked, before) for name in others),
            )
        )
    free = {name: getattr(asked, name) for name in sorted(mine & FREE)}
    changed = [name for name in sorted(INEXACT) if name in free and free[name] != getattr(before, name)]
    if changed:
        _log.warning(
            _(
                "{run}: {options} is another than before; from here on its numbers are not those of an uninterrupted"
                " run to the last bit.",
                run=run.name,
                options=", ".join(_flag(name) for name in changed),
            )
        )
    added = asked.extend if "extend" in said else 0
    return dataclasses.replace(before, **free, extend=before.extend + added)


def record_images(run: RunDir, now: list[Identity]) -> None:
    """Write images.jsonl, or hold it against the images of now. Raises UsageError where these are others."""
    if not run.images.is_file():
        write_atomically(run.images, image_lines(now))
        return
    before = Counter(read_image_lines(run.images))
    gone, new = before - Counter(now), Counter(now) - before
    if gone or new:
        raise UsageError(
            _(
                "{run}: its images are others now: {gone} of them are not there any more, {new} are new ({names})."
                " Bring them back, or begin a new run with this one's weights: pipeline train --init-from {run}.",
                run=run.name,
                gone=gone.total(),
                new=new.total(),
                names=", ".join(
                    f"{domain}/{sha256[:12]}" for domain, sha256 in list((gone + new).elements())[:_LISTED]
                ),
            )
        )


def clear_leftovers(run: RunDir) -> None:
    """Remove the half-written files of a training that was killed. Only under the run's lock."""
    for folder in (run.root, run.checkpoints, run.samples, run.generators("best").parent):
        for path in folder.glob(f"{TEMPORARY_PREFIX}*") if folder.is_dir() else ():
            with disk_errors(path):
                path.unlink(missing_ok=True)


def same_run(one: RunSettings, other: RunSettings) -> bool:
    """Whether two runs were started on the same folder with the same options, but for those that may change."""
    return one.dataroot == other.dataroot and _essence(one.options) == _essence(other.options)


def settled_runs(runs_dir: Path) -> Iterator[tuple[RunDir, RunSettings]]:
    """Every run whose options.json can be read, by number."""
    for run in runs(runs_dir):
        if run.options.is_file():
            try:
                yield run, read_settings(run)
            except UnusableError as error:
                _log.warning("%s", error)


def waiting_run(runs_dir: Path, settings: RunSettings, images: list[Identity]) -> RunDir | None:
    """The newest unfinished run of the same folder, options and images that nobody is working on."""
    found = [
        run
        for run, others in settled_runs(runs_dir)
        if not run.finished and same_run(others, settings) and _has_images(run, images) and not held(run.lock)
    ]
    return found[-1] if found else None


def _has_images(run: RunDir, images: list[Identity]) -> bool:
    return not run.images.is_file() or read_image_lines(run.images) == sorted(images)


def _essence(options: TrainOptions) -> TrainOptions:
    default = TrainOptions()
    return dataclasses.replace(options, extend=0, **{name: getattr(default, name) for name in FREE})


def _told(name: str, asked: TrainOptions, before: TrainOptions) -> str:
    return _(
        "{option} {value} ({before} before)",
        option=_flag(name),
        value=getattr(asked, name),
        before=getattr(before, name),
    )


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
