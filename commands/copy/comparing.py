"""Whether two schemas, of whichever kinds, say the same: all but the names of types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from commands.copy.facts import ForeignKey, TableFacts, facts
from commands.copy.plan import Difference, Path
from journal.values import Column, DatabaseKind, SchemaObject


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What differs: ``types`` are to be expected, ``others`` make two schemas unequal."""

    types: tuple[Difference, ...] = ()
    others: tuple[Difference, ...] = ()

    @property
    def equal(self) -> bool:
        """Tell whether tables, columns, keys, references and uniqueness are the same."""
        return not self.others


def compare(
    source: Iterable[SchemaObject],
    target: Iterable[SchemaObject],
    *,
    kinds: tuple[DatabaseKind, DatabaseKind],
    tables: Iterable[str] | None = None,
) -> Comparison:
    """Hold the tables of a source, or those named, against those of a target."""
    old, new = facts(source, kinds[0]), facts(target, kinds[1])
    wanted = None if tables is None else set(tables)
    found: list[Difference] = []
    homes = {path[-1].lower(): path for path in new}
    for path in sorted(old):
        if wanted is not None and not {path[-1], ".".join(path)} & wanted:
            continue
        home = path if path in new else homes.get(path[-1].lower())
        if home is None:
            found.append(Difference(kind="table", object=path[-1], source="there"))
        else:
            found += _table(path, old[path], new[home])
    types = [one for one in found if one.kind == "type"]
    return Comparison(types=tuple(types), others=tuple(one for one in found if one.kind != "type"))


def _table(path: Path, old: TableFacts, new: TableFacts) -> Iterator[Difference]:
    name = path[-1]
    ours = {column.name.lower(): column for column in old.table.columns}
    theirs = {column.name.lower(): column for column in new.table.columns}
    for folded in dict.fromkeys((*ours, *theirs)):
        yield from _column(name, ours.get(folded), theirs.get(folded), old, new)
    if _folded(old.key) != _folded(new.key):
        yield Difference(
            kind="key", object=name, source=", ".join(old.key), target=", ".join(new.key)
        )
    yield from _sets("unique", name, _unique(old), _unique(new))
    yield from _sets("foreign key", name, _references(old), _references(new))


def _column(
    name: str,
    one: Column | None,
    other: Column | None,
    old: TableFacts,
    new: TableFacts,
) -> Iterator[Difference]:
    of = f"{name}.{(one or other or Column(id=0, name='')).name}"
    if one is None or other is None:
        there = "there", ""
        source, target = there if one else there[::-1]
        yield Difference(kind="column", object=of, source=source, target=target)
        return
    types = [str(column.definition.get("type", "")) or "no type" for column in (one, other)]
    if types[0].lower() != types[1].lower():
        yield Difference(kind="type", object=of, source=types[0], target=types[1])
    nulls = ["never null" if _never_null(c, f) else "null" for c, f in ((one, old), (other, new))]
    if nulls[0] != nulls[1]:
        yield Difference(kind="nullability", object=of, source=nulls[0], target=nulls[1])
    computed = ["computed" if "generated" in c.definition else "" for c in (one, other)]
    if computed[0] != computed[1]:
        yield Difference(kind="generated", object=of, source=computed[0], target=computed[1])


def _never_null(column: Column, table: TableFacts) -> bool:
    """A key is never null, though SQLite does not hold it to that."""
    return column.name in table.key or bool(column.definition.get("not_null"))


def _unique(table: TableFacts) -> set[str]:
    found = {", ".join(sorted(_folded(columns))) for columns in table.unique}
    for index in table.indexes:
        definition = index.definition
        if definition.get("unique") and not definition.get("partial"):
            columns = _indexed(index)
            found |= {", ".join(sorted(_folded(columns)))} if columns else set()
    return found


def _indexed(index: SchemaObject) -> tuple[str, ...]:
    """Return the columns of an index; none where it is over more than columns."""
    if "columns" in index.definition:
        columns = index.definition["columns"]
        return () if None in columns else tuple(columns)
    head, where, _ = str(index.definition["text"]).partition(" WHERE ")
    listed = head.rpartition("(")[2].rstrip(")")
    if where or "(" in head.partition(" USING ")[2].partition("(")[2]:
        return ()
    return tuple(part.strip().split(" ")[0].strip('"') for part in listed.split(","))


def _references(table: TableFacts) -> set[str]:
    return {_said(key) for key in table.foreign_keys}


def _said(key: ForeignKey) -> str:
    columns, referred = ", ".join(_folded(key.columns)), ", ".join(_folded(key.referred))
    on = "" if key.on_delete in {"NO ACTION", "RESTRICT"} else f" on delete {key.on_delete.lower()}"
    return f"{columns} -> {key.references[-1].lower()} ({referred}){on}"


def _sets(kind: str, name: str, old: set[str], new: set[str]) -> Iterator[Difference]:
    for one in sorted(old - new):
        yield Difference(kind=kind, object=name, source=one)
    for one in sorted(new - old):
        yield Difference(kind=kind, object=name, target=one)


def _folded(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name.lower() for name in names)
