"""Enums: labels can be renamed in place; to take one away the type is made again."""

from __future__ import annotations

from journal.postgresql.connection import Session
from journal.postgresql.restore.make import make
from journal.postgresql.restore.names import dotted, ident, literal
from journal.values import SchemaObject

USERS = """
select n.nspname, c.relname, a.attname, a.atttypid <> t.oid
from pg_catalog.pg_type t
join pg_catalog.pg_attribute a on a.atttypid in (t.oid, t.typarray) and not a.attisdropped
join pg_catalog.pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p')
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where t.oid = %s and a.attinhcount = 0
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


def switch(session: Session, live: SchemaObject, want: SchemaObject, oid: int) -> None:
    """Make an enum again with other labels, and turn every column of it over.

    A value that the new labels lack makes the server refuse.
    """
    aside = (live.path[0], f"clew aside {live.id}")
    columns = session.query(USERS, (oid,))
    session.run(f"alter type {dotted(live.path)} rename to {ident(aside[1])}")
    for sql in make(want, catalogued=False):
        session.run(sql)
    for schema, table, column, is_array in columns:
        new = dotted(want.path) + ("[]" if is_array else "")
        session.run(
            f"alter table {dotted((schema, table))} alter column {ident(column)} type {new}"
            f" using {ident(column)}::text::{new}"
        )
    session.run(f"drop type {dotted(aside)}")
