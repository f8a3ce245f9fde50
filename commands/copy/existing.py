"""A table that the target has already, held against what is to come into it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from commands.copy.facts import TableFacts
from commands.copy.plan import ColumnPlan, Difference, Problem


def against(
    source: TableFacts, there: TableFacts, columns: Sequence[ColumnPlan]
) -> Iterator[Difference | Problem]:
    """Tell of columns that only the target has: each gets its default, or null."""
    filled = {column.target for column in columns}
    for column in there.table.columns:
        definition = column.definition
        if column.name in filled or {"generated", "identity"} & definition.keys():
            continue
        where = f"{source.table.path[-1]}.{column.name}"
        if definition.get("not_null") and "default" not in definition:
            yield Problem(
                text=f"{where} takes no null, and the source has no such column",
                hint="Give the target's column a default first.",
            )
        else:
            yield Difference(
                kind="column",
                object=where,
                target=str(definition.get("type", "")),
                reason="only in the target: its default, or null",
            )


def heirs(source: TableFacts) -> Iterator[Problem]:
    """Tell of a table whose rows, or columns, are partly those of others."""
    if {"inherits", "partition_by", "partition_of"} & source.table.definition.keys():
        yield Problem(
            text=f"{'.'.join(source.table.path)} is a partitioned table or one that inherits",
            hint="Make the tables in a target of the same kind first, or leave them out"
            " with --tables.",
        )
