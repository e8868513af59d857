"""The door of serving: generators loaded, a server on this machine until Ctrl-C, and a browser that opens its page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from pipeline.gate import LOOPBACK, Pass
from pipeline.language import _
from pipeline.records import Domain
from pipeline.webserver import serve as serve_page
from train.generators import are_ours
from train.loop import device_for
from train.options import DIRECTIONS, ServeOptions, TrainOptions
from train.rundir import RunDir, read_settings
from train.serve.application import application
from train.serve.photos import photos_to_try
from train.serve.studio import MOST_BYTES, Studio
from train.translator import Translator, load_generator, load_weights


@dataclass(frozen=True, slots=True)
class ServeSummary:
    """How many photos were translated."""

    translated: int

    def text(self) -> str:
        return _("{count} photos translated; none was kept.", count=self.translated)


def serve(
    options: ServeOptions,
    run: RunDir | None,
    dataroot: Path | None,
    *,
    names: Mapping[Domain, str],
    announce: Callable[[str], None],
    open_page: Callable[[str], object] | None = None,
) -> ServeSummary:
    """Serve the page of a run, or where `run` is None of `options.weights`, until Ctrl-C.

    The photos to try are the test images of `dataroot`, else of the run's data set; `names` are the domains'. From
    another machine it needs the token; see pipeline.webserver.serve. Raises UsageError (no such file; nothing can
    listen there), UnusableError (no usable weights), CudaError, DiskError; Terminated after SIGTERM.
    """
    device = device_for(options.cuda)
    studio = Studio(_translators(options, run, device), device, options.longest_side)
    settings = None if run is None else read_settings(run)
    trained = settings.options if settings else TrainOptions()
    images = photos_to_try(dataroot or Path(settings.dataroot if settings else ""), trained.folders, run)
    photos = {"a2b": images.get("A", []), "b2a": images.get("B", [])}
    entry = None if options.host in LOOPBACK else Pass(once=False)
    name = Path(options.weights).name if run is None else run.name
    ways = {way: label for way, label in _labels(trained.names(names)).items() if way in studio.translators}
    serve_page(
        lambda address: application(studio, name, ways, photos, address=address, entry=entry),
        options,
        entry,
        most_bytes=MOST_BYTES,
        announce=lambda page: announce(_("Serving: {address} (Ctrl-C ends it)", address=page)),
        open_page=open_page,
    )
    return ServeSummary(studio.translated)


def _translators(options: ServeOptions, run: RunDir | None, device: torch.device) -> dict[str, Translator]:
    """Both ways of a run or of its generators alone; the one way of another program's weights, as "a2b"."""
    if run is not None:
        return {way: load_generator(run.root, way, device, options.precision) for way in DIRECTIONS}
    file = Path(options.weights)
    ways = DIRECTIONS if file.is_file() and are_ours(file) else DIRECTIONS[:1]
    return {way: load_weights(file, device, options.precision, way) for way in ways}


def _labels(names: Mapping[Domain, str]) -> dict[str, str]:
    return {"a2b": f"{names['A']} → {names['B']}", "b2a": f"{names['B']} → {names['A']}"}
