"""Tables and their parts by kinship, as they are and as they are to be, during one pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TypeAlias

from msgspec.structs import replace

from journal.postgresql.restore.clones import Clones
from journal.postgresql.restore.family import (
    Family,
    bound,
    is_clone,
    is_heir,
    is_partition,
    joining,
    own,
    parents,
    parting,
)
from journal.values import SchemaObject

Pair: TypeAlias = tuple[SchemaObject, SchemaObject]
"""An object as it is, and as it is to be."""


class Kinship:
    """Who comes of whom: ``live`` and ``wanted`` are whole schemas, by identity."""

    def __init__(
        self, live: Mapping[int, SchemaObject], wanted: Mapping[int, SchemaObject]
    ) -> None:
        self._live, self._wanted = live, wanted
        self._family, self._future = Family(live.values()), Family(wanted.values())
        self._clones = Clones(live.values())
        self._constraints: dict[int | None, list[SchemaObject]] = defaultdict(list)
        self._handed: set[tuple[str, str]] = set()
        for one in wanted.values():
            if one.kind == "constraint":
                self._constraints[one.parent].append(one)
                if one.definition["type"] == "not null" and is_clone(one):
                    self._handed.add((one.path[2], one.definition["columns"][0]))
        self._places = {(one.kind, one.path) for one in wanted.values()}

    def depth(self, one: SchemaObject) -> int:
        """Return how many generations stand above a live table, or the table of a part."""
        return self._family.depth(_table(one))

    def future_depth(self, one: SchemaObject) -> int:
        """Return how many generations are to stand above it."""
        return self._future.depth(_table(one))

    def live_at(self, path: tuple[str, ...]) -> int | None:
        """Return the identity of the live table of this name."""
        table = self._family.get(path)
        return None if table is None else table.id

    def children(self, table: SchemaObject) -> list[SchemaObject]:
        """Return the live partitions or heirs of a table."""
        return self._family.children(table)

    def descendants(self, tables: Iterable[SchemaObject]) -> dict[int, SchemaObject]:
        """Return all live tables that come of these, by identity."""
        return {one.id: one for table in tables for one in self._family.descendants(table)}

    def kept(self, table: SchemaObject) -> set[str]:
        """Return the columns that heirs would lose along with the table, and are to keep."""
        return {
            column.name
            for child in self.children(table)
            if (want := self._wanted.get(child.id)) is not None
            for column in child.columns
            if not own(column.definition) and any(column.id == o.id for o in want.columns)
        }

    def constraints(self, table: SchemaObject) -> list[SchemaObject]:
        """Return the constraints that a table is to have."""
        return self._constraints[table.id]

    def kin(self, part: SchemaObject) -> list[SchemaObject]:
        """Return all live parts that come and go with a part, itself among them."""
        return self._clones.kin(part)

    def moving(self, pairs: Iterable[Pair]) -> set[int]:
        """Return the tables whose parents are to be others."""
        tables = [(self.named(live), want) for live, want in pairs if live.kind == "table"]
        return {live.id for live, want in tables if parting(live, want) or joining(want, live)}

    def named(self, table: SchemaObject) -> SchemaObject:
        """Return a live table with its parents by the names that they are to have."""
        if not parents(table):
            return table
        found = [self._wanted.get(self.live_at(path) or 0) for path in parents(table)]
        paths = [
            list(one.path if one is not None else path)
            for one, path in zip(found, parents(table), strict=True)
        ]
        return replace(table, definition={**table.definition, "inherits": paths})

    def settled(self, live: SchemaObject, want: SchemaObject, moving: set[int]) -> SchemaObject:
        """Return an object as it will be by itself, once others are where they should be."""
        if live.kind == "table":
            return self.named(live)
        table = self._wanted.get(want.parent or 0)
        shared: tuple[str, ...] = ()
        if want.parent in moving:
            shared = ("inherited", "local", "parent")
        elif table is not None and is_partition(table):
            shared = ("inherited", "local")
        kept = {name: value for name, value in live.definition.items() if name not in shared}
        kept |= {name: want.definition[name] for name in shared if name in want.definition}
        return replace(live, definition=kept)

    def follows(self, one: SchemaObject) -> bool:
        """Tell whether others of its kind must be made before a NOT NULL of an heir's parent.

        An heir of two parents has its NOT NULL by the name that came first.
        """
        if one.kind != "constraint" or one.definition["type"] != "not null":
            return False
        place = (one.path[2], one.definition["columns"][0])
        return place not in self._handed and not bound(one)

    def comes_along(self, want: SchemaObject) -> bool:
        """Tell whether a part comes by itself: with its parent's, or when its table joins."""
        if want.kind not in ("constraint", "trigger") or not is_clone(want):
            return False
        if want.kind == "trigger" or "parent" in want.definition:
            return want.kind == "trigger"
        table = self._wanted[want.parent or 0]
        if is_heir(table):
            return True
        there = self._live.get(table.id)
        attached = there is not None and parents(there) == parents(table)
        theirs = (*parents(table)[0], want.path[2])
        return attached and ("constraint", theirs) in self._places

    def unfinished(self, pairs: Iterable[Pair], moving: Collection[int]) -> list[SchemaObject]:
        """Return the partitions that lack what they get only by being attached now.

        That is a NOT NULL of its own name, and the identity of a partition's partition.
        """
        tables: dict[int, SchemaObject] = {}
        for live, want in pairs:
            table = self._live.get(live.id if live.kind == "table" else live.parent or 0)
            if table is None or not is_partition(table) or table.id in moving:
                continue
            if _taken_up(live, want) or _lacks_identity(live, want):
                tables[table.id] = table
        return list(tables.values())

    def referring(self, table: SchemaObject) -> Iterator[SchemaObject]:
        """Yield the foreign keys that hold a partition where it is."""
        above = {path for parent in parents(table) for path in self._family.above(parent)}
        for one in self._live.values():
            refers = tuple(one.definition.get("references", ())) in above
            if one.kind == "constraint" and refers and not bound(one):
                yield one


def goes_along(one: SchemaObject, drops: Iterable[SchemaObject]) -> bool:
    """Tell whether an object goes when another does."""
    if bound(one):
        return True
    if one.kind == "constraint" and one.definition["type"] == "foreign key":
        return False
    if one.parent is not None:
        return any(other.id == one.parent for other in drops)
    if one.kind != "sequence" or "owned_by" not in one.definition:
        return False
    if one.definition.get("identity"):
        return True
    return any(tuple(one.definition["owned_by"][:2]) == other.path for other in drops)


def _table(one: SchemaObject) -> tuple[str, ...]:
    return one.path[:2]


def _taken_up(live: SchemaObject, want: SchemaObject) -> bool:
    """Tell whether a constraint is its table's own still, though its parent has it too."""
    both = "inherited" in live.definition and "inherited" in want.definition
    return both and own(live.definition) and not own(want.definition)


def _lacks_identity(live: SchemaObject, want: SchemaObject) -> bool:
    there = {c.id for c in live.columns if "identity" in c.definition}
    return live.kind == "table" and any(
        "identity" in c.definition and c.id not in there for c in want.columns
    )
