"""What Hugging Face's `datasets` makes of folders, in a process of its own: offline, its caches in a folder given."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = """
import hashlib, io, json, sys
import datasets

def told(arguments):
    loaded = datasets.load_dataset(**arguments)
    return {split: rows(part) for split, part in loaded.items()}

def rows(part):
    image = next(name for name, kind in part.features.items() if isinstance(kind, datasets.Image))
    decoded = [list(picture.size) for picture in part[image]]
    plain = part.remove_columns(image).to_list()
    return [{**row, **row.pop("json", {}), "decoded": size} for row, size in zip(plain, decoded, strict=True)]

for line in sys.stdin:
    print(json.dumps(told(json.loads(line))), flush=True)
"""

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""By split, the rows: their columns, and `decoded`, the size of the decoded picture."""


@dataclass(frozen=True)
class Loader:
    """A process that loads datasets."""

    program: "subprocess.Popen[str]"

    def load(self, path: str, **arguments: str) -> Rows:
        assert self.program.stdin is not None
        assert self.program.stdout is not None
        self.program.stdin.write(json.dumps({"path": path, **arguments}) + "\n")
        self.program.stdin.flush()
        rows: Rows = json.loads(self.program.stdout.readline())
        return rows


def start(cache: Path) -> "subprocess.Popen[str]":
    """Start a loader; use it as a context manager."""
    offline = {
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "HF_HOME": str(cache),
        "HF_DATASETS_CACHE": str(cache),
    }
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | offline | {"HF_DATASETS_DISABLE_PROGRESS_BARS": "1"},
        cwd=cache,
    )
