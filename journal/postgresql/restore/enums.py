"""Enums: labels can be renamed in place; to take one away the type is made again.

So are the types that are made of it: domains, composites and ranges, and what is made of those.
Every column of any of them is turned over by way of its text, which all of them have in common.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from journal.postgresql.catalog.found import Key
from journal.postgresql.connection import Session
from journal.postgresql.restore.make import make
from journal.postgresql.restore.names import dotted, ident, literal, word
from journal.values import SchemaObject

MADE_OF = """
with recursive edge(part, whole) as materialized (
    select t.typelem, t.oid from pg_catalog.pg_type t where t.typelem <> 0 and t.typlen = -1
    union all select t.typbasetype, t.oid from pg_catalog.pg_type t where t.typtype = 'd'
    union all select r.rngsubtype, r.rngtypid from pg_catalog.pg_range r
    union all select r.rngtypid, r.rngmultitypid from pg_catalog.pg_range r
    union all select a.atttypid, c.reltype from pg_catalog.pg_attribute a
        join pg_catalog.pg_class c on c.oid = a.attrelid and c.relkind = 'c'
        where not a.attisdropped
), used(oid, depth) as (
    select x.oid, 0 from unnest(%(types)s::oid[]) x(oid)
    union select edge.whole, used.depth + 1 from used join edge on edge.part = used.oid
)
"""

RANGED = """, ranged(oid) as (
    select used.oid from used join pg_catalog.pg_type t using (oid) where t.typtype = 'r'
    union select edge.whole from ranged join edge on edge.part = ranged.oid
)
"""
"""Ranges, and what is made of them."""

TYPES = f"""
{MADE_OF}{RANGED}
select t.oid::int8 from used join pg_catalog.pg_type t using (oid)
where t.typtype in ('d', 'c', 'r') and t.oid <> all(%(types)s::oid[])
group by t.oid order by t.oid in (select oid from ranged), max(used.depth)
"""

COLUMNS = f"""
{MADE_OF}{RANGED}
select n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
    a.atttypid in (select oid from ranged)
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p')
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where a.atttypid in (select oid from used) and not a.attisdropped and a.attinhcount = 0
order by 1, 2
"""


def rename_labels(live: SchemaObject, want: SchemaObject) -> list[str]:
    """Return the renames of labels, when nothing but names differs; else nothing."""
    old, new = live.definition.get("labels", []), want.definition.get("labels", [])
    if len(old) != len(new) or set(old) == set(new):
        return []
    return [
        f"alter type {dotted(want.path)} rename value {literal(a)} to {literal(b)}"
        for a, b in zip(old, new, strict=True)
        if a != b
    ]


def made_of(session: Session, enum: int) -> list[Key]:
    """Return the types that are made of an enum, each after its parts; those of ranges last."""
    return [("type", row[0]) for row in session.query(TYPES, {"types": [enum]})]


def switch(
    session: Session,
    live: SchemaObject,
    want: SchemaObject,
    oid: int,
    above: Sequence[SchemaObject],
) -> None:
    """Make an enum again with other labels, then the types ``above`` it, and turn columns over.

    The constructors of a range cannot be renamed, so a range goes before it comes again, and its
    columns are text meanwhile. A value that the new labels lack makes the server refuse.
    """
    columns = session.query(COLUMNS, {"types": [oid]})
    _turn(session, [(*name, "text") for *name, _, ranged in columns if ranged])
    ranged = {one.id for one in above if one.kind == "range"}
    first = next((n for n, one in enumerate(above) if one.id in ranged), len(above))
    for old in reversed(above[first:]):
        session.run(f"drop {word(old)} {dotted(old.path)}")
    for old in (live, *above[:first]):
        session.run(f"alter type {dotted(old.path)} rename to {ident(_aside(old))}")
    for new in (want, *above):
        for sql in make(new, catalogued=False):
            session.run(sql)
    _turn(session, [tuple(column[:4]) for column in columns])
    for old in (*reversed(above[:first]), live):
        session.run(f"drop {word(old)} {dotted((old.path[0], _aside(old)))}")


def _turn(session: Session, columns: Iterable[tuple[str, ...]]) -> None:
    for (schema, table), some in groupby(columns, key=lambda one: one[:2]):
        changes = ", ".join(
            f"alter column {ident(column)} type {kind} using {ident(column)}::text::{kind}"
            for _, _, column, kind in some
        )
        session.run(f"alter table {dotted((schema, table))} {changes}")


def _aside(one: SchemaObject) -> str:
    return f"clew aside {one.id}"
