"""Trying statements on a scratch database, one by one: one that is refused hides none."""

from __future__ import annotations

from typing import Protocol

import msgspec

from journal.effect import Row, StatementKind
from journal.values import DatabaseKind, ObjectChange, SchemaObject


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """What a database said against a statement.

    ``state`` is the SQLSTATE, on SQLite the error's symbolic name. ``detail`` may repeat
    values of rows. ``undefined`` where something that is named does not exist.
    """

    message: str
    state: str = ""
    detail: str = ""
    undefined: bool = False

    @property
    def told(self) -> str:
        """What was said, with the state and the detail."""
        state = f" ({self.state})" if self.state else ""
        return f"{self.message}{state}" + (f": {self.detail}" if self.detail else "")


class Trial(Protocol):
    """A session with a scratch database, on which anything may be tried."""

    kind: DatabaseKind

    def classify(self, sql: str) -> StatementKind:
        """Tell what a statement is for; raises as ``Database.classify`` does."""

    def begin(self, *, foreign_keys: bool = True) -> None:
        """Begin a transaction."""

    def attempt(self, sql: str, data: str | None = None) -> Refusal | None:
        """Run a statement in an SQL savepoint; one that is refused leaves nothing."""

    def end(self) -> Refusal | None:
        """Check what is deferred, commit, and put the session's settings back.

        What was refused then takes the whole transaction back.
        """

    def alone(self, sql: str) -> Refusal | None:
        """Run a statement outside any transaction."""

    def schema(self) -> tuple[SchemaObject, ...]:
        """Return the schema as it is now, in the open transaction where there is one.

        Identities stay with kind and path from call to call, so that what did not change is
        equal; they mean nothing beside this.
        """

    def ddl(self, change: ObjectChange) -> tuple[str, ...]:
        """Word a change as the DDL that would bring it about; empty where none is known."""

    def ask(self, sql: str) -> list[Row]:
        """Run a query of ours. Raises ``StatementFailed``, and goes on all the same."""

    def close(self) -> None:
        """End the session; never raises."""
