"""Ctrl-C and SIGTERM wait until a step is done and its checkpoint is written; a second one does not wait."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from pipeline.errors import Terminated

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupt:
    """The signal that came while `deferred` held it back, if any."""

    def __init__(self) -> None:
        self.signal = 0

    def reraise(self) -> None:
        """Raise what the signal would have raised: KeyboardInterrupt, or Terminated; nothing when none came."""
        if self.signal == signal.SIGTERM:
            raise Terminated
        if self.signal:
            raise KeyboardInterrupt


@contextmanager
def deferred() -> Iterator[Interrupt]:
    """Hold the first SIGINT or SIGTERM back while the block runs; the second acts as it did before the block.

    Outside the main thread Python delivers no signals, and nothing is held back.
    """
    interrupt = Interrupt()
    before: dict[int, Any] = {}

    def give_back() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def hold(number: int, frame: FrameType | None) -> None:
        del frame
        interrupt.signal = number
        give_back()

    try:
        for number in _SIGNALS:
            before[number] = signal.signal(number, hold)
    except ValueError:
        pass
    try:
        yield interrupt
    finally:
        give_back()
