"""The page of one run, or of several side by side: one HTML file beside the pictures that it shows, no network."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.document import document, policy_of
from pipeline.files import write_atomically
from pipeline.language import _
from train.page.view import run_view
from train.rundir import RunDir

PACKAGE = "train.page"
_BESIDE = "'self' file: data:"
"""Where pictures may come from: the page's own origin, or the disk, whose files have none."""

_SERVED = "'self' data:"


def runs_page(runs: Mapping[str, RunDir]) -> bytes:
    """The page as UTF-8 of the runs, each by the address of its folder as seen from the page ("" for its own).

    A pure function of the runs' files. Raises UnusableError where those of one are damaged.
    """
    views = [run_view(run, address) for address, run in runs.items()]
    return document(PACKAGE, _title(views), _data(views) | {"served": False}, pictures=_BESIDE)


def served_page(views: Sequence[Mapping[str, Any]], tag: str) -> bytes:
    """The page of runs as `run_view` gives them, from a server that it asks for what came after the state `tag`."""
    data = _data(views) | {"served": True, "tag": tag}
    return document(PACKAGE, _title(views), data, pictures=_SERVED, requests="'self'")


def served_policy() -> str:
    """What a served page may do, for the server to send as well."""
    return policy_of(PACKAGE, _SERVED, "'self'")


def write_page(run: RunDir) -> None:
    """Write the run's index.html, whole or not at all. Raises DiskError, UnusableError."""
    write_atomically(run.page, runs_page({"": run}), durable=False)


def _title(views: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(str(view["name"]) for view in views)


def _data(views: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    return {"runs": views, "texts": _texts(), "columns": _columns()}


def _columns() -> list[str]:
    """What the columns of a sample sheet are (train/samples.py)."""
    return [_("real {domain}", domain="A"), "A → B", "A → B → A", _("real {domain}", domain="B"), "B → A", "B → A → B"]


def _texts() -> dict[str, str]:
    return {
        "step": _("step"),
        "epoch": _("epoch"),
        "written": _("as of"),
        "samples": _("Samples over time"),
        "losses": _("Losses"),
        "noSamples": _("No samples yet."),
        "noLines": _("Nothing is measured yet: losses are written every 20 steps."),
        "missing": _("The picture is not there."),
        "warnings": _("Warnings"),
        "options": _("Options"),
        "changed": _("set by you or by a preset"),
        "others": _("defaults"),
        "files": _("Files"),
        "chartHelp": _("Point at a curve, or move with the arrow keys, to read its values."),
        "gone": _("pipeline watch does not answer. What is shown is the last that it said."),
        "sliderHelp": _("Drag, or use the arrow keys."),
    }
