"""The finished pictures of a dataset: a line of metadata.jsonl each, and what dataset.json says of their making."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from pipeline.dataset import DatasetDir
from pipeline.errors import UnusableError
from pipeline.files import disk_errors
from pipeline.language import _
from pipeline.records import DOMAINS, SPLITS, Domain, Split

SUFFIXES = {"jpeg": "jpg", "png": "png"}
"""The formats that finished pictures are written in, and how their names end."""
_FILE_NAME = re.compile(r"([AB])/([0-9a-f]{64})\.(jpg|png)")
_BREAKS = ("\x85", "\u2028", "\u2029")
"""Legal in JSON, but str.splitlines would break the line there."""


@dataclass(frozen=True, slots=True)
class FinishedPicture:
    """One picture of train/ or test/. The fields are the keys of metadata.jsonl, in its order.

    `file_name` counts from the split's folder, "A/<sha256>.jpg"; `sha256` is that of the raw bytes; `flags` are joined
    by commas; texts are "" where nothing is known; width and height are the finished picture's, in pixels.
    """

    file_name: str
    domain: Domain
    split: Split
    sha256: str
    flags: str
    query: str
    engine: str
    image_url: str
    page_url: str
    title: str
    licence: str
    attribution: str
    width: int
    height: int

    @property
    def place(self) -> str:
        """Where the picture lies, from the dataset's root."""
        return f"{self.split}/{self.file_name}"

    def row(self) -> dict[str, str | int]:
        """The fields by name, in their order; `dataclasses.asdict` would take ten times as long."""
        return {name: getattr(self, name) for name in KEYS}

    def line(self) -> str:
        """The line of metadata.jsonl, with its end."""
        text = json.dumps(self.row(), ensure_ascii=False)
        for separator in _BREAKS:
            text = text.replace(separator, f"\\u{ord(separator):04x}")
        return text + "\n"


KEYS = tuple(field.name for field in fields(FinishedPicture))
"""The keys of metadata.jsonl, always the same, in their order."""


@dataclass(frozen=True, slots=True)
class Curation:
    """What dataset.json tells: the domains' names, the options, how many were rejected and why, and the versions."""

    names: Mapping[Domain, str]
    options: Mapping[str, object]
    rejected: Mapping[str, int]
    versions: Mapping[str, str]


def metadata_bytes(pictures: Iterable[FinishedPicture]) -> bytes:
    """A split's metadata.jsonl: a line for each of its pictures, by file name, always the same keys."""
    return "".join(sorted(picture.line() for picture in pictures)).encode("utf-8", errors="replace")


def read_finished(dataset: DatasetDir) -> list[FinishedPicture]:
    """Every picture that the metadata of train and test names, in the order (split, file name), train first.

    Raises UnusableError where a line is none of ours or its picture is not there; DiskError.
    """
    return [picture for split in SPLITS for picture in _read_split(dataset, split)]


def read_curation(summary: bytes) -> Curation:
    """What a dataset.json tells. Raises ValueError, KeyError, TypeError or AttributeError for another file."""
    content = json.loads(summary)
    names: dict[Domain, str] = {domain: str(content["names"][domain]) for domain in DOMAINS}
    return Curation(
        names=names,
        options=dict(content["options"]),
        rejected={str(reason): int(count) for reason, count in content["rejected"].items()},
        versions={str(package): str(number) for package, number in content["versions"].items()},
    )


def open_curation(dataset: DatasetDir) -> Curation:
    """The curation of a complete dataset. Raises UnusableError for one that was not curated to the end; DiskError."""
    with disk_errors(dataset.summary):
        try:
            return read_curation(dataset.summary.read_bytes())
        except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UnusableError(
                _("{path}: not curated, or not to the end. Run pipeline curate.", path=dataset.root)
            ) from error


def _read_split(dataset: DatasetDir, split: Split) -> Iterator[FinishedPicture]:
    path = dataset.metadata(split)
    with disk_errors(path):
        try:
            lines = path.read_text(encoding="utf-8").split("\n")
            pictures = [_picture(json.loads(line), split) for line in lines if line]
        except (FileNotFoundError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise _damaged(path, error) from error
    for picture in pictures:
        file = dataset.root / picture.place
        if file.is_symlink() or not file.is_file():
            raise _damaged(file, "missing")
        yield picture


def _picture(row: Mapping[str, Any], split: Split) -> FinishedPicture:
    """Raises ValueError, KeyError or TypeError for a row that `FinishedPicture.line` did not write."""
    kinds = {field.name: int if field.type is int else str for field in fields(FinishedPicture)}
    if any(type(row[name]) is not kind for name, kind in kinds.items()):
        raise TypeError(", ".join(f"{name}: {row[name]!r}" for name in kinds))
    named = _FILE_NAME.fullmatch(row["file_name"])
    if named is None or named.groups()[:2] != (row["domain"], row["sha256"]) or row["split"] != split:
        raise ValueError(row["file_name"])
    return FinishedPicture(**{name: row[name] for name in kinds})


def _damaged(path: Path, error: object) -> UnusableError:
    return UnusableError(_("{path}: damaged or incomplete ({error}). Run pipeline curate.", path=path, error=error))
