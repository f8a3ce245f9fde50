"""Putting values back from images, into tables that are made again or rebuilt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from journal.postgresql.restore.names import dotted, ident
from journal.values import Column, SchemaObject, TableRows


class Staged(msgspec.Struct, frozen=True):
    """Images in a temporary table: text columns ``c<identity>``, and ``n`` for their order."""

    table: str
    rows: TableRows


def fill(target: SchemaObject, staged: Staged, *, name: str = "") -> str:
    """Return the INSERT that puts all imaged rows into an empty table."""
    columns = [c for c in stored(target) if c.id in staged.rows.columns]
    values = ", ".join(imaged(c) for c in columns)
    return (
        f"insert into {name or dotted(target.path)} ({names(columns)})"
        f" overriding system value select {values} from {staged.table} as i order by i.n"
    )


def copy(
    live: SchemaObject, target: SchemaObject, staged: Staged | None, *, source: str, into: str
) -> str:
    """Return the INSERT that copies a table into its rebuilt form.

    Values that the images hold come from there, matched by key, or by all that both have in
    common and by ordinal where the table has no key; a row that no image knows keeps its own
    value if it has one, or takes the default.
    """
    columns = stored(target)
    present = {c.id: c for c in live.columns}
    lost = {c.id for c in columns if c.id not in present or rewritten(present[c.id], c)}
    if staged is None:
        lost_values = {c.id: _fallback(c, present.get(c.id)) for c in columns if c.id in lost}
        origin = f"{source} as l order by l.ctid"
    else:
        lost_values = {
            c.id: f"case when i.n is null then {_fallback(c, present.get(c.id))}"
            f" else {imaged(c)} end"
            if c.id in staged.rows.columns
            else _fallback(c, present.get(c.id))
            for c in columns
            if c.id in lost
        }
        origin = _matched(live, target, lost, staged, source)
    values = ", ".join(
        lost_values[c.id] if c.id in lost else f"l.{ident(present[c.id].name)}" for c in columns
    )
    return (
        f"insert into {into} ({names(columns)}) overriding system value select {values}"
        f" from {origin}"
    )


def update(target: SchemaObject, lost: Iterable[int], staged: Staged) -> str:
    """Return the UPDATE that fills columns of a table from images, matched by key."""
    by_id = {c.id: c for c in target.columns}
    values = ", ".join(f"{ident(by_id[c].name)} = {imaged(by_id[c])}" for c in lost)
    matched = " and ".join(
        f"l.{ident(by_id[key].name)} = {imaged(by_id[key])}" for key in staged.rows.key
    )
    return (
        f"update {dotted(target.path)} as l set {values} from {staged.table} as i where {matched}"
    )


def stored(table: SchemaObject) -> list[Column]:
    """Return the columns that take values."""
    return [c for c in table.columns if "generated" not in c.definition]


def names(columns: Sequence[Column]) -> str:
    """Return a list of column names."""
    return ", ".join(ident(c.name) for c in columns)


def imaged(one: Column) -> str:
    """Return the SQL expression of an imaged value in its column's type."""
    return f"i.c{one.id}::{one.definition['type']}"


def as_text(one: Column, alias: str = "l") -> str:
    """Return the SQL expression of a live value as images hold it."""
    value = f"{alias}.{ident(one.name)}"
    return f"case when {value} is null then null else format('%s', {value}) end"


def rewritten(live: Column, target: Column) -> bool:
    """Tell whether the values of a column differ on the two sides of a change."""
    names = ("type", "collation")
    return any(live.definition.get(n) != target.definition.get(n) for n in names) or (
        "generated" in live.definition and "generated" not in target.definition
    )


def _fallback(target: Column, live: Column | None) -> str:
    if live is not None:
        return f"l.{ident(live.name)}::{target.definition['type']}"
    default: str = target.definition.get("default", f"null::{target.definition['type']}")
    return default


def _same_key(live: Column, target: Column) -> str:
    if not rewritten(live, target):
        return f"l.{ident(live.name)} = {imaged(live)}"
    # The key itself changed its type: the old value, turned over again, is the new one.
    return f"l.{ident(live.name)} = {imaged(target)}::{live.definition['type']}"


def _matched(
    live: SchemaObject, target: SchemaObject, lost: set[int], staged: Staged, source: str
) -> str:
    rows = staged.rows
    present: Mapping[int, Column] = {c.id: c for c in live.columns}
    wanted: Mapping[int, Column] = {c.id: c for c in target.columns}
    if rows.key and set(rows.key) <= present.keys():
        on = " and ".join(_same_key(present[key], wanted[key]) for key in rows.key)
        return f"{source} as l left join {staged.table} as i on {on} order by l.ctid"
    shared = [c for c in stored(live) if c.id in rows.columns and c.id not in lost]
    theirs = ", ".join(as_text(c) for c in shared)
    ours = ", ".join(f"i.c{c.id}" for c in shared)
    return (
        f"(select l.*, l.ctid as clew_place, array[{theirs}]::text[] as clew_row, row_number()"
        f" over (partition by array[{theirs}]::text[] order by l.ctid) as clew_copy"
        f" from {source} as l) as l left join (select i.*, array[{ours}]::text[] as clew_row,"
        f" row_number() over (partition by array[{ours}]::text[] order by i.n) as clew_copy"
        f" from {staged.table} as i) as i on l.clew_row = i.clew_row and l.clew_copy = i.clew_copy"
        " order by l.clew_place"
    )


def matches(live: SchemaObject, target: SchemaObject, staged: Staged) -> bool:
    """Tell whether the images say which row they belong to."""
    present = {c.id for c in live.columns}
    if staged.rows.key and set(staged.rows.key) <= present:
        return True
    wanted = {c.id: c for c in target.columns}
    return all(
        c.id in staged.rows.columns
        for c in stored(live)
        if c.id in wanted and not rewritten(c, wanted[c.id])
    )
