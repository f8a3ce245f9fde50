"""Which tables undoing writes anew although they stand: those that keep their rows otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from journal.effect import Schema, Step
from journal.errors import StatementFailed
from journal.sqlite.connection import Session, quote
from journal.values import ObjectChange, Rebuilt, SchemaObject, TableRows


def changed(changes: Sequence[ObjectChange]) -> Iterator[tuple[SchemaObject, SchemaObject]]:
    """Yield the tables that undoing makes again, as they are and as they are to be."""
    for change in changes:
        before, after = change.before, change.after
        if before is None or after is None or after.kind != "table":
            continue
        if structure(before) != structure(after):
            yield after, before


def structure(table: SchemaObject) -> object:
    """Return all that decides how rows are kept and found, without the names."""
    place = {column.name: n for n, column in enumerate(table.columns)}
    definition = table.definition
    return (
        [(column.id, column.definition) for column in table.columns],
        [place[name] for name in definition.get("primary_key", ())],
        [[place.get(name) for name in names] for names in definition.get("unique", ())],
        [definition.get(n) for n in ("strict", "without_rowid", "autoincrement", "key_index")],
    )


def measured(session: Session, table: SchemaObject) -> Rebuilt:
    """Measure a table that is there; bytes are 0 where this SQLite cannot tell."""
    name = table.path[0]
    rows = session.value(f"SELECT count(*) FROM main.{quote(name)}")
    return Rebuilt(table=table.id, rows=int(rows), bytes=_bytes(session, name))


def foretold(session: Session, steps: Sequence[Step], schema: Schema) -> tuple[Rebuilt, ...]:
    """Tell what taking steps back will write anew, each time.

    ``schema`` is the schema with all of them done. Rows are counted back from those there are
    now; a table that is gone comes back with those that were imaged.
    """
    found: list[Rebuilt] = []
    tables: dict[int, Rebuilt] = {}
    for step in reversed(steps):
        for table in _concerned(step):
            if table not in tables:
                live = schema.get(table)
                tables[table] = measured(session, live) if live else Rebuilt(table=table, rows=0)
        for rows in step.rows:
            tables[rows.table] = _before(tables[rows.table], rows, step)
        found += [tables[table.id] for table, _ in changed(step.changes)]
    return tuple(one for one in found if one.rows)


def _concerned(step: Step) -> set[int]:
    return {rows.table for rows in step.rows} | {one.id for one, _ in changed(step.changes)}


def _before(one: Rebuilt, rows: TableRows, step: Step) -> Rebuilt:
    """Return a table as it was before a step wrote or took its rows."""
    if rows.cause == "written":
        return replace(one, rows=one.rows + rows.removed - rows.added)
    gone = any(c.before and c.before.id == one.table and not c.after for c in step.changes)
    if rows.cause == "destroyed" and gone:
        size = rows.images.size if rows.images else 0
        return Rebuilt(table=one.table, rows=rows.removed, bytes=size)
    return one


def _bytes(session: Session, name: str) -> int:
    try:
        size = session.value("SELECT pgsize FROM dbstat('main', 1) WHERE name = ?", (name,))
    except StatementFailed:  # a build of SQLite without dbstat
        return 0
    return int(size or 0)
