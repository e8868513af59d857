"""RunDir: every path of runs/<number>-<name>, spelled once, and how a run is made, found and described."""

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import OptionError, UnusableError, UsageError
from pipeline.files import disk_errors, write_atomically
from pipeline.language import _
from pipeline.records import Domain
from train.options import TrainOptions

FORMAT = 1
"""The format number of options.json and of the checkpoints."""

_FOLDER = re.compile(r"(\d{5,})-.+")
_LISTED = 5
_CHECKPOINT = re.compile(r"step_(\d{7,})\.pt")


@dataclass(frozen=True, slots=True)
class RunDir:
    """The folder of one training run."""

    root: Path

    @property
    def name(self) -> str:
        return self.root.resolve().name

    @property
    def options(self) -> Path:
        return self.root / "options.json"

    @property
    def images(self) -> Path:
        """A line for each image that was trained on: its domain and sha256."""
        return self.root / "images.jsonl"

    @property
    def metrics(self) -> Path:
        return self.root / "metrics.jsonl"

    @property
    def warnings(self) -> Path:
        """A line for each failure that was noticed: its cause, step and directions."""
        return self.root / "warnings.jsonl"

    @property
    def log(self) -> Path:
        return self.root / "log.txt"

    @property
    def page(self) -> Path:
        """Curves, samples and warnings, for a person."""
        return self.root / "index.html"

    @property
    def lock(self) -> Path:
        """Held by the process that trains."""
        return self.root / ".lock"

    @property
    def samples(self) -> Path:
        return self.root / "samples"

    @property
    def card(self) -> Path:
        """The model card, written when the run is finished."""
        return self.root / "README.md"

    def generators(self, which: str) -> Path:
        """The generators alone, "best" or "last"."""
        return self.root / "generators" / f"{which}.safetensors"

    @property
    def checkpoints(self) -> Path:
        return self.root / "checkpoints"

    @property
    def test(self) -> Path:
        return self.root / "test"

    @property
    def test_sheet(self) -> Path:
        """The contact sheet of a test, written last."""
        return self.test / "sheet.jpg"

    @property
    def summary(self) -> Path:
        """The TrainSummary, written last: its presence means that the run is finished."""
        return self.root / "summary.json"

    @property
    def finished(self) -> bool:
        return self.summary.is_file()

    def sample(self, step: int) -> Path:
        return self.samples / f"step_{step:07d}.jpg"


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What a run was started with: where its images lie (an absolute path) and its options."""

    dataroot: str
    options: TrainOptions


@dataclass(frozen=True, slots=True)
class TrainSummary:
    """What a training did. `losses` are the means of the last logged interval, by name; `seconds` those of training.

    `best_step` is that of the best generators, by `best_distance`; 0 and None where too few images were there to tell.
    """

    run: str
    steps: int
    planned_steps: int
    seconds: float
    seconds_per_step: float
    losses: dict[str, float]
    device: str
    images_a: int
    images_b: int
    skipped: int
    sheet: str
    best_step: int = 0
    best_distance: float | None = None

    def text(self, names: Mapping[Domain, str]) -> str:
        """The closing line of the command, worth pasting into a note."""
        return _(
            "{run}: {steps} steps in {minutes:.1f} minutes ({each:.3f} s each, {device}) on {a} images of {name_a} (A)"
            " and {b} of {name_b} (B)",
            run=self.run,
            steps=self.steps,
            minutes=self.seconds / 60,
            each=self.seconds_per_step,
            device=self.device,
            a=self.images_a,
            b=self.images_b,
            name_a=names["A"],
            name_b=names["B"],
        )


@dataclass(frozen=True, slots=True)
class TestSummary:
    """What a test did: how many images of each kind lie in its folder, and its contact sheet; `run` "" for weights."""

    __test__ = False  # pytest collects what is called Test...

    run: str
    folder: str
    images: dict[str, int]
    skipped: int
    sheet: str

    def text(self, names: Mapping[Domain, str]) -> str:
        """The closing line of the command, worth pasting into a note."""
        return _(
            "{a} images of {name_a} (A) and {b} of {name_b} (B) translated: {sheet}",
            a=self.images.get("fake_B", 0),
            b=self.images.get("fake_A", 0),
            name_a=names["A"],
            name_b=names["B"],
            sheet=self.sheet,
        )


def new_run(runs_dir: Path, name: str) -> RunDir:
    """Make the folder of a new run, numbered one above the highest: 00003-street2blossom-resnet9. Raises DiskError."""
    with disk_errors(runs_dir):
        runs_dir.mkdir(parents=True, exist_ok=True)
        number = max((_number(run.root) for run in runs(runs_dir)), default=-1) + 1
        while True:
            root = runs_dir / f"{number:05d}-{_plain(name)}"
            try:
                root.mkdir()
            except FileExistsError:
                number += 1  # another training took it between the listing and here
            else:
                return RunDir(root)


def runs(runs_dir: Path) -> list[RunDir]:
    """Every run, by number."""
    if not runs_dir.is_dir():
        return []
    folders = [path for path in runs_dir.iterdir() if path.is_dir() and _FOLDER.fullmatch(path.name)]
    return [RunDir(path) for path in sorted(folders, key=lambda path: (_number(path), path.name))]


def find_run(runs_dir: Path, which: str, *, unfinished_first: bool = False) -> RunDir:
    """The run that the user means: a number, a folder's name, a path, or "" for the newest.

    With `unfinished_first`, "" is the newest unfinished run where there is one. Raises UsageError that lists the runs.
    """
    known = [run for run in runs(runs_dir) if run.options.is_file()]
    if not which:
        waiting = [run for run in known if not run.finished] if unfinished_first else []
        found = (waiting or known)[-1:]
    elif which.isdecimal():
        found = [run for run in known if _number(run.root) == int(which)][-1:]
    else:
        found = [run for run in known if run.root.name == which] or _at_path(Path(which))
    if not found:
        raise UsageError(_not_found(runs_dir, which, known))
    return found[0]


def write_settings(run: RunDir, settings: RunSettings) -> None:
    """Write options.json. Raises DiskError."""
    content = {"format": FORMAT, "dataroot": settings.dataroot, "options": asdict(settings.options)}
    write_atomically(run.options, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())


def read_settings(run: RunDir) -> RunSettings:
    """Read options.json. Raises UnusableError for one that is damaged or comes from a newer version."""
    try:
        content = json.loads(run.options.read_bytes())
        values: dict[str, Any] = content["options"]
        dataroot = str(content["dataroot"])
        if content["format"] > FORMAT:
            raise UnusableError(_("{file}: made by a newer version of unpaired. Upgrade unpaired.", file=run.options))
        known = {field.name for field in dataclasses.fields(TrainOptions)}
        return RunSettings(dataroot, TrainOptions(**{name: values[name] for name in values if name in known}))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OptionError) as error:
        message = _("{file}: not readable ({error}). Start a new run.", file=run.options, error=repr(error))
        raise UnusableError(message) from error


def write_summary(run: RunDir, summary: TrainSummary) -> None:
    """Write summary.json, which marks the run as finished. Raises DiskError."""
    write_atomically(run.summary, (json.dumps(asdict(summary), indent=2, ensure_ascii=False) + "\n").encode())


def read_summary(run: RunDir) -> TrainSummary:
    """Read the summary of a finished run. Raises UnusableError for a damaged one."""
    try:
        return TrainSummary(**json.loads(run.summary.read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        message = _("{file}: not readable ({error}). Delete it and resume.", file=run.summary, error=repr(error))
        raise UnusableError(message) from error


def keep_lines_up_to(path: Path, step: int) -> None:
    """Drop the lines of a file of steps that a killed run wrote after `step`, and a half line at its end."""
    if not path.is_file():
        return
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    kept = [line for line in lines if _step_of(line) <= step]
    write_atomically(path, "".join(f"{line}\n" for line in kept).encode())


def append_line(path: Path, content: Mapping[str, object]) -> None:
    """Add a line to a file of steps. Raises DiskError."""
    with disk_errors(path), path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(content, ensure_ascii=False) + "\n")


def read_objects(path: Path) -> list[dict[str, Any]]:
    """The JSON objects of a file, one a line, none where there is no file; what is none is left out."""
    if not path.is_file():
        return []
    found = [_parsed(line) for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    return [content for content in found if isinstance(content, dict)]


def checkpoints(run: RunDir) -> list[Path]:
    """The checkpoints of a run, newest first."""
    if not run.checkpoints.is_dir():
        return []
    found = [path for path in run.checkpoints.iterdir() if _CHECKPOINT.fullmatch(path.name)]
    return sorted(found, key=checkpoint_step, reverse=True)


def checkpoint_step(path: Path) -> int:
    """The step of a checkpoint, by its file's name."""
    match = _CHECKPOINT.fullmatch(path.name)
    return int(match[1]) if match else 0


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The lines of a file of steps, none where there is no file; what is no such line, as at the end of one that is
    being written, is left out."""
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [json.loads(line) for line in lines if _step_of(line) < float("inf")]


def _parsed(line: str) -> object:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _step_of(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return float("inf")


def _number(folder: Path) -> int:
    match = _FOLDER.fullmatch(folder.name)
    return int(match[1]) if match else -1


def _plain(name: str) -> str:
    """A folder's name from the user's: word characters (Hangul among them), dots and dashes; at most 60."""
    return re.sub(r"[^\w.-]+", "-", name).strip(".-_")[:60] or "run"


def _at_path(path: Path) -> list[RunDir]:
    return [RunDir(path)] if "\0" not in str(path) and (path / "options.json").is_file() else []


def _not_found(runs_dir: Path, which: str, known: list[RunDir]) -> str:
    if not known:
        return _("{folder}: no run there. Train first: pipeline train.", folder=runs_dir)
    names = ", ".join(run.root.name for run in known[-_LISTED:])
    return _("{run}: no such run in {folder}. The newest: {names}.", run=which, folder=runs_dir, names=names)
