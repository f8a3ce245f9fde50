"""Rows between Python and PostgreSQL: a query's, and those to be copied into a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, count
from typing import Any

from psycopg.adapt import AdaptersMap
from psycopg.types.string import TextLoader

from journal.database import Row, Selection
from journal.errors import Refused, StatementFailed
from journal.postgresql import gate
from journal.postgresql.connection import Session, mapped, quote
from journal.values import SchemaObject

PAGE = 1000
"""Rows fetched at a time."""
NATIVE = frozenset(("int2", "int4", "int8", "oid", "float4", "float8", "numeric", "bool", "bytea"))
"""Types whose values come as Python's; all others come as text."""
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_numbers = count(1)


def insertion(table: SchemaObject, columns: Sequence[str]) -> str:
    """Return the COPY that takes rows of these columns."""
    return f"COPY {quote(*table.path)} ({', '.join(map(quote, columns))}) FROM STDIN"


def copy_text(rows: Iterable[Row]) -> str:
    """Return rows in COPY's text format (PostgreSQL manual, COPY, "Text Format").

    Raises:
        StatementFailed: text that no PostgreSQL database holds.
    """
    text = "".join(f"{line}\n" for line in ("\t".join(map(_field, row)) for row in rows))
    if "\0" in text:
        raise StatementFailed("NUL in text", sqlstate="22021")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        found = f"U+{ord(error.object[error.start]):04X}"
        raise StatementFailed(f"lone surrogate {found} in text", sqlstate="22021") from None
    return text


def _field(value: Any) -> str:
    match value:
        case None:
            return "\\N"
        case str():
            return value.translate(_ESCAPES)
        case bool():
            return "t" if value else "f"
        case bytes():
            return f"\\\\x{value.hex()}"
        case float():
            return repr(value)
        case _:
            return str(value)


@contextmanager
def select(session: Session, sql: str) -> Iterator[Selection]:
    """Run a query through a cursor on the server, which sees rows as they are now.

    Raises:
        Refused: it is not a query.
        StatementFailed: PostgreSQL refused it.
    """
    if gate.read(sql).kind != "query":
        raise Refused("expected a SELECT", hint="A transform's source only reads.")
    with session.raw.cursor(name=f"clew_selected_{next(_numbers)}") as cursor:
        _as_text(cursor.adapters)
        cursor.itersize = PAGE
        with mapped():
            cursor.execute(sql.encode())
            first = cursor.fetchmany(PAGE)  # what fails fails now
        columns = tuple(column.name for column in cursor.description or ())
        yield Selection(columns=columns, rows=_rows(cursor, first))


def _rows(cursor: Any, first: Iterable[Row]) -> Iterator[Row]:
    with mapped():
        yield from chain(first, cursor)


def _as_text(adapters: AdaptersMap) -> None:
    for kind in adapters.types:
        if kind.name not in NATIVE:
            adapters.register_loader(kind.oid, TextLoader)
            if kind.array_oid:
                adapters.register_loader(kind.array_oid, TextLoader)
