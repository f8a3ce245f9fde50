"""Statements tried on a SQLite file that is thrown away."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from itertools import count

from journal.effect import Row, StatementKind
from journal.errors import Refused, StatementFailed, rows
from journal.sqlite import attaching, gate, wording
from journal.sqlite.connection import connect
from journal.sqlite.schema import Catalog
from journal.trying import Refusal
from journal.url import URL
from journal.values import DatabaseKind, ObjectChange, SchemaObject

_POINT = "clew_trial"
_REFERENCE = "SQLITE_CONSTRAINT_FOREIGNKEY"


class SqliteTrial:
    """One session with a scratch file."""

    kind: DatabaseKind = "sqlite"

    def __init__(self, url: URL, *, lock_timeout: float) -> None:
        self.session = connect(url, lock_timeout=lock_timeout, create=True)
        self._dangling: Counter[tuple[str, str]] = Counter()
        self._catalog: Catalog | None = None

    def classify(self, sql: str) -> StatementKind:
        """Tell what a statement is for. Raises ``Refused`` for one that reaches another file."""
        if attaching.attachment(sql) is not None:
            raise Refused("ATTACH reaches for another file")
        return gate.classify(sql)

    def begin(self, *, foreign_keys: bool = True) -> None:
        """Begin a transaction; rows that refer to nothing already are counted first."""
        self._dangling = self._references()
        self.session.run(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        self.session.run("BEGIN IMMEDIATE")

    def attempt(self, sql: str, data: str | None = None) -> Refusal | None:
        """Run a statement in an SQL savepoint."""
        del data
        try:
            with self.session.point(_POINT):
                self.session.run(sql)
        except StatementFailed as error:
            detail = self._lost(sql) if error.sqlstate == _REFERENCE else ""
            return _refusal(error, detail)
        return None

    def end(self) -> Refusal | None:
        """Hold foreign keys against all rows, which SQLite does only when asked, and commit."""
        if not self.session.raw.in_transaction:
            return None
        more = self._references() - self._dangling
        try:
            self.session.run("COMMIT")
        except StatementFailed as error:
            self.session.run("ROLLBACK")
            return _refusal(error)
        if not more:
            return None
        return Refusal(message="rows refer to nothing", state=_REFERENCE, detail=_told(more))

    def alone(self, sql: str) -> Refusal | None:
        """Run a statement outside any transaction."""
        try:
            self.session.run(sql)
        except StatementFailed as error:
            return _refusal(error)
        return None

    def schema(self) -> tuple[SchemaObject, ...]:
        """Return the schema as it is now; only what changed is read again."""
        if self._catalog is None:
            numbers = count(1)
            self._catalog = Catalog(self.session, {}, lambda: next(numbers))
        else:
            self._catalog.refresh()
        found = self._catalog.objects.values()
        return tuple(sorted(found, key=lambda one: (one.kind, one.path)))

    def ddl(self, change: ObjectChange) -> tuple[str, ...]:
        """Word a change as DDL."""
        return wording.ddl(change)

    def ask(self, sql: str) -> list[Row]:
        """Run a query of ours."""
        return list(self.session.run(sql))

    def close(self) -> None:
        """End the session."""
        with suppress(StatementFailed):
            if self.session.raw.in_transaction:
                self.session.run("ROLLBACK")
        self.session.raw.close()

    def _lost(self, sql: str) -> str:
        """Tell which rows of a statement refer to nothing, which SQLite itself does not."""
        former = self._references()
        try:
            with self.session.nested():
                self.session.run("PRAGMA defer_foreign_keys = ON")
                self.session.run(sql)
                return _told(self._references() - former)
        except StatementFailed:
            return ""
        finally:
            self.session.run("PRAGMA defer_foreign_keys = OFF")

    def _references(self) -> Counter[tuple[str, str]]:
        """Count rows that refer to nothing, by table and the table they refer to."""
        try:
            found = self.session.run("PRAGMA foreign_key_check")
        except StatementFailed:  # a key that refers to columns without a unique index
            return Counter()
        return Counter((str(row[0]), str(row[2])) for row in found)


def _told(lost: Counter[tuple[str, str]]) -> str:
    return ", ".join(
        f"{rows(number)} of {child} to {parent}" for (child, parent), number in lost.items()
    )


def _refusal(error: StatementFailed, detail: str = "") -> Refusal:
    return Refusal(
        message=error.message,
        state=error.sqlstate,
        detail=detail,
        undefined=error.message.startswith(("no such ", "unknown column")),
    )
