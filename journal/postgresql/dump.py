"""All rows of a table, values in the text form of their types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from journal.effect import Row, Selection
from journal.errors import Refused
from journal.lines import Lines
from journal.postgresql.catalog.settings import plain
from journal.postgresql.connection import Session, quote
from journal.postgresql.images import key_of, texts_of
from journal.postgresql.lines import Converter
from journal.values import Column, SchemaObject

PAGE = 100
"""Rows fetched at a time: few, since each may hold megabytes."""
BLOCK = 1 << 18
"""Bytes converted at a time: what a processor keeps at hand."""


def lock(session: Session, tables: Sequence[SchemaObject], mode: str) -> None:
    """Lock tables until the transaction ends. Raises ``StatementFailed``."""
    if tables:
        names = ", ".join(f"ONLY {quote(*table.path)}" for table in tables)
        session.run(f"LOCK TABLE {names} IN {mode} MODE")


def dump(session: Session, table: SchemaObject) -> Selection:
    """Read a table through a cursor on the server, in the order of its key."""
    return Selection(columns=_names(table), rows=_rows(session, table))


def dump_lines(session: Session, table: SchemaObject) -> Lines:
    """Read a table with COPY, in the order of its key."""
    return Lines(columns=_names(table), blocks=_blocks(session, table))


def _rows(session: Session, table: SchemaObject) -> Iterator[Row]:
    with plain(session), _readable(table):
        yield from session.stream(_query(session, table), size=PAGE)


def _blocks(session: Session, table: SchemaObject) -> Iterator[bytes]:
    converter = Converter(_names(table))
    with plain(session), _readable(table):
        unchecked = session.value("SHOW server_encoding") == "SQL_ASCII"
        for block in session.copy_out(f"COPY ({_query(session, table)}) TO STDOUT", size=BLOCK):
            if unchecked:
                block.decode()
            yield converter.lines(block)


def _query(session: Session, table: SchemaObject) -> str:
    """Rows of heirs and partitions are theirs: tables of their own."""
    name = quote(*table.path)
    oid = int(session.value("SELECT %s::regclass::oid::int8", (name,)))
    listed = ", ".join(texts_of(session, _columns(table), oid))
    order = ", ".join(f"t.{quote(column)}" for column in key_of(session, oid))
    return f"SELECT {listed} FROM ONLY {name} t{f' ORDER BY {order}' if order else ''}"


@contextmanager
def _readable(table: SchemaObject) -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError:
        raise Refused(f"table {'.'.join(table.path)} holds text that is not UTF-8") from None


def _columns(table: SchemaObject) -> list[Column]:
    return [column for column in table.columns if "generated" not in column.definition]


def _names(table: SchemaObject) -> tuple[str, ...]:
    return tuple(column.name for column in _columns(table))
