"""Rows given to a PostgreSQL database, or asked of it, by the values of Python."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager

from journal.effect import Effect, Row, Selection
from journal.errors import StatementFailed
from journal.postgresql import transfer
from journal.postgresql.execute import Execution
from journal.postgresql.one_row import PostgresqlTraces
from journal.selecting import ALL, Keys, Source, keys_of, rows_of
from journal.values import SchemaObject


class PostgresqlRows(PostgresqlTraces, ABC):
    """One session's half of the port that moves rows between Python and its tables."""

    shared_part: str = ""
    """The part that is done while others of the run do theirs; empty where nobody else writes."""

    @abstractmethod
    def point(self, *, run: str) -> AbstractContextManager[None]:
        """Open an SQL savepoint; an error takes back what the block did."""

    @abstractmethod
    def _running(self, run: str) -> Execution:
        """Return what captures the statements of a run."""

    def insert(
        self, table: SchemaObject, columns: Sequence[str], rows: Iterable[Row], *, run: str
    ) -> Effect:
        """Insert rows into a table and capture that, all of them or none."""
        given = list(rows)
        if self.shared_part:
            return self._insert_beside(table, columns, given, run)
        sql = transfer.insertion(table, columns)
        data = transfer.copy_text(given)
        with self.point(run=run):
            effect = self._running(run).execute(sql, data=data, allowed=frozenset())
            if effect.affected != len(given):
                raise StatementFailed("a row was left out, as by a trigger", sqlstate="02000")
        return effect

    def _insert_beside(
        self, table: SchemaObject, columns: Sequence[str], given: Sequence[Row], run: str
    ) -> Effect:
        with self.point(run=run), transfer.given(self.session, table, columns, given):
            effect = self._running(run).insert_beside(table, columns)
            if effect.affected != len(given):
                raise StatementFailed("a row was left out, as by a trigger", sqlstate="02000")
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
        with (
            self.point(run=run),
            transfer.given(self.session, table, (*match, *columns), rows),
        ):
            effect = self._running(run).execute(sql, data=None, allowed=frozenset())
            if effect.affected != len(rows):
                raise StatementFailed("a row to be updated is not there", sqlstate="02000")
        return effect

    def delete(
        self, table: SchemaObject, match: Sequence[str], keys: Sequence[Row], *, run: str
    ) -> Effect:
        """Delete the rows whose ``match`` columns bear these keys and capture that, or none."""
        sql = transfer.deleting(table, match)
        with self.point(run=run), transfer.given(self.session, table, match, keys):
            effect = self._running(run).execute(sql, data=None, allowed=frozenset())
            if effect.affected != len(keys):
                raise StatementFailed("a row to be deleted is not there", sqlstate="02000")
        return effect

    def find(
        self,
        table: SchemaObject,
        match: Sequence[str],
        keys: Sequence[Row],
        columns: Sequence[str],
    ) -> list[tuple[int, Row]]:
        """Find the rows whose ``match`` columns bear a key."""
        with self.session.point("clew_find"):
            return transfer.find(self.session, table, match, keys, columns)

    def select(self, sql: str) -> AbstractContextManager[Selection]:
        """Run a query within the open transaction."""
        return transfer.select(self.session, sql)

    def select_rows(self, source: Source, keys: Keys = ALL) -> AbstractContextManager[Selection]:
        """Run a SELECT, its rows by key and in order."""
        transfer.only_query(source.sql)
        sql = rows_of(source, keys, transfer.dialect(self.session))
        return transfer.select(self.session, sql)

    def select_keys(self, source: Source, keys: Keys = ALL) -> AbstractContextManager[Selection]:
        """Run a SELECT for its keys alone."""
        transfer.only_query(source.sql)
        sql = keys_of(source, keys, transfer.dialect(self.session))
        return transfer.select(self.session, sql)
