"""A finished run's README.md: what its generators do, what they were trained on, how, and how well; in English."""

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.card import MARK, making, may_write_card, origins, plain, safe, table
from pipeline.dataset import DatasetDir
from pipeline.errors import PipelineError
from pipeline.files import disk_errors, write_atomically
from pipeline.finished import Curation, FinishedPicture, open_curation, read_finished
from pipeline.language import _
from pipeline.records import DOMAINS, Domain
from train.data import Identity, read_image_lines
from train.options import TrainOptions
from train.rundir import RunDir, RunSettings, TrainSummary, read_lines

_log = logging.getLogger(__name__)

_USE = """## Use
```
pipeline translate --run {run} photo.jpg                    from A to B
pipeline translate --run {run} --direction b2a photo.jpg    and back
```
`generators/last.safetensors` holds both generators as they were at the end, `generators/best.safetensors` as they were
when the kernel distance below was least: tensors called `generator_a2b.*` and `generator_b2a.*`; images are RGB in
[-1, 1]."""

_RIGHTS = """## Rights
The images belong to those who made them, and what was learned from them may not be free to use everywhere. Licences are
as a search engine told them and may be wrong."""


def write_model_card(run: RunDir, settings: RunSettings, summary: TrainSummary) -> None:
    """Write the run's README.md, unless one of the user's own lies there. Raises DiskError."""
    with disk_errors(run.card):
        free = may_write_card(run.card)
    if free:
        write_atomically(run.card, model_card(run, settings, summary).encode("utf-8", errors="replace"))


def model_card(run: RunDir, settings: RunSettings, summary: TrainSummary) -> str:
    """The card in Markdown; strangers' words, such as queries and licences, are put in as text that can do nothing."""
    images = read_image_lines(run.images)
    pictures, curation = _known(Path(settings.dataroot), images)
    names = settings.options.names(curation.names if curation else {"A": "A", "B": "B"})
    sections = [
        "---\nlicense: other\ntags:\n- cyclegan\n- unpaired\n- image-to-image\n---",
        MARK,
        f"# {safe(names['A'])} ↔ {safe(names['B'])}",
        "A CycleGAN: two generators that translate images of one kind into the other, learned without pairs.\n"
        "Trained with unpaired.",
        _USE.format(run=plain(run.name).replace("`", "")),
        _trained_on(Path(settings.dataroot).name, images, names),
        origins(pictures, curation) if curation else "Where they came from is not known: the folder holds no metadata.",
        "## Options\n" + _options(settings.options),
        "## Measures\n" + _measures(run, settings.options, summary),
        _samples(run, summary),
        making(curation) if curation else "",
        _RIGHTS,
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _known(dataroot: Path, images: Sequence[Identity]) -> tuple[list[FinishedPicture], Curation | None]:
    """What the dataset's own papers say of the images that were trained on, or nothing."""
    dataset = DatasetDir(dataroot)
    if not dataset.summary.is_file():
        return [], None
    try:
        used = set(images)
        pictures = [one for one in read_finished(dataset) if (one.domain, Path(one.file_name).stem) in used]
        return [one for one in pictures if one.split == "train"], open_curation(dataset)
    except PipelineError as error:
        _log.warning(_("The model card tells no sources: {error}", error=error))
        return [], None


def _trained_on(name: str, images: Sequence[Identity], names: Mapping[Domain, str]) -> str:
    rows = [
        (f"{domain}: {safe(names[domain])}", str(sum(1 for side, _sha256 in images if side == domain)))
        for domain in DOMAINS
    ]
    return f"## Trained on\nThe dataset {safe(name)}.\n\n" + table(("", "images"), rows)


def _options(options: TrainOptions) -> str:
    default = TrainOptions()
    changed = [field.name for field in dataclasses.fields(options)
               if getattr(options, field.name) != getattr(default, field.name)]  # fmt: skip
    rows = [(f"`{name}`", safe(str(getattr(options, name)))) for name in changed]
    return "Those that are not the defaults.\n\n" + table(("option of `pipeline train`", "value"), rows)


def _measures(run: RunDir, options: TrainOptions, summary: TrainSummary) -> str:
    rows = [("steps", str(summary.steps)), ("images of each side in a step", str(options.batch_size))]
    rows += [(f"loss {name}", f"{value:.4f}") for name, value in summary.losses.items()]
    measured = [line for line in read_lines(run.metrics) if "kernel_distance_a2b" in line]
    for name, line in (
        ("last", measured[-1:]),
        ("best", [one for one in measured if one["step"] == summary.best_step]),
    ):
        for found in line[-1:]:
            a2b, b2a = found["kernel_distance_a2b"], found["kernel_distance_b2a"]
            rows.append((f"kernel distance, {name} (step {found['step']})", f"A → B {a2b:.4f}, B → A {b2a:.4f}"))
    return (
        table(("", "value"), rows)
        + "\n\nThe kernel distance is taken between translations of images that were trained on"
        " and the other\ndomain's, on random features: it is no FID and no KID, and compares within this run only."
    )


def _samples(run: RunDir, summary: TrainSummary) -> str:
    if not summary.sheet:
        return ""
    sheet = Path(summary.sheet).name
    return (
        f"## Samples\nreal, translated, cycled; from A at the left, from B at the right.\n\n![samples](samples/{sheet})"
    )
