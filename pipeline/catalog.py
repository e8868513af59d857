"""The dataset's SQLite catalogue: what was seen, what was fetched, what was decided, by whom, and why."""

import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path

from pipeline.errors import DiskError, UnusableError
from pipeline.files import disk_errors
from pipeline.language import _
from pipeline.records import Candidate, Decision, Domain, ImageRecord, Measurement, Query, Source, Split, Verdict

MIGRATIONS = (
    """
    CREATE TABLE sources (
        domain TEXT NOT NULL CHECK (domain IN ('A', 'B')),
        engine TEXT NOT NULL, query TEXT NOT NULL, rank INTEGER NOT NULL, image_url TEXT NOT NULL,
        page_url TEXT NOT NULL, title TEXT NOT NULL, licence TEXT NOT NULL, attribution TEXT NOT NULL,
        claimed_width INTEGER NOT NULL, claimed_height INTEGER NOT NULL,
        state TEXT NOT NULL DEFAULT 'seen' CHECK (state IN ('seen', 'fetched', 'failed')),
        reason TEXT NOT NULL DEFAULT '', temporary INTEGER NOT NULL DEFAULT 0,
        sha256 TEXT NOT NULL DEFAULT '', final_url TEXT NOT NULL DEFAULT '',
        attempts INTEGER NOT NULL DEFAULT 0, changed_at REAL NOT NULL,
        PRIMARY KEY (domain, engine, query, image_url)
    ) WITHOUT ROWID;
    CREATE INDEX sources_by_url ON sources (image_url);
    CREATE INDEX sources_by_image ON sources (sha256);
    CREATE TABLE images (
        sha256 TEXT PRIMARY KEY, extension TEXT NOT NULL, size_bytes INTEGER NOT NULL, added_at REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE measurements (
        sha256 TEXT PRIMARY KEY, reason TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
        phash TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE verdicts (
        sha256 TEXT PRIMARY KEY, reason TEXT NOT NULL, domain TEXT NOT NULL, split TEXT NOT NULL,
        detail TEXT NOT NULL, score REAL NOT NULL, threshold REAL NOT NULL, other TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE sides (sha256 TEXT PRIMARY KEY, split TEXT NOT NULL CHECK (split IN ('train', 'test'))) WITHOUT ROWID;
    CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE decisions (
        number INTEGER PRIMARY KEY AUTOINCREMENT, sha256 TEXT NOT NULL, other TEXT NOT NULL, action TEXT NOT NULL,
        value TEXT NOT NULL, decided_at REAL NOT NULL
    );
    """,
)
"""One script for each version; `PRAGMA user_version` counts those that were applied. Old scripts never change."""

_CANDIDATE = (
    "domain, engine, query, rank, image_url, page_url, title, licence, attribution, claimed_width, claimed_height"
)
_DUMPED = (
    f"SELECT {_CANDIDATE}, state, reason, temporary, sha256, final_url FROM sources ORDER BY 1, 2, 3, 5",
    "SELECT sha256, extension, size_bytes FROM images ORDER BY sha256",
    "SELECT * FROM measurements ORDER BY sha256",
    "SELECT * FROM verdicts ORDER BY sha256",
    "SELECT * FROM sides ORDER BY sha256",
    "SELECT * FROM settings ORDER BY name",
    "SELECT sha256, other, action, value FROM decisions ORDER BY number",
)


@dataclass(frozen=True, slots=True)
class Counts:
    """What `pipeline status` tells of a dataset. Candidates = waiting + fetched + the failed ones, always."""

    candidates: int
    waiting: int
    fetched: int
    failed: Counter[str]
    images: int
    kept: int
    rejected: Counter[str]

    @classmethod
    def none(cls) -> "Counts":
        """The counts of a folder that has no catalogue."""
        return cls(0, 0, 0, Counter(), 0, 0, Counter())


class Catalog:
    """The tables as dataclasses. Every public method that writes is one transaction."""

    def __init__(self, connection: sqlite3.Connection, clock: Callable[[], float]) -> None:
        self._connection = connection
        self._clock = clock

    def see(self, candidates: Iterable[Candidate]) -> int:
        """Add candidates that are not known yet; returns how many were new."""
        now = self._clock()
        rows = [(*astuple(candidate), now) for candidate in candidates]
        marks = ", ".join("?" * 12)
        with self._connection as transaction:
            before = transaction.total_changes
            transaction.executemany(
                f"INSERT OR IGNORE INTO sources ({_CANDIDATE}, changed_at) VALUES ({marks})",
                rows,
            )
            return transaction.total_changes - before

    def settle(self, sources: Iterable[Source], images: Iterable[ImageRecord] = ()) -> None:
        """Record the end of fetches, and the images that they brought, in one durable transaction."""
        now = self._clock()
        with self._connection as transaction:
            transaction.executemany(
                "INSERT OR IGNORE INTO images (sha256, extension, size_bytes, added_at) VALUES (?, ?, ?, ?)",
                [(*astuple(image), now) for image in images],
            )
            transaction.executemany(
                "UPDATE sources SET state = ?, reason = ?, temporary = ?, sha256 = ?, final_url = ?, changed_at = ?,"
                " attempts = attempts + 1 WHERE domain = ? AND engine = ? AND query = ? AND image_url = ?",
                [_settled(source, now) for source in sources],
            )

    def wait_again(self, query: Query) -> int:
        """Let the temporary failures of a query wait for a fetch again; returns how many."""
        with self._connection as transaction:
            return transaction.execute(
                "UPDATE sources SET state = 'seen', reason = '', temporary = 0"
                " WHERE state = 'failed' AND temporary AND domain = ? AND query = ?",
                (query.domain, query.text),
            ).rowcount

    def sources(self) -> Iterator[Source]:
        """Every source, in the order (domain, engine, query, rank, image_url): the first of an image is its least."""
        rows = self._connection.execute(
            f"SELECT {_CANDIDATE}, state, reason, temporary, sha256, final_url FROM sources"
            " ORDER BY domain, engine, query, rank, image_url"
        )
        return (_source(row) for row in rows)

    def fetched_url(self, image_url: str) -> Source | None:
        """A source that had this very URL and brought an image, or None."""
        row = self._connection.execute(
            f"SELECT {_CANDIDATE}, state, reason, temporary, sha256, final_url FROM sources"
            " WHERE image_url = ? AND state = 'fetched' LIMIT 1",
            (image_url,),
        ).fetchone()
        return _source(row) if row else None

    def images(self) -> list[ImageRecord]:
        """Every image in raw/, by sha256."""
        rows = self._connection.execute("SELECT sha256, extension, size_bytes FROM images ORDER BY sha256")
        return [ImageRecord(*row) for row in rows]

    def adopt(self, images: Iterable[ImageRecord]) -> int:
        """Take images whose files lie in raw/ without a row, as a killed crawl leaves them; returns how many."""
        now = self._clock()
        with self._connection as transaction:
            before = transaction.total_changes
            transaction.executemany(
                "INSERT OR IGNORE INTO images (sha256, extension, size_bytes, added_at) VALUES (?, ?, ?, ?)",
                [(*astuple(image), now) for image in images],
            )
            return transaction.total_changes - before

    def measurements(self) -> dict[str, Measurement]:
        """What decoding told of each image so far, by sha256."""
        rows = self._connection.execute("SELECT sha256, reason, width, height, phash FROM measurements ORDER BY sha256")
        return {row[0]: Measurement(*row) for row in rows}

    def measure(self, measurements: Iterable[Measurement]) -> None:
        with self._connection as transaction:
            transaction.executemany(
                "INSERT OR REPLACE INTO measurements VALUES (?, ?, ?, ?, ?)", [astuple(m) for m in measurements]
            )

    def verdicts(self) -> list[Verdict]:
        """The last curation's verdict of each image, by sha256."""
        rows = self._connection.execute(
            "SELECT sha256, reason, domain, split, detail, score, threshold, other FROM verdicts ORDER BY sha256"
        )
        return [Verdict(*row) for row in rows]

    def judge(self, verdicts: Iterable[Verdict], sides: dict[str, Split], settings: dict[str, str]) -> None:
        """Replace every verdict and side by those of a new curation, and keep the settings it was made with."""
        with self._connection as transaction:
            transaction.execute("DELETE FROM verdicts")
            transaction.executemany(
                "INSERT INTO verdicts (sha256, reason, domain, split, detail, score, threshold, other)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
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

    def decide(self, decision: Decision) -> None:
        """Append what a person said; nothing is ever overwritten."""
        with self._connection as transaction:
            transaction.execute(
                "INSERT INTO decisions (sha256, other, action, value, decided_at) VALUES (?, ?, ?, ?, ?)",
                (*astuple(decision), self._clock()),
            )

    def decisions(self) -> list[Decision]:
        """Every decision, oldest first."""
        rows = self._connection.execute("SELECT sha256, other, action, value FROM decisions ORDER BY number")
        return [Decision(*row) for row in rows]

    def fetched_images(self, query: Query, engine: str) -> int:
        """How many different images this query has brought through this engine."""
        row = self._connection.execute(
            "SELECT COUNT(DISTINCT sha256) FROM sources WHERE state = 'fetched'"
            " AND domain = ? AND query = ? AND engine = ?",
            (query.domain, query.text, engine),
        ).fetchone()
        return int(row[0])

    def counts(self) -> Counts:
        states = Counter(dict(self._connection.execute("SELECT state, COUNT(*) FROM sources GROUP BY state")))
        failed = self._connection.execute("SELECT reason, COUNT(*) FROM sources WHERE state = 'failed' GROUP BY reason")
        rejected = self._connection.execute("SELECT reason, COUNT(*) FROM verdicts WHERE reason <> '' GROUP BY reason")
        kept = self._connection.execute("SELECT COUNT(*) FROM verdicts WHERE reason = ''").fetchone()
        images = self._connection.execute("SELECT COUNT(*) FROM images").fetchone()
        return Counts(
            candidates=states.total(),
            waiting=states["seen"],
            fetched=states["fetched"],
            failed=Counter(dict(failed)),
            images=images[0],
            kept=kept[0],
            rejected=Counter(dict(rejected)),
        )

    def dump(self) -> list[tuple[object, ...]]:
        """Every row ordered by key, without times and attempt counts: two catalogues that dump equal say the same."""
        return [row for query in _DUMPED for row in self._connection.execute(query)]


def _source(row: tuple[object, ...]) -> Source:
    *candidate, state, reason, temporary, sha256, final_url = row
    return Source(Candidate(*candidate), state, reason, bool(temporary), sha256, final_url)  # type: ignore[arg-type]


def _settled(source: Source, now: float) -> tuple[object, ...]:
    candidate = source.candidate
    key = (candidate.domain, candidate.engine, candidate.query, candidate.image_url)
    return (source.state, source.reason, source.temporary, source.sha256, source.final_url, now, *key)


@contextmanager
def open_catalog(path: Path, clock: Callable[[], float] = time.time) -> Iterator[Catalog]:
    """Open the catalogue, make or migrate it, and leave it as one file (a truncating checkpoint) at the end.

    Raises UnusableError for a file that is no catalogue, is damaged, or comes from a newer version; DiskError for a
    full disk or missing permission.
    """
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with closing(sqlite3.connect(path, timeout=5.0)) as connection:
            _prepare(connection, path)
            yield Catalog(connection, clock)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError as error:
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


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise UnusableError(
            _(
                "{path}: made by a newer version of unpaired (format {version}, this one reads up to {known})."
                " Upgrade unpaired.",
                path=path,
                version=version,
                known=len(MIGRATIONS),
            )
        )
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        connection.executescript(f"BEGIN; {script}; PRAGMA user_version = {number}; COMMIT;")


@contextmanager
def read_catalog(path: Path) -> Iterator[Catalog | None]:
    """The catalogue for reading only, or None where there is none; makes no file."""
    if not path.is_file():
        yield None
        return
    with open_catalog(path) as catalog:
        yield catalog


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
