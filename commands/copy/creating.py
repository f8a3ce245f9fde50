"""What a table of the target is made of, and what of the source it cannot be made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from commands.copy.facts import ForeignKey, TableFacts
from commands.copy.plan import ColumnPlan, Difference, ForeignKeyPlan, Path, Problem
from commands.quoting import listed, quoted

NOT_THERE = "what it refers to, or a column of it, is not carried over"


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """Statements that make a table, those for when its rows are there, and what is different."""

    create: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    problems: tuple[Problem, ...] = ()
    counter: str = ""


class Making(msgspec.Struct, frozen=True, kw_only=True):
    """A table to be made: its source, its columns, and where the tables it refers to will be.

    ``cyclic`` are the foreign keys that can only be checked once all rows are there;
    ``labels`` those of each enum.
    """

    facts: TableFacts
    columns: tuple[ColumnPlan, ...]
    target: Path
    homes: Mapping[Path, Path]
    cyclic: frozenset[tuple[str, ...]] = frozenset()
    labels: Mapping[str, Sequence[str]] = {}

    @property
    def name(self) -> str:
        """The table's name, for messages."""
        return self.facts.table.path[-1]

    @property
    def by_name(self) -> dict[str, ColumnPlan]:
        """The columns by their source name in lower case."""
        return {column.source.lower(): column for column in self.columns}

    @property
    def comparable(self) -> dict[str, ColumnPlan]:
        """Those of them in which texts are equal only where their characters are."""
        odd = {
            column.name.lower()
            for column in self.facts.table.columns
            if str(column.definition.get("collation", "BINARY")) not in {"BINARY", "C", '"C"'}
        }
        return {name: plan for name, plan in self.by_name.items() if name not in odd}

    def targets(self, names: Sequence[str]) -> tuple[str, ...] | None:
        """Return columns by their names in the target; ``None`` where one stays behind."""
        plans = self.by_name
        if any(name is None or name.lower() not in plans for name in names):
            return None
        return tuple(plans[name.lower()].target for name in names)


def foreign_key(making: Making, key: ForeignKey) -> str | None:
    """Return a foreign key as a table constraint; ``None`` where it cannot stand."""
    columns, home = making.targets(key.columns), making.homes.get(key.references)
    if columns is None or home is None:
        return None
    actions = "".join(
        f" ON {event} {action}"
        for event, action in (("DELETE", key.on_delete), ("UPDATE", key.on_update))
        if action != "NO ACTION"
    )
    later = " DEFERRABLE INITIALLY DEFERRED" if key.deferrable else ""
    return (
        f"FOREIGN KEY ({listed(columns)}) REFERENCES {quoted(*home)} ({listed(key.referred)})"
        f"{actions}{later}"
    )


def lost(kind: str, of: str, what: str, why: str) -> Difference:
    """Return the difference that something of the source is not made."""
    return Difference(kind=kind, object=of, source=what, target="", reason=why)


def cyclic_keys(keys: Sequence[ForeignKeyPlan]) -> frozenset[tuple[str, ...]]:
    """Return the columns of the keys that wait for all rows."""
    return frozenset(key.columns for key in keys if key.cyclic and key.declared)
