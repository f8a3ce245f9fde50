"""Statements tried on a PostgreSQL database that is thrown away."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import psycopg

from journal.effect import Row, Schema, StatementKind
from journal.errors import Refused, StatementFailed
from journal.postgresql import gate, wording
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.connection import connect
from journal.trying import Refusal
from journal.url import URL
from journal.values import DatabaseKind, ObjectChange, SchemaObject

_POINT = "clew_trial"
_UNDEFINED = frozenset(("42P01", "42703", "42704", "42883", "3F000"))
"""No such table, column, object, function or schema."""


class PostgresqlTrial:
    """One session with a scratch database."""

    kind: DatabaseKind = "postgresql"

    def __init__(self, url: URL, *, lock_timeout: float) -> None:
        self.session = connect(url, lock_timeout=lock_timeout, holder="doctor")
        self._timeout = int(lock_timeout * 1000)
        self._catalog: Catalog | None = None
        self._known: Schema = {}
        self._numbers = count(1)

    def classify(self, sql: str) -> StatementKind:
        """Tell what a statement is for."""
        return gate.classify(sql)

    def begin(self, *, foreign_keys: bool = True) -> None:
        """Begin a transaction; foreign keys are always checked."""
        del foreign_keys
        self._catalog = None
        self.session.run("BEGIN")

    def attempt(self, sql: str, data: str | None = None) -> Refusal | None:
        """Run a statement in an SQL savepoint."""

        def within() -> None:
            with self.session.point(_POINT):
                if data is None:
                    self.session.run(sql)
                else:
                    self.session.copy(sql, data)

        refusal = _refused(within)
        if refusal is not None:
            self._catalog = None  # it saw what the savepoint took back
        return refusal

    def end(self) -> Refusal | None:
        """Check deferred constraints and commit."""
        refusal = self.attempt("SET CONSTRAINTS ALL IMMEDIATE")
        self.session.run("ROLLBACK" if refusal else "COMMIT")
        self._catalog = None
        self.session.run("RESET SESSION AUTHORIZATION")
        self.session.run("RESET ALL")
        self.session.run(f"SET lock_timeout = {self._timeout}")
        return refusal

    def alone(self, sql: str) -> Refusal | None:
        """Run a statement outside any transaction."""
        return _refused(lambda: self.session.run(sql))

    def schema(self) -> tuple[SchemaObject, ...]:
        """Return the schema as it is now; within a transaction only what changed is read again."""
        if self.session.in_transaction:
            return self._looked()
        self.session.run("BEGIN")
        try:
            return self._looked()
        finally:
            self.session.run("ROLLBACK")
            self._catalog = None

    def _looked(self) -> tuple[SchemaObject, ...]:
        try:
            if self._catalog is not None:
                self._catalog.refresh()
        except Refused:  # it changed what no reader accounts for
            self._catalog = None
        if self._catalog is None:
            self._catalog = Catalog(self.session, self._known, lambda: next(self._numbers))
        self._known = self._catalog.schema()
        return self._catalog.objects()

    def ddl(self, change: ObjectChange) -> tuple[str, ...]:
        """Word a change as DDL, NOT NULL where the column is."""
        return wording.ddl(change, catalogued=False)

    def ask(self, sql: str) -> list[Row]:
        """Run a query of ours."""
        if not self.session.in_transaction:
            return list(self.session.query(sql))
        with self.session.point(_POINT):
            return list(self.session.query(sql))

    def close(self) -> None:
        """End the session."""
        self.session.raw.close()


def _refused(work: Callable[[], object]) -> Refusal | None:
    try:
        work()
    except StatementFailed as error:
        cause = error.__cause__
        detail = cause.diag.message_detail if isinstance(cause, psycopg.Error) else None
        return Refusal(
            message=error.message,
            state=error.sqlstate,
            detail=" ".join((detail or "").split()),
            undefined=error.sqlstate in _UNDEFINED,
        )
    return None
