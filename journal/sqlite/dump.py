"""All rows of a table, as they are stored."""

from __future__ import annotations

from collections.abc import Iterator

from journal.effect import Row, Selection
from journal.errors import NotKnownExact
from journal.lines import Lines
from journal.sqlite.connection import Session, quote
from journal.sqlite.lines import blocks
from journal.sqlite.shape import shape_of
from journal.values import SchemaObject

PAGE = 100
"""Rows read at a time: few, since each may hold megabytes."""


def dump(session: Session, table: SchemaObject) -> Selection:
    """Read a table in the order of its key; a rowid of its own comes last in each row."""
    columns, sql = _query(table)
    return Selection(columns=columns, rows=_rows(session, sql))


def dump_lines(session: Session, table: SchemaObject) -> Lines:
    """Read a table as ``dump`` does, as lines of JSON."""
    columns, sql = _query(table)
    return Lines(columns=columns, blocks=blocks(columns, session.stream(sql, size=PAGE)))


def _query(table: SchemaObject) -> tuple[tuple[str, ...], str]:
    names = [column.name for column in table.columns if "generated" not in column.definition]
    rowid = _rowid(table)
    key = [quote(name) for name in table.definition.get("primary_key", ())]
    order = ", ".join([*key, rowid] if rowid else key)
    listed = ", ".join([*map(quote, names), rowid] if rowid else map(quote, names))
    sql = f"SELECT {listed} FROM main.{quote(table.path[0])}" + (
        f" ORDER BY {order}" if order else ""
    )
    return (*names, rowid) if rowid else tuple(names), sql


def _rows(session: Session, sql: str) -> Iterator[Row]:
    for batch in session.stream(sql, size=PAGE):
        yield from batch


def _rowid(table: SchemaObject) -> str:
    """Name the rowid that no column is another name of; empty where it cannot be reached."""
    try:
        shape = shape_of(table)
    except NotKnownExact:
        return ""
    aliased = shape.alias and not table.definition.get("key_index")
    return "" if aliased else shape.rowid
