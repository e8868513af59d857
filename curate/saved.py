"""Decisions that a person saved to a file from the report's page, taken over into the catalogue."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.catalog import Catalog
from pipeline.decisions import fault_of
from pipeline.errors import UsageError
from pipeline.language import _
from pipeline.records import Decision

FORMAT = 1
"""The number of the file's format; the page writes it (`curate/report/script/saving.js`)."""
_TEXTS = ("sha256", "other", "action", "value")


@dataclass(frozen=True, slots=True)
class Saved:
    """A file of decisions: of which dataset they are, by its identity and name, and what was said."""

    dataset: str
    name: str
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file of decisions came to: rows that were new, that were here already, and of images that are not here."""

    new: int
    known: int
    unknown: int

    def text(self) -> str:
        return _(
            "Decisions taken over: {new} new, {known} already here, {unknown} of unknown images skipped.",
            new=self.new,
            known=self.known,
            unknown=self.unknown,
        )


def read_saved(path: Path) -> Saved:
    """Read a file of decisions. Raises UsageError, naming what is wrong, for another file and a newer format."""
    try:
        content = json.loads(path.read_bytes())
        if content["decisions_of"] > FORMAT:
            raise UsageError(_("{file}: made by a newer version of unpaired. Upgrade unpaired.", file=path))
        decisions = tuple(_decision(row) for row in content["decisions"])
        return Saved(_text(content["dataset"]), _text(content["name"]), decisions)
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise UsageError(
            _(
                "--review {file}: no file of decisions ({error}). Save one from rejected/index.html.",
                file=path,
                error=str(error) or type(error).__name__,
            )
        ) from error


def take_over(saved: Saved, catalog: Catalog, name: str) -> Imported:
    """Store the decisions of a file that are not stored yet; taking a file over twice changes nothing.

    `name` is what this dataset is called. Raises UsageError for the file of another dataset.
    """
    identity = catalog.identity()
    if saved.dataset != identity:
        raise UsageError(
            _(
                "--review: these decisions are of the dataset {other} ({other_id}), and this one is {name} ({id})."
                " Name the right one with --dataset.",
                other=saved.name,
                other_id=saved.dataset,
                name=name,
                id=identity,
            )
        )
    here = {image.sha256 for image in catalog.images()} | {""}
    ours = [one for one in saved.decisions if one.sha256 in here and one.other in here]
    new = catalog.accept(ours)
    return Imported(new, len(ours) - new, len(saved.decisions) - len(ours))


def _decision(row: Mapping[str, object]) -> Decision:
    """Raises ValueError, KeyError or TypeError for what is no decision."""
    time = row["time"]
    if isinstance(time, bool) or not isinstance(time, int | float) or not math.isfinite(time):
        raise ValueError(f"time: {time!r}")
    sha256, other, action, value = (_text(row[name]) for name in _TEXTS)
    decision = Decision(sha256, other, action, value, float(time))
    fault = fault_of(decision)
    if fault:
        raise ValueError(f"{fault}: {row[fault]!r}")
    return decision


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(repr(value))
    return value
