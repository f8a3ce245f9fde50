"""Where the values of a column stand: all of its images, and the live table, tell them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec.structs import replace

from commands.erasing.answer import Column, Stays
from commands.erasing.finder import Progress, Range, in_entry
from commands.erasing.scope import Scope, scopes
from commands.erasing.sought import Many, form
from commands.erasing.tied import Tied, ranges_of
from journal import events as e
from journal.envelope import Entry
from journal.erased import Erased
from journal.store import Journal
from journal.values import TableRows

_PAGE = 10_000
"""Values of a column that are learnt at a time."""


class ColumnFinder:
    """Finds the values of one column; texts are compared with them literal by literal."""

    def __init__(self, journal: Journal, what: Column) -> None:
        self.journal = journal
        self.what = what
        self.scopes = {scope.table: scope for scope in scopes(journal, what)}
        self.name = f"column {what.column} of {what.table}"
        self.ranges: list[Range] = []
        self.unsearched: list[str] = []
        self._sought = Many()
        self._learnt: list[str] = []
        self._related: set[str] = set()
        self._tied = Tied()

    def look(self, progress: Progress) -> None:
        """Learn the column's values, from images and from the live table."""
        found = ranges_of(self.journal, self.scopes, self._tied)
        done = 0
        for one, statement in found:
            (column,) = one.wanted.columns
            if column not in one.rows.columns:
                continue
            count = 0
            for _, values in self.journal.database.images_of(one.rows, one.wanted):
                done += 1
                if done % 10_000 == 0:
                    progress("images", done)
                if not isinstance(values[column], Erased):
                    count += 1
                    self._learn(values[column])
            if count:
                self.ranges.append(replace(one, count=count))
                self._related.add(statement)
        for scope in self.scopes.values():
            self._look_at_live(scope)
        self._sought.add(self._learnt)
        self.unsearched.append("values that are short, but in the statements that wrote the column")

    def is_in(self, digest: str, content: bytes) -> bool:
        """Tell whether content is tied to the column, or holds one of its values."""
        if self._tied.holds(digest) or self._sought.holds(content):
            return True
        return digest in self._related and self._sought.spells(content)

    def texts(self) -> Iterable[str]:
        """Return nothing: a column has too many values to look for them all in images."""
        return ()

    def is_in_other(self, rows: TableRows, values: dict[int, Any]) -> bool:
        """Nothing is looked for in other images."""
        del rows, values
        return False

    def stays(self, entry: Entry, body: bytes) -> Iterator[Stays]:
        """Yield where a value stands in an entry itself."""
        del body
        kinds = (e.ConflictFound, e.FieldUnmapped, e.RecordRejected, e.RowsTransformed)
        if isinstance(entry.event, kinds):
            yield from in_entry(entry, self._sought)

    def beyond(self) -> Iterator[Stays]:
        """Yield the live column, and backups and copies of its table."""
        for scope in self.scopes.values():
            if scope.live and scope.wanted.columns & {column.id for column in scope.live.columns}:
                yield Stays(kind="live column", where=f"{scope.name}.{self.what.column}")
        yield Stays(kind="not searched", where="images of other tables and columns")
        yield from self._tied.beyond

    def close(self) -> None:
        """Forget the values."""
        self._sought.close()

    def _look_at_live(self, scope: Scope) -> None:
        if scope.live and scope.wanted.columns <= {column.id for column in scope.live.columns}:
            for values in self.journal.database.rows_meant(replace(scope.wanted, table=scope.live)):
                self._learn(*values.values())

    def _learn(self, value: Any) -> None:
        text = form(value)
        if text:
            self._learnt.append(text)
        if len(self._learnt) == _PAGE:
            self._sought.add(self._learnt)
            self._learnt.clear()
