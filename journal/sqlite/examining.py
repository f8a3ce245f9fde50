"""Queries of ours on somebody's database, which is only read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from journal.effect import Ask, Row
from journal.sqlite.connection import Session


@contextmanager
def examine(session: Session) -> Iterator[Ask]:
    """Open a transaction that sees one moment and cannot write; yields what runs a query.

    Text that is not UTF-8 comes as bytes of a kind of their own.
    """

    def ask(sql: str) -> list[Row]:
        return [row for batch in session.stream(sql) for row in batch]

    session.run("PRAGMA query_only = ON")
    session.run("BEGIN")
    try:
        session.value("SELECT count(*) FROM main.sqlite_master")
        yield ask
    finally:
        session.let_go()
        if session.raw.in_transaction:
            session.raw.rollback()
        session.run("PRAGMA query_only = OFF")
