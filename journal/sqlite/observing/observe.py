"""A run of another program: what is kept before it, and what is told of it afterwards."""

from __future__ import annotations

from collections.abc import Callable

from journal.effect import Schema
from journal.errors import Busy, Drifted, NotKnownExact, Refused
from journal.observing import Copying, Observation, Observed
from journal.sqlite.connection import Session
from journal.sqlite.observing import keeping, telling
from journal.sqlite.observing.watching import SqliteObservation, still_runs
from journal.sqlite.schema import read_schema
from journal.sqlite.shape import shape_of


def observe(session: Session, run: str, *, schema: Schema, copying: Copying) -> Observation:
    """Keep a copy of the file beside it; ``copying`` hears of its pages.

    Raises:
        Refused: there is no room for it, or rows of a table cannot be reached.
        Drifted: the live schema is not this one any more.
        Unreachable: nothing can be written beside the file.
        Busy: a writer kept the file.
    """
    keeping.forget_unfinished(session.path)
    _refuse_unreached(schema)
    wait = int(session.value("PRAGMA busy_timeout")) / 1000
    session.run("BEGIN")
    try:
        if {one.id: one for one in read_schema(session, schema)} != dict(schema):
            raise Drifted(
                "the schema was changed just now",
                hint="Look at it with clew check; put it back, or take it in with clew accept.",
            )
        keeping.keep(session, run, wait=wait, copying=copying)
        return SqliteObservation(session, run)
    finally:
        session.run("ROLLBACK")


def observed(session: Session, run: str, *, schema: Schema, next_id: Callable[[], int]) -> Observed:
    """Tell what changed since, in the open transaction.

    Raises:
        NotFound: nothing is kept of this run.
        Tampered: the file does not hold the journal that it held then.
        Busy: the program still runs.
    """
    program = still_runs(session.path, run)
    if program:
        raise Busy(f"{program}, which is being recorded")
    return telling.tell(session, run, schema=schema, next_id=next_id)


def _refuse_unreached(schema: Schema) -> None:
    """Refuse what could not be compared afterwards, before anything is done."""
    for one in schema.values():
        if one.kind != "table":
            continue
        try:
            shape_of(one)
        except NotKnownExact as error:
            raise Refused(
                f"expected tables whose rows can be compared, found that {error.message}",
                hint="Such a file cannot be recorded.",
            ) from error
