"""Parts of tables that stand for a part of a parent's: they come and go with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from journal.postgresql.catalog.identities import PARTS
from journal.postgresql.restore.family import Path, bound, parents
from journal.values import SchemaObject


class Clones:
    """The constraints, indexes and triggers of a schema, by what they stand for."""

    def __init__(self, objects: Iterable[SchemaObject]) -> None:
        objects = tuple(objects)
        self._tables = {one.path: one for one in objects if one.kind == "table"}
        self._parts = {(one.kind, _place(one)): one for one in objects if one.kind in PARTS}
        self._below: dict[int, list[SchemaObject]] = defaultdict(list)
        for one in self._parts.values():
            for other in self.above(one):
                self._below[other.id].append(one)

    def above(self, one: SchemaObject) -> list[SchemaObject]:
        """Return what a part stands for; two parents may each have such a part."""
        if not bound(one):
            return []
        if one.kind != "trigger" and "parent" in one.definition:
            places = [tuple(one.definition["parent"])]
        else:
            table = self._tables.get(one.path[:2])
            places = [(*p, *_place(one)[2:]) for p in parents(table)] if table else []
        found = (self._parts.get((one.kind, place)) for place in places)
        return [other for other in found if other is not None]

    def tops(self, one: SchemaObject) -> list[SchemaObject]:
        """Return the parts at the head of all that a part stands for; itself, if for none."""
        above = self.above(one)
        return [top for other in above for top in self.tops(other)] if above else [one]

    def kin(self, one: SchemaObject) -> list[SchemaObject]:
        """Return all parts that come and go with a part, itself among them."""
        found: dict[int, SchemaObject] = {}
        waiting = self.tops(one)
        while waiting:
            other = waiting.pop()
            if other.id not in found:
                found[other.id] = other
                waiting += self._below[other.id] + self.above(other)
        return list(found.values())


def _place(one: SchemaObject) -> Path:
    """Return the path that tells a part; columns tell NOT NULLs, whatever their names."""
    if one.kind == "constraint" and one.definition["type"] == "not null":
        return (*one.path[:2], f"not null {one.definition['columns'][0]}")
    return one.path
