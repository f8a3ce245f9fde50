"""Stored generated columns: the server makes their values anew wherever a row is put back."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from journal.errors import NotKnownExact
from journal.postgresql.catalog.settings import plain
from journal.postgresql.connection import Session, quote
from journal.postgresql.hidden import uncovered
from journal.postgresql.restore.names import dotted
from journal.stakes import Stake
from journal.values import Column, SchemaObject

NAME = "generated-values"


def stored_generated(column: Column) -> bool:
    """Tell whether a column holds what an expression gave when its row was written."""
    return "generated" in column.definition and "virtual" not in column.definition


def outdated(session: Session, table: SchemaObject) -> str:
    """Name the first column whose values its expression gives no more; empty where there is none.

    The expression calls a function that was changed since, or is not as immutable as it says, so
    that a row that goes and comes back would hold another value. Values are compared as they are stored (``record_image_ops``), since not every type is equal
    to itself.
    """
    columns = [one for one in table.columns if stored_generated(one)]
    if table.kind != "table" or not columns:
        return ""
    name = quote(*table.path)
    parts = [
        f"bool_or(ROW({quote(one.name)})::record OPERATOR(pg_catalog.*<>)"
        f" ROW(({one.definition['generated']})::{one.definition['type']})::record)"
        for one in columns
    ]
    hidden = "rls" in table.definition
    oids = [session.value("SELECT %s::regclass::oid::int8", (name,))] if hidden else []
    with uncovered(session, oids), plain(session):
        (found,) = session.query(f"SELECT {', '.join(parts)} FROM ONLY {name}")
    return next((one.name for one, differs in zip(columns, found, strict=True) if differs), "")


def refuse_outdated(
    session: Session, going: Iterable[Stake], need: Callable[[NotKnownExact], None]
) -> None:
    """Refuse to let rows go whose generated values would not come back; ``need`` is told."""
    for stake in going:
        column = outdated(session, stake.before) if stake.before else ""
        if stake.before and column:
            said = (
                f"{dotted(stake.before.path)} stores values in {column} that it would not give now"
            )
            need(NotKnownExact(NAME, said))
