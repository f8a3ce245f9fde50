"""What tells the rows of a table apart, and which of its columns the database numbers."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from commands.copy.creating_postgresql import is_numbered
from commands.copy.creating_same import numbered_by_default
from commands.copy.facts import TableFacts
from commands.copy.plan import ColumnPlan
from journal.values import DatabaseKind


def key_of(source: TableFacts, columns: Sequence[ColumnPlan]) -> tuple[str, ...]:
    """Return what tells rows apart: the key, or else what is unique and never null."""
    by_name = {column.source: column.target for column in columns}
    unique = [one for one in source.unique if set(one) <= source.not_null]
    for names in (source.key, *unique):
        if names and all(name in by_name for name in names):
            return tuple(by_name[name] for name in names)
    return ()


def key_never_null(source: TableFacts, columns: tuple[ColumnPlan, ...]) -> tuple[ColumnPlan, ...]:
    """Keys of SQLite take nulls, unless the key is the rowid."""
    if is_numbered(source.table):
        return columns
    return tuple(
        replace(column, never_null=True) if column.source in source.key else column
        for column in columns
    )


def counter_of(there: TableFacts | None, columns: Sequence[ColumnPlan], kind: DatabaseKind) -> str:
    """Name the column that the target's table numbers."""
    if there is None:
        return ""
    filled = {column.target for column in columns}
    if kind == "sqlite":
        name = is_numbered(there.table)
        return name if name in filled else ""
    name = numbered_by_default(there.table)
    return name if name in filled else ""
