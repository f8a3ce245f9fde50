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


def present(columns: Sequence[str], of: str = "") -> str:
    """Return the condition that columns hold something; ``of`` is what they are qualified by."""
    return " AND ".join(f"{of}{quoted(column)} IS NOT NULL" for column in columns)


def repeated(table: str, columns: str, where: str) -> str:
    """Return the SELECT of values that stand in several rows; all is SQL, ``where`` may be empty.

    It finds values, not rows.
    """
    condition = f" WHERE {where}" if where else ""
    return (
        f"SELECT {columns}, count(*) AS rows FROM {table}{condition}"
        f" GROUP BY {columns} HAVING count(*) > 1"
    )


def duplicates_query(table: Path, columns: Sequence[str], *, where: str = "") -> str:
    """Return the SELECT of the values that a unique constraint would refuse.

    Rows with a null in ``columns`` are not compared, as no database does. ``where`` is the
    condition of a partial index.
    """
    condition = f"{present(columns)} AND ({where})" if where else present(columns)
    return repeated(quoted(*table), listed(columns), condition)


def orphans_query(
    table: Path,
    columns: Sequence[str],
    parent: Path,
    referred: Sequence[str],
    *,
    key: Sequence[str] = (),
) -> str:
    """Return the SELECT of the rows that refer to nothing, which a foreign key would refuse.

    They are shown by ``key`` and ``columns``.
    """
    shown = ", ".join(f"c.{quoted(name)}" for name in dict.fromkeys((*key, *columns)))
    return f"SELECT {shown} FROM {quoted(*table)} AS c WHERE {lost('c', columns, parent, referred)}"


def lost(of: str, columns: Sequence[str], parent: Path, referred: Sequence[str]) -> str:
    """Return the condition that a row of ``of`` refers to nothing; a null needs nothing."""
    same = " AND ".join(
        f"p.{quoted(key)} = {of}.{quoted(column)}"
        for column, key in zip(columns, referred, strict=True)
    )
    return (
        f"{present(columns, f'{of}.')}"
        f" AND NOT EXISTS (SELECT 1 FROM {quoted(*parent)} AS p WHERE {same})"
    )
