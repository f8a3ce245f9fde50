"""REPLACE displaces rows without a DELETE trigger: they are kept before, and journaled after.

A BEFORE trigger keeps the rows that share a key with the new one, and the AFTER trigger journals
those that are gone. It holds where nothing else writes to the table between the two triggers;
where that may happen, or where SQL cannot tell the key, the table is compared with a copy.
"""

from __future__ import annotations

from collections.abc import Iterable

from journal.effect import Schema
from journal.sqlite.connection import Session, quote
from journal.sqlite.shape import Shape
from journal.values import SchemaObject

_TEMPORARY = (
    "SELECT 1 FROM sqlite_temp_master WHERE type = 'trigger' AND name NOT LIKE 'clew\\_%' ESCAPE"
    " '\\'"
)


def install(session: Session, shape: Shape, copies: dict[str, str]) -> None:
    """Make the triggers of INSERT and UPDATE anew; ``copies`` are what they do anyhow, by event."""
    shared = _shares_key(session, shape)
    if not shared:
        return
    names = ", ".join([shape.rowid or "NULL", *shape.names])
    columns = ", ".join(f"c{n}" for n in range(len(shape.columns)))
    session.run(f"CREATE TABLE temp.{shape.kept} (rid, {columns})")
    table = f"main.{quote(shape.table)}"
    for event, other in (("insert", "1"), ("update", _not_old(shape))):
        name = "conflict" if event == "insert" else "displace"
        session.run(
            f"CREATE TEMP TRIGGER {shape.trigger(name)} BEFORE {event.upper()} ON {table}"
            f" BEGIN DELETE FROM {shape.kept}; INSERT INTO {shape.kept} SELECT {names}"
            f" FROM {quote(shape.table)} WHERE ({shared}) AND {other}; END"
        )
        body = (
            f"INSERT INTO {shape.stage} (what, sign, rid, {columns})"
            f" SELECT 'displaced', -1, rid, {columns} FROM {shape.kept} WHERE {_gone(shape)};"
            f" DELETE FROM {shape.kept};"
        )
        session.run(f"DROP TRIGGER temp.{shape.trigger(event)}")
        session.run(
            f"CREATE TEMP TRIGGER {shape.trigger(event)} AFTER {event.upper()} ON {table}"
            f" BEGIN {body} {copies[event]} END"
        )


def entangled(session: Session, tables: Iterable[SchemaObject], schema: Schema) -> bool:
    """Whether triggers cannot tell what REPLACE displaces in these tables.

    That is so with a unique index on an expression, with triggers of the user's, and where the
    action of a foreign key may come back to the table it began in. A STRICT table looks at types
    before a BEFORE trigger fires, and so ahead of constraints that OR IGNORE would pass over.
    """
    tables = tuple(tables)
    ids = {table.id for table in tables}
    if any(found.kind == "trigger" and found.parent in ids for found in schema.values()):
        return True
    if session.value(_TEMPORARY):
        return True
    return _circular(tables) or any(
        "strict" in table.definition or _by_expression(session, table) for table in tables
    )


def _by_expression(session: Session, table: SchemaObject) -> bool:
    found = session.value(
        'SELECT 1 FROM pragma_index_list(?) l, pragma_index_xinfo(l.name) x WHERE l."unique"'
        " AND x.key AND x.cid < 0 AND x.name IS NULL LIMIT 1",
        (table.path[0],),
    )
    return found is not None


def _circular(tables: Iterable[SchemaObject]) -> bool:
    """Whether foreign keys among the tables lead from one back to itself."""
    parents = {
        table.path[0].lower(): {
            key["references"][0].lower() for key in table.definition.get("foreign_keys", ())
        }
        for table in tables
    }
    while leaves := [name for name, above in parents.items() if not above & parents.keys()]:
        for name in leaves:
            del parents[name]
    return bool(parents)


def _shares_key(session: Session, shape: Shape) -> str:
    """The condition under which a row has the rowid or a unique value of NEW."""
    conditions = [f"{shape.rowid} = NEW.{shape.rowid}"] if shape.rowid else []
    table = quote(shape.table)
    indexes = session.run(
        "SELECT l.name, x.name, x.coll FROM pragma_index_list(?) l,"
        ' pragma_index_xinfo(l.name) x WHERE l."unique" AND x.key ORDER BY l.seq, x.seqno',
        (shape.table,),
    )
    parts: dict[str, list[str]] = {}
    for index, column, collation in indexes:
        parts.setdefault(index, []).append(
            f"{table}.{quote(column)} = NEW.{quote(column)} COLLATE {quote(collation)}"
        )
    conditions += [" AND ".join(columns) for columns in parts.values()]
    return " OR ".join(f"({condition})" for condition in conditions)


def _gone(shape: Shape) -> str:
    """The condition under which a kept row is no longer there, or bears the new row's place."""
    table = quote(shape.table)
    if shape.rowid:
        return (
            f"rid = NEW.{shape.rowid} OR NOT EXISTS"
            f" (SELECT 1 FROM {table} WHERE {table}.{shape.rowid} = rid)"
        )
    numbers = {column.id: n for n, column in enumerate(shape.columns)}
    same = " AND ".join(f"NEW.{quote(c.name)} IS c{numbers[c.id]}" for c in shape.key)
    there = " AND ".join(f"{table}.{quote(c.name)} IS c{numbers[c.id]}" for c in shape.key)
    return f"({same}) OR NOT EXISTS (SELECT 1 FROM {table} WHERE {there})"


def _not_old(shape: Shape) -> str:
    if shape.rowid:
        return f"{shape.rowid} IS NOT OLD.{shape.rowid}"
    same = " AND ".join(f"{quote(c.name)} IS OLD.{quote(c.name)}" for c in shape.key)
    return f"NOT ({same})"
