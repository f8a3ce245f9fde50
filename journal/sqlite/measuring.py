"""Queries of the user's run for their time alone, where they cannot write."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from journal.effect import Row, Selection
from journal.errors import Refused
from journal.measuring import Measurement
from journal.measuring import measure as measure_runs
from journal.sqlite import gate
from journal.sqlite.connection import Session, mapped
from journal.sqlite.ddl import tokens

_QUERIES = frozenset(("SELECT", "WITH", "VALUES"))

_VIRTUAL = "SELECT 1 FROM main.sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%' LIMIT 1"


def measure(session: Session, sql: str, *, runs: int) -> Measurement:
    """Explain a query and run it while nothing can be written.

    Raises:
        Refused: it is not a query.
        StatementFailed: SQLite refused it; the transaction goes on as it was.
    """
    only_query(sql)
    session.run("PRAGMA query_only = ON")
    try:
        steps = [row for batch in session.stream(f"EXPLAIN QUERY PLAN {sql}") for row in batch]
        return measure_runs(
            lambda: sum(len(batch) for batch in session.stream(sql)),
            runs=runs,
            plan="\n".join(_lines(steps)),
        )
    finally:
        session.run("PRAGMA query_only = OFF")


def only_query(sql: str) -> None:
    """Raise ``Refused`` where a text is not one query."""
    words = [token.word for token in tokens(sql)]
    several = ";" in words[: -1 if words[-1:] == [";"] else None]
    if not words or words[0] not in _QUERIES or several or gate.classify(sql) != "query":
        raise Refused("expected a SELECT", hint="Only one query can be asked, and measured.")


@contextmanager
def ask(session: Session, sql: str) -> Iterator[Selection]:
    """Run a query while nothing can be written."""
    only_query(sql)
    if session.value(_VIRTUAL):  # one keeps what it read, and does not see its tables change
        session.run("PRAGMA writable_schema = RESET")
    session.run("PRAGMA query_only = ON")
    try:
        with session.careful_text():
            cursor = session.raw.cursor()
            with mapped():
                cursor.execute(sql)
            columns = tuple(column for column, *_ in cursor.description)
            yield Selection(columns=columns, rows=_rows(cursor))
            cursor.close()
    finally:
        session.let_go()
        session.run("PRAGMA query_only = OFF")


def _rows(cursor: sqlite3.Cursor) -> Iterator[Row]:
    with mapped():
        while page := cursor.fetchmany(1000):
            yield from page


def _lines(steps: Sequence[Sequence[object]]) -> Iterable[str]:
    """Indent each step below the one it belongs to, as the shell does."""
    depths: dict[object, int] = {}
    for number, parent, _, text in steps:
        depths[number] = depths.get(parent, -1) + 1
        yield f"{'  ' * depths[number]}{text}"
