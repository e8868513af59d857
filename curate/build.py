"""The door of the curation: raw images -> train and test, the report of what was rejected, dataset.json."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

from curate.checks import Evidence, Judgement, first_failure, judge, with_strangers
from curate.comparing import Pair, compare_all, proposed
from curate.decisions import said_of
from curate.duplicates import real_pixels
from curate.embedding import embed_files, strangers, try_model
from curate.manifest import (
    counts_of,
    file_name_of,
    fingerprint_of,
    finished_picture,
    rejected_of,
    summary_of,
    way_of,
)
from curate.measure import Measured, measure_all, unmeasured
from curate.onnx import Model, read_model
from curate.options import CurateOptions
from curate.papers import papers_stand, write_papers
from curate.raw import RawFile, raw_file
from curate.report.groups import shown_verdicts
from curate.report.page import Reported, report_page
from curate.report.shown import Shown, shown_before
from curate.resize import Form, Rendered, Rendering, finished_size, render, thumbnail
from curate.saved import Imported, read_saved, take_over
from curate.separation import Separation, separation
from curate.swap import build_dir, commit, finish_or_undo, link_or_copy, pictures_dir, remove
from curate.thresholds import Finding
from curate.views import CYCLEGAN, refuse_strangers, show_views, views_stand
from pipeline.adoption import adopt_raw
from pipeline.catalog import Catalog, domains_of, least_sources, open_catalog
from pipeline.dataset import DatasetDir
from pipeline.errors import UsageError
from pipeline.files import disk_errors, lock, write_atomically
from pipeline.finished import FinishedPicture, metadata_bytes, read_curation
from pipeline.language import _
from pipeline.progress import Progress
from pipeline.records import DOMAINS, SPLITS, Domain, ImageRecord, Measurement, Source, Split, Verdict
from pipeline.status import reasons_text, split_text
from pipeline.workers import CrashedError, ProcessExecutor, finished

logger = logging.getLogger(__name__)

_BATCH = 32
"""Measurements, comparisons or vectors that one transaction stores: a killed curation repeats at most so many."""


_PIECES_A_PROCESS = 12
"""So many images are measured in the time in which a process starts and loads what measures them."""


_REPORT_BYTES = 6_000_000
"""Of all pictures of the report together: in base64 they are a third more, and a page of 10 MB opens at once."""


@dataclass(frozen=True, slots=True)
class CurateSummary:
    """What a curation came to: images known, kept, rejected by reason, finished ones by split and domain.

    `changed` is False where everything was up to date and no file was touched; `decisions` tells of --review's file.
    """

    images: int
    kept: int
    rejected: dict[str, int]
    counts: dict[Split, dict[Domain, int]]
    report: str
    separation: Separation
    changed: bool
    decisions: Imported | None = None

    def text(self, names: Mapping[Domain, str]) -> str:
        """The closing lines of the command, worth pasting into a note."""
        counted = _(
            "{kept} of {images} images kept, rejected {rejected}: {report}",
            kept=self.kept,
            images=self.images,
            rejected=reasons_text(self.rejected),
            report=self.report,
        )
        lines = [counted, split_text(names, self.counts), self.separation.text()]
        lines = [self.decisions.text(), *lines] if self.decisions else lines
        return "\n".join(lines if self.changed else [*lines, _("Nothing changed since the last curation.")])


def curate(
    options: CurateOptions, dataset: DatasetDir, *, names: Mapping[Domain, str], progress: Progress
) -> CurateSummary:
    """Make train/ and test/, rejected/index.html and dataset.json from what was crawled; `names` are the domains'.

    May be killed at any moment and started again: measurements are stored as they are made, and the new tree takes the
    old one's place whole. Raises UsageError where there is nothing to curate, too little is left, --split changed, or
    --embedding names no usable model; DatasetLockedError, UnusableError, DiskError.
    """
    if not dataset.catalog.is_file() and not dataset.raw.is_dir():
        raise _nothing_yet(dataset)
    model = read_model(Path(options.embedding)) if options.embedding else None
    saved = read_saved(Path(options.review)) if options.review else None
    with lock(dataset.lock), open_catalog(dataset.catalog) as catalog, _without_leftovers(dataset):
        finish_or_undo(dataset)
        if options.layout == CYCLEGAN:
            refuse_strangers(dataset)
        _refuse_another_split(options, catalog)
        adopt_raw(dataset, catalog)
        if not catalog.images():
            raise _nothing_yet(dataset)
        imported = take_over(saved, catalog, dataset.name) if saved else None
        with ProcessExecutor(options.workers, pieces_a_process=_PIECES_A_PROCESS) as executor:
            if model and not catalog.embedded(model.sha256):
                try_model(executor, model)
            work = _Work(options, dataset, names, catalog, executor, progress, model)
            work.measure()
            work.compare()
            return replace(work.build(), decisions=imported)


@contextmanager
def _without_leftovers(dataset: DatasetDir) -> Iterator[None]:
    """Whatever happens, the pictures that measuring made do not stay; a killed curation leaves them to the next."""
    try:
        yield
    finally:
        with disk_errors(dataset.root):
            remove(pictures_dir(dataset))


def _nothing_yet(dataset: DatasetDir) -> UsageError:
    return UsageError(
        _("{dataset}: nothing to curate yet. Collect images first: pipeline crawl.", dataset=dataset.root)
    )


def _refuse_another_split(options: CurateOptions, catalog: Catalog) -> None:
    before = catalog.setting("split")
    if before and float(before) != options.split and not options.resplit:
        raise UsageError(
            _(
                "--split {now}: this dataset was split by {before}. Keep {before}, or add --resplit to deal all"
                " images anew (then a network trained before has seen some of the new test images).",
                now=options.split,
                before=before,
            )
        )


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be built: everything known of each image, by sha256, and the judgement upon it."""

    evidence: Mapping[str, Evidence]
    sources: Mapping[str, Source]
    judgement: Judgement
    separation: Separation
    pictures: Sequence[FinishedPicture]
    summary: bytes

    def counts(self) -> dict[Split, dict[Domain, int]]:
        return counts_of(self.judgement)


@dataclass(frozen=True, slots=True)
class _Work:
    """One curation under way: what is the same for all its steps."""

    options: CurateOptions
    dataset: DatasetDir
    names: Mapping[Domain, str]
    catalog: Catalog
    executor: Executor
    progress: Progress
    model: Model | None

    def measure(self) -> None:
        """Decode every image that was not decoded yet, and store the measurements batch by batch."""
        todo = unmeasured(self.dataset, self.catalog.images(), self.catalog.measurements())
        if not todo:
            return
        with self.bar(_("Looking at images"), len(todo)) as step:
            measured = measure_all(self.executor, todo, self.form)
            while batch := list(islice(measured, _BATCH)):
                self.lay_by(batch)
                self.catalog.measure(one.measurement for one in batch)
                step(len(batch))

    @property
    def form(self) -> Form:
        return Form(self.options.size, self.options.upscale, self.options.format)

    def lay_by(self, measured: Iterable[Measured]) -> None:
        """Keep the finished pictures until the tree is built; a killed curation makes them anew."""
        folder = pictures_dir(self.dataset)
        with disk_errors(folder):
            folder.mkdir(exist_ok=True)
            for one in measured:
                if one.finished:
                    (folder / one.measurement.sha256).write_bytes(one.finished)

    def compare(self) -> None:
        """Compare new images with all others where that seems worth it, and store what they are to each other.

        Images that are rejected by themselves wait until they are not, but for those that were dealt a side once, or
        rejected by a person, whose copies must not come back.
        """
        sources = [source for source in self.catalog.sources() if source.sha256]
        evidence = _evidence(self.catalog.images(), self.catalog.measurements(), sources)
        said, sides = said_of(self.catalog.decisions()), self.catalog.sides()
        always = said.rejected | sides.keys()
        able = {
            sha256: one.measurement
            for sha256, one in evidence.items()
            if one.measurement.signature and (sha256 in always or first_failure(one, self.options, said) is None)
        }
        todo = proposed(able, self.catalog.compared(), self.catalog.comparisons())
        if todo:
            files = {image.sha256: raw_file(self.dataset, image) for image in self.catalog.images()}
            pairs = (Pair(files[one.first], files[one.second], one) for one in todo)
            with self.bar(_("Comparing images"), len(todo)) as step:
                comparisons = compare_all(self.executor, pairs)
                while batch := list(islice(comparisons, _BATCH)):
                    self.catalog.compare(one for one in batch if one)
                    step(len(batch))
        self.catalog.mark_compared(able)

    def build(self) -> CurateSummary:
        """Judge, and build what the judgement asks for unless it is there. An image that fails now is judged anew."""
        while True:
            plan = self.plan()
            if self.is_up_to_date(plan):
                return self.summarise(plan, changed=False)
            _refuse_too_few(self.dataset, plan.judgement)
            failures = self.build_tree(plan)
            if not failures:
                break
            self.catalog.measure(failures)
        self.write_report(plan)
        write_papers(self.dataset, plan.pictures, read_curation(plan.summary))
        self.catalog.judge(plan.judgement.verdicts, dict(plan.judgement.sides), {"split": repr(self.options.split)})
        commit(self.dataset, plan.summary)
        show_views(self.dataset, self.options.layout)
        self.warn_of_few(plan)
        return self.summarise(plan, changed=True)

    def plan(self) -> _Plan:
        sources = [source for source in self.catalog.sources() if source.sha256]
        measurements = self.catalog.measurements()
        evidence = _evidence(self.catalog.images(), measurements, sources)
        sides = {} if self.options.resplit else self.catalog.sides()
        judgement = judge(
            evidence.values(), self.catalog.comparisons(), sides, self.options, said_of(self.catalog.decisions())
        )
        judgement = with_strangers(judgement, self.strangers(judgement.kept, evidence))
        domains = {verdict.sha256: verdict.domain for verdict in judgement.verdicts}
        quoted = least_sources(sources) | least_sources(
            source for source in sources if domains.get(source.sha256) in ("", source.candidate.domain)
        )
        apart = _separation(evidence, judgement)
        pictures = _pictures(evidence, quoted, judgement, self.options)
        summary = summary_of(self.said_options, self.names, judgement, apart, fingerprint_of(evidence, sources))
        return _Plan(evidence, quoted, judgement, apart, pictures, summary)

    @property
    def said_options(self) -> CurateOptions:
        """The options as dataset.json tells them: the model by its hash, for where it lies is this machine's affair."""
        return replace(self.options, embedding=self.model.sha256 if self.model else "")

    def strangers(self, kept: Sequence[Verdict], evidence: Mapping[str, Evidence]) -> Mapping[str, Finding]:
        """What of the kept images is off topic, if a model was given. It is shown those that it has not seen."""
        if self.model is None:
            return {}
        seen = self.catalog.embedded(self.model.sha256)
        new = [evidence[one.sha256].image for one in kept if one.sha256 not in seen]
        if new:
            self.embed([raw_file(self.dataset, image) for image in new], self.model)
        return strangers(kept, self.catalog.embeddings(self.model.sha256))

    def embed(self, files: Sequence[RawFile], model: Model) -> None:
        """Store a vector of each image, batch by batch."""
        without = 0
        with self.bar(_("Embedding images"), len(files)) as step:
            embedded = embed_files(self.executor, files, model)
            while batch := list(islice(embedded, _BATCH)):
                self.catalog.embed(model.sha256, {one.sha256: one.vector for one in batch if one.readable})
                without += sum(not one.vector for one in batch)
                step(len(batch))
        if without:
            logger.warning(
                _("{file}: no vector of {count} images; they are not looked at.", file=model.path, count=without)
            )

    def is_up_to_date(self, plan: _Plan) -> bool:
        dataset, judgement = self.dataset, plan.judgement
        return (
            dataset.summary.is_file()
            and dataset.summary.read_bytes() == plan.summary
            and list(judgement.verdicts) == self.catalog.verdicts()
            and judgement.sides == self.catalog.sides()
            and dataset.report.is_file()
            and all(dataset.metadata(split).is_file() for split in SPLITS)
            and sorted(_finished_files(dataset)) == sorted(picture.place for picture in plan.pictures)
            and papers_stand(dataset, plan.pictures, read_curation(plan.summary))
            and views_stand(dataset, self.options.layout)
        )

    def build_tree(self, plan: _Plan) -> list[Measurement]:
        """Build the new tree beside the old one; returns the images of which no picture could be made, and why."""
        build = build_dir(self.dataset)
        with disk_errors(build.root):
            remove(build.root)
            for split in SPLITS:
                for domain in DOMAINS:
                    build.images(split, domain).mkdir(parents=True)
            todo = self.link_unchanged(plan, build)
        failures = self.render_all(plan, build, todo)
        for split in SPLITS:
            rows = metadata_bytes(picture for picture in plan.pictures if picture.split == split)
            write_atomically(build.metadata(split), rows, durable=False)
        return failures

    def link_unchanged(self, plan: _Plan, build: DatasetDir) -> list[Verdict]:
        """Take over the pictures of the old tree, whichever folder they lay in, and those that measuring made.

        Returns the missing ones.
        """
        there = _reusable(self.dataset, plan.summary) | _laid_by(self.dataset)
        for verdict in plan.judgement.kept:
            if verdict.sha256 in there:
                link_or_copy(there[verdict.sha256], build.root / file_name_of(verdict, self.options))
        return [verdict for verdict in plan.judgement.kept if verdict.sha256 not in there]

    def render_all(self, plan: _Plan, build: DatasetDir, todo: Sequence[Verdict]) -> list[Measurement]:
        failures = []
        targets = {verdict.sha256: build.root / file_name_of(verdict, self.options) for verdict in todo}
        renderings = [self.rendering(plan.evidence[verdict.sha256]) for verdict in todo]
        with self.bar(_("Resizing images"), len(todo)) as step:
            for rendered in _rendered(self.executor, renderings):
                if rendered.reason:
                    failures.append(Measurement(rendered.sha256, rendered.reason))
                else:
                    write_atomically(targets[rendered.sha256], rendered.data, durable=False)
                step(1)
        return failures

    def rendering(self, evidence: Evidence) -> Rendering:
        width, height = _size(evidence, self.options)
        return Rendering(raw_file(self.dataset, evidence.image), width, height, self.options.format)

    def write_report(self, plan: _Plan) -> None:
        shown = _shown(plan)
        files = [raw_file(self.dataset, one.image) for one in shown if not one.measurement.reason]
        most_bytes = max(1500, min(8000, _REPORT_BYTES // max(len(files), 1)))
        thumbnails = self.thumbnails_before(plan, most_bytes)
        files = [file for file in files if file.sha256 not in thumbnails]
        with self.bar(_("Writing the report"), len(files)) as step:
            for sha256, picture in _thumbnails(self.executor, files, most_bytes):
                thumbnails[sha256] = picture
                step(1)
        page = report_page(
            Reported(
                identity=self.catalog.identity(),
                name=self.dataset.name,
                names=self.names,
                counts=plan.counts(),
                verdicts=plan.judgement.verdicts,
                images={one.sha256: _shown_image(one, plan.sources, thumbnails) for one in shown},
                decisions=self.catalog.decisions(),
            )
        )
        with disk_errors(self.dataset.rejected):
            if self.dataset.rejected.is_symlink():
                self.dataset.rejected.unlink()
        write_atomically(self.dataset.report, page)

    def thumbnails_before(self, plan: _Plan, most_bytes: int) -> dict[str, bytes]:
        """The pictures of the report that stands, where they were made in the same way and are not too large now."""
        if not _was_made_alike(self.dataset, plan.summary):
            return {}
        return {name: data for name, data in shown_before(self.dataset.report).items() if 0 < len(data) <= most_bytes}

    def warn_of_few(self, plan: _Plan) -> None:
        for domain in DOMAINS:
            train, test = (plan.counts()[split][domain] for split in SPLITS)
            if not train or not test:
                logger.warning(
                    _(
                        "{name} ({domain}): train {train}, test {test}. Collect more images of it: pipeline crawl.",
                        name=self.names[domain],
                        domain=domain,
                        train=train,
                        test=test,
                    )
                )

    def summarise(self, plan: _Plan, *, changed: bool) -> CurateSummary:
        verdicts = plan.judgement.verdicts
        return CurateSummary(
            images=len(verdicts),
            kept=len(plan.judgement.kept),
            rejected=rejected_of(plan.judgement),
            counts=plan.counts(),
            report=str(self.dataset.report),
            separation=plan.separation,
            changed=changed,
        )

    @contextmanager
    def bar(self, label: str, total: int) -> Iterator[Callable[[int], None]]:
        """A progress bar, which the given function moves on by so many."""
        done = 0

        def step(count: int) -> None:
            nonlocal done
            done += count
            self.progress.update(done)

        self.progress.start(label, total)
        try:
            yield step
        finally:
            self.progress.finish()


def _refuse_too_few(dataset: DatasetDir, judgement: Judgement) -> None:
    if len(judgement.kept) >= 2:
        return
    raise UsageError(
        _(
            "{dataset}: kept {kept}, rejected {rejected}; a dataset needs two images. Collect more (pipeline crawl)"
            " or loosen the checks (pipeline curate --help). Nothing was written.",
            dataset=dataset.root,
            kept=len(judgement.kept),
            rejected=reasons_text(rejected_of(judgement)),
        )
    )


def _evidence(
    images: Iterable[ImageRecord], measurements: Mapping[str, Measurement], sources: Iterable[Source]
) -> dict[str, Evidence]:
    domains = domains_of(sources)
    return {
        image.sha256: Evidence(image, measurements[image.sha256], frozenset(domains.get(image.sha256, ())))
        for image in images
    }


def _finished_files(dataset: DatasetDir) -> Iterator[str]:
    for split in SPLITS:
        for domain in DOMAINS:
            folder = dataset.images(split, domain)
            paths = sorted(folder.iterdir()) if folder.is_dir() else []
            yield from (f"{split}/{domain}/{path.name}" for path in paths if not path.is_symlink() and path.is_file())


def _reusable(dataset: DatasetDir, summary: bytes) -> dict[str, Path]:
    """The finished pictures of a complete tree that was made in the same way, by the sha256 of their raw bytes."""
    if not _was_made_alike(dataset, summary):
        return {}
    return {Path(name).stem: dataset.root / name for name in _finished_files(dataset)}


def _was_made_alike(dataset: DatasetDir, summary: bytes) -> bool:
    """Whether a complete tree stands there that was made in the same way."""
    try:
        return way_of(dataset.summary.read_bytes()) == way_of(summary)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return False  # no complete tree, or a dataset.json that is not ours: everything is made anew


def _laid_by(dataset: DatasetDir) -> dict[str, Path]:
    folder = pictures_dir(dataset)
    return {path.name: path for path in sorted(folder.iterdir())} if folder.is_dir() else {}


def _size(evidence: Evidence, options: CurateOptions) -> tuple[int, int]:
    measurement = evidence.measurement
    return finished_size(measurement.width, measurement.height, options.size, upscale=options.upscale)


def _rendered(executor: Executor, renderings: Sequence[Rendering]) -> Iterator[Rendered]:
    for rendering, future in finished(executor, render, renderings):
        try:
            with disk_errors(rendering.file.path):
                yield future.result()
        except CrashedError:
            yield Rendered(rendering.file.sha256, "crashed")


def _thumbnails(executor: Executor, files: Sequence[RawFile], most_bytes: int) -> Iterator[tuple[str, bytes]]:
    for file, future in finished(executor, partial(thumbnail, most_bytes=most_bytes), files):
        try:
            with disk_errors(file.path):
                yield file.sha256, future.result()
        except CrashedError:
            yield file.sha256, b""


def _pictures(
    evidence: Mapping[str, Evidence], sources: Mapping[str, Source], judgement: Judgement, options: CurateOptions
) -> list[FinishedPicture]:
    """What is known of each finished picture, in the order of their places."""
    pictures = [
        finished_picture(one, sources[one.sha256].candidate, _size(evidence[one.sha256], options), options)
        for one in judgement.kept
    ]
    return sorted(pictures, key=lambda picture: picture.place)


def _separation(evidence: Mapping[str, Evidence], judgement: Judgement) -> Separation:
    phashes = {verdict.sha256: evidence[verdict.sha256].measurement.phash for verdict in judgement.kept}
    sides = {verdict.sha256: verdict.split for verdict in judgement.kept if verdict.split}
    return separation(phashes, sides, judgement.links)


def _shown(plan: _Plan) -> list[Evidence]:
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
