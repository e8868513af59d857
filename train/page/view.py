"""What the files of a run tell, as plain values for its page: a pure function of the folder, finished or not."""

import dataclasses
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from pipeline.language import _
from pipeline.records import DOMAINS
from train.diagnosis import Finding, advice_on, name_of, ways_of
from train.options import TrainOptions
from train.rundir import RunDir, checkpoint_step, checkpoints, read_lines, read_objects, read_settings, read_summary

MOST_POINTS = 2000
"""Points of a curve that are shown; longer ones are averaged down, so that the page of a long run stays small."""

MOST_SAMPLES = 2000
EXACT = frozenset(("kernel_distance_a2b", "kernel_distance_b2a", "learning_rate"))
"""What is no mean of a noisy loss: shown as it is, and where it is measured rarely, from one value to the next."""

FILES = ("metrics.jsonl", "log.txt", "options.json")
"""What the page links to besides."""

_TIMED_LINES = 20
_SAMPLE = re.compile(r"step_(\d{7,})\.jpg")

Line = Mapping[str, Any]


def run_view(run: RunDir, address: str = "") -> dict[str, Any]:
    """Everything that the page shows of a run; its pictures are linked relative to `address`, "" for the run's folder.

    Raises UnusableError where options.json is damaged, or the summary of a finished run.
    """
    lines = read_lines(run.metrics)
    shown = thinned(lines, MOST_POINTS)
    return {
        "name": run.name,
        "finished": run.finished,
        "state": _("finished") if run.finished else _("unfinished"),
        "written": _written_milliseconds(run),
        "facts": _facts(run, lines),
        "warnings": [_warning(line) for line in read_lines(run.warnings)],
        "steps": [line["step"] for line in shown],
        "epochs": [_short(line.get("epoch")) for line in shown],
        "charts": [_chart(title, names, shown) for title, names in _charts().items()],
        "samples": _samples(run, steps_done(run, lines), address),
        "options": _options(run),
        "files": [[name, address + name] for name in FILES if (run.root / name).is_file()],
    }


def steps_done(run: RunDir, lines: Sequence[Line]) -> int:
    """How far a run is: by its lines of metrics, or its newest checkpoint where that was made after them by a stop."""
    newest = checkpoints(run)[:1]
    return max(lines[-1]["step"] if lines else 0, *map(checkpoint_step, newest), 0)


def sample_step(name: str) -> int | None:
    """The step of a sample sheet by its file's name; None for another name."""
    match = _SAMPLE.fullmatch(name)
    return int(match[1]) if match else None


def thinned(lines: Sequence[Line], most: int) -> list[Line]:
    """At most `most` lines, each the means of as many neighbours and the last's step; what one lacks is left out."""
    size = -(-len(lines) // most) if lines else 1
    groups = [lines[start : start + size] for start in range(0, len(lines), size)]
    return [group[0] if size == 1 else _mean(group) for group in groups]


def _mean(lines: Sequence[Line]) -> Line:
    names = {name for line in lines for name in line}
    means = {}
    for name in names:
        values = [line[name] for line in lines if name in line]
        means[name] = sum(values) / len(values)
    return means | {"step": lines[-1]["step"]}


def seconds_left(lines: Sequence[Line]) -> float | None:
    """The time that the planned steps still take at the typical pace of the latest lines; None where that is unknown.

    The pace is that of whole intervals, sheets and checkpoints among them.
    """
    last = lines[-1] if lines else {}
    if not last.get("planned_steps"):
        return None
    pace = median(line.get("seconds_per_step", 0) for line in lines[-_TIMED_LINES:])
    return float(max(0, last["planned_steps"] - last["step"]) * pace)


def duration(seconds: float) -> str:
    """A time as a person says it: 40 s, 12 min, 3 h 5 min, 2 d 4 h."""
    minutes = round(seconds / 60)
    if round(seconds) < 60:
        return _("{seconds} s", seconds=round(seconds))
    if minutes < 60:
        return _("{minutes} min", minutes=minutes)
    if minutes < 48 * 60:
        return _("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)
    return _("{days} d {hours} h", days=minutes // 1440, hours=minutes % 1440 // 60)


def _written_milliseconds(run: RunDir) -> int:
    """When the run last gave a sign of life, since 1970."""
    files = [file for file in (run.metrics, run.options) if file.is_file()]
    return max((int(file.stat().st_mtime * 1000) for file in files), default=0)


def _facts(run: RunDir, lines: Sequence[Line]) -> list[list[str]]:
    """What stands at the top, as pairs of a label and a value."""
    last = lines[-1] if lines else {}
    steps = last.get("planned_steps") or (0 if lines else read_settings(run).options.steps)
    planned = f" / {steps:,}" if steps else ""
    facts = [[_("step"), f"{steps_done(run, lines):,}{planned}"]]
    if "epoch" in last:
        facts.append([_("epoch"), f"{last['epoch']:.1f}"])
    if "seconds_per_step" in last:
        facts.append([_("seconds a step"), f"{last['seconds_per_step']:.3g}"])
    if run.finished:
        summary = read_summary(run)
        images = f"{summary.images_a:,} + {summary.images_b:,}"
        return [*facts, [_("trained for"), duration(summary.seconds)], [_("images"), images]]
    left = seconds_left(lines)
    facts += [] if left is None else [[_("time left"), duration(left)]]
    return [*facts, *_images(run)] if not lines else facts


def _images(run: RunDir) -> list[list[str]]:
    """How many images of each domain a run trains on, where it has written that down."""
    counted = Counter(str(line.get("domain")) for line in read_objects(run.images))
    return [[_("images"), " + ".join(f"{counted[domain]:,}" for domain in DOMAINS)]] if counted else []


def _warning(line: Line) -> dict[str, object]:
    finding = Finding(str(line["cause"]), int(line["step"]), tuple(line.get("directions", ())))
    return {
        "name": name_of(finding),
        "ways": ways_of(finding),
        "step": finding.step,
        "advice": advice_on(finding),
    }


def _charts() -> dict[str, dict[str, str]]:
    """The charts by their titles, each with the names of its curves and what they show."""
    there, back = "A → B", "B → A"
    return {
        _("GAN loss"): {"gan_a2b": there, "gan_b2a": back},
        _("Discriminators"): {"discriminator_a": "A", "discriminator_b": "B"},
        _("Cycle loss"): {"cycle_a": "A → B → A", "cycle_b": "B → A → B"},
        _("Identity loss"): {"identity_a": "A → A", "identity_b": "B → B"},
        _("Kernel distance to the goal"): {"kernel_distance_a2b": there, "kernel_distance_b2a": back},
        _("Learning rate"): {"learning_rate": _("learning rate")},
    }


def _chart(title: str, names: Mapping[str, str], lines: Sequence[Line]) -> dict[str, object]:
    curves = [
        {"name": shown, "values": [_short(line.get(name)) for line in lines]}
        for name, shown in names.items()
        if any(name in line for line in lines)
    ]
    return {"title": title, "noisy": not EXACT.intersection(names), "curves": curves}


def _short(value: float | None) -> float | None:
    """Four digits, which no curve shows more of; None for what JSON has no number for."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.4g}")


def _samples(run: RunDir, last_step: int, address: str) -> list[list[object]]:
    """The sample sheets as pairs of step and address, without those that a resumed run has yet to make again."""
    names = sorted(path.name for path in run.samples.iterdir()) if run.samples.is_dir() else []
    steps = {name: step for name in names if (step := sample_step(name)) is not None}
    found: list[list[object]] = [
        [step, f"{address}samples/{name}"] for name, step in steps.items() if step <= last_step
    ]
    stride = -(-len(found) // MOST_SAMPLES) or 1
    return found[::-1][::stride][::-1]


def _options(run: RunDir) -> list[list[object]]:
    """Each option with its value and whether it is another than the default."""
    options = read_settings(run).options
    defaults = TrainOptions()
    return [
        [f"--{field.name.replace('_', '-')}", str(getattr(options, field.name)), value != getattr(defaults, field.name)]
        for field in dataclasses.fields(options)
        for value in (getattr(options, field.name),)
    ]
