"""Kinship of tables: partitions and heirs, how they are parted and joined again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from journal.postgresql.restore.names import dotted
from journal.values import SchemaObject

Path = tuple[str, ...]


class Family:
    """The tables of a schema by their kinship."""

    def __init__(self, objects: Iterable[SchemaObject]) -> None:
        self._tables = {one.path: one for one in objects if one.kind == "table"}
        self._children: dict[Path, list[SchemaObject]] = defaultdict(list)
        for one in self._tables.values():
            for parent in parents(one):
                self._children[parent].append(one)

    def get(self, path: Path) -> SchemaObject | None:
        """Return the table of this name."""
        return self._tables.get(path)

    def children(self, table: SchemaObject) -> list[SchemaObject]:
        """Return the partitions, or the heirs, of a table."""
        return self._children.get(table.path, [])

    def descendants(self, table: SchemaObject) -> Iterator[SchemaObject]:
        """Yield all that come of a table, the nearest first, some perhaps more than once."""
        for child in self.children(table):
            yield child
            yield from self.descendants(child)

    def related(self, path: Path) -> bool:
        """Tell whether the table of this name has parents, or children."""
        return bool(self._children.get(path)) or any(
            parents(table) for table in (self._tables.get(path),) if table is not None
        )

    def above(self, path: Path) -> Iterator[Path]:
        """Yield a table's name and those of all that stand above it."""
        yield path
        for parent in parents(self._tables[path]) if path in self._tables else ():
            yield from self.above(parent)

    def depth(self, path: Path) -> int:
        """Return how many generations stand above the table of this name."""
        table = self._tables.get(path)
        if table is None:
            return 0
        return max((self.depth(parent) + 1 for parent in parents(table)), default=0)


def parents(table: SchemaObject) -> list[Path]:
    """Return the names of a table's parents, in their order."""
    return [tuple(path) for path in table.definition.get("inherits", ())]


def is_partition(table: SchemaObject) -> bool:
    """Tell whether a table is a partition."""
    return bool(table.definition.get("partition_of"))


def is_heir(table: SchemaObject) -> bool:
    """Tell whether a table inherits from others without being a partition."""
    return bool(parents(table)) and not is_partition(table)


def is_clone(part: SchemaObject) -> bool:
    """Tell whether a part of a table is there for a part of its parent's, and only so."""
    definition = part.definition
    return "parent" in definition or (bound(part) and not definition.get("local"))


def bound(part: SchemaObject) -> bool:
    """Tell whether a part of a table cannot be dropped before its parent's part is."""
    return "parent" in part.definition or "inherited" in part.definition


def parting(live: SchemaObject, want: SchemaObject) -> list[str]:
    """Return the statements that take a table from parents that are not its own."""
    kept = parents(want) if _alike(live, want) else []
    return [part(live, parent) for parent in parents(live) if parent not in kept]


def part(child: SchemaObject, parent: Path) -> str:
    """Return the statement that takes a table from one of its parents."""
    name, theirs = dotted(child.path), dotted(parent)
    if is_partition(child):
        return f"alter table {theirs} detach partition {name}"
    return f"alter table {name} no inherit {theirs}"


def joining(want: SchemaObject, live: SchemaObject | None) -> list[str]:
    """Return the statements that give a table the parents that it lacks."""
    there = parents(live) if live is not None and _alike(live, want) else []
    name = dotted(want.path)
    return [
        f"alter table {dotted(parent)} attach partition {name} {_bound(want)}"
        if is_partition(want)
        else f"alter table {name} inherit {dotted(parent)}"
        for parent in parents(want)
        if parent not in there
    ]


def estranged(live: SchemaObject, want: SchemaObject) -> bool:
    """Tell whether a table must be made again, for no INHERIT makes it what it was.

    Joined to a parent, an heir's columns stay its own as well, and the parent comes last.
    """
    if not is_heir(want):
        return False
    kept = [parent for parent in parents(live) if parent in parents(want)]
    added = [parent for parent in parents(want) if parent not in kept]
    former = {c.id: c.definition for c in live.columns}
    return [*kept, *added] != parents(want) or any(
        c.id in former and own(former[c.id]) != own(c.definition)
        for c in want.columns
        if "inherited" in c.definition
    )


def own(definition: dict[str, object]) -> bool:
    """Tell whether a column or constraint is a table's own, perhaps besides being inherited."""
    return definition.get("local") is not False


def _alike(live: SchemaObject, want: SchemaObject) -> bool:
    """Tell whether a table belongs to its parents in the same way, so that it may stay there."""
    return is_partition(live) == is_partition(want) and _bound(live) == _bound(want)


def _bound(table: SchemaObject) -> str:
    return str(table.definition.get("partition_bound", ""))
