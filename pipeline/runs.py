"""The runs that were trained on a dataset, as their folders tell it: for `pipeline status`, which needs no trainer."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.dataset import DatasetDir
from pipeline.files import held
from pipeline.language import _
from pipeline.records import DOMAINS

RunState = Literal["running", "stopped", "finished"]
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TAIL_BYTES = 65_536
"""So much of metrics.jsonl holds its last lines."""

_Images = frozenset[tuple[str, str]]
"""Domain and sha256 of images."""


@dataclass(frozen=True, slots=True)
class RunStatus:
    """A run: its state, the steps that are done and planned (0 where that is not known yet), how many images it has.

    `current`: these are the images that lie in train/ now, as far as their names tell. `tested`: its test folder
    is complete.
    """

    name: str
    folder: str
    state: RunState
    step: int
    planned_steps: int
    images: int
    current: bool
    tested: bool

    def text(self) -> str:
        """'stopped at step 120 of 4,000, on 231 images'."""
        said = {
            "running": _("running, step {step} of {steps}", step=f"{self.step:,}", steps=self._planned),
            "stopped": _("stopped at step {step} of {steps}", step=f"{self.step:,}", steps=self._planned),
            "finished": _("finished, {step} steps", step=f"{self.step:,}"),
        }[self.state]
        return said if self.current else said + _(", on other images than train/ holds now")

    @property
    def _planned(self) -> str:
        return f"{self.planned_steps:,}" if self.planned_steps else "?"


def runs_of(dataset: DatasetDir, runs_dir: Path, images: Collection[str]) -> list[RunStatus]:
    """The runs that were started on this folder, or that have one of its images (by sha256), oldest first."""
    now = _images_in(dataset)
    known = {sha256 for _domain, sha256 in now} | set(images)
    return [status for folder in _folders(runs_dir) if (status := _run_of(folder, dataset, now, known)) is not None]


def _images_in(dataset: DatasetDir) -> _Images:
    """What lies in train/ now; nothing where a file is not named by its sha256: only a training hashes those."""
    files = [(domain, path.stem) for domain in DOMAINS for path in _files(dataset.images("train", domain))]
    return frozenset(files) if all(_SHA256.fullmatch(name) for _domain, name in files) else frozenset()


def _folders(runs_dir: Path) -> Iterator[Path]:
    yield from sorted(path.parent for path in runs_dir.glob("*/options.json"))


def _run_of(folder: Path, dataset: DatasetDir, now: _Images, known: Collection[str]) -> RunStatus | None:
    settings = _object((folder / "options.json").read_text(encoding="utf-8", errors="replace")) or {}
    trained = _images_of(folder)
    here = settings.get("dataroot") == str(dataset.root.resolve())
    if not here and not any(sha256 in known for _domain, sha256 in trained):
        return None
    step, planned = _steps_of(folder, _number(settings.get("options"), "steps"))
    return RunStatus(
        name=folder.name,
        folder=str(folder),
        state=_state_of(folder),
        step=step,
        planned_steps=planned,
        images=len(trained),
        current=not trained or not now or trained == now,
        tested=(folder / "test" / "sheet.jpg").is_file(),
    )


def _state_of(folder: Path) -> RunState:
    if held(folder / ".lock"):
        return "running"
    return "finished" if (folder / "summary.json").is_file() else "stopped"


def _steps_of(folder: Path, asked: int) -> tuple[int, int]:
    """The steps that are done and planned, by the last line of metrics and the newest checkpoint, else as asked for."""
    last = _last_line(folder / "metrics.jsonl")
    names = (path.stem.removeprefix("step_") for path in _files(folder / "checkpoints") if path.suffix == ".pt")
    saved = max((int(name) for name in names if name.isdecimal()), default=0)
    return max(saved, _number(last, "step")), _number(last, "planned_steps") or asked


def _number(line: object, name: str) -> int:
    value = line.get(name) if isinstance(line, dict) else 0
    return value if isinstance(value, int) else 0


def _images_of(folder: Path) -> _Images:
    path = folder / "images.jsonl"
    lines = _lines(path.read_bytes()) if path.is_file() else []
    return frozenset((str(line.get("domain")), str(line.get("sha256"))) for line in lines)


def _last_line(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        lines = _lines(file.read())
    return lines[-1] if lines else {}


def _lines(data: bytes) -> list[Mapping[str, Any]]:
    """The JSON objects of a file, one a line; what is none, as a half-written end, is left out."""
    found = map(_object, data.decode("utf-8", errors="replace").splitlines())
    return [one for one in found if one is not None]


def _object(text: str) -> Mapping[str, Any] | None:
    try:
        content = json.loads(text)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
