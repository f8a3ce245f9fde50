"""Rows that a constraint refuses, or would: queries that anybody can paste, and their counts."""

from __future__ import annotations

from collections.abc import Sequence

from commands.doctor.finding import Evidence
from commands.quoting import listed, quoted
from journal.effect import Ask
from journal.errors import StatementFailed

SAMPLES = 3
"""Rows that are shown of what a query finds."""

Path = Sequence[str]


def evidence(ask: Ask, query: str, *, samples: int = SAMPLES) -> Evidence:
    """Run a SELECT: how many rows it finds, and the first of them.

    Where the database refuses it, the evidence holds the error and no count.
    """
    try:
        ((count,),) = ask(f"SELECT count(*) FROM ({query}) AS found")
        sample = ask(f"{query} LIMIT {samples}") if count and samples else []
    except StatementFailed as error:
        state = f" ({error.sqlstate})" if error.sqlstate else ""
        said = error.message.partition(" LINE 1:")[0]  # the query itself stands beside it
        return Evidence(query=query, error=f"{said}{state}")
    return Evidence(query=query, count=int(count), sample=tuple(tuple(row) for row in sample))


def duplicates(ask: Ask, table: Path, columns: Sequence[str], *, where: str = "") -> Evidence:
    """Find the values that stand in several rows, which a unique constraint would refuse.

    Rows with a null in ``columns`` are not compared, as no database does. ``where`` is the
    condition of a partial index. ``count`` counts values, not rows.
    """
    names = listed(columns)
    wanted = [f"{quoted(column)} IS NOT NULL" for column in columns]
    wanted += [f"({where})"] if where else []
    return evidence(
        ask,
        f"SELECT {names}, count(*) AS rows FROM {quoted(*table)}"
        f" WHERE {' AND '.join(wanted)} GROUP BY {names} HAVING count(*) > 1",
    )


def orphans(
    ask: Ask,
    table: Path,
    columns: Sequence[str],
    parent: Path,
    referred: Sequence[str],
    *,
    key: Sequence[str] = (),
) -> Evidence:
    """Find the rows that refer to nothing, which a foreign key would refuse.

    A null in ``columns`` refers to nothing and needs nothing. Rows are shown by ``key`` and
    ``columns``.
    """
    return evidence(ask, orphans_query(table, columns, parent, referred, key=key))


def orphans_query(
    table: Path,
    columns: Sequence[str],
    parent: Path,
    referred: Sequence[str],
    *,
    key: Sequence[str] = (),
) -> str:
    """Return the SELECT of the rows that refer to nothing."""
    shown = ", ".join(f"c.{quoted(name)}" for name in dict.fromkeys((*key, *columns)))
    there = " AND ".join(f"c.{quoted(column)} IS NOT NULL" for column in columns)
    same = " AND ".join(
        f"p.{quoted(key)} = c.{quoted(column)}"
        for column, key in zip(columns, referred, strict=True)
    )
    return (
        f"SELECT {shown} FROM {quoted(*table)} AS c WHERE {there}"
        f" AND NOT EXISTS (SELECT 1 FROM {quoted(*parent)} AS p WHERE {same})"
    )
