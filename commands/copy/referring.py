"""References between the tables of a plan: those that are carried over, and whether they can be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from commands.copy.plan import ColumnPlan, ForeignKeyPlan, Path, Problem, TablePlan

_LOOSE = frozenset({"stored", "verbatim"})
_NUMBERS = frozenset({"integer", "numeric", "single", "float"})


def settled(tables: Sequence[TablePlan]) -> tuple[TablePlan, ...]:
    """Leave out references of or to a column that stays behind."""
    columns = _columns(tables)

    def carried(table: TablePlan, key: ForeignKeyPlan) -> bool:
        ours, theirs = columns[table.source.path], columns[key.references]
        return set(key.columns) <= ours.keys() and set(key.referred) <= theirs.keys()

    return tuple(
        replace(table, foreign_keys=tuple(key for key in table.foreign_keys if carried(table, key)))
        for table in tables
    )


def mismatched(tables: Sequence[TablePlan]) -> Iterator[Problem]:
    """Tell of references between columns that would be of types that cannot be compared."""
    columns = _columns(tables)
    for table in tables:
        for key in table.foreign_keys:
            for name, referred in zip(key.columns, key.referred, strict=True):
                one = columns[table.source.path][name]
                other = columns[key.references][referred]
                if not _comparable(one, other):
                    yield Problem(
                        text=f"{table.source.path[-1]}.{name} would be {one.target_type}, and"
                        f" {key.references[-1]}.{referred}, which it refers to,"
                        f" {other.target_type}",
                        hint="Give one of them a rule, such as text() or integer().",
                    )


def _columns(tables: Sequence[TablePlan]) -> dict[Path, dict[str, ColumnPlan]]:
    return {
        table.source.path: {column.source: column for column in table.columns} for table in tables
    }


def _comparable(one: ColumnPlan, other: ColumnPlan) -> bool:
    kinds = {one.logical, other.logical}
    return len(kinds) == 1 or bool(kinds & _LOOSE) or kinds <= _NUMBERS
