"""The report on the disk: its pictures made, or taken over from the last one, and the page written whole."""

from collections.abc import Iterator, Mapping, Sequence, Set
from concurrent.futures import Executor
from functools import partial
from pathlib import Path

from curate.checks import Evidence
from curate.duplicates import real_pixels
from curate.plan import Plan
from curate.raw import RawFile, raw_file
from curate.report.groups import places_of, shown_verdicts
from curate.report.page import Reported, report_page
from curate.report.shown import Shown, shown_before
from curate.resize import thumbnail
from curate.swap import build_dir
from curate.tree import was_made_alike
from pipeline.catalog import Catalog
from pipeline.dataset import DatasetDir
from pipeline.files import disk_errors, write_atomically
from pipeline.language import _
from pipeline.progress import Progress, bar
from pipeline.records import Domain, Source
from pipeline.workers import CrashedError, finished

_REPORT_BYTES = 6_000_000
"""Of all pictures of the report together: in base64 they are a third more, and a page of 10 MB opens at once."""


def write_report(
    plan: Plan,
    dataset: DatasetDir,
    catalog: Catalog,
    *,
    names: Mapping[Domain, str],
    executor: Executor,
    progress: Progress,
) -> None:
    """Write rejected/index.html, when the new tree is built and the old one still stands. Raises DiskError."""
    shown = _shown(plan)
    kept_before = {verdict.sha256 for verdict in catalog.verdicts() if verdict.kept}
    files = [raw_file(dataset, one.image) for one in shown if not one.measurement.reason]
    most_bytes = max(1500, min(8000, _REPORT_BYTES // max(len(files), 1)))
    thumbnails = _thumbnails_before(plan, dataset, kept_before, most_bytes)
    thumbnails |= _new_thumbnails(
        [file for file in files if file.sha256 not in thumbnails],
        _finished(plan, dataset),
        most_bytes,
        executor,
        progress,
    )
    page = report_page(
        Reported(
            identity=catalog.identity(),
            name=dataset.name,
            names=names,
            counts=plan.counts(),
            verdicts=plan.judgement.verdicts,
            images={one.sha256: _shown_image(one, plan.sources, thumbnails) for one in shown},
            decisions=catalog.decisions(),
            places=places_of(catalog.comparisons()),
        )
    )
    with disk_errors(dataset.rejected):
        if dataset.rejected.is_symlink():
            dataset.rejected.unlink()
    write_atomically(dataset.report, page)


def _finished(plan: Plan, dataset: DatasetDir) -> dict[str, Path]:
    """Where the finished pictures of the kept images lie now, by sha256."""
    return {picture.sha256: build_dir(dataset).root / picture.place for picture in plan.pictures}


def _thumbnails_before(plan: Plan, dataset: DatasetDir, kept_before: Set[str], most_bytes: int) -> dict[str, bytes]:
    """The pictures of the report that stands, where they would become the same: made in the same way, and from a
    finished picture before and now, or from none."""
    if not was_made_alike(dataset, plan.summary):
        return {}
    others = kept_before ^ {verdict.sha256 for verdict in plan.judgement.kept}
    before = {name: data for name, data in shown_before(dataset.report).items() if name not in others}
    return {name: data for name, data in before.items() if 0 < len(data) <= most_bytes}


def _new_thumbnails(
    files: Sequence[RawFile],
    finished_ones: Mapping[str, Path],
    most_bytes: int,
    executor: Executor,
    progress: Progress,
) -> dict[str, bytes]:
    wanted = [(file, finished_ones.get(file.sha256)) for file in files]
    made: dict[str, bytes] = {}
    with bar(progress, _("Writing the report"), len(wanted)) as step:
        for sha256, picture in _thumbnails(executor, wanted, most_bytes):
            made[sha256] = picture
            step(1)
    return made


def _thumbnails(
    executor: Executor, wanted: Sequence[tuple[RawFile, Path | None]], most_bytes: int
) -> Iterator[tuple[str, bytes]]:
    """A thumbnail of each file, from its finished picture where there is one."""
    for (file, _finished), future in finished(executor, partial(_thumbnail, most_bytes), wanted):
        try:
            with disk_errors(file.path):
                yield file.sha256, future.result()
        except CrashedError:
            yield file.sha256, b""


def _thumbnail(most_bytes: int, wanted: tuple[RawFile, Path | None]) -> bytes:
    file, picture = wanted
    return thumbnail(file, most_bytes, finished=picture)


def _shown(plan: Plan) -> list[Evidence]:
    """The images of which the report shows a picture: rejected ones, and what was kept instead."""
    verdicts = shown_verdicts(plan.judgement.verdicts)
    names = {name for verdict in verdicts for name in (verdict.sha256, verdict.other) if name}
    return [plan.evidence[name] for name in sorted(names)]


def _shown_image(evidence: Evidence, sources: Mapping[str, Source], thumbnails: Mapping[str, bytes]) -> Shown:
    source = sources.get(evidence.sha256)
    measurement = evidence.measurement
    return Shown(
        width=measurement.width,
        height=measurement.height,
        real_pixels=0 if measurement.reason else round(real_pixels(measurement)),
        size_bytes=evidence.image.size_bytes,
        thumbnail=thumbnails.get(evidence.sha256, b""),
        candidate=source.candidate if source else None,
    )
