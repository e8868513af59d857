"""What a catalogue holds, in numbers."""

import sqlite3
from collections import Counter
from dataclasses import dataclass


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


def counts_in(connection: sqlite3.Connection) -> Counts:
    """Count the rows of a catalogue."""
    states = Counter(dict(connection.execute("SELECT state, COUNT(*) FROM sources GROUP BY state")))
    failed = connection.execute("SELECT reason, COUNT(*) FROM sources WHERE state = 'failed' GROUP BY reason")
    rejected = connection.execute("SELECT reason, COUNT(*) FROM verdicts WHERE reason <> '' GROUP BY reason")
    kept = connection.execute("SELECT COUNT(*) FROM verdicts WHERE reason = ''").fetchone()
    images = connection.execute("SELECT COUNT(*) FROM images").fetchone()
    return Counts(
        candidates=states.total(),
        waiting=states["seen"],
        fetched=states["fetched"],
        failed=Counter(dict(failed)),
        images=images[0],
        kept=kept[0],
        rejected=Counter(dict(rejected)),
    )
