"""Row images of the journal, put under numbers of their own in a scratch copy."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing

from journal.scratch import Carried
from journal.sqlite.connection import mapped
from journal.url import URL


def carry_images(copy: URL, carried: Sequence[Carried]) -> None:
    """Repeat images, which a whole copy has already. Raises ``StatementFailed``."""
    with mapped(), closing(sqlite3.connect(str(copy.database), isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = OFF")
        db.execute("CREATE TEMP TABLE clew_carried (run, first, last, new, number)")
        db.execute("BEGIN")
        db.executemany(
            "INSERT INTO temp.clew_carried VALUES (?, ?, ?, ?, ?)",
            (
                (one.rows.run, one.rows.images.first, one.rows.images.last, one.run, one.number)
                for one in carried
                if one.rows.images is not None
            ),
        )
        db.execute(
            "INSERT INTO main.clew_image SELECT m.new, m.number + i.number - m.first, i.sign,"
            " i.rows, i.chunk FROM temp.clew_carried m CROSS JOIN main.clew_image i"
            " ON i.run = m.run AND i.number BETWEEN m.first AND m.last"
        )
        db.execute("COMMIT")
