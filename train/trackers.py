"""Other programs that show a run's curves and pictures: fed beside the training, which they never stop or slow down."""

import logging
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from PIL import Image

from pipeline.language import _
from train.cyclegan import Objective, objective_at
from train.options import TrainOptions
from train.rundir import RunDir

WAITING = 64
"""Points and pictures that may wait for a slow tracker; what comes beyond them is left out."""

CLOSE_SECONDS = 5.0
"""How long the end of a run waits for a tracker to take what is left."""

CURVES = ("loss_G", "loss_G_GAN", "loss_G_identity", "loss_G_cycle", "loss_D")
"""What is plotted, by the names of aitorzip's program; `curves_of` says what they are."""

_log = logging.getLogger(__name__)

Pictures = Mapping[str, Image.Image]


class TrackerError(Exception):
    """A tracker that is missing, not running, or refuses what it is given; its text says which and the remedy."""


@dataclass(frozen=True, slots=True)
class Point:
    """The curves after `step`, by their names."""

    step: int
    epoch: float
    curves: Mapping[str, float]


class Tracker(Protocol):
    """A program that shows runs. Every call comes from one thread of its own, in order, and may raise TrackerError."""

    def add(self, point: Point) -> None: ...

    def show(self, step: int, pictures: Pictures) -> None: ...

    def close(self) -> None: ...


def curves_of(line: Mapping[str, float], objective: Objective) -> dict[str, float]:
    """What aitorzip's program plots, from a line of metrics: losses with their weights, summed over both directions.

    loss_G is the sum of the next three; loss_D that of both discriminators, each halved as there.
    """
    gan = line.get("gan_a2b", 0.0) + line.get("gan_b2a", 0.0)
    identity = sum(objective.identity(domain) * line.get(f"identity_{domain}", 0.0) for domain in "ab")
    cycle = sum(objective.cycle(domain) * line.get(f"cycle_{domain}", 0.0) for domain in "ab")
    judges = line.get("discriminator_a", 0.0) + line.get("discriminator_b", 0.0)
    return dict(zip(CURVES, (gan + identity + cycle, gan, identity, cycle, judges), strict=True))


def point_of(line: Mapping[str, Any], options: TrainOptions) -> Point:
    """A line of metrics as a point of the curves, with the weights of its step."""
    objective = objective_at(options, max(0, int(line["step"]) - 1), int(line.get("planned_steps", 0)))
    return Point(int(line["step"]), float(line.get("epoch", 0)), curves_of(line, objective))


class Feed:
    """A tracker at work in a thread: what it is given waits in a short queue, and its failure costs one warning."""

    def __init__(self, name: str, start: Callable[[], Tracker]) -> None:
        self._name = name
        self._start = start
        self._waiting: queue.Queue[Callable[[Tracker], None] | None] = queue.Queue(WAITING)
        self._given_up = threading.Event()
        self._warned = threading.Lock()  # held for good by the first who warns
        self._thread = threading.Thread(target=self._work, name=f"tracker {name}", daemon=True)
        self._thread.start()

    def give(self, task: Callable[[Tracker], None]) -> None:
        """Let the tracker do something when it comes to it; never waits."""
        try:
            self._waiting.put_nowait(task)
        except queue.Full:
            self._warn(_("too slow; some of its curves are left out"))

    def close(self) -> None:
        """Let it finish what waits, for at most CLOSE_SECONDS."""
        self.give(lambda tracker: tracker.close())
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            self._given_up.set()
        self._thread.join(CLOSE_SECONDS)
        self._given_up.set()
        if self._thread.is_alive():
            self._warn(_("too slow; some of its curves are left out"))

    def _work(self) -> None:
        try:
            tracker = self._start()
        except TrackerError as error:
            self._warn(str(error))
            return
        while not self._given_up.is_set() and (task := self._waiting.get()) is not None:
            try:
                task(tracker)
            except TrackerError as error:
                self._warn(str(error))

    def _warn(self, reason: str) -> None:
        if self._warned.acquire(blocking=False):
            _log.warning(_("--track {tracker}: {reason}. Training goes on.", tracker=self._name, reason=reason))


class Trackers:
    """All trackers of a run; without any, every call does nothing."""

    def __init__(self, run: RunDir, options: TrainOptions, before: Sequence[Mapping[str, Any]]) -> None:
        """`before` are the lines of metrics of a run that goes on."""
        self._options = options
        points = [point_of(line, options) for line in before]
        self._feeds = [Feed(name, _starting(name, run, options, points)) for name in options.trackers]

    def __bool__(self) -> bool:
        return bool(self._feeds)

    def add(self, line: Mapping[str, Any]) -> None:
        """Give all of them a new line of metrics."""
        if self._feeds:
            point = point_of(line, self._options)
            for feed in self._feeds:
                feed.give(lambda tracker: tracker.add(point))

    def show(self, step: int, pictures: Pictures) -> None:
        """Give all of them pictures, by name, as they are after `step`."""
        for feed in self._feeds:
            feed.give(lambda tracker: tracker.show(step, pictures))

    def close(self) -> None:
        for feed in self._feeds:
            feed.close()


def _starting(name: str, run: RunDir, options: TrainOptions, before: list[Point]) -> Callable[[], Tracker]:
    """How a tracker is started, in its own thread: importing one can take seconds."""

    def start() -> Tracker:
        if name == "visdom":
            from train.visdom import Visdom

            return Visdom(options.track_url, run.name, before)
        if name == "tensorboard":
            from train.boards import TensorBoard

            return TensorBoard(run.root / "tensorboard", before[-1].step if before else 0)
        from train.boards import WeightsAndBiases

        return WeightsAndBiases(run.root, options)

    return start
