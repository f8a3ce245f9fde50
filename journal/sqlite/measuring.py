"""Queries of the user's run for their time alone, where they cannot write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from journal.errors import Refused
from journal.measuring import Measurement
from journal.measuring import measure as measure_runs
from journal.sqlite import gate
from journal.sqlite.connection import Session
from journal.sqlite.ddl import tokens

_QUERIES = frozenset(("SELECT", "WITH", "VALUES"))


def measure(session: Session, sql: str, *, runs: int) -> Measurement:
    """Explain a query and run it while nothing can be written.

    Raises:
        Refused: it is not a query.
        StatementFailed: SQLite refused it; the transaction goes on as it was.
    """
    first = next((token.word for token in tokens(sql)), "")
    if gate.classify(sql) != "query" or first not in _QUERIES:
        raise Refused("expected a SELECT", hint="Only queries are timed.")
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


def _lines(steps: Sequence[Sequence[object]]) -> Iterable[str]:
    """Indent each step below the one it belongs to, as the shell does."""
    depths: dict[object, int] = {}
    for number, parent, _, text in steps:
        depths[number] = depths.get(parent, -1) + 1
        yield f"{'  ' * depths[number]}{text}"
