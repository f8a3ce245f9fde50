"""Proving a capture against copies, where the server's counts cannot.

The server counts rows also when a function catches an error and their writing is undone, and
forgets what it counted when a table is truncated. Then the table is copied before the
statement runs, and the copy, less the before images, plus the after images, must be the table.
"""

from __future__ import annotations

from collections.abc import Iterable

from journal.errors import NotExact
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.catalog.settings import plain
from journal.postgresql.connection import Session
from journal.postgresql.hidden import uncovered
from journal.postgresql.images import Shape, shape_of, unfolded
from journal.postgresql.watch import Watch
from journal.values import TableRows


class Copies:
    """Copies of some tables as they were before one statement."""

    def __init__(self, session: Session, catalog: Catalog, oids: Iterable[int]) -> None:
        self.session = session
        self._shapes: dict[int, Shape] = {}
        for oid in sorted(oids):
            identity = catalog.id_of(oid)
            table = None if identity is None else catalog.get(identity)
            if table is None:
                continue
            shape = shape_of(session, table, oid)
            with uncovered(session, [oid]), plain(session):
                session.run(f"CREATE TEMP TABLE clew_copy_{oid} AS {_rows(shape)}")
            self._shapes[oid] = shape
        if self._shapes:
            catalog.refresh()

    @property
    def proved(self) -> frozenset[int]:
        """The oids of the copied tables."""
        return frozenset(self._shapes)

    def unproved(self, watch: Watch) -> tuple[int, ...]:
        """Return tables that need a copy to be proved, and have none."""
        return tuple(oid for oid in watch.unproved() if oid not in self._shapes)

    def check(self, captured: Iterable[TableRows]) -> None:
        """Hold what was captured against the copies, and drop them.

        Raises:
            NotExact: rows changed that were not captured.
        """
        by_table = {rows.table: rows for rows in captured}
        for oid, shape in self._shapes.items():
            rows = by_table.get(shape.identity)
            with uncovered(self.session, [oid]), plain(self.session):
                if self.session.value(_difference(oid, shape, rows)):
                    raise NotExact(f"rows of {shape.name} changed without being captured")
            self.session.run(f"DROP TABLE pg_temp.clew_copy_{oid}")


def _rows(shape: Shape) -> str:
    return f"SELECT ARRAY[{', '.join(shape.texts)}]::text[] AS r FROM ONLY {shape.name}"


def _difference(oid: int, shape: Shape, rows: TableRows | None) -> str:
    parts = [
        f"SELECT r, 1 AS n FROM pg_temp.clew_copy_{oid}",
        f"SELECT r, -1 FROM ({_rows(shape)}) l",
    ]
    if rows is not None:
        columns = ", ".join(f"x.c{identity}" for identity in rows.columns)
        for sign in (-1, 1):
            image = f"({unfolded(rows, sign)}) x"
            parts.append(f"SELECT ARRAY[{columns}]::text[], {sign} FROM {image}")
    union = " UNION ALL ".join(parts)
    return f"SELECT 1 FROM ({union}) e GROUP BY r HAVING sum(n) <> 0 LIMIT 1"
