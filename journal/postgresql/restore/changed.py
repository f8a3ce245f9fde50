"""Values that somebody wrote after a schema change made them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from journal.database import LISTED
from journal.postgresql.connection import Session
from journal.postgresql.restore.data import as_text, imaged, stored
from journal.postgresql.restore.names import dotted, ident
from journal.values import ChangedRow, Column, ObjectChange, SchemaObject, TableRows

Stage = Callable[[TableRows, int], str]
"""Puts images of one sign into a temporary table and returns its name."""


class Changed(msgspec.Struct):
    """Rows written since: all are counted, the first are listed."""

    count: int = 0
    rows: list[ChangedRow] = []


def changed_since(
    session: Session,
    changes: Sequence[ObjectChange],
    made: Mapping[int, TableRows],
    oid: Callable[[int], int | None],
    number: Callable[[int, int], int],
    stage: Stage,
) -> Changed:
    """Compare what the changes made with what stands there now.

    ``oid`` and ``number`` tell where the server keeps a table and a column.
    """
    found = Changed()
    for change in changes:
        after = change.after
        if after is None or after.kind != "table":
            continue
        rows = made.get(after.id)
        if change.before is None:
            _created(session, after, rows, stage, found)
            continue
        present = {c.id for c in change.before.columns}
        added = [c for c in stored(after) if c.id not in present]
        if rows is not None and rows.images is not None:
            _compare(session, after, rows, stage(rows, 1), found, whole=False)
            added = [c for c in added if c.id not in rows.columns]
        for column in added:
            relation = oid(after.id)
            if relation is not None:
                _constant(session, after, column, relation, number(after.id, column.id), found)
    return found


def _created(
    session: Session, table: SchemaObject, rows: TableRows | None, stage: Stage, found: Changed
) -> None:
    if rows is not None and rows.images is not None:
        _compare(session, table, rows, stage(rows, 1), found, whole=True)
        return
    columns = stored(table)
    values = ", ".join(as_text(c) for c in columns)
    live = session.query(
        f"select array[{values}]::text[], count(*) over () from {dotted(table.path)} as l"
        f" limit {LISTED}"
    )
    if live:
        found.count += live[0][1]
    for row, _ in live:
        _add(found, table, columns, None, row, ())


def _compare(
    session: Session,
    table: SchemaObject,
    rows: TableRows,
    staged: str,
    found: Changed,
    *,
    whole: bool,
) -> None:
    """Compare imaged columns by key; with ``whole``, or without a key, as a multiset."""
    columns = [c for c in stored(table) if c.id in rows.columns]
    live = ", ".join(as_text(c) for c in columns)
    image = ", ".join(f"i.c{c.id}" for c in columns)
    by_id = {c.id: c for c in columns}
    if not rows.key or whole:
        sql = (
            f"from (select array[{live}]::text[] as r, row_number() over"
            f" (partition by array[{live}]::text[]) as k from {dotted(table.path)} as l) as l"
            f" full join (select array[{image}]::text[] as r, row_number() over"
            f" (partition by array[{image}]::text[]) as k from {staged} as i) as i"
            " on l.r = i.r and l.k = i.k where l.r is null or i.r is null"
        )
    else:
        # Rows that came or went since are none of a column's business.
        on = " and ".join(f"l.{ident(by_id[k].name)} = {imaged(by_id[k])}" for k in rows.key)
        sql = (
            f"from (select array[{live}]::text[] as r, array[{image}]::text[] as s"
            f" from {dotted(table.path)} as l join {staged} as i on {on}) as x(r, s)"
            " where r is distinct from s"
        )
        sql = sql.replace("x(r, s)", "x")
    chosen = "i.r, l.r" if not rows.key or whole else "s, r"
    differing = session.query(f"select {chosen}, count(*) over () {sql} limit {LISTED}")
    if differing:
        found.count += differing[0][2]
    for before, after, _ in differing:
        _add(found, table, columns, before, after, rows.key)


def _constant(
    session: Session,
    table: SchemaObject,
    column: Column,
    relation: int,
    number: int,
    found: Changed,
) -> None:
    """Compare an added column with the one value that adding it gave to all rows."""
    missing = session.query(
        "select atthasmissing, format('%%s', (attmissingval::text::text[])[1])"
        " from pg_catalog.pg_attribute where attrelid = %s and attnum = %s",
        (relation, number),
    )
    constant = missing[0][1] if missing and missing[0][0] else None
    if constant is None and "default" in column.definition:
        return
    value = as_text(column).replace("%", "%%")
    counted = session.query(
        f"select count(*) from {dotted(table.path).replace('%', '%%')} as l where {value} is distinct from %s::text",
        (constant,),
    )
    found.count += counted[0][0]


def _add(
    found: Changed,
    table: SchemaObject,
    columns: Sequence[Column],
    journaled: Sequence[Any] | None,
    live: Sequence[Any] | None,
    key: Sequence[int],
) -> None:
    if len(found.rows) >= LISTED:
        return
    names = [c.name for c in columns]
    chosen = [c.name for c in columns if c.id in key] or names
    sides = [
        None if side is None else dict(zip(names, side, strict=True)) for side in (journaled, live)
    ]
    row = sides[1] or sides[0] or {}
    found.rows.append(
        ChangedRow(
            table=table.id,
            key={name: row[name] for name in chosen},
            journaled=sides[0],
            live=sides[1],
        )
    )
