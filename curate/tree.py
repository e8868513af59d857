"""The new tree beside the old one: unchanged pictures get a second name, missing ones are made, metadata is written."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path

from curate.checks import Evidence
from curate.manifest import file_name_of, way_of
from curate.measure import Measured
from curate.options import CurateOptions
from curate.plan import Plan, size_of
from curate.raw import raw_file
from curate.resize import Rendered, Rendering, render
from curate.swap import build_dir, link_or_copy, pictures_dir, remove
from pipeline.dataset import DatasetDir
from pipeline.files import disk_errors, write_atomically
from pipeline.finished import metadata_bytes
from pipeline.language import _
from pipeline.progress import Progress, bar
from pipeline.records import DOMAINS, SPLITS, Measurement, Verdict
from pipeline.workers import CrashedError, finished


def lay_by(dataset: DatasetDir, measured: Iterable[Measured]) -> None:
    """Keep the finished pictures until the tree is built; a killed curation makes them anew."""
    folder = pictures_dir(dataset)
    with disk_errors(folder):
        folder.mkdir(exist_ok=True)
        for one in measured:
            if one.finished:
                (folder / one.measurement.sha256).write_bytes(one.finished)


def build_tree(
    plan: Plan, dataset: DatasetDir, options: CurateOptions, executor: Executor, progress: Progress
) -> list[Measurement]:
    """Build the new tree beside the old one; returns the images of which no picture could be made, and why."""
    build = build_dir(dataset)
    with disk_errors(build.root):
        remove(build.root)
        for split in SPLITS:
            for domain in DOMAINS:
                build.images(split, domain).mkdir(parents=True)
        todo = _link_unchanged(plan, dataset, options, build)
    targets = {verdict.sha256: build.root / file_name_of(verdict, options) for verdict in todo}
    renderings = [_rendering(plan.evidence[verdict.sha256], dataset, options) for verdict in todo]
    failures = _render_all(renderings, targets, executor, progress)
    for split in SPLITS:
        rows = metadata_bytes(picture for picture in plan.pictures if picture.split == split)
        write_atomically(build.metadata(split), rows, durable=False)
    return failures


def _link_unchanged(plan: Plan, dataset: DatasetDir, options: CurateOptions, build: DatasetDir) -> list[Verdict]:
    """Take over the pictures of the old tree, whichever folder they lay in, and those that measuring made.

    Returns the missing ones.
    """
    there = _reusable(dataset, plan.summary) | _laid_by(dataset)
    for verdict in plan.judgement.kept:
        if verdict.sha256 in there:
            link_or_copy(there[verdict.sha256], build.root / file_name_of(verdict, options))
    return [verdict for verdict in plan.judgement.kept if verdict.sha256 not in there]


def _render_all(
    renderings: Sequence[Rendering], targets: Mapping[str, Path], executor: Executor, progress: Progress
) -> list[Measurement]:
    failures = []
    with bar(progress, _("Resizing images"), len(renderings)) as step:
        for rendered in _rendered(executor, renderings):
            if rendered.reason:
                failures.append(Measurement(rendered.sha256, rendered.reason))
            else:
                write_atomically(targets[rendered.sha256], rendered.data, durable=False)
            step(1)
    return failures


def _rendering(evidence: Evidence, dataset: DatasetDir, options: CurateOptions) -> Rendering:
    width, height = size_of(evidence, options)
    return Rendering(raw_file(dataset, evidence.image), width, height, options.format)


def _rendered(executor: Executor, renderings: Sequence[Rendering]) -> Iterator[Rendered]:
    for rendering, future in finished(executor, render, renderings):
        try:
            with disk_errors(rendering.file.path):
                yield future.result()
        except CrashedError:
            yield Rendered(rendering.file.sha256, "crashed")


def finished_files(dataset: DatasetDir) -> Iterator[str]:
    """The pictures of the tree that stands, by their places ("train/A/<sha256>.jpg")."""
    for split in SPLITS:
        for domain in DOMAINS:
            folder = dataset.images(split, domain)
            paths = sorted(folder.iterdir()) if folder.is_dir() else []
            yield from (f"{split}/{domain}/{path.name}" for path in paths if not path.is_symlink() and path.is_file())


def _reusable(dataset: DatasetDir, summary: bytes) -> dict[str, Path]:
    """The finished pictures of a complete tree that was made in the same way, by the sha256 of their raw bytes."""
    if not was_made_alike(dataset, summary):
        return {}
    return {Path(name).stem: dataset.root / name for name in finished_files(dataset)}


def was_made_alike(dataset: DatasetDir, summary: bytes) -> bool:
    """Whether a complete tree stands there that was made in the same way."""
    try:
        return way_of(dataset.summary.read_bytes()) == way_of(summary)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return False  # no complete tree, or a dataset.json that is not ours: everything is made anew


def _laid_by(dataset: DatasetDir) -> dict[str, Path]:
    folder = pictures_dir(dataset)
    return {path.name: path for path in sorted(folder.iterdir())} if folder.is_dir() else {}
