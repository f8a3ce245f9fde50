"""VACUUM writes the file anew: rows whose rowid no column holds fast are numbered from 1."""

from __future__ import annotations

from journal.errors import NotKnownExact, Refused
from journal.sqlite import schema
from journal.sqlite.connection import Session, quote
from journal.sqlite.shape import shape_of
from journal.values import SchemaObject


def check(session: Session) -> None:
    """Let VACUUM be run where each row keeps its rowid.

    Raises:
        Refused: it would number the rows of a table anew.
    """
    for table in schema.read_schema(session):
        if table.kind == "table" and _numbered_anew(session, table):
            raise Refused(
                f"VACUUM would give rows of {table.path[0]} other rowids",
                hint="Run it by hand, outside migrations: no rollback brings rowids back.",
            )


def _numbered_anew(session: Session, table: SchemaObject) -> bool:
    name = f"main.{quote(table.path[0])}"
    try:
        shape = shape_of(table)
    except NotKnownExact:
        return session.value(f"SELECT 1 FROM {name} LIMIT 1") is not None
    if not shape.rowid or shape.alias:
        return False
    ends = f"SELECT count(*), min({shape.rowid}), max({shape.rowid}) FROM {name}"
    ((count, first, last),) = session.run(ends)
    return count > 0 and (first, last) != (1, count)
