"""What was erased of images: how chunks tell it, and how it is read.

A chunk in which something was erased has one row of text more than its table has columns: for
each row image it tells which columns hold tokens, and since when, as ``12=57,13=57`` (column
and position).
"""

from __future__ import annotations

from typing import Any

from journal.erased import Erased, name_of
from journal.postgresql.connection import Session
from journal.values import TableRows


def unnested(rows: TableRows) -> str:
    """Return chunks as rows ``u``: ``c<identity>``, ``e`` what was erased, ``n`` the place."""
    columns = ", ".join(f"c{identity}" for identity in rows.columns)
    slices = ", ".join(f"i.chunk[{n}:{n}]" for n in range(1, len(rows.columns) + 2))
    return f"unnest({slices}) WITH ORDINALITY AS u({columns}, e, n)"


def is_erased(session: Session, rows: TableRows) -> bool:
    """Tell whether something of a range was erased."""
    return rows.images is not None and bool(
        session.value(
            "SELECT 1 FROM clew.content WHERE digest = %s", (name_of(rows.images.digest),)
        )
    )


def masked(column: int, alias: str) -> str:
    """Return the SQL that tells whether the value of a column was erased."""
    return f"coalesce({alias}.e ~ '(^|,){column}=', false)"


def with_erased(values: dict[int, Any], erased: str | None) -> dict[int, Any]:
    """Return values by identity, those that were erased told as such."""
    if not erased:
        return values
    for one in erased.split(","):
        column, position = map(int, one.split("="))
        if column in values:
            token = bytes.fromhex(values[column].rpartition(":")[2])
            values[column] = Erased(position, token)
    return values
