"""What the journal says of changes to the rows of some tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from journal import events as e
from journal.envelope import Entry
from journal.values import TableRows
from projections.standing import Standing

TYPES = ("RunStarted", "RunCompleted", "RowsChanged", "SchemaChanged")
"""The types of the events that tell of them."""


class TableChanges(msgspec.Struct, frozen=True, kw_only=True):
    """Changes to one table's rows that stand: how many rows in how many entries, and the last.

    ``written`` counts rows that runs wrote since the table was made, or made again by a
    rollback: what came and went with it, too.
    """

    entries: int = 0
    rows: int = 0
    last: int = 0
    last_at: str = ""
    written: int = 0


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """That, by the identity of the table."""

    tables: Mapping[int, TableChanges]

    @staticmethod
    def fold(tables: Iterable[int]) -> ChangesFold:
        """Return a fold that has seen nothing yet, and looks at these tables."""
        return ChangesFold(tables)


class ChangesFold:
    """Working state of ``Changes``: it grows with runs that write to the tables."""

    def __init__(self, tables: Iterable[int]) -> None:
        self._runs: dict[int, dict[str, TableChanges]] = {one: {} for one in tables}
        self._written: dict[int, int] = dict.fromkeys(self._runs, 0)
        self._statement: dict[int, tuple[str, int, int]] = {}
        self._standing = Standing()

    def take(self, entry: Entry) -> None:
        """Go on by one entry; only those of ``TYPES`` count."""
        self._standing.take(entry)
        match entry.event:
            case e.RowsChanged(statement=statement, rows=rows) if rows.table in self._runs:
                self._wrote(entry, statement.number, rows)
            case e.SchemaChanged(statement=statement, changes=changes):
                for change in changes:
                    if change.before is None and change.after and change.after.id in self._runs:
                        self._made(entry, statement.number, change.after.id)
            case _:
                pass

    def answer(self) -> Changes:
        """Return the changes as of the last entry taken."""
        return Changes(tables={one: self._total(one) for one in self._runs})

    def _wrote(self, entry: Entry, statement: int, rows: TableRows) -> None:
        number = max(rows.added, rows.removed)
        before = self._runs[rows.table].get(entry.run, TableChanges())
        self._runs[rows.table][entry.run] = TableChanges(
            entries=before.entries + 1,
            rows=before.rows + number,
            last=entry.position,
            last_at=entry.recorded_at,
        )
        self._written[rows.table] += number
        run, last, within = self._statement.get(rows.table, ("", 0, 0))
        same = (run, last) == (entry.run, statement)
        self._statement[rows.table] = (entry.run, statement, number + (within if same else 0))

    def _made(self, entry: Entry, statement: int, table: int) -> None:
        """Rows that came with the table stand before it."""
        run, last, within = self._statement.get(table, ("", 0, 0))
        self._written[table] = within if (run, last) == (entry.run, statement) else 0

    def _total(self, table: int) -> TableChanges:
        found = [one for one in self._runs[table].values() if self._standing.stands(one.last)]
        newest = max(found, key=lambda one: one.last, default=TableChanges())
        return TableChanges(
            entries=sum(one.entries for one in found),
            rows=sum(one.rows for one in found),
            last=newest.last,
            last_at=newest.last_at,
            written=self._written[table],
        )
