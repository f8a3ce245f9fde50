"""Rows inserted while other sessions of one run do the same: no trigger, and no lock on the table.

The server gives back each row as it stored it, and these are imaged. That there are no others is
proved as ever: what the server counted as inserted, updated and deleted in this transaction must
be what was given back, table by table. A row that a trigger added, changed or took away since
would be counted and not given back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from journal.postgresql import transfer
from journal.postgresql.connection import Session, quote
from journal.postgresql.images import Shape, chunking
from journal.values import SchemaObject

_BACK = "pg_temp.clew_back"
_CLASS = 1668048248
"""The first half of the advisory locks of parts; the journal's own is one less."""


def claim(session: Session, name: str) -> None:
    """Wait until nobody else does what bears this name, and keep others from it until commit.

    Raises:
        StatementFailed: somebody did for longer than the lock timeout.
    """
    session.query("SELECT pg_catalog.pg_advisory_xact_lock(%s, hashtext(%s))", (_CLASS, name))


def insertion(table: SchemaObject, columns: Sequence[str]) -> str:
    """Return the statement that inserts the rows given, for the planner too."""
    listed = ", ".join(map(quote, columns))
    return (
        f"INSERT INTO {quote(*table.path)} ({listed}) OVERRIDING SYSTEM VALUE"
        f" SELECT {listed} FROM {transfer.GIVEN} ORDER BY clew_n"
    )


@contextmanager
def given_back(session: Session, shape: Shape) -> Iterator[None]:
    """Hold the rows that the server gives back, in the very types of their columns."""
    listed = ", ".join(quote(column.name) for column in shape.columns)
    session.run(f"CREATE TEMP TABLE clew_back AS SELECT {listed} FROM {shape.name} WITH NO DATA")
    yield
    session.run(f"DROP TABLE {_BACK}")


def insert(session: Session, sql: str, shape: Shape, *, run: str, size: int) -> int:
    """Insert the rows given, image those that come back, and return how many these are."""
    listed = ", ".join(quote(column.name) for column in shape.columns)
    count = session.run(
        f"WITH clew_new AS ({sql} RETURNING {listed})"
        f" INSERT INTO {_BACK} SELECT {listed} FROM clew_new"
    )
    session.query(
        "SELECT clew.image_rows(%s, %s, %s, 'insert', 1::smallint)",
        (run, shape.identity, chunking(shape, _BACK, per_chunk=str(size))),
    )
    return count
