"""Queries of the user's run for their time alone, where they cannot write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from journal.effect import Selection
from journal.errors import Refused
from journal.measuring import Measurement
from journal.measuring import measure as measure_runs
from journal.postgresql import gate, transfer
from journal.postgresql.connection import Session

_QUERIES = frozenset(("select", "with", "values", "table"))


def only_query(sql: str) -> None:
    """Raise ``Refused`` where a text is not one query."""
    reading = gate.read(sql)
    if reading.kind != "query" or reading.verb not in _QUERIES:
        raise Refused("expected a SELECT", hint="Only one query can be asked, and measured.")


@contextmanager
def ask(session: Session, sql: str) -> Iterator[Selection]:
    """Run a query within an SQL savepoint that may only read."""
    only_query(sql)
    session.run("SAVEPOINT clew_ask")
    try:
        session.run("SET LOCAL transaction_read_only = on")
        with transfer.select(session, sql) as found:
            yield found
    finally:  # the setting ends with it
        if not session.raw.closed:
            session.back_to("clew_ask")
            session.run("RELEASE clew_ask")


def measure(session: Session, sql: str, *, runs: int) -> Measurement:
    """Explain a query and run it, all within an SQL savepoint that may only read.

    Raises:
        Refused: it is not a query.
        StatementFailed: PostgreSQL refused it; the transaction goes on as it was.
    """
    only_query(sql)
    session.run("SAVEPOINT clew_measure")
    try:
        session.run("SET LOCAL transaction_read_only = on")
        plan = session.value(f"EXPLAIN (FORMAT JSON) {sql}")
        return measure_runs(
            lambda: session.run_through(sql),
            runs=runs,
            plan=msgspec.json.format(msgspec.json.encode(plan)).decode(),
        )
    finally:  # the setting ends with it
        if not session.raw.closed:
            session.back_to("clew_measure")
            session.run("RELEASE clew_measure")
