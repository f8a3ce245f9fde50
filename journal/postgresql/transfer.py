"""Rows between Python and PostgreSQL: a query's, and those to be copied into a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, count, islice
from typing import Any

from psycopg import pq
from psycopg.adapt import AdaptersMap
from psycopg.types.string import TextLoader

from journal.effect import Row, Selection
from journal.errors import Refused, StatementFailed
from journal.postgresql import gate
from journal.postgresql.connection import Session, mapped, quote
from journal.selecting import Dialect
from journal.values import SchemaObject

PAGE = 1000
"""Rows fetched at a time."""
NATIVE = frozenset(("int2", "int4", "int8", "oid", "float4", "float8", "numeric", "bool", "bytea"))
"""Types whose values come as Python's; all others come as text."""
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
GIVEN_TABLE = "pg_temp.clew_given"
GIVEN = f"{GIVEN_TABLE} AS given"
_numbers = count(1)


def insertion(table: SchemaObject, columns: Sequence[str]) -> str:
    """Return the COPY that takes rows of these columns."""
    return f"COPY {quote(*table.path)} ({', '.join(map(quote, columns))}) FROM STDIN"


def updating(table: SchemaObject, match: Sequence[str], columns: Sequence[str]) -> str:
    """Return the statement that updates rows from those given."""
    news = ", ".join(f"{quote(name)} = given.{quote(name)}" for name in columns)
    return f"UPDATE {quote(*table.path)} AS found SET {news} FROM {GIVEN} WHERE {_found_by(match)}"


def deleting(table: SchemaObject, match: Sequence[str]) -> str:
    """Return the statement that deletes the rows that those given name."""
    return f"DELETE FROM {quote(*table.path)} AS found USING {GIVEN} WHERE {_found_by(match)}"


@contextmanager
def given(
    session: Session, table: SchemaObject, columns: Sequence[str], rows: Sequence[Row]
) -> Iterator[None]:
    """Hold rows in a TEMP table of the very types of a table's columns, numbered from 0."""
    data = copy_text((n, *row) for n, row in enumerate(rows))
    listed = ", ".join(map(quote, columns))
    session.run(
        f"CREATE TEMP TABLE clew_given AS SELECT NULL::integer AS clew_n, {listed}"
        f" FROM {quote(*table.path)} WITH NO DATA"
    )
    session.copy(f"COPY {GIVEN_TABLE} FROM STDIN", data)
    yield
    session.run(f"DROP TABLE {GIVEN_TABLE}")


def find(
    session: Session,
    table: SchemaObject,
    match: Sequence[str],
    keys: Sequence[Row],
    columns: Sequence[str],
) -> list[tuple[int, Row]]:
    """Find rows by key, all at once."""
    listed = ", ".join(f"found.{quote(name)}" for name in columns)
    with given(session, table, match, keys), session.raw.cursor() as cursor, mapped():
        as_text(cursor.adapters)
        cursor.execute(
            f"SELECT given.clew_n, {listed} FROM {quote(*table.path)} AS found, {GIVEN}"
            f" WHERE {_found_by(match)} ORDER BY 1".encode()
        )
        return [(n, values) for n, *values in cursor]


def _found_by(match: Sequence[str]) -> str:
    return " AND ".join(f"found.{quote(name)} = given.{quote(name)}" for name in match)


def dialect(session: Session) -> Dialect:
    """Return how values are written; the server's settings decide that."""
    escaping = pq.Escaping(session.raw.pgconn)

    def literal(value: Any) -> str:
        """A literal without a type takes that of what it is compared with."""
        if value is None:
            return "NULL"
        text = f"\\x{value.hex()}" if isinstance(value, bytes) else _plain(value)
        return bytes(escaping.escape_literal(text.encode())).decode()

    return Dialect(quote, literal, lambda key: f'{key}::text COLLATE "C"')


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "t" if value else "f"
    return repr(value) if isinstance(value, float) else str(value)


def copy_text(rows: Iterable[Row]) -> str:
    """Return rows in COPY's text format (PostgreSQL manual, COPY, "Text Format").

    Raises:
        StatementFailed: text that no PostgreSQL database holds.
    """
    left, parts = iter(rows), []
    while some := list(islice(left, PAGE)):
        parts.append(_lines(some))
    text = "".join(parts)
    if "\0" in text:
        raise StatementFailed("NUL in text", sqlstate="22021")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        found = f"U+{ord(error.object[error.start]):04X}"
        raise StatementFailed(f"lone surrogate {found} in text", sqlstate="22021") from None
    return text


def _lines(rows: Sequence[Row]) -> str:
    """Return lines of COPY; text is escaped only where some of it has to be."""
    nulls = sum(row.count(None) for row in rows)
    plain = ["\t".join([v if type(v) is str else _field(v) for v in row]) for row in rows]
    text = "\n".join([*plain, ""])
    tabs = sum(map(len, rows)) - len(rows)
    signs = (text.count("\\"), text.count("\t"), text.count("\n"), text.count("\r"))
    if signs == (nulls, tabs, len(rows), 0):
        return text
    return "".join(f"{line}\n" for line in ("\t".join(map(_field, row)) for row in rows))


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


def only_query(sql: str) -> None:
    """Raises ``Refused`` where the user's text is not one query."""
    if gate.read(sql).kind != "query":
        raise Refused("expected a SELECT", hint="A transform's source only reads.")


@contextmanager
def select(session: Session, sql: str) -> Iterator[Selection]:
    """Run a query through a cursor on the server, which sees rows as they are now.

    Raises:
        Refused: it is not a query.
        StatementFailed: PostgreSQL refused it.
    """
    only_query(sql)
    with session.raw.cursor(name=f"clew_selected_{next(_numbers)}") as cursor:
        as_text(cursor.adapters)
        cursor.itersize = PAGE
        with mapped():
            cursor.execute(sql.encode())
            first = cursor.fetchmany(PAGE)  # what fails fails now
        columns = tuple(column.name for column in cursor.description or ())
        yield Selection(columns=columns, rows=_rows(cursor, first))


def _rows(cursor: Any, first: Iterable[Row]) -> Iterator[Row]:
    with mapped():
        yield from chain(first, cursor)


def as_text(adapters: AdaptersMap) -> None:
    """Let values of types that Python has no exact like of come as text."""
    for kind in adapters.types:
        if kind.name not in NATIVE:
            adapters.register_loader(kind.oid, TextLoader)
            if kind.array_oid:
                adapters.register_loader(kind.array_oid, TextLoader)
