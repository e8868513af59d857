"""Finished pictures as a Parquet file: their bytes and what is known of them, so that Hugging Face shows them."""

import importlib
import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from pipeline.dataset import DatasetDir
from pipeline.errors import UsageError
from pipeline.finished import FinishedPicture
from pipeline.language import _

ROW_GROUP = 100
"""Pictures written, and by readers read, at once: some ten megabytes."""
_COLUMNS = {field.name: "int64" if field.type is int else "string" for field in fields(FinishedPicture)}


def need_pyarrow() -> None:
    """Raise UsageError where the package pyarrow is missing: it is large, and nothing else here needs it."""
    try:
        importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise UsageError(
            _("--format parquet needs the package pyarrow. Install it: pip install 'unpaired[parquet]'")
        ) from error


def write_parquet(dataset: DatasetDir, pictures: Iterable[FinishedPicture], path: Path) -> None:
    """Write pictures in their order: `image` {bytes, path}, then the keys of metadata.jsonl without file_name.

    The schema carries the features that `datasets.load_dataset("parquet")` decodes images by. The same pictures give
    the same bytes with one version of pyarrow. Memory holds ROW_GROUP pictures. Raises OSError.
    """
    arrow: Any = importlib.import_module("pyarrow")
    parquet: Any = importlib.import_module("pyarrow.parquet")
    schema = _schema(arrow)
    rest = iter(pictures)
    with parquet.ParquetWriter(str(path), schema, compression="none") as writer:
        while group := list(itertools.islice(rest, ROW_GROUP)):
            writer.write_table(arrow.Table.from_pylist(_rows(dataset, group), schema=schema), row_group_size=ROW_GROUP)


def _schema(arrow: Any) -> Any:
    columns = {name: kind for name, kind in _COLUMNS.items() if name != "file_name"}
    image = arrow.struct([("bytes", arrow.binary()), ("path", arrow.string())])
    kinds = {"string": arrow.string(), "int64": arrow.int64()}
    features = {"image": {"_type": "Image"}} | {
        name: {"dtype": kind, "_type": "Value"} for name, kind in columns.items()
    }
    schema = arrow.schema([("image", image), *((name, kinds[kind]) for name, kind in columns.items())])
    return schema.with_metadata({"huggingface": json.dumps({"info": {"features": features}})})


def _rows(dataset: DatasetDir, pictures: Sequence[FinishedPicture]) -> list[dict[str, object]]:
    rows = []
    for picture in pictures:
        row = {name: _text(value) for name, value in picture.row().items()}
        path = row.pop("file_name")
        rows.append({"image": {"bytes": (dataset.root / picture.place).read_bytes(), "path": path}, **row})
    return rows


def _text(value: object) -> object:
    """Parquet's strings are UTF-8, which half a character is not."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
