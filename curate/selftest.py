"""How well copies are found and told from other pictures, measured on any photos: each is edited in every known way."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from curate.edits import EDITS, Edit, Group
from curate.proposals import Proposal, propose
from curate.relation import relate
from curate.signature import signature_of
from curate.view import View, view_of
from pipeline.errors import UsageError
from pipeline.image import ImageError, decode
from pipeline.language import _
from pipeline.progress import Progress, Silent


@dataclass(frozen=True, slots=True)
class Score:
    """How one edit fared on all photos: `found` were linked to their photo, `copies` of them called copies of it."""

    edit: str
    group: Group
    pictures: int
    found: int
    copies: int

    @property
    def recall(self) -> float:
        return self.found / self.pictures

    @property
    def share_called_copies(self) -> float:
        return self.copies / self.pictures


@dataclass(frozen=True, slots=True)
class Mistakes:
    """Of the `pairs` of different photos those that were `linked`, and those of them that were `called_copies`."""

    pairs: int
    linked: int
    called_copies: int


@dataclass(frozen=True, slots=True)
class Report:
    """What became of every edit, and of pairs of different photos."""

    scores: tuple[Score, ...]
    mistakes: Mistakes

    def text(self) -> str:
        """A table, an edit a line, and a line for the mistakes."""
        head = (_("edit"), _("over the picture"), _("found"), _("called a copy"))
        groups = {"pixels": "", "translucent": _("translucent"), "opaque": _("opaque")}
        rows = [
            (one.edit, groups[one.group], f"{one.recall:.1%}", f"{one.share_called_copies:.1%}") for one in self.scores
        ]
        widths = [max(len(row[column]) for row in (head, *rows)) for column in range(4)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (head, *rows)]
        mistakes = _(
            "Of {pairs} pairs of different photos {linked} were linked and {copies} called copies.",
            pairs=self.mistakes.pairs,
            linked=self.mistakes.linked,
            copies=self.mistakes.called_copies,
        )
        return "\n".join([*(line.rstrip() for line in lines), mistakes])


@dataclass(frozen=True, slots=True)
class _Photo:
    """A photo's own name, and the names of its edited copies, by the name of the edit."""

    name: str
    copies: dict[str, str]


MOST_PHOTOS = 100
"""No more photos of a folder are taken: each stands for some 40 comparisons."""
LONGEST_SIDE = 1600


def photos_in(folder: Path) -> dict[str, Image.Image]:
    """The first photos of a folder by name, at most 1,600 pixels long. Raises UsageError where there are not two."""
    if not folder.is_dir():
        raise UsageError(_("{folder}: not a folder. Name one that holds photos.", folder=folder))
    photos: dict[str, Image.Image] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with suppress(ImageError):
            picture = decode(path.read_bytes())
            picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
            photos[str(path.relative_to(folder))] = picture
        if len(photos) == MOST_PHOTOS:
            break
    if len(photos) < 2:
        raise UsageError(
            _("{folder}: {count} photos; two or more, all different, are needed.", folder=folder, count=len(photos))
        )
    return photos


def check(
    photos: Mapping[str, Image.Image],
    seed: int = 0,
    edits: Sequence[Edit] = EDITS,
    *,
    progress: Progress | None = None,
) -> Report:
    """Edit every photo (upright RGB, all different) in every way, and count which copies are found.

    The edits are drawn from `seed` and the photo's name. Holds one signature for each copy and the photos themselves.
    """
    named = [_named(name, edits) for name in sorted(photos)]
    bar = progress or Silent()
    signatures = {}
    bar.start(_("Editing photos"), len(named))
    for number, photo in enumerate(named, 1):
        signatures.update({name: signature_of(picture) for name, picture in _pictures(photo, photos, edits, seed)})
        bar.update(number)
    bar.finish()
    proposals = {(each.first, each.second): each for each in propose(signatures, [photo.name for photo in named])}
    outcomes: dict[str, list[str]] = {edit.name: [] for edit in edits}
    bar.start(_("Comparing images"), len(named))
    for number, photo in enumerate(named, 1):
        own = view_of(photos[photo.name])
        for name, picture in _pictures(photo, photos, edits, seed):
            if name != photo.name:
                kind = _kind(photo.name, name, own, view_of(picture), proposals)
                outcomes[name.partition("\t")[2]].append(kind)
        bar.update(number)
    bar.finish()
    scores = tuple(_score(edit, outcomes[edit.name]) for edit in edits)
    return Report(scores, _mistakes(named, photos, proposals))


def _named(name: str, edits: Sequence[Edit]) -> _Photo:
    return _Photo(name, {edit.name: f"{name}\t{edit.name}" for edit in edits})


def _pictures(
    photo: _Photo, photos: Mapping[str, Image.Image], edits: Sequence[Edit], seed: int
) -> Iterator[tuple[str, Image.Image]]:
    """The photo and its copies by name, made anew each time: the copies of a thousand photos fill no memory."""
    yield photo.name, photos[photo.name]
    for edit in edits:
        name = photo.copies[edit.name]
        yield name, decode(edit.apply(photos[photo.name], random.Random(f"{seed} {name}")))


def _kind(name: str, other: str, own: View, view: View, proposals: Mapping[tuple[str, str], Proposal]) -> str:
    pair = (min(name, other), max(name, other))
    if pair not in proposals:
        return "unrelated"
    views = (own, view) if pair[0] == name else (view, own)
    return relate(*views, proposals[pair]).kind


def _score(edit: Edit, kinds: Sequence[str]) -> Score:
    return Score(edit.name, edit.group, len(kinds), len(kinds) - kinds.count("unrelated"), kinds.count("copy"))


def _mistakes(
    named: Sequence[_Photo], photos: Mapping[str, Image.Image], proposals: Mapping[tuple[str, str], Proposal]
) -> Mistakes:
    kinds = [
        _kind(first, second, view_of(photos[first]), view_of(photos[second]), proposals)
        for first, second in proposals
        if first in photos and second in photos
    ]
    pairs = len(named) * (len(named) - 1) // 2
    return Mistakes(pairs, len(kinds) - kinds.count("unrelated"), kinds.count("copy"))
