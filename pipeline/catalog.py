"""The dataset's SQLite catalogue: what was seen, what was fetched, what was decided, by whom, and why."""

import json
import shutil
import sqlite3
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import astuple, replace
from pathlib import Path
from uuid import uuid4

from pipeline.counts import Counts, counts_in
from pipeline.errors import DiskError, UnusableError
from pipeline.files import disk_errors, full_disk_advice, refuse_links
from pipeline.language import _
from pipeline.migrations import prepare
from pipeline.records import (
    Candidate,
    Comparison,
    Decision,
    ImageRecord,
    Measurement,
    Query,
    Source,
    Split,
    Verdict,
)
from pipeline.rows import (
    CANDIDATE,
    CANDIDATE_VALUES,
    DECISION,
    DUMPED,
    IMAGE,
    IS_SOURCE,
    MEASUREMENT,
    NEW_DECISION,
    NEW_IMAGE,
    SOURCE,
    VERDICT,
    bury,
    settled,
    source_of,
    tool_version,
)
from pipeline.tombstones import Tombstone, marks_of_addresses

BUSY_SECONDS = 5.0
"""So long a transaction waits for another process, such as a review that stores a decision."""
TICK_SECONDS = 0.001
"""Two decisions lie at least so far apart in time."""
_LITTLE_ROOM_BYTES = 64 * 1024
"""SQLite makes its side files longer by 32 KB and by pages of 4."""
FORGOTTEN = "forgotten"
"""The reason of a candidate that a person had forgotten: no row is kept of it, only hashes."""


class Catalog:
    """The tables as dataclasses. Every public method that writes is one transaction."""

    def __init__(self, connection: sqlite3.Connection, clock: Callable[[], float]) -> None:
        self._connection = connection
        self._clock = clock

    def see(self, candidates: Iterable[Candidate]) -> int:
        """Add candidates that are not known yet; returns how many were new."""
        now = self._clock()
        rows = [(*CANDIDATE_VALUES(candidate), now) for candidate in candidates]
        marks = ", ".join("?" * 12)
        with self._connection as transaction:
            before = transaction.total_changes
            transaction.executemany(
                f"INSERT OR IGNORE INTO sources ({CANDIDATE}, changed_at) VALUES ({marks})",
                rows,
            )
            return transaction.total_changes - before

    def settle(self, sources: Iterable[Source], images: Iterable[ImageRecord] = ()) -> None:
        """Record the end of fetches, and the images that they brought, in one durable transaction.

        Of a source with the reason FORGOTTEN only the hash of its address stays.
        """
        now, ended = self._clock(), list(sources)
        with self._connection as transaction:
            transaction.executemany(
                f"{NEW_IMAGE} ON CONFLICT DO UPDATE SET (width, height, dhash) ="
                " (excluded.width, excluded.height, excluded.dhash) WHERE dhash = ''",
                [(*astuple(image), now) for image in images],
            )
            transaction.executemany(
                "UPDATE sources SET state = ?, reason = ?, temporary = ?, sha256 = ?, final_url = ?, etag = ?,"
                " last_modified = ?, tool_version = ?, changed_at = ?, attempts = attempts + 1"
                f" WHERE {IS_SOURCE}",
                [settled(source, now) for source in ended if source.reason != FORGOTTEN],
            )
            bury(transaction, [source for source in ended if source.reason == FORGOTTEN])

    def wait_again(self, query: Query, *engines: str) -> int:
        """Let a query's temporary failures, by these engines or by all, wait for a fetch again; returns how many."""
        by_engine = f" AND engine IN ({', '.join('?' * len(engines))})" if engines else ""
        with self._connection as transaction:
            return transaction.execute(
                "UPDATE sources SET state = 'seen', reason = '', temporary = 0"
                f" WHERE state = 'failed' AND temporary AND domain = ? AND query = ?{by_engine}",
                (query.domain, query.text, *engines),
            ).rowcount

    def sources(self) -> Iterator[Source]:
        """Every source, in the order (domain, engine, query, rank, image_url): the first of an image is its least."""
        rows = self._connection.execute(f"SELECT {SOURCE} FROM sources ORDER BY domain, engine, query, rank, image_url")
        return (source_of(row) for row in rows)

    def sources_of(self, query: Query, *engines: str) -> Iterator[Source]:
        """The sources of one query through these engines, in the order of `sources`."""
        marks = ", ".join("?" * len(engines))
        rows = self._connection.execute(
            f"SELECT {SOURCE} FROM sources WHERE domain = ? AND query = ? AND engine IN ({marks})"
            " ORDER BY domain, engine, query, rank, image_url",
            (query.domain, query.text, *engines),
        )
        return (source_of(row) for row in rows)

    def images(self) -> list[ImageRecord]:
        """Every image in raw/, by sha256."""
        rows = self._connection.execute(f"SELECT {IMAGE} FROM images ORDER BY sha256")
        return [ImageRecord(*row) for row in rows]

    def known_images(self, names: Iterable[str]) -> set[str]:
        """Those of these images that are here."""
        return {
            name
            for name in names
            if self._connection.execute("SELECT 1 FROM images WHERE sha256 = ?", (name,)).fetchone()
        }

    def adopt(self, images: Iterable[ImageRecord]) -> int:
        """Take images whose files lie in raw/ without a row, as a killed crawl leaves them; returns how many."""
        now = self._clock()
        with self._connection as transaction:
            before = transaction.total_changes
            transaction.executemany(
                f"{NEW_IMAGE} ON CONFLICT DO NOTHING",
                [(*astuple(image), now) for image in images],
            )
            return transaction.total_changes - before

    def measurements(self) -> dict[str, Measurement]:
        """What decoding told of each image so far, by sha256."""
        rows = self._connection.execute(f"SELECT {MEASUREMENT} FROM measurements ORDER BY sha256")
        return {row[0]: replace(Measurement(*row[:6]), looks=tuple(json.loads(row[6]))) for row in rows}

    def measure(self, measurements: Iterable[Measurement]) -> None:
        """Store measurements. An image that is measured anew is to be compared anew, too."""
        rows = [(*astuple(one)[:-1], json.dumps(one.looks)) for one in measurements]
        with self._connection as transaction:
            transaction.executemany(
                f"INSERT OR REPLACE INTO measurements ({MEASUREMENT}) VALUES (?, ?, ?, ?, ?, ?, ?)", rows
            )
            transaction.executemany("DELETE FROM compared WHERE sha256 = ?", [row[:1] for row in rows])

    def comparisons(self) -> list[Comparison]:
        """Every pair that was compared, by the two sha256."""
        rows = self._connection.execute(
            "SELECT first, second, kind, score, detail, place FROM comparisons ORDER BY first, second"
        )
        return [replace(Comparison(*row[:5]), place=tuple(json.loads(row[5]))) for row in rows]

    def compare(self, comparisons: Iterable[Comparison]) -> None:
        """Store comparisons."""
        with self._connection as transaction:
            transaction.executemany(
                "INSERT OR REPLACE INTO comparisons (first, second, kind, score, detail, place)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                [(*astuple(one)[:-1], json.dumps(one.place)) for one in comparisons],
            )

    def compared(self) -> set[str]:
        """The images that were compared with every other one of these, where that seemed worth it."""
        return {sha256 for (sha256,) in self._connection.execute("SELECT sha256 FROM compared")}

    def mark_compared(self, images: Iterable[str]) -> None:
        with self._connection as transaction:
            transaction.executemany("INSERT OR IGNORE INTO compared VALUES (?)", [(sha256,) for sha256 in images])

    def embedded(self, model: str) -> set[str]:
        """The images that the model with this sha256 was shown."""
        rows = self._connection.execute("SELECT sha256 FROM embeddings WHERE model = ?", (model,))
        return {sha256 for (sha256,) in rows}

    def embeddings(self, model: str) -> dict[str, bytes]:
        """The vectors that the model with this sha256 gave, by image; empty for an image that it can do nothing with.

        A pure function of the bytes of both, stored like a measurement.
        """
        rows = self._connection.execute(
            "SELECT sha256, vector FROM embeddings WHERE model = ? ORDER BY sha256", (model,)
        )
        return dict(rows)

    def embed(self, model: str, vectors: Mapping[str, bytes]) -> None:
        """Store vectors by image."""
        with self._connection as transaction:
            transaction.executemany(
                "INSERT OR REPLACE INTO embeddings VALUES (?, ?, ?)",
                [(model, sha256, vector) for sha256, vector in vectors.items()],
            )

    def verdicts(self) -> list[Verdict]:
        """The last curation's verdict of each image, by sha256."""
        rows = self._connection.execute(f"SELECT {VERDICT} FROM verdicts ORDER BY sha256")
        return [Verdict(*row) for row in rows]

    def judge(self, verdicts: Iterable[Verdict], sides: dict[str, Split], settings: dict[str, str]) -> None:
        """Replace every verdict and side by those of a new curation, and keep the settings it was made with."""
        with self._connection as transaction:
            transaction.execute("DELETE FROM verdicts")
            transaction.executemany(
                f"INSERT INTO verdicts ({VERDICT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [astuple(verdict) for verdict in verdicts],
            )
            transaction.execute("DELETE FROM sides")
            transaction.executemany("INSERT INTO sides VALUES (?, ?)", sorted(sides.items()))
            transaction.executemany("INSERT OR REPLACE INTO settings VALUES (?, ?)", sorted(settings.items()))

    def sides(self) -> dict[str, Split]:
        """The side of the split that each image was given, by sha256; it never changes but by --resplit."""
        return dict(self._connection.execute("SELECT sha256, split FROM sides ORDER BY sha256"))

    def setting(self, name: str) -> str:
        """A setting of the last curation, "" when there is none."""
        row = self._connection.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return row[0] if row else ""

    def remember(self, name: str, value: str) -> None:
        """Keep a setting, such as how far a query was crawled."""
        with self._connection as transaction:
            transaction.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    def identity(self) -> str:
        """What tells this dataset from every other one, and stays when it is copied."""
        with self._connection as transaction:
            transaction.execute("INSERT OR IGNORE INTO settings VALUES ('identity', ?)", (uuid4().hex,))
        return self.setting("identity")

    def decide(self, *decisions: Decision) -> None:
        """Append what a person says now; nothing is ever overwritten, and a clock that went back changes no order."""
        with self._connection as transaction:
            transaction.execute("BEGIN IMMEDIATE")
            last = transaction.execute("SELECT COALESCE(MAX(decided_at), 0) FROM decisions").fetchone()[0]
            now = max(self._clock(), last + TICK_SECONDS)
            said = [replace(one, decided_at=now + TICK_SECONDS * number) for number, one in enumerate(decisions)]
            transaction.executemany(NEW_DECISION, map(astuple, said))

    def accept(self, decisions: Iterable[Decision]) -> int:
        """Append decisions that were made elsewhere, each at its own time, but for those that are here; how many."""
        with self._connection as transaction:
            transaction.execute("BEGIN IMMEDIATE")
            known = {astuple(one) for one in self.decisions()}
            new = [row for row in dict.fromkeys(map(astuple, decisions)) if row not in known]
            transaction.executemany(NEW_DECISION, new)
        return len(new)

    def decisions(self, after: int = 0) -> list[Decision]:
        """Every decision, oldest first; or those that came after so many (`decision_number`)."""
        rows = self._connection.execute(
            f"SELECT {DECISION} FROM decisions WHERE number > ? ORDER BY decided_at, number", (after,)
        )
        return [Decision(*row) for row in rows]

    def decision_number(self) -> int:
        """The number of the decision that came last, 0 before the first. It only grows."""
        return int(self._connection.execute("SELECT COALESCE(MAX(number), 0) FROM decisions").fetchone()[0])

    def forget(self, images: Iterable[str], sources: Iterable[Source], tombstones: Iterable[Tombstone]) -> None:
        """Delete every row of these images and sources, and keep the tombstones, in one transaction."""
        names = [(sha256,) for sha256 in images]
        with self._connection as transaction:
            for table in ("images", "measurements", "compared", "embeddings", "verdicts", "sides", "decisions"):
                transaction.executemany(f"DELETE FROM {table} WHERE sha256 = ?", names)
            for side in ("first", "second"):
                transaction.executemany(f"DELETE FROM comparisons WHERE {side} = ?", names)
            transaction.executemany("DELETE FROM decisions WHERE other = ?", names)
            bury(transaction, sources, tombstones)

    def scrub(self) -> bool:
        """Leave no byte of deleted rows in the file or its log (VACUUM, truncated WAL).

        False where another process is reading the catalogue, so that the log could not be emptied.
        """
        try:
            self._connection.execute("VACUUM")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            return False
        busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        return not busy

    def has_forgotten(self) -> bool:
        """Whether anything was ever forgotten here."""
        return bool(self._connection.execute("SELECT EXISTS (SELECT 1 FROM forgotten)").fetchone()[0])

    def is_forgotten(self, *urls: str, sha256: str = "") -> bool:
        """Whether a person had one of these addresses, its host or a parent domain of it, or this image forgotten."""
        marks = sorted(marks_of_addresses(urls) | ({sha256} - {""}))
        places = ", ".join("?" * len(marks))
        row = self._connection.execute(f"SELECT 1 FROM forgotten WHERE mark IN ({places}) LIMIT 1", marks).fetchone()
        return row is not None

    def forgotten_marks(self) -> frozenset[str]:
        """What `is_forgotten` looks for, for threads that may not use the catalogue."""
        return frozenset(mark for (mark,) in self._connection.execute("SELECT mark FROM forgotten"))

    def forgotten_images(self, marks: Container[str] | None = None) -> set[str]:
        """The sha256 of every forgotten image, or of those that these marks led to."""
        rows = self._connection.execute("SELECT mark, image FROM forgotten WHERE image <> ''")
        return {image for mark, image in rows if marks is None or mark in marks}

    def exported(self, name: str, images: Iterable[str]) -> None:
        """Remember that an export of this name used these images, so that `forget` can name it."""
        with self._connection as transaction:
            transaction.execute("DELETE FROM exports WHERE name = ?", (name,))
            transaction.executemany("INSERT OR IGNORE INTO exports VALUES (?, ?)", [(name, one) for one in images])

    def exports_of(self, images: Iterable[str]) -> list[str]:
        """The names of the exports that used one of these images."""
        wanted = set(images)
        rows = self._connection.execute("SELECT name, sha256 FROM exports ORDER BY name")
        return list(dict.fromkeys(name for name, sha256 in rows if sha256 in wanted))

    def restore(self, sides: Mapping[str, Split], decisions: Iterable[Decision], settings: Mapping[str, str]) -> None:
        """Take over the sides, decisions and settings of another catalogue where this one has none of its own."""
        known, now = set(self.decisions()), self._clock()
        rows = [astuple(replace(one, decided_at=one.decided_at or now)) for one in decisions if one not in known]
        with self._connection as transaction:
            transaction.executemany("INSERT OR IGNORE INTO sides VALUES (?, ?)", sorted(sides.items()))
            transaction.executemany("INSERT OR IGNORE INTO settings VALUES (?, ?)", sorted(settings.items()))
            transaction.executemany(NEW_DECISION, rows)

    def fetched_images(self, query: Query, *engines: str) -> int:
        """How many different images this query has brought through these engines together."""
        marks = ", ".join("?" * len(engines))
        row = self._connection.execute(
            "SELECT COUNT(DISTINCT sha256) FROM sources WHERE state = 'fetched'"
            f" AND domain = ? AND query = ? AND engine IN ({marks})",
            (query.domain, query.text, *engines),
        ).fetchone()
        return int(row[0])

    def counts(self) -> Counts:
        return counts_in(self._connection)

    def dump(self) -> list[tuple[object, ...]]:
        """Every row ordered by key, without times and attempt counts: two catalogues that dump equal say the same."""
        return [row for query in DUMPED for row in self._connection.execute(query)]


@contextmanager
def open_catalog(path: Path, clock: Callable[[], float] = time.time) -> Iterator[Catalog]:
    """Open the catalogue, make or migrate it, and leave it as one file (a truncating checkpoint) at the end.

    Raises UnusableError for a file that is no catalogue, a link, damaged, or of a newer version; DiskError for a
    full disk or missing permission.
    """
    refuse_links(path)
    tool_version()  # a file that can be read now, and not once the downloads have opened all that may be open
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection:
            prepare(connection, path)
            yield Catalog(connection, clock)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError as error:
        if _is_for_want_of_room(path, error):
            raise DiskError(full_disk_advice(path)) from error
        raise DiskError(
            _("{path}: {error}. Free the disk or its permissions and run again.", path=path, error=error)
        ) from error
    except sqlite3.DatabaseError as error:
        raise UnusableError(
            _(
                "{path}: not a readable catalogue ({error}). Move it aside and run `pipeline crawl` again:"
                " the images in raw/ are adopted.",
                path=path,
                error=error,
            )
        ) from error


def _is_for_want_of_room(path: Path, error: sqlite3.OperationalError) -> bool:
    """A full disk is an input-output error, too, where SQLite was about to make one of its side files longer."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # https://www.sqlite.org/rescode.html: the primary code
    is_io = code == sqlite3.SQLITE_IOERR
    return code == sqlite3.SQLITE_FULL or (is_io and shutil.disk_usage(path.parent).free < _LITTLE_ROOM_BYTES)


@contextmanager
def read_catalog(path: Path) -> Iterator[Catalog | None]:
    """The catalogue for reading only, or None where there is none; makes no file."""
    if not path.is_file():
        yield None
        return
    with open_catalog(path) as catalog:
        yield catalog
