"""The child's side of pipeline.workers: a room that imports little, since every process that decodes starts here."""

import os
import pickle
from collections.abc import Callable
from typing import Any


def serve(work_descriptor: int, answers_descriptor: int) -> None:
    """Do what comes through one pipe, answer through the other, end when the parent does.

    Pickles follow one another without a frame: `multiprocessing.connection` would take longer to import than they do.
    """
    with os.fdopen(work_descriptor, "rb") as work, os.fdopen(answers_descriptor, "wb") as answers:
        answer: Any = True
        while True:
            try:
                answers.write(pickle.dumps(answer, pickle.HIGHEST_PROTOCOL))  # whole: who sends a part may hang
                answers.flush()
                function, args, kwargs = pickle.load(work)
            except (EOFError, BrokenPipeError):
                return
            answer = _outcome(function, args, kwargs)


def _outcome(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    try:
        return function(*args, **kwargs)
    except OSError as error:
        return error
