"""Rows between Python and SQLite: a query's, kept as they were, and those to be inserted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from itertools import count
from typing import Any

from journal.effect import RawText, Row, Selection
from journal.errors import Refused, StatementFailed
from journal.selecting import Dialect
from journal.sqlite import gate
from journal.sqlite.connection import Session, mapped, quote
from journal.values import SchemaObject

PAGE = 1000
"""Rows read at a time."""
_numbers = count(1)


def insertion(table: SchemaObject, columns: Sequence[str]) -> str:
    """Return the statement that inserts a row, its values bound."""
    names = ", ".join(map(quote, columns))
    holders = ", ".join("?" * len(columns))
    return f"INSERT INTO {quote(table.path[0])} ({names}) VALUES ({holders})"


def updating(table: SchemaObject, match: Sequence[str], columns: Sequence[str]) -> str:
    """Return the statement that updates a row: values first, then what finds it."""
    news = ", ".join(f"{quote(name)} = ?" for name in columns)
    return f"UPDATE {quote(table.path[0])} SET {news} WHERE {_found_by(match)}"


def deleting(table: SchemaObject, match: Sequence[str]) -> str:
    """Return the statement that deletes a row."""
    return f"DELETE FROM {quote(table.path[0])} WHERE {_found_by(match)}"


def find(
    session: Session,
    table: SchemaObject,
    match: Sequence[str],
    keys: Sequence[Row],
    columns: Sequence[str],
) -> list[tuple[int, Row]]:
    """Find rows by key, one key after another."""
    listed = ", ".join(map(quote, columns))
    sql = f"SELECT {listed} FROM {quote(table.path[0])} WHERE {_found_by(match)}"
    return [(n, row) for n, key in enumerate(keys) for row in session.run(sql, bound(key))]


def _found_by(match: Sequence[str]) -> str:
    return " AND ".join(f"{quote(name)} = ?" for name in match)


def literal(value: Any) -> str:
    """Return a value as SQL text."""
    match value:
        case None:
            return "NULL"
        case bool():
            return str(int(value))
        case RawText():
            return f"CAST(x'{value.hex()}' AS TEXT)"
        case bytes():
            return f"x'{value.hex()}'"
        case str():
            return f"CAST(x'{value.encode('utf-8', 'surrogatepass').hex()}' AS TEXT)"
        case float() if value in {float("inf"), float("-inf")}:
            return "9e999" if value > 0 else "-9e999"
        case _:
            return repr(value)


def _form(key: str) -> str:
    """1 and 1.0 are equal, and so is what a collation holds to be."""
    return f"typeof({key}), {key} COLLATE BINARY"


DIALECT = Dialect(quote, literal, _form)


def bound(row: Row) -> tuple[Any, ...]:
    """Return a row as SQLite can bind it.

    Raises:
        StatementFailed: a value that SQLite would round or cut.
    """
    return tuple(map(_bound, row))


def _bound(value: Any) -> Any:
    match value:
        case Decimal():
            return _number(value)
        case str() if "\0" in value:
            raise StatementFailed("NUL in text", sqlstate="SQLITE_MISMATCH")
        case _:
            return value


def _number(value: Decimal) -> float:
    found = float(value)
    if Decimal(repr(found)) != value:
        what = f"{value} cannot be held exactly"
        raise StatementFailed(what, sqlstate="SQLITE_MISMATCH")
    return found


def only_query(sql: str) -> None:
    """Raises ``Refused`` where the user's text is not one query."""
    if gate.classify(sql) != "query":
        raise Refused("expected a SELECT", hint="A transform's source only reads.")


@contextmanager
def select(session: Session, sql: str) -> Iterator[Selection]:
    """Run a query into a TEMP table and read that, so that writers do not disturb it.

    Raises:
        Refused: it is not a query.
        StatementFailed: SQLite refused it.
    """
    only_query(sql)
    name = f"clew_selected_{next(_numbers)}"
    with mapped():
        cursor = session.raw.execute(sql)
        columns = tuple(column for column, *_ in cursor.description)
        cursor.close()
    listed = ", ".join(f"c{n}" for n in range(len(columns)))
    session.run(f"CREATE TABLE temp.{name} (n INTEGER PRIMARY KEY, {listed})")
    session.run(f"INSERT INTO temp.{name} ({listed}) {sql}")
    try:
        yield Selection(columns=columns, rows=_pages(session, name, listed))
    finally:
        if session.raw.in_transaction:
            session.run(f"DROP TABLE temp.{name}")


def _pages(session: Session, name: str, listed: str) -> Iterator[Row]:
    at = 0
    sql = f"SELECT n, {listed} FROM temp.{name} WHERE n > ? ORDER BY n LIMIT {PAGE}"
    while page := [row for batch in session.stream(sql, (at,), size=PAGE) for row in batch]:
        yield from (row[1:] for row in page)
        at = page[-1][0]
