"""What the server does when it is asked: the page, words taken down, pictures made anew, a limit tried out."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from curate.decisions import said_of
from curate.raw import RawFile, raw_file
from curate.report.groups import places_of
from curate.report.page import Reported, decision_row, served_page
from curate.resize import preview, thumbnail
from curate.review.known import Change, Known, change_by, known_of, limits_of
from pipeline.catalog import Catalog, open_catalog
from pipeline.dataset import DatasetDir
from pipeline.decisions import LOOK, UNDO, standing, topic_of
from pipeline.errors import UsageError
from pipeline.files import disk_errors
from pipeline.language import _
from pipeline.records import Decision, Domain

THUMBNAIL_BYTES = 16_000
PREVIEW_SIDE = 1024


@dataclass(frozen=True, slots=True)
class Heard:
    """What is said back: the number of the latest decision, and all that came after the asker's.

    `taken` is False where somebody else spoke of the same meanwhile; `gone` counts images that are not here any more.
    """

    number: int
    decisions: Sequence[Decision]
    taken: bool = True
    gone: int = 0

    def row(self) -> dict[str, object]:
        return {"number": self.number, "decisions": [decision_row(one) for one in self.decisions], "gone": self.gone}


@dataclass(frozen=True, slots=True)
class _Standing:
    """What is kept with the limits as they are, after so many decisions: what a moved limit is held against."""

    known: Known
    number: int
    kept: frozenset[str]


class Desk:
    """A dataset under review. Every method opens the catalogue for itself, so that any thread may call it."""

    def __init__(self, dataset: DatasetDir, names: Mapping[Domain, str]) -> None:
        self._dataset = dataset
        self._names = names
        self._one_at_a_time = threading.Lock()
        self.known = self._read()
        if not self.known.verdicts:
            raise not_curated(dataset)
        self._last: _Standing | None = None
        self.thumbnail = lru_cache(maxsize=2000)(self._thumbnail)

    @contextmanager
    def _catalog(self) -> Iterator[Catalog]:
        if not self._dataset.catalog.is_file():  # else it would be made, and be empty
            raise not_curated(self._dataset)
        with open_catalog(self._dataset.catalog) as catalog:
            yield catalog

    def _read(self) -> Known:
        with self._catalog() as catalog:
            return known_of(self._dataset, catalog)

    def page(self) -> bytes:
        """The page as things stand now. Raises UsageError, UnusableError, DiskError."""
        self.known = self._read()
        self.thumbnail.cache_clear()
        with self._catalog() as catalog:
            reported = Reported(
                identity=catalog.identity(),
                name=self._dataset.name,
                names=self._names,
                counts=self.known.counts(),
                verdicts=self.known.verdicts,
                images=self.known.images,
                decisions=catalog.decisions(),
                places=places_of(self.known.comparisons),
            )
            return served_page(reported, catalog.decision_number(), limits_of(self.known))

    def heard_since(self, after: int) -> Heard:
        """What was said after so many decisions. Raises UsageError, UnusableError, DiskError."""
        with self._catalog() as catalog:
            return Heard(catalog.decision_number(), catalog.decisions(after))

    def take_down(self, words: Sequence[Decision], after: int) -> Heard:
        """Store what a person says who has heard `after` decisions; saying the same twice stores it once.

        Raises UsageError, UnusableError, DiskError.
        """
        with self._one_at_a_time, self._catalog() as catalog:
            names = {name for one in words for name in (one.sha256, one.other) if name}
            here = catalog.known_images(names) | {""}
            ours = [one for one in words if one.sha256 in here and one.other in here]
            stands = standing(one for one in catalog.decisions() if one.sha256 in names)
            new = [one for one in ours if not _stands(one, stands.get(topic_of(one)))]
            meanwhile = {topic_of(one) for one in catalog.decisions(after)}
            overtaken = any(topic_of(one) in meanwhile for one in new if one.action != LOOK)
            if new and not overtaken:
                catalog.decide(*new)
            gone = len(names - here)
            return Heard(catalog.decision_number(), catalog.decisions(after), taken=not overtaken, gone=gone)

    def change(self, name: str, value: float) -> Change:
        """What another limit would change. Raises OptionError, UsageError, UnusableError, DiskError."""
        with self._catalog() as catalog:
            number, decisions = catalog.decision_number(), catalog.decisions()
        known, said = self.known, said_of(decisions)
        last = self._last
        if last is None or last.known is not known or last.number != number:
            last = self._last = _Standing(known, number, known.kept(known.options, said))
        return change_by(known, name, value, said, last.kept)

    def _thumbnail(self, sha256: str) -> bytes:
        """A small WebP, made from pixels alone; no bytes where the image is not here or gives no picture."""
        file = self._file(sha256)
        if file is None:
            return b""
        with disk_errors(file.path):
            return thumbnail(file, THUMBNAIL_BYTES)

    def preview(self, sha256: str) -> bytes:
        """A JPEG to look at closely, made from pixels alone; else no bytes."""
        file = self._file(sha256)
        if file is None:
            return b""
        with disk_errors(file.path):
            return preview(file, PREVIEW_SIDE)

    def _file(self, sha256: str) -> RawFile | None:
        """The raw file of an image that was decoded before, so that it brings no decoder down."""
        one = self.known.evidence.get(sha256)
        return None if one is None or one.measurement.reason else raw_file(self._dataset, one.image)


def _stands(word: Decision, known: Decision | None) -> bool:
    return known is None if word.action == UNDO else known == word


def not_curated(dataset: DatasetDir) -> UsageError:
    return UsageError(_("{dataset}: nothing to review yet. Run pipeline curate.", dataset=dataset.root))
