"""A list of image addresses: a text file with one a line, or CSV or Parquet with a column `url`."""

import csv
import importlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from crawler.answers import MAX_ADDRESS, Found, candidates, text_of
from crawler.filters import FilterTable
from pipeline.errors import NoResultsError, UsageError
from pipeline.language import _
from pipeline.records import Candidate, Query

NAME = "urls"
FILTERS: FilterTable = {}
COLUMNS = ("url", "title", "page_url", "licence", "attribution")
"""What is read of a table; only `url` must be there."""


def read(path: Path) -> list[Found]:
    """The images that a list names, in its order: .csv and .parquet are tables, anything else has an address a line.

    Empty lines and lines that begin with "#" are skipped. Nothing is checked here: what is no address of an image fails
    with its reason when it is fetched. Raises UsageError for a file that cannot be read or has no column `url`, and
    NoResultsError for one that names nothing.
    """
    read_rows = {".csv": _csv_rows, ".parquet": _parquet_rows}.get(path.suffix.lower(), _lines)
    try:
        rows = read_rows(path)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(
            _(
                "--urls {file}: cannot be read ({error}). Give a text file in UTF-8 with one address a line, or CSV or"
                " Parquet with a column url.",
                file=path,
                error=getattr(error, "strerror", None) or error,
            )
        ) from error
    found = [_found(row) for row in rows]
    if not any(one.image_url for one in found):
        raise NoResultsError(_("--urls {file}: names no address. Write one a line.", file=path))
    return found


def search(query: Query, found: Sequence[Found]) -> Iterator[Candidate]:
    """The images of a list as candidates, each once."""
    return candidates(query, NAME, [found])


def _lines(path: Path) -> list[Mapping[str, object]]:
    lines = (line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines())
    return [{"url": line} for line in lines if line and not line.startswith("#")]


def _csv_rows(path: Path) -> list[Mapping[str, object]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        names = _columns(path, next(reader, []))
        return [dict(zip(names, row, strict=False)) for row in reader]


def _parquet_rows(path: Path) -> list[Mapping[str, object]]:
    """Parquet needs a package of 40 MB that nothing else here uses, so it is no dependency."""
    try:
        parquet: Any = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise UsageError(
            _("--urls {file}: Parquet needs the package pyarrow. Install it: pip install pyarrow", file=path)
        ) from error
    try:
        table = parquet.ParquetFile(os.fspath(path))
        written = table.schema_arrow.names
        wanted = [name for name, column in zip(written, _columns(path, written), strict=True) if column in COLUMNS]
        rows: list[Mapping[str, object]] = table.read(columns=wanted).to_pylist()
    except ValueError as error:  # pyarrow's ArrowInvalid is one
        raise UsageError(_("--urls {file}: not a readable Parquet file ({error}).", file=path, error=error)) from error
    return [{str(name).strip().lower(): value for name, value in row.items()} for row in rows]


def _columns(path: Path, names: Sequence[str]) -> list[str]:
    columns = [name.strip().lower() for name in names]
    if "url" not in columns:
        listed = ", ".join(columns) or "-"
        raise UsageError(_("--urls {file}: has no column url (it has: {columns}).", file=path, columns=listed))
    return columns


def _found(row: Mapping[str, object]) -> Found:
    address, title, page_url, licence, attribution = (row.get(name) for name in COLUMNS)
    return Found(
        image_url=str(address or "").strip().encode("utf-8", errors="replace").decode("utf-8"),
        page_url=text_of(page_url, MAX_ADDRESS),
        title=text_of(title),
        licence=text_of(licence),
        attribution=text_of(attribution),
    )
