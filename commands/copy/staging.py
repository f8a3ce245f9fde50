"""A private database on disk that a copy sorts and compares in, so that memory stays flat."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from journal.errors import Unreachable

PAGES = 32_000
"""Kilobytes of it that are held in memory."""


class Staging:
    """Tables of the copy's own; nobody else sees them, and they are gone with the process.

    Everything raises ``Unreachable`` where the directory for temporary files is full.
    """

    def __init__(self, raw: sqlite3.Connection) -> None:
        self._raw = raw

    def make(self, name: str, columns: str) -> None:
        """Make a table, empty."""
        self.drop(name)
        self.run(f"CREATE TABLE {name} ({columns})")

    def drop(self, *names: str) -> None:
        """Give the room of tables back."""
        for name in names:
            self.run(f"DROP TABLE IF EXISTS {name}")

    def add(self, name: str, width: int, rows: Iterable[Sequence[Any]]) -> None:
        """Add rows to a table."""
        with _mapped():
            self._raw.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * width)})", rows)

    def run(self, sql: str, given: Sequence[Any] = ()) -> int:
        """Run a statement; return how many rows it wrote."""
        with _mapped():
            return self._raw.execute(sql, given).rowcount

    def value(self, sql: str, given: Sequence[Any] = ()) -> Any:
        """Return the first value of the first row; ``None`` without one."""
        with _mapped():
            row = self._raw.execute(sql, given).fetchone()
        return row[0] if row else None

    def rows(self, sql: str, given: Sequence[Any] = ()) -> Iterator[Any]:
        """Yield the rows of a query as they are asked for.

        Nothing is held open between two rows, so one that is left in the middle ends quietly.
        """
        with _mapped():
            cursor = self._raw.execute(sql, given)
        while True:
            try:
                row = cursor.fetchone()
            except sqlite3.OperationalError as error:
                raise _full(error) from error
            if row is None:
                return
            yield row


@contextmanager
def staging() -> Iterator[Staging]:
    """Open one; it is removed at the end, also where the process is killed."""
    with closing(sqlite3.connect("", isolation_level=None)) as raw:  # a file without a name
        raw.execute("PRAGMA journal_mode = OFF")
        raw.execute("PRAGMA synchronous = OFF")
        raw.execute(f"PRAGMA cache_size = -{PAGES}")
        raw.execute("BEGIN")
        yield Staging(raw)
        raw.rollback()


@contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise _full(error) from error


def _full(error: sqlite3.Error) -> Unreachable:
    return Unreachable(
        f"temporary files cannot be written: {error}",
        hint="Make room, or name another directory in SQLITE_TMPDIR.",
    )
