"""The demo: draw, serve, crawl, curate, train, test, measure and show, through the code that a real project takes."""

import dataclasses
import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont, ImageOps

from crawler.crawl import crawl
from crawler.options import CrawlOptions
from curate.build import curate
from curate.options import CurateOptions
from pipeline.dataset import DATASETS, DatasetDir
from pipeline.demo.dirt import from_folder, plant
from pipeline.demo.drawing import (
    Twin,
    blossom_seeds,
    draw,
    paint_blossom,
    paint_leaf,
    paint_twin,
    street_seeds,
    truth_seeds,
)
from pipeline.demo.measures import Measures, measure
from pipeline.demo.offers import Offer
from pipeline.demo.options import DemoOptions
from pipeline.demo.setting import DEMO_TRAINING
from pipeline.demo.site import serve
from pipeline.errors import UsageError
from pipeline.image import decode
from pipeline.language import _
from pipeline.progress import Progress
from pipeline.recipe import STREET_TO_BLOSSOM
from pipeline.records import DOMAINS, Domain, Query
from pipeline.status import reasons_text, split_text, status_of
from pipeline.terminal import columns
from pipeline.workers import ProcessExecutor
from train.loop import train
from train.options import TestOptions
from train.samples import write_picture
from train.testing import test as translate_test_set
from train.translator import load_generator, translate_image

QUERIES: Mapping[Domain, Query] = {
    domain: Query(domain, STREET_TO_BLOSSOM.domain(domain).queries[0]) for domain in DOMAINS
}
PICTURE = "demo.jpg"
ROWS = 6
TILE = 288
CAPTION = 24


@dataclass(slots=True)
class Stopwatch:
    """The seconds that each stage took, by its name."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - start, 1)


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What the demo found, made and learned. `measures` is None where photos were served: they have no truth."""

    candidates: int
    fetched: int
    kept: int
    rejected: Mapping[str, int]
    failed: Mapping[str, int]
    train: Mapping[Domain, int]
    test: Mapping[Domain, int]
    seconds: Mapping[str, float]
    picture: str
    dataset: str
    run: str
    report: str
    measures: Measures | None

    def text(self) -> str:
        """The table and the path of the picture, as lines to paste into a note."""
        names = STREET_TO_BLOSSOM.names()
        rows = [
            (_("found"), str(self.candidates)),
            (_("fetched"), str(self.fetched)),
            (_("failed"), reasons_text(self.failed)),
            (_("rejected"), reasons_text(self.rejected)),
            (_("kept"), str(self.kept)),
            (_("split"), split_text(names, {"train": self.train, "test": self.test})),
            (_("seconds"), ", ".join(f"{stage} {seconds:.0f}" for stage, seconds in self.seconds.items())),
            (_("report"), self.report),
            (_("picture"), self.picture),
        ]
        return "\n".join([*columns(rows), *_measure_lines(self.measures)])


def run_demo(options: DemoOptions, dataset: DatasetDir | None, runs_dir: Path, *, progress: Progress) -> DemoSummary:
    """The whole main job with no network. Without `dataset` a fresh folder datasets/demo, demo-2, ... takes it.

    Raises what the stages raise, and UsageError for a folder of photos that is not there or holds nothing.
    """
    dataset = dataset or fresh_dataset()
    watch = Stopwatch()
    with watch.stage("draw"):
        galleries = _galleries(options, progress)
    with watch.stage("crawl"), serve(galleries, seed=options.seed) as site:
        crawling = CrawlOptions(search_url=site.search_url, allow_host=(site.image_host,))
        crawl(crawling, list(QUERIES.values()), dataset, progress=progress)
    with watch.stage("curate"):
        curate(CurateOptions(), dataset, names=STREET_TO_BLOSSOM.names(), progress=progress)
    with watch.stage("train"):
        training = replace(DEMO_TRAINING, seed=options.seed)
        run = Path(train(training, dataset.root, runs_dir, resume=None, progress=progress).run)
    with watch.stage("test"):
        sheet = Path(translate_test_set(TestOptions(), run, progress=progress).sheet)
    with watch.stage("measure"):
        measures = None if options.photos_a else _measure(options.seed, run, dataset, progress)
    picture = run / PICTURE if measures else sheet
    return _summary(dataset, run, seconds=watch.seconds, picture=picture, measures=measures)


def fresh_dataset() -> DatasetDir:
    """The first of datasets/demo, datasets/demo-2, ... that is not there yet."""
    names = itertools.chain(["demo"], (f"demo-{number}" for number in itertools.count(2)))
    return next(DatasetDir(DATASETS / name) for name in names if not (DATASETS / name).exists())


def _galleries(options: DemoOptions, progress: Progress) -> dict[str, Sequence[Offer]]:
    if options.photos_a:
        folders = {"A": options.photos_a, "B": options.photos_b}
        return {QUERIES[domain].text: _photos(Path(folders[domain]), options.seed) for domain in DOMAINS}
    painters = {"A": (paint_leaf, street_seeds(options.seed)), "B": (paint_blossom, blossom_seeds(options.seed))}
    galleries: dict[str, Sequence[Offer]] = {}
    with (
        ProcessExecutor() as executor,
        _bar(progress, _("Drawing streets"), sum(len(seeds) for _paint, seeds in painters.values())) as tick,
    ):
        for domain in DOMAINS:
            paint, seeds = painters[domain]
            pictures = draw(executor, paint, seeds, tick)
            galleries[QUERIES[domain].text] = plant(pictures, QUERIES[domain].text, options.seed)
    return galleries


def _photos(folder: Path, seed: int) -> list[Offer]:
    if not folder.is_dir():
        raise UsageError(_("{folder}: no such folder of photos.", folder=folder))
    return from_folder(folder, seed)


@contextmanager
def _bar(progress: Progress, label: str, total: int | None) -> Iterator[Callable[[], None]]:
    """A progress bar, and the function that moves it on by one."""
    counter = itertools.count(1)
    progress.start(label, total)
    try:
        yield lambda: progress.update(next(counter))
    finally:
        progress.finish()


def _measure(seed: int, run: Path, dataset: DatasetDir, progress: Progress) -> Measures:
    """Translate the scenes that were never crawled, keep the picture of the first, and measure them all."""
    seeds = truth_seeds(seed)
    with ProcessExecutor() as executor, _bar(progress, _("Drawing the truth"), len(seeds)) as tick:
        twins = draw(executor, paint_twin, seeds, tick)
    generator = load_generator(run, "a2b", torch.device("cpu"))
    results = []
    with _bar(progress, _("Translating"), len(twins)) as tick:
        for twin in twins:
            results.append(translate_image(generator, twin.leaf, torch.device("cpu")))
            tick()
    write_picture(run / PICTURE, picture_of(twins[:ROWS], results[:ROWS]))
    with _bar(progress, _("Measuring"), None):
        return measure(
            inputs=[np.asarray(twin.leaf) for twin in twins],
            results=[np.asarray(result) for result in results],
            truths=[np.asarray(twin.blossom) for twin in twins],
            masks=[twin.foliage for twin in twins],
            set_b=[np.asarray(decode(path.read_bytes())) for path in sorted(dataset.images("train", "B").iterdir())],
        )


def picture_of(twins: Sequence[Twin], results: Sequence[Image.Image]) -> Image.Image:
    """A row for each scene: input | translated | truth, each cut to a square, nothing chosen and nothing enlarged."""
    sheet = Image.new("RGB", (3 * TILE, CAPTION + len(twins) * TILE), "white")
    pen = ImageDraw.Draw(sheet)
    for column, caption in enumerate(("input", "translated", "truth")):
        pen.text((column * TILE + TILE // 2, 4), caption, "black", ImageFont.load_default(14), anchor="ma")
    for row, (twin, result) in enumerate(zip(twins, results, strict=True)):
        for column, picture in enumerate((twin.leaf, result, twin.blossom)):
            sheet.paste(ImageOps.fit(picture, (TILE, TILE)), (column * TILE, CAPTION + row * TILE))
    return sheet


def _summary(
    dataset: DatasetDir, run: Path, *, seconds: Mapping[str, float], picture: Path, measures: Measures | None
) -> DemoSummary:
    status = status_of(dataset, run.parent)
    return DemoSummary(
        candidates=status.candidates,
        fetched=status.fetched,
        kept=status.kept,
        rejected=status.rejected,
        failed=status.failed,
        train=status.train,
        test=status.test,
        seconds=seconds,
        picture=str(picture),
        dataset=str(dataset.root),
        run=str(run),
        report=str(dataset.report),
        measures=measures,
    )


def _measure_lines(measures: Measures | None) -> list[str]:
    if measures is None:
        return [_("measures: none, since photos have no truth to compare with")]
    header = f"{'':24}{_('result'):>12}{_('nothing'):>12}{_('transfer'):>12}"
    fields = dataclasses.fields(measures)
    values = [(field.name, getattr(measures, field.name)) for field in fields]
    return [header, *(f"{name:24}{v.result:12.3f}{v.nothing:12.3f}{v.transfer:12.3f}" for name, v in values)]
