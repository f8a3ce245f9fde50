"""Which live table and column each table and column of a backup goes into."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from commands.backup.manifest import BackedUpTable, Manifest, named
from commands.restore.wish import Wish
from journal.errors import NotFound, Refused, Usage
from journal.values import Column, SchemaObject
from projections.schema import dotted

Objects = Mapping[int, SchemaObject]


class TablePlan(msgspec.Struct, frozen=True, kw_only=True):
    """One table: ``columns`` are pairs of a column's name in the backup and now.

    ``kept`` are columns that only the live table has, ``left_out`` those that only the backup
    has, and ``retyped`` those of another type now.
    """

    name: str
    backed: BackedUpTable
    live: SchemaObject
    columns: tuple[tuple[str, str], ...]
    kept: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    retyped: tuple[str, ...] = ()

    @property
    def called(self) -> str:
        """What the table is called now, where that is another name."""
        return "" if self.live.path == self.backed.path else dotted(self.live.path)


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """A table of a backup, under the name that it has there, and as an object (format 2)."""

    name: str
    backed: BackedUpTable
    object: SchemaObject | None

    def names(self, column: str) -> set[str]:
        """Return the names by which a column of it may be left out."""
        return {column, f"{self.name}.{column}", f"{self.backed.path[-1]}.{column}"}


def choose(manifest: Manifest, tables: Sequence[str], known: Objects) -> tuple[Chosen, ...]:
    """Return the tables of these names with their heirs and partitions; all without a name.

    Raises:
        NotFound, Usage: the backup has no such table, or several.
    """
    names = named([table.path for table in manifest.tables])
    objects = {one.path: one for one in manifest.objects if one.kind == "table"}
    every = tuple(
        Chosen(name=name, backed=table, object=objects.get(table.path))
        for name, table in zip(names, manifest.tables, strict=True)
    )
    if not tables:
        return every
    paths = {_find(every, name, manifest).backed.path for name in tables}
    parents = _parents(manifest, known)
    size = 0
    while len(paths) != size:
        size = len(paths)
        paths |= {path for path, above in parents.items() if above & paths}
    return tuple(one for one in every if one.backed.path in paths)


def _find(every: Sequence[Chosen], name: str, manifest: Manifest) -> Chosen:
    exact = [one for one in every if name in (one.name, dotted(one.backed.path))]
    found = exact or [one for one in every if one.backed.path[-1] == name]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(one.name for one in found)
        raise Usage(f"{name} is the name of several tables: {names}", hint="Say SCHEMA.TABLE.")
    if name in manifest.left_out:
        raise NotFound(
            f"the backup left {name} out: a virtual table",
            hint="Only its module knows its rows.",
        )
    hint = f"It holds {', '.join(one.name for one in every) or 'none'}."
    raise NotFound(f"no table {name} in the backup", hint=hint)


def _parents(manifest: Manifest, known: Objects) -> dict[tuple[str, ...], set[tuple[str, ...]]]:
    return {
        one.path: {tuple(path) for path in one.definition.get("inherits", ())}
        for one in (*known.values(), *manifest.objects)
        if one.kind == "table"
    }


def live_table(one: Chosen, known: Objects, *, ours: bool) -> SchemaObject | None:
    """Return the table that a backed up one is now: by its identity if it is ours, or its name.

    Raises:
        Refused: something else bears its name.
    """
    if ours and one.object is not None:
        same = known.get(one.object.id)
        if same is not None and same.kind == "table":
            return same
    path = one.backed.path
    kinds = ("view", "materialized view", "foreign table", "virtual")
    for found in known.values():
        if found.path == path and found.kind in kinds:
            raise Refused(
                f"{one.name} is a {found.kind} now, and no table",
                hint="Give that another name first, or restore other tables with --table.",
            )
    return next((o for o in known.values() if o.kind == "table" and o.path == path), None)


def plan_table(one: Chosen, live: SchemaObject, wish: Wish, *, ours: bool) -> TablePlan:
    """Tell which column goes where.

    Raises:
        Refused: a column of the backup has no place now, and was not left out.
    """
    known = {column.name: column for column in one.object.columns} if one.object else {}
    by_name = {column.name: column for column in live.columns}
    by_id = {column.id: column for column in live.columns} if ours else {}
    pairs, left, retyped = [], [], []
    for backed in one.backed.columns:
        former = known.get(backed.name)
        column = by_id.get(former.id) if former and former.id else None
        column = column or by_name.get(backed.name)
        if not one.names(backed.name).isdisjoint(wish.leave_out):
            left.append(backed.name)
            continue
        if column is None or "generated" in column.definition:
            raise _homeless(one.name, backed.name, column)
        pairs.append((backed.name, column.name))
        if column.definition.get("type", "") != backed.type:
            retyped.append(column.name)
    taken = {name for _, name in pairs}
    stored = [c.name for c in live.columns if "generated" not in c.definition]
    return TablePlan(
        name=one.name,
        backed=one.backed,
        live=live,
        columns=tuple(pairs),
        kept=tuple(name for name in stored if name not in taken),
        left_out=tuple(left),
        retyped=tuple(retyped),
    )


def refuse_unknown_columns(chosen: Iterable[Chosen], leave_out: Iterable[str]) -> None:
    """Raise ``NotFound`` where a column that is to be left out is in none of the tables."""
    names = {
        name for one in chosen for column in one.backed.columns for name in one.names(column.name)
    }
    for name in leave_out:
        if name not in names:
            raise NotFound(
                f"no column {name} in the backup, to be left out",
                hint="Name it as the backup does: COLUMN or TABLE.COLUMN.",
            )


def refuse_parts(tables: Iterable[SchemaObject], known: Objects) -> None:
    """Raise ``Refused`` where only some of the tables that a virtual one is kept in are meant."""
    meant = {one.id: one.definition.get("shadow") for one in tables}
    whole = set(meant.values()) - {None}
    for one in known.values():
        name = one.definition.get("shadow")
        if name in whole and one.id not in meant:
            raise Refused(
                f"the tables of virtual table {name} make sense together only",
                hint=f"Restore {'.'.join(one.path)} too.",
            )


def _homeless(table: str, name: str, column: Column | None) -> Refused:
    what = "is not there any more" if column is None else "is computed by the database now"
    return Refused(
        f"column {name} of {table} {what}, and the backup holds values of it",
        hint=f"Restore without it: --leave-out {table}.{name}.",
    )
