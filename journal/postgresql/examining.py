"""Queries of ours on somebody's database, which is only read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from journal.effect import Ask, Row
from journal.postgresql.catalog.settings import plain
from journal.postgresql.connection import Session, mapped
from journal.postgresql.transfer import as_text


@contextmanager
def examine(session: Session) -> Iterator[Ask]:
    """Open a transaction that sees one moment; yields what runs a query in it.

    Row security makes a query fail that would not see all rows. An error leaves the
    transaction as it was before the query.
    """

    def ask(sql: str) -> list[Row]:
        with session.point("clew_ask"), plain(session), session.raw.cursor() as cursor, mapped():
            as_text(cursor.adapters)
            cursor.execute(sql.encode())
            return list(cursor.fetchall())

    session.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        yield ask
    finally:
        if not session.raw.closed and session.in_transaction:
            session.run("ROLLBACK")
