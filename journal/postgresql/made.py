"""Which images of schema changes are worth taking.

A column that comes or goes has a filling: what adding it gives to every row, where that is a
plain constant. Rows that hold the filling need no image, on the way there and on the way back
alike; so what one takes the other gives.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from journal.postgresql.connection import Session, quote
from journal.postgresql.hidden import uncovered
from journal.postgresql.images import Shape
from journal.stakes import Stake
from journal.values import Column, ImageCause, SchemaObject

_CONSTANT = re.compile(
    r"(?:NULL|true|false|-?[0-9.]+(?:[eE][-+]?[0-9]+)?|'(?:[^']|'')*')(?:::[\w .\"(),\[\]]+)?",
)


def present(session: Session, wanted: Iterable[Stake], cause: ImageCause) -> list[Stake]:
    """Return the stakes in tables that hold rows now."""
    found = []
    for stake in wanted:
        table = stake.before if cause == "destroyed" else stake.after
        if table is not None and _has_rows(session, table):
            found.append(stake)
    return found


def _has_rows(session: Session, table: SchemaObject) -> bool:
    if table.kind != "table":
        return False
    name = quote(*table.path)
    hidden = "rls" in table.definition
    oids = [session.value("SELECT %s::regclass::oid::int8", (name,))] if hidden else []
    with uncovered(session, oids):
        return bool(session.value(f"SELECT EXISTS (SELECT FROM ONLY {name})"))


def uneven(stake: Stake, cause: ImageCause, shape: Shape) -> str:
    """Return the WHERE clause for rows whose values no filling gives; empty for all rows."""
    other = stake.after if cause == "destroyed" else stake.before
    stays = {column.id for column in other.columns} if other else set()
    differing = []
    for column, text in zip(shape.columns, shape.texts, strict=True):
        if column.id not in stake.columns:
            continue
        filled = None if column.id in stays else filling(column)
        if filled is None:
            return ""
        differing.append(f"{text} IS DISTINCT FROM {_as_text(filled, column)}")
    return f" WHERE {' OR '.join(differing)}" if differing else ""


def filling(column: Column) -> str | None:
    """Return the SQL constant that adding a column fills in, ``None`` where there is none."""
    if {"identity", "generated"} & column.definition.keys():
        return None
    default = str(column.definition.get("default", "NULL"))
    return default if _CONSTANT.fullmatch(default) else None


def _as_text(filled: str, column: Column) -> str:
    value = f"(({filled})::{column.definition['type']})"
    return f"CASE WHEN {value} IS NOT NULL THEN format('%s', {value}) END"
