"""What flows between the stages: queries, candidates, images, verdicts, decisions."""

from dataclasses import dataclass, field
from typing import Literal, get_args

Domain = Literal["A", "B"]
DOMAINS: tuple[Domain, ...] = get_args(Domain)
Split = Literal["train", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)


@dataclass(frozen=True, slots=True, order=True)
class Query:
    """What to search for, and the domain that its images belong to. `text` is NFC."""

    domain: Domain
    text: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A link to an image that a search engine, a list or a folder offered. Strings are "" and numbers 0 when not known.

    `rank` counts from 0 in the order in which the engine offered the images of this query.
    """

    domain: Domain
    engine: str
    query: str
    rank: int
    image_url: str
    page_url: str = ""
    title: str = ""
    licence: str = ""
    attribution: str = ""
    claimed_width: int = 0
    claimed_height: int = 0


SourceState = Literal["seen", "fetched", "failed"]


@dataclass(frozen=True, slots=True)
class Source:
    """A candidate and its fate: where an image came from, or why it did not come.

    `state` is "seen" until the fetch ended; then `sha256` names the image ("fetched") or `reason` says why not
    ("failed"). `temporary` failures may be tried again by a later crawl, permanent ones may not. `etag` and
    `last_modified` are the server's validators as it sent them (RFC 9110, 8.8), "" where it sent none.
    """

    candidate: Candidate
    state: SourceState
    reason: str = ""
    temporary: bool = False
    sha256: str = ""
    final_url: str = ""
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """An image that lies in raw/.

    `width` and `height` are the upright picture's by its header, 0 where it has none that can be read. `dhash` is the
    difference hash that the crawl took (16 hex digits) and counts near-duplicates by, "" for an image that did not come
    by a download, such as an adopted file.
    """

    sha256: str
    extension: str
    size_bytes: int
    width: int = 0
    height: int = 0
    dhash: str = ""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What decoding an image once told; a pure function of its bytes, so it is stored and never made again.

    `reason` is "" for a picture that decodes; else why it does not, and the rest is empty. Width and height are the
    upright picture's, in pixels. `phash` is `str(imagehash.phash(picture))`, 16 hex digits. `signature` is what copies
    are looked for by (`curate.signature`), `looks` the scores of the checks in their order (`curate.looks`).
    """

    sha256: str
    reason: str
    width: int = 0
    height: int = 0
    phash: str = ""
    signature: bytes = b""
    looks: tuple[float, ...] = ()


Kinship = Literal["copy", "scene", "unrelated"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What comparing two images once told, `first` < `second`; a pure function of their bytes, stored like Measurement.

    "copy": one was made from the other; "scene": the same place or subject taken twice, or a copy that cannot be told
    from that; "unrelated". `score` is the correlation of the aligned pictures, `detail` the rule that decided. `place`
    are the numbers a, b, c, d, e, f by which x' = ax + by + c, y' = dx + ey + f take the second picture into the first,
    both as shares of their width and height from the upper left corner; none where that was not found.
    """

    first: str
    second: str
    kind: Kinship
    score: float = 0.0
    detail: str = ""
    place: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the curation decided about an image.

    `reason` is "" for a kept image; else the name of the check that rejected it, with `score` against `threshold` where
    the check has them, and `other` the sha256 of the image that was kept instead. `domain` and `split` are "" when
    rejected. `flags` are the doubts about an image, kept or not, joined by commas; `reviewed` among them says that a
    person decided.
    """

    sha256: str
    reason: str
    domain: Domain | Literal[""] = ""
    split: Split | Literal[""] = ""
    detail: str = ""
    score: float = 0.0
    threshold: float = 0.0
    other: str = ""
    flags: str = ""

    @property
    def kept(self) -> bool:
        return not self.reason


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person said of an image or, with `other`, of a pair (`pipeline.decisions` has the words). Append-only.

    `decided_at` is in seconds since 1970; two that say the same are equal whenever they were said.
    """

    sha256: str
    other: str
    action: str
    value: str
    decided_at: float = field(default=0.0, compare=False)
