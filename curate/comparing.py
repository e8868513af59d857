"""Compares the images that may be copies or show one scene, in processes that may crash; each pair once."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from curate.proposals import Proposal, propose
from curate.raw import RawFile
from curate.signature import Signature
from pipeline.files import disk_errors
from pipeline.image import ImageError, decode
from pipeline.records import Comparison, Measurement
from pipeline.workers import CrashedError, finished

if TYPE_CHECKING:
    from curate.view import View


@dataclass(frozen=True, slots=True)
class Pair:
    """Two images to be compared, and why."""

    first: RawFile
    second: RawFile
    proposal: Proposal


def proposed(
    measurements: Mapping[str, Measurement], compared: Collection[str], known: Iterable[Comparison]
) -> list[Proposal]:
    """The pairs that are to be compared: with an image that was not `compared` yet, but for what is `known`."""
    signatures = {sha256: Signature.from_bytes(one.signature) for sha256, one in measurements.items() if one.signature}
    new = signatures.keys() - set(compared)
    done = {(one.first, one.second) for one in known}
    return [one for one in propose(signatures, new) if (one.first, one.second) not in done] if new else []


def compare(pair: Pair) -> Comparison | None:
    """What two images are to each other; None where one of them cannot be read now. Raises OSError."""
    from curate.relation import relate  # it brings OpenCV along, which only the working processes need

    first, second = _view(pair.first), _view(pair.second)
    if first is None or second is None:
        return None
    relation = relate(first, second, pair.proposal)
    return Comparison(
        pair.first.sha256, pair.second.sha256, relation.kind, relation.score, relation.detail, relation.place
    )


@lru_cache(maxsize=64)
def _view(file: RawFile) -> "View | None":
    """An image as it is compared; in the process's memory, since its pairs come one after the other."""
    from curate.view import SIDE, view_of

    try:
        return view_of(decode(file.read(), at_least=SIDE))
    except ImageError:
        return None


def compare_all(executor: Executor, pairs: Iterable[Pair]) -> Iterator[Comparison | None]:
    """Compare pairs as they come. A pair that brings its process down twice counts as one scene: nothing is lost by
    that, and nothing straddles the split. Raises DiskError."""
    for pair, future in finished(executor, compare, pairs):
        try:
            with disk_errors(pair.first.path):
                yield future.result()
        except CrashedError:
            yield Comparison(pair.first.sha256, pair.second.sha256, "scene", detail="crashed")
