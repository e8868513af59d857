"""The catalogue's rows: their columns and statements, and how a row becomes a dataclass and the other way round."""

import sqlite3
from collections.abc import Iterable
from dataclasses import astuple
from functools import cache
from importlib.metadata import version
from operator import attrgetter

from pipeline.records import Candidate, Domain, Source
from pipeline.tombstones import Tombstone, address_mark

CANDIDATE = (
    "domain, engine, query, rank, image_url, page_url, title, licence, attribution, claimed_width, claimed_height"
)
CANDIDATE_VALUES = attrgetter(*CANDIDATE.split(", "))
SOURCE = f"{CANDIDATE}, state, reason, temporary, sha256, final_url, etag, last_modified"
MEASUREMENT = "sha256, reason, width, height, phash, signature, looks"
VERDICT = "sha256, reason, domain, split, detail, score, threshold, other, flags"
IMAGE = "sha256, extension, size_bytes, width, height, dhash"
DUMPED = (
    f"SELECT {SOURCE} FROM sources ORDER BY 1, 2, 3, 5",
    f"SELECT {IMAGE} FROM images ORDER BY sha256",
    "SELECT * FROM measurements ORDER BY sha256",
    "SELECT * FROM comparisons ORDER BY first, second",
    "SELECT * FROM compared ORDER BY sha256",
    "SELECT model, sha256, vector FROM embeddings ORDER BY model, sha256",
    "SELECT * FROM verdicts ORDER BY sha256",
    "SELECT * FROM sides ORDER BY sha256",
    "SELECT * FROM settings WHERE name <> 'identity' ORDER BY name",  # who this is, not what it says
    "SELECT sha256, other, action, value FROM decisions ORDER BY decided_at, number",
    "SELECT mark, image FROM forgotten ORDER BY mark, image",
    "SELECT name, sha256 FROM exports ORDER BY name, sha256",
)
NEW_IMAGE = f"INSERT INTO images ({IMAGE}, added_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
DECISION = "sha256, other, action, value, decided_at"
NEW_DECISION = f"INSERT INTO decisions ({DECISION}) VALUES (?, ?, ?, ?, ?)"
IS_SOURCE = "domain = ? AND engine = ? AND query = ? AND image_url = ?"


@cache
def tool_version() -> str:
    """Of this program; read once, for later a process may have no file left to open."""
    return version("unpaired")


def source_of(row: tuple[object, ...]) -> Source:
    """A row of SOURCE."""
    candidate, (state, reason, temporary, *rest) = row[:11], row[11:]
    return Source(Candidate(*candidate), state, reason, bool(temporary), *rest)  # type: ignore[arg-type]


def settled(source: Source, now: float) -> tuple[object, ...]:
    """How a fetch ended, as its statement takes it: the new values, then what names the source."""
    found = (source.state, source.reason, source.temporary, source.sha256, source.final_url)
    return (*found, source.etag, source.last_modified, tool_version(), now, *_key(source))


def _key(source: Source) -> tuple[str, ...]:
    candidate = source.candidate
    return (candidate.domain, candidate.engine, candidate.query, candidate.image_url)


def bury(transaction: sqlite3.Connection, sources: Iterable[Source], tombstones: Iterable[Tombstone] = ()) -> None:
    """Delete sources and keep the hash of each one's address."""
    rows = list(sources)
    transaction.executemany(f"DELETE FROM sources WHERE {IS_SOURCE}", [_key(source) for source in rows])
    marks = {Tombstone(address_mark(source.candidate.image_url), source.sha256) for source in rows}
    transaction.executemany(
        "INSERT OR IGNORE INTO forgotten VALUES (?, ?)", [astuple(one) for one in sorted(marks | set(tombstones))]
    )


def least_sources(sources: Iterable[Source]) -> dict[str, Source]:
    """For each image its least source by (domain, engine, query, rank): the one that metadata quotes."""
    least: dict[str, Source] = {}
    for source in sources:
        if source.sha256:
            least.setdefault(source.sha256, source)
    return least


def domains_of(sources: Iterable[Source]) -> dict[str, set[Domain]]:
    """For each image the domains of its sources; two of them are a conflict that only a person resolves."""
    domains: dict[str, set[Domain]] = {}
    for source in sources:
        if source.sha256:
            domains.setdefault(source.sha256, set()).add(source.candidate.domain)
    return domains
