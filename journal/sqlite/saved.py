"""Saved folds in a SQLite file."""

from __future__ import annotations

from collections.abc import Iterator

from journal.saved import SavedFold, surplus
from journal.sqlite.connection import Session

TABLE = """CREATE TABLE IF NOT EXISTS clew_saved (
    name TEXT NOT NULL, layout INTEGER NOT NULL, position INTEGER NOT NULL, digest BLOB NOT NULL,
    state BLOB NOT NULL, sum BLOB NOT NULL, vouched INTEGER NOT NULL, PRIMARY KEY (name, position)
)"""


def make(session: Session) -> None:
    """Make the table where it is not there, and empty it."""
    session.run(TABLE)
    session.run("DELETE FROM clew_saved")


def there(session: Session) -> bool:
    """Tell whether this journal can keep saved folds; one of an earlier release cannot yet."""
    return bool(session.value("SELECT 1 FROM sqlite_master WHERE name = 'clew_saved'"))


def find(session: Session, name: str, layout: int, last: int) -> SavedFold | None:
    """Return the newest one at or before ``last`` that stands on an entry of this journal."""
    if not there(session):
        return None
    for position, digest, state, checked, vouched in session.run(
        "SELECT s.position, s.digest, s.state, s.sum, s.vouched FROM clew_saved s"
        " JOIN clew_entry e ON e.position = s.position AND e.digest = s.digest"
        " WHERE s.name = ? AND s.layout = ? AND s.position <= ?"
        " ORDER BY s.position DESC LIMIT 1",
        (name, layout, last),
    ):
        if isinstance(state, bytes) and isinstance(vouched, int):
            found = SavedFold(
                name=name,
                layout=layout,
                position=position,
                digest=digest,
                state=state,
                vouched=vouched,
            )
            return found if found.sum == checked else None
    return None


def put(session: Session, one: SavedFold, kept: int) -> None:
    """Store one in the place of any other there, and let go of those that are too many."""
    session.run(
        "INSERT OR REPLACE INTO clew_saved VALUES (?, ?, ?, ?, ?, ?, ?)",
        (one.name, one.layout, one.position, one.digest, one.state, one.sum, one.vouched),
    )
    session.run("DELETE FROM clew_saved WHERE name = ? AND layout < ?", (one.name, one.layout))
    rows = session.run("SELECT position FROM clew_saved WHERE name = ?", (one.name,))
    for position in surplus([row[0] for row in rows], kept):
        session.run("DELETE FROM clew_saved WHERE name = ? AND position = ?", (one.name, position))


def every(session: Session) -> Iterator[tuple[SavedFold, object]]:
    """Yield each with the sum that stands beside it, by position."""
    if not there(session):
        return
    for position, name in session.run(
        "SELECT position, name FROM clew_saved ORDER BY position, name"
    ):
        for row in session.run(
            "SELECT layout, digest, state, vouched, sum FROM clew_saved"
            " WHERE name = ? AND position = ?",
            (name, position),
        ):
            one = SavedFold(
                name=name,
                layout=row[0],
                position=position,
                digest=row[1],
                state=row[2],
                vouched=row[3],
            )
            yield one, row[4]
