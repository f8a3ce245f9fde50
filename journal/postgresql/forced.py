"""Seeing all rows of a table whose policies are forced on its owner too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from journal.postgresql.connection import Session, quote
from journal.values import SchemaObject


@contextmanager
def unforced(session: Session, table: SchemaObject) -> Iterator[None]:
    """Let the owner see every row of a table; for DDL, which locks out everybody anyhow."""
    forced = bool(table.definition.get("force_rls"))
    name = quote(*table.path)
    if forced:
        session.query(f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY")
    yield
    if forced:
        session.query(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
