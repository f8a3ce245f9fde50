"""All rows of a table, values in the text form of their types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from journal.effect import Row, Selection
from journal.errors import Refused
from journal.postgresql.catalog.settings import plain
from journal.postgresql.connection import Session, quote
from journal.postgresql.images import key_of, texts_of
from journal.values import SchemaObject

PAGE = 100
"""Rows fetched at a time: few, since each may hold megabytes."""


def lock(session: Session, tables: Sequence[SchemaObject], mode: str) -> None:
    """Lock tables until the transaction ends. Raises ``StatementFailed``."""
    if tables:
        names = ", ".join(f"ONLY {quote(*table.path)}" for table in tables)
        session.run(f"LOCK TABLE {names} IN {mode} MODE")


def dump(session: Session, table: SchemaObject) -> Selection:
    """Read a table through a cursor on the server, in the order of its key."""
    columns = tuple(column for column in table.columns if "generated" not in column.definition)
    return Selection(columns=tuple(column.name for column in columns), rows=_rows(session, table))


def _rows(session: Session, table: SchemaObject) -> Iterator[Row]:
    """Rows of heirs and partitions are theirs: tables of their own."""
    name = quote(*table.path)
    columns = [column for column in table.columns if "generated" not in column.definition]
    oid = int(session.value("SELECT %s::regclass::oid::int8", (name,)))
    listed = ", ".join(texts_of(session, columns, oid))
    order = ", ".join(f"t.{quote(column)}" for column in key_of(session, oid))
    sql = f"SELECT {listed} FROM ONLY {name} t{f' ORDER BY {order}' if order else ''}"
    with plain(session):
        try:
            yield from session.stream(sql, size=PAGE)
        except UnicodeDecodeError:
            raise Refused(f"table {'.'.join(table.path)} holds text that is not UTF-8") from None
