"""Which pictures show something else than the rest of their domain: pure functions over vectors that a model makes.

The model is the user's own. Whatever takes pictures to unit vectors fits, such as the image half of a CLIP; nothing
here knows where the vectors come from, and nothing is ever rejected: what is found is a flag for the review.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from curate.thresholds import Finding
from pipeline.records import Domain

FEWEST = 12
"""A domain of fewer pictures has no centre that could be trusted, and none of them is flagged."""

Vectors = NDArray[np.float32]
"""(pictures, dimensions), each row of length 1."""


class Embedding(Protocol):
    """Takes RGB pictures of any size to vectors of one length in which a small angle means a like motif."""

    def __call__(self, pictures: Sequence[Image.Image]) -> Vectors: ...


@dataclass(frozen=True, slots=True)
class OffTopicLimits:
    """`spread`: how many robust standard deviations farther than the median of its domain a picture may lie from the
    centre. `nearer`: by how much of the distance between the two centres it may lie nearer to the other domain's.
    """

    spread: float = 3.5
    nearer: float = 0.25


def embed_all(embedding: Embedding, pictures: Sequence[Image.Image]) -> Vectors:
    """The vectors of pictures, brought to length 1. Raises ValueError where the model gives no finite row for each."""
    vectors = np.asarray(embedding(pictures), dtype=np.float64)  # the squares of large 32-bit floats are infinite
    if vectors.ndim != 2 or len(vectors) != len(pictures) or not np.isfinite(vectors).all():
        raise ValueError(
            f"the embedding gave {vectors.shape} for {len(pictures)} pictures: a finite row each is needed"
        )
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)


def off_topic(
    names: Sequence[str],
    vectors: Vectors,
    domains: Sequence[Domain],
    limits: OffTopicLimits | None = None,
) -> dict[str, Finding]:
    """The pictures that lie far from their domain's centre (`off_topic`) or nearer to the other's (`other_domain`).

    `names`, `vectors` and `domains` belong together row by row. The centre is the median, so that a third of strangers
    does not move it; the order of the pictures does not matter. A picture gets one finding, `other_domain` first.
    """
    limits = limits or OffTopicLimits()
    members = np.array(domains)
    centres: dict[Domain, Vectors] = {
        domain: _centre(vectors[members == domain]) for domain in ("A", "B") if (members == domain).sum() >= FEWEST
    }
    found: dict[str, Finding] = {}
    for domain, centre in centres.items():
        rows = np.flatnonzero(members == domain)
        found |= _far(names, rows, _distances(vectors[rows], centre), limits.spread)
    if len(centres) == 2:
        found |= _nearer(names, members, vectors, centres, limits.nearer)
    return found


def _centre(vectors: Vectors) -> Vectors:
    median = np.median(vectors, axis=0)
    return np.asarray(median / max(float(np.linalg.norm(median)), 1e-12), dtype=np.float32)


def _distances(vectors: Vectors, centre: Vectors) -> NDArray[np.float64]:
    """The straight ways to the centre, 0 to 2. In many dimensions they are spread normally, as cosines are not."""
    return np.asarray(np.linalg.norm(vectors.astype(np.float64) - centre, axis=1))


def _far(
    names: Sequence[str], rows: NDArray[np.intp], distances: NDArray[np.float64], most: float
) -> dict[str, Finding]:
    """Scores in robust standard deviations: 1.4826 times the median deviation is one of a normal distribution."""
    middle = float(np.median(distances))
    deviation = max(1.4826 * float(np.median(np.abs(distances - middle))), 1e-6)
    scores = (distances - middle) / deviation
    return {
        names[row]: Finding("off_topic", score, most, 0.0)
        for row, score in zip(rows.tolist(), scores.tolist(), strict=True)
        if score > most
    }


def _nearer(
    names: Sequence[str],
    members: NDArray[np.str_],
    vectors: Vectors,
    centres: Mapping[Domain, Vectors],
    most: float,
) -> dict[str, Finding]:
    to_a, to_b = _distances(vectors, centres["A"]), _distances(vectors, centres["B"])
    apart = max(float(np.linalg.norm(centres["A"] - centres["B"])), 1e-6)
    scores = np.where(members == "A", to_a - to_b, to_b - to_a) / apart
    return {
        names[row]: Finding("other_domain", float(scores[row]), most, 0.0)
        for row in map(int, np.flatnonzero(np.isin(members, ("A", "B")) & (scores > most)))
    }
