"""The door of the curation: raw images -> train and test, the report of what was rejected, dataset.json."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from curate.checks import Evidence, Judgement, first_failure, judge, with_strangers
from curate.comparing import Pair, compare_all, proposed
from curate.decisions import said_of
from curate.embedding import embed_files, strangers, try_model
from curate.manifest import fingerprint_of, rejected_of, summary_of
from curate.measure import measure_all, unmeasured
from curate.onnx import Model, read_model
from curate.options import CurateOptions
from curate.papers import papers_stand, write_papers
from curate.plan import Plan, evidence_of, pictures_of, separation_of
from curate.raw import RawFile, raw_file
from curate.report.write import write_report
from curate.resize import Form
from curate.saved import Imported, read_saved, take_over
from curate.separation import Separation
from curate.swap import commit, finish_or_undo, pictures_dir, remove
from curate.thresholds import Finding
from curate.tree import build_tree, finished_files, lay_by
from curate.views import CYCLEGAN, refuse_strangers, show_views, views_stand
from pipeline.adoption import adopt_raw
from pipeline.catalog import Catalog, open_catalog
from pipeline.dataset import DatasetDir
from pipeline.errors import UsageError
from pipeline.files import disk_errors, lock
from pipeline.finished import read_curation
from pipeline.language import _
from pipeline.progress import Progress, bar
from pipeline.records import DOMAINS, SPLITS, Domain, Split, Verdict
from pipeline.rows import least_sources
from pipeline.status import reasons_text, split_text
from pipeline.workers import ProcessExecutor

logger = logging.getLogger(__name__)

_BATCH = 32
"""Measurements, comparisons or vectors that one transaction stores: a killed curation repeats at most so many."""


_PIECES_A_PROCESS = 12
"""So many images are measured in the time in which a process starts and loads what measures them."""


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
        with bar(self.progress, _("Looking at images"), len(todo)) as step:
            measured = measure_all(self.executor, todo, self.form)
            while batch := list(islice(measured, _BATCH)):
                lay_by(self.dataset, batch)
                self.catalog.measure(one.measurement for one in batch)
                step(len(batch))

    @property
    def form(self) -> Form:
        return Form(self.options.size, self.options.upscale, self.options.format)

    def compare(self) -> None:
        """Compare new images with all others where that seems worth it, and store what they are to each other.

        Images that are rejected by themselves wait until they are not, but for those that were dealt a side once, or
        rejected by a person, whose copies must not come back.
        """
        sources = [source for source in self.catalog.sources() if source.sha256]
        evidence = evidence_of(self.catalog.images(), self.catalog.measurements(), sources)
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
            with bar(self.progress, _("Comparing images"), len(todo)) as step:
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
            failures = build_tree(plan, self.dataset, self.options, self.executor, self.progress)
            if not failures:
                break
            self.catalog.measure(failures)
        write_report(plan, self.dataset, self.catalog, names=self.names, executor=self.executor, progress=self.progress)
        write_papers(self.dataset, plan.pictures, read_curation(plan.summary))
        self.catalog.judge(plan.judgement.verdicts, dict(plan.judgement.sides), {"split": repr(self.options.split)})
        commit(self.dataset, plan.summary)
        show_views(self.dataset, self.options.layout)
        self.warn_of_few(plan)
        return self.summarise(plan, changed=True)

    def plan(self) -> Plan:
        sources = [source for source in self.catalog.sources() if source.sha256]
        measurements = self.catalog.measurements()
        evidence = evidence_of(self.catalog.images(), measurements, sources)
        sides = {} if self.options.resplit else self.catalog.sides()
        judgement = judge(
            evidence.values(), self.catalog.comparisons(), sides, self.options, said_of(self.catalog.decisions())
        )
        judgement = with_strangers(judgement, self.strangers(judgement.kept, evidence))
        domains = {verdict.sha256: verdict.domain for verdict in judgement.verdicts}
        quoted = least_sources(sources) | least_sources(
            source for source in sources if domains.get(source.sha256) in ("", source.candidate.domain)
        )
        apart = separation_of(evidence, judgement)
        pictures = pictures_of(evidence, quoted, judgement, self.options)
        summary = summary_of(self.said_options, self.names, judgement, apart, fingerprint_of(evidence, sources))
        return Plan(evidence, quoted, judgement, apart, pictures, summary)

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
        with bar(self.progress, _("Embedding images"), len(files)) as step:
            embedded = embed_files(self.executor, files, model)
            while batch := list(islice(embedded, _BATCH)):
                self.catalog.embed(model.sha256, {one.sha256: one.vector for one in batch if one.readable})
                without += sum(not one.vector for one in batch)
                step(len(batch))
        if without:
            logger.warning(
                _("{file}: no vector of {count} images; they are not looked at.", file=model.path, count=without)
            )

    def is_up_to_date(self, plan: Plan) -> bool:
        dataset, judgement = self.dataset, plan.judgement
        return (
            dataset.summary.is_file()
            and dataset.summary.read_bytes() == plan.summary
            and list(judgement.verdicts) == self.catalog.verdicts()
            and judgement.sides == self.catalog.sides()
            and dataset.report.is_file()
            and all(dataset.metadata(split).is_file() for split in SPLITS)
            and sorted(finished_files(dataset)) == sorted(picture.place for picture in plan.pictures)
            and papers_stand(dataset, plan.pictures, read_curation(plan.summary))
            and views_stand(dataset, self.options.layout)
        )

    def warn_of_few(self, plan: Plan) -> None:
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

    def summarise(self, plan: Plan, *, changed: bool) -> CurateSummary:
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
