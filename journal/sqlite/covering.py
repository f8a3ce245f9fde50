"""What a statement will destroy, told from its words, and held against what it destroyed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from journal import stakes
from journal.errors import NotExact
from journal.sqlite.ddl import alteration
from journal.sqlite.schema import Catalog
from journal.sqlite.shape import shape_of
from journal.sqlite.told import Told
from journal.stakes import Stake
from journal.values import ObjectChange, SchemaObject


def at_stake(
    catalog: Catalog, sql: str, about: Told, shadows: Iterable[SchemaObject]
) -> Iterator[Stake]:
    """Tell from the statement what it will destroy; ``shadows`` are a virtual table's."""
    for table in (*(catalog.find("table", name) for name in sorted(about.drops)), *shadows):
        if table is not None:
            every = tuple(column.id for column in table.columns)
            yield Stake(before=table, after=None, columns=every, whole=True)
    said = alteration(sql)
    table = catalog.find("table", about.altered) if about.altered else None
    if said is not None and said.action == "drop" and table is not None:
        lost = said.column.lower()
        ids = tuple(c.id for c in table.columns if c.name.lower() == lost)
        yield Stake(before=table, after=table, columns=ids, whole=False)


def check_covered(changes: Iterable[ObjectChange], imaged: Sequence[Stake]) -> None:
    """Hold what went against what was imaged before."""
    for stake in stakes.uncovered(stakes.destroyed(changes), imaged):
        if stake.before is not None:
            raise NotExact(f"columns of {stake.before.path[0]} were lost without an image")


def check_reached(changes: Iterable[ObjectChange]) -> None:
    """Refuse tables whose rows could not be brought back, where their columns change."""
    for change in changes:
        one, other = change.before, change.after
        same = one and other and [c.id for c in one.columns] == [c.id for c in other.columns]
        for table in (one, other):
            if table is not None and table.kind == "table" and not same:
                shape_of(table)
