"""The tables of a catalogue, version by version, and how an older one becomes today's."""

import sqlite3
from pathlib import Path

from pipeline.errors import UnusableError
from pipeline.language import _

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
    """
    ALTER TABLE sources ADD COLUMN etag TEXT NOT NULL DEFAULT '';
    ALTER TABLE sources ADD COLUMN last_modified TEXT NOT NULL DEFAULT '';
    ALTER TABLE sources ADD COLUMN tool_version TEXT NOT NULL DEFAULT '';
    CREATE TABLE forgotten (mark TEXT NOT NULL, image TEXT NOT NULL, PRIMARY KEY (mark, image)) WITHOUT ROWID;
    CREATE TABLE exports (name TEXT NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (name, sha256)) WITHOUT ROWID;
    """,
    """
    ALTER TABLE images ADD COLUMN width INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE images ADD COLUMN height INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE images ADD COLUMN dhash TEXT NOT NULL DEFAULT '';
    ALTER TABLE measurements ADD COLUMN signature BLOB NOT NULL DEFAULT x'';
    ALTER TABLE measurements ADD COLUMN looks TEXT NOT NULL DEFAULT '[]';
    ALTER TABLE verdicts ADD COLUMN flags TEXT NOT NULL DEFAULT '';
    CREATE TABLE comparisons (
        first TEXT NOT NULL, second TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('copy', 'scene', 'unrelated')),
        score REAL NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (first, second)
    ) WITHOUT ROWID;
    CREATE INDEX comparisons_by_second ON comparisons (second);
    CREATE TABLE compared (sha256 TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE embeddings (
        model TEXT NOT NULL, sha256 TEXT NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (model, sha256)
    );
    """,
    """
    ALTER TABLE comparisons ADD COLUMN place TEXT NOT NULL DEFAULT '[]';
    DELETE FROM compared WHERE sha256 IN (
        SELECT first FROM comparisons WHERE kind != 'unrelated'
        UNION SELECT second FROM comparisons WHERE kind != 'unrelated'
    );
    DELETE FROM comparisons WHERE kind != 'unrelated'; -- the next curation finds them again, and their places
    """,
)
"""One script for each version; `PRAGMA user_version` counts those that were applied. Old scripts never change."""


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables, or bring them to today's version. Raises UnusableError where a newer version made them."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten (`pipeline forget`)
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
        _migrate(connection, number, script)


def _migrate(connection: sqlite3.Connection, number: int, script: str) -> None:
    try:
        connection.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")
    except sqlite3.OperationalError:
        connection.rollback()
        if connection.execute("PRAGMA user_version").fetchone()[0] < number:
            raise  # else another process, such as a review, took this step while we waited
