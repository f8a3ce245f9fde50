"""Rows that a constraint refuses, or would: queries that anybody can paste, and their counts."""

from __future__ import annotations

from collections.abc import Sequence

from commands.doctor.finding import Evidence
from journal.effect import Ask
from journal.errors import StatementFailed

SAMPLES = 3
"""Rows that are shown of what a query finds."""

Path = Sequence[str]


def quoted(*names: str) -> str:
    """Return a name as SQL says it on both databases, its parts joined by dots."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def listed(names: Sequence[str]) -> str:
    """Return names of columns as SQL says them."""
    return ", ".join(map(quoted, names))


def evidence(ask: Ask, query: str) -> Evidence:
    """Run a SELECT: how many rows it finds, and the first of them.

    Where the database refuses it, the evidence holds the error and no count.
    """
    try:
        ((count,),) = ask(f"SELECT count(*) FROM ({query}) AS found")
        sample = ask(f"{query} LIMIT {SAMPLES}") if count else []
    except StatementFailed as error:
        state = f" ({error.sqlstate})" if error.sqlstate else ""
        return Evidence(query=query, error=f"{error.message}{state}")
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
    ask: Ask, table: Path, columns: Sequence[str], parent: Path, referred: Sequence[str]
) -> Evidence:
    """Find the rows that refer to nothing, which a foreign key would refuse.

    A null in ``columns`` refers to nothing and needs nothing.
    """
    return evidence(ask, orphans_query(table, columns, parent, referred))


def orphans_query(
    table: Path, columns: Sequence[str], parent: Path, referred: Sequence[str]
) -> str:
    """Return the SELECT of the rows that refer to nothing."""
    there = " AND ".join(f"c.{quoted(column)} IS NOT NULL" for column in columns)
    same = " AND ".join(
        f"p.{quoted(key)} = c.{quoted(column)}"
        for column, key in zip(columns, referred, strict=True)
    )
    return (
        f"SELECT c.* FROM {quoted(*table)} AS c WHERE {there}"
        f" AND NOT EXISTS (SELECT 1 FROM {quoted(*parent)} AS p WHERE {same})"
    )
