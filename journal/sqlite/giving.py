"""Rows given to a SQLite file, or asked of it, by the values of Python."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager

from journal.effect import Effect, Row, Selection
from journal.errors import StatementFailed
from journal.selecting import ALL, Keys, Source, keys_of, rows_of
from journal.sqlite import job, transfer
from journal.sqlite.one_row import SqliteTraces
from journal.values import SchemaObject


class SqliteRows(SqliteTraces, ABC):
    """One session's half of the port that moves rows between Python and its tables."""

    @abstractmethod
    def point(self, *, run: str) -> AbstractContextManager[None]:
        """Open an SQL savepoint; an error takes back what the block did."""

    @abstractmethod
    def _execute(self, one: job.Job, run: str, allowed: frozenset[str] = frozenset()) -> Effect:
        """Run one statement of a run and capture what it did."""

    def insert(
        self, table: SchemaObject, columns: Sequence[str], rows: Iterable[Row], *, run: str
    ) -> Effect:
        """Insert rows into a table and capture that, all of them or none."""
        sql = transfer.insertion(table, columns)
        given = [transfer.bound(row) for row in rows]
        with self.point(run=run):
            one = job.each(self.session, sql, given, width=len(columns))
            effect = self._execute(one, run)
            if effect.affected != len(given):
                raise StatementFailed(
                    "a row was left out, as by a trigger", sqlstate="SQLITE_MISMATCH"
                )
        return effect

    def update(
        self,
        table: SchemaObject,
        match: Sequence[str],
        columns: Sequence[str],
        rows: Sequence[Row],
        *,
        run: str,
    ) -> Effect:
        """Give columns of rows new values and capture that, in all of them or none."""
        sql = transfer.updating(table, match, columns)
        turned = [transfer.bound((*row[len(match) :], *row[: len(match)])) for row in rows]
        with self.point(run=run):
            one = job.each(self.session, sql, turned, width=len(match) + len(columns))
            effect = self._execute(one, run)
            if effect.affected != len(rows):
                raise StatementFailed(
                    "a row to be updated is not there", sqlstate="SQLITE_MISMATCH"
                )
        return effect

    def delete(
        self, table: SchemaObject, match: Sequence[str], keys: Sequence[Row], *, run: str
    ) -> Effect:
        """Delete the rows whose ``match`` columns bear these keys and capture that, or none."""
        sql = transfer.deleting(table, match)
        given = [transfer.bound(key) for key in keys]

        def there() -> int:
            return len(self.find(table, match, keys, match[:1]))

        with self.point(run=run):
            before = there()
            one = job.each(self.session, sql, given, width=len(match))
            effect = self._execute(one, run)
            missed = effect.affected != len(given)  # as where one went along with another
            if before != len(given) or (missed and there()):
                raise StatementFailed(
                    "a row to be deleted is not there", sqlstate="SQLITE_MISMATCH"
                )
        return effect

    def find(
        self,
        table: SchemaObject,
        match: Sequence[str],
        keys: Sequence[Row],
        columns: Sequence[str],
    ) -> list[tuple[int, Row]]:
        """Find the rows whose ``match`` columns bear a key."""
        return transfer.find(self.session, table, match, keys, columns)

    def select(self, sql: str) -> AbstractContextManager[Selection]:
        """Run a query within the open transaction."""
        return transfer.select(self.session, sql)

    def select_rows(self, source: Source, keys: Keys = ALL) -> AbstractContextManager[Selection]:
        """Run a SELECT, its rows by key and in order."""
        transfer.only_query(source.sql)
        return transfer.select(self.session, rows_of(source, keys, transfer.DIALECT))

    def select_keys(self, source: Source, keys: Keys = ALL) -> AbstractContextManager[Selection]:
        """Run a SELECT for its keys alone."""
        transfer.only_query(source.sql)
        return transfer.select(self.session, keys_of(source, keys, transfer.DIALECT))
