"""A statement on its way: what its words tell, how it is run, and how the planner is asked."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import psycopg

from journal.errors import NotKnownExact, StatementFailed
from journal.given import Given
from journal.postgresql import gate
from journal.postgresql.connection import Session, mapped
from journal.postgresql.gate import Reading
from journal.postgresql.tokens import tokens
from journal.postgresql.waivers import Waivers


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One statement; ``run`` returns its row count, ``planned`` is a text without placeholders."""

    sql: str
    reading: Reading
    run: Callable[[], int]
    planned: str


def own(session: Session, sql: str, data: str | None, waivers: Waivers) -> Job:
    """Return a statement that runs as it stands, with the data that follows COPY."""
    reading = _read(sql, waivers)

    def run() -> int:
        if data is not None:
            return session.copy(sql, data)
        if reading.verb == "copy" and any(token.text == "stdin" for token in reading.tokens):
            raise StatementFailed("copy from stdin without data", sqlstate="08P01")
        if reading.kind != "query" or reading.verb in gate.PASSING:
            return session.run(sql)
        return session.run_through(sql)

    return Job(sql=sql, reading=reading, run=run, planned=sql)


def given(session: Session, one: Given, waivers: Waivers) -> Job:
    """Return a statement that a program's cursor runs."""
    sql = one.sql if one.values is None else one.sql.replace("%%", "%")
    reading = _read(sql, waivers)

    def run() -> int:
        with mapped():
            return one.perform()

    planned = _bound(session, one) if reading.kind == "rows" and one.values else sql
    return Job(sql=sql, reading=reading, run=run, planned=planned)


def _bound(session: Session, one: Given) -> str:
    """Word a statement with its first values, for the planner alone."""
    try:
        return psycopg.ClientCursor(session.raw).mogrify(one.sql, one.values)
    except (psycopg.Error, TypeError, ValueError):
        return one.sql  # the counters find what the planner does not tell


def _read(sql: str, waivers: Waivers) -> Reading:
    try:
        return gate.read(sql)
    except NotKnownExact as error:
        waivers.need(error)
        waivers.whole = True
        return Reading("rows", "waived", tuple(tokens(sql)))
