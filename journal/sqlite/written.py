"""Taking written rows back: remove the after images, put the before images back.

Foreign keys are off and the user's triggers are taken out meanwhile, so nothing else happens.
Within one statement images that cancel (a row inserted and then updated) are folded first.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from journal.effect import LISTED
from journal.errors import ChangedSince, NotExact, StatementFailed
from journal.errors import rows as in_words
from journal.sqlite import modules
from journal.sqlite.connection import Session, quote
from journal.sqlite.images import decode_row, decoded, insert, row_bytes
from journal.sqlite.schema import Objects
from journal.sqlite.shape import Shape, joined, same, shape_of
from journal.sqlite.watch import Watch
from journal.values import ChangedRow, IfChanged, SchemaObject, TableRows

BEFORE, AFTER = "clew_before", "clew_after"


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """The images of the undoing, what was run, and the rows found changed since."""

    rows: tuple[TableRows, ...] = ()
    sql: tuple[str, ...] = ()
    changed_since: tuple[ChangedRow, ...] = ()
    changed_count: int = 0


def undo_rows(
    session: Session,
    watch: Watch,
    objects: Objects,
    rows: Sequence[TableRows],
    if_changed: IfChanged,
) -> Undone:
    """Take back what one statement wrote.

    Raises:
        ChangedSince: live rows are not what the statement left, and the policy is "refuse".
        NotExact: a constraint refuses the former rows.
    """
    tables = [objects[one.table] for one in rows]
    changed: list[ChangedRow] = []
    count = 0
    taken: tuple[TableRows, ...] = ()
    with silent(session, tables):
        for one, table in zip(rows, tables, strict=True):
            with staged(session, shape_of(table), one, folding="shadow" not in table.definition):
                found, total = _settle_changed(session, objects, table, if_changed)
                watch.watch([table])
                _exchange(session, shape_of(table))
                taken += watch.collect()
            changed += found
            count += total
        watch.unwatch()
    return Undone(
        rows=taken,
        sql=tuple(_told(one, table) for one, table in zip(rows, tables, strict=True)),
        changed_since=tuple(changed[:LISTED]),
        changed_count=count,
    )


def _told(rows: TableRows, table: SchemaObject) -> str:
    name = quote(table.path[0])
    return f"-- {name}: take {in_words(rows.added)} out, put {in_words(rows.removed)} back"


def _settle_changed(
    session: Session, objects: Objects, table: SchemaObject, if_changed: IfChanged
) -> tuple[list[ChangedRow], int]:
    """Find rows changed since in what is staged, and do with them what the policy says."""
    shape = shape_of(table)
    changed, count = _changed_since(session, shape)
    if "shadow" in table.definition and (count or _grown(session, objects, table)):
        # its rows make sense together only
        raise ChangedSince(
            f"virtual table {table.definition['shadow']} was written to since it was journaled",
            hint="It can neither be kept nor overwritten in part; drop it, and make it again after.",
        )
    if count and if_changed == "refuse":
        raise ChangedSince(
            f"{in_words(count)} of {shape.table} written since it was journaled",
            hint="See them with --plan; keep or overwrite them with --if-changed.",
            rows=changed,
        )
    if count and if_changed == "keep":
        _leave_changed(session, shape)
        changed = [msgspec.structs.replace(row, kept=True) for row in changed]
    return changed, count


def _grown(session: Session, objects: Objects, table: SchemaObject) -> bool:
    """Whether a table that is imaged whole has rows that were not there."""
    name = table.definition["shadow"]
    virtual = (one for one in objects.values() if one.kind == "virtual" and one.path[0] == name)
    if not any(modules.told_whole(table, one) for one in virtual):
        return False
    live = session.value(f"SELECT count(*) FROM main.{quote(table.path[0])}")
    return bool(live != session.value(f"SELECT count(*) FROM temp.{AFTER}"))


@contextmanager
def staged(
    session: Session, shape: Shape, rows: TableRows, *, folding: bool = True
) -> Iterator[None]:
    """Load the images of one statement into two TEMP tables, folded.

    What was found by comparison with a copy needs no folding, and may be imaged unchanged.
    """
    columns = ", ".join(f"c{n}" for n in range(len(rows.columns)))
    place = "rid" if shape.rowid else _key_columns(shape, rows)
    for name in (BEFORE, AFTER):
        session.run(f"CREATE TABLE temp.{name} (rid, {columns}, changed INTEGER DEFAULT 0)")
    try:
        for sign, name in ((-1, BEFORE), (1, AFTER)):
            load(session, name, len(rows.columns), decoded(session, rows, sign))
        for name in (BEFORE, AFTER):
            session.run(f"CREATE INDEX temp.{name}_place ON {name} ({place})")
        kinds = sum(map(bool, (rows.inserted, rows.updated, rows.deleted)))
        if folding and (
            kinds > 1 or any(_repeats(session, name, place) for name in (BEFORE, AFTER))
        ):
            _fold(session, rows)
        yield
    finally:
        for name in (BEFORE, AFTER):
            session.run(f"DROP TABLE temp.{name}")


def load(session: Session, table: str, width: int, batches: Iterator[list[list[Any]]]) -> None:
    """Insert image rows (rowid first) into a TEMP table, storage classes kept."""
    columns = ", ".join(["rid", *(f"c{n}" for n in range(width))])
    insert(session, f"INSERT INTO temp.{table} ({columns})", batches)


def _key_columns(shape: Shape, rows: TableRows) -> str:
    numbers = {identity: n for n, identity in enumerate(rows.columns)}
    return ", ".join(f"c{numbers[column.id]}" for column in shape.key)


def _repeats(session: Session, name: str, place: str) -> bool:
    return bool(
        session.value(f"SELECT 1 FROM temp.{name} GROUP BY {place} HAVING count(*) > 1 LIMIT 1")
    )


def _fold(session: Session, rows: TableRows) -> None:
    """Cancel images that stand on both sides; what is left is the statement's whole effect."""
    session.run("CREATE TABLE temp.clew_fold (row BLOB, sign INTEGER)")
    for sign, found in row_bytes(session, rows):
        session.run_many("INSERT INTO temp.clew_fold VALUES (?, ?)", ((r, sign) for r in found))
    for name in (BEFORE, AFTER):
        session.run(f"DELETE FROM temp.{name}")
    net = "SELECT row, sum(sign) FROM temp.clew_fold GROUP BY row HAVING sum(sign) <> 0"
    for batch in list(session.stream(net)):
        for row, count in batch:
            name = BEFORE if count < 0 else AFTER
            load(session, name, len(rows.columns), iter([[decode_row(row)] * abs(count)]))
    session.run("DROP TABLE temp.clew_fold")


def _changed_since(session: Session, shape: Shape) -> tuple[list[ChangedRow], int]:
    """Mark staged rows whose live counterpart is not what the statement left."""
    table = f"main.{quote(shape.table)}"
    live = _at_place(shape, "t", "s")
    equal = joined("AND", [same(f"t.{name}", f"s.c{n}") for n, name in enumerate(shape.names)])
    any_place = shape.rowid or shape.place[0]
    session.run(
        f"UPDATE temp.{AFTER} AS s SET changed = 1 WHERE NOT EXISTS"
        f" (SELECT 1 FROM {table} t WHERE {live} AND ({equal}))"
    )
    free = " AND ".join(_same_place(shape, "a", "s"))
    session.run(
        f"UPDATE temp.{BEFORE} AS s SET changed = 1 WHERE EXISTS"
        f" (SELECT 1 FROM {table} t WHERE {live}) AND NOT EXISTS"
        f" (SELECT 1 FROM temp.{AFTER} a WHERE {free})"
    )
    total = sum(
        int(session.value(f"SELECT count(*) FROM temp.{name} WHERE changed"))
        for name in (BEFORE, AFTER)
    )
    listed = list(_list_changed(session, shape, live, any_place)) if total else []
    return listed, total


def _list_changed(
    session: Session, shape: Shape, live: str, any_place: str
) -> Iterator[ChangedRow]:
    width = len(shape.columns)
    names = [column.name for column in shape.columns]
    mine = ", ".join(["s.rid", *(f"s.c{n}" for n in range(width))])
    theirs = ", ".join([f"t.{any_place} IS NOT NULL", *(f"t.{name}" for name in shape.names)])
    former = ", ".join(["b.changed IS NOT NULL", *(f"b.c{n}" for n in range(width))])
    here = " AND ".join(_same_place(shape, "b", "s"))
    for staged_in in (AFTER, BEFORE):
        sql = (
            f"SELECT {mine}, {theirs}, {former} FROM temp.{staged_in} s"
            f" LEFT JOIN main.{quote(shape.table)} t ON {live}"
            f" LEFT JOIN temp.{BEFORE} b ON {here} WHERE s.changed LIMIT {LISTED}"
        )
        for batch in session.stream(sql):
            for row in batch:
                journaled = dict(zip(names, row[1 : width + 1], strict=True))
                there = dict(zip(names, row[width + 2 : 2 * width + 2], strict=True))
                before = dict(zip(names, row[2 * width + 3 :], strict=True))
                yield ChangedRow(
                    table=shape.identity,
                    key=_key(shape, row[0], journaled),
                    before=before if row[2 * width + 2] else None,
                    journaled=journaled if staged_in == AFTER else None,
                    live=there if row[width + 1] else None,
                )


def _key(shape: Shape, rowid: Any, values: dict[str, Any]) -> dict[str, Any]:
    if shape.key:
        return {column.name: values[column.name] for column in shape.key}
    return {shape.rowid: rowid}


def _leave_changed(session: Session, shape: Shape) -> None:
    """Take changed rows out of the work, on both sides where they share a place."""
    here = " AND ".join(_same_place(shape, "a", "b"))
    session.run(
        f"DELETE FROM temp.{BEFORE} AS b WHERE changed OR EXISTS"
        f" (SELECT 1 FROM temp.{AFTER} a WHERE a.changed AND {here})"
    )
    session.run(f"DELETE FROM temp.{AFTER} WHERE changed")


def _exchange(session: Session, shape: Shape) -> None:
    table = f"main.{quote(shape.table)}"
    for name in (AFTER, BEFORE):
        session.run(
            f"DELETE FROM {table} AS t WHERE EXISTS"
            f" (SELECT 1 FROM temp.{name} s WHERE {_at_place(shape, 't', 's')})"
            if not shape.rowid
            else f"DELETE FROM {table} WHERE {shape.rowid} IN (SELECT rid FROM temp.{name})"
        )
    into, values = insertion(shape)
    try:
        session.run(f"INSERT INTO {table} ({into}) SELECT {values} FROM temp.{BEFORE}")
    except StatementFailed as error:
        if isinstance(error.__cause__, sqlite3.IntegrityError):
            raise ChangedSince(
                f"rows of {shape.table} cannot come back beside rows written since: {error.message}"
            ) from error
        raise NotExact(f"rows of {shape.table} cannot come back: {error.message}") from error


def insertion(shape: Shape) -> tuple[str, str]:
    """Return the columns to insert into, and the staged columns that fill them."""
    columns = list(shape.names)
    values = [f"c{n}" for n in range(len(columns))]
    if shape.rowid and not shape.alias:
        columns.insert(0, shape.rowid)
        values.insert(0, "rid")
    return ", ".join(columns), ", ".join(values)


def _at_place(shape: Shape, live: str, stage: str) -> str:
    if shape.rowid:
        return f"{live}.{shape.rowid} = {stage}.rid"
    numbers = {column.id: n for n, column in enumerate(shape.columns)}
    return " AND ".join(
        f"{live}.{quote(column.name)} = {stage}.c{numbers[column.id]}" for column in shape.key
    )


def _same_place(shape: Shape, one: str, other: str) -> list[str]:
    if shape.rowid:
        return [f"{one}.rid = {other}.rid"]
    numbers = {column.id: n for n, column in enumerate(shape.columns)}
    return [f"{one}.c{numbers[c.id]} IS {other}.c{numbers[c.id]}" for c in shape.key]


def triggers_on(session: Session, tables: Sequence[SchemaObject]) -> list[tuple[str, str]]:
    """Return name and text of the user's triggers on these tables."""
    names = [table.path[0] for table in tables]
    holders = ", ".join("?" * len(names))
    found = session.run(
        f"SELECT name, sql FROM main.sqlite_master WHERE type = 'trigger'"
        f" AND tbl_name IN ({holders}) AND name NOT LIKE 'clew\\_%' ESCAPE '\\' ORDER BY rowid",
        names,
    )
    return [(name, sql) for name, sql in found]


@contextmanager
def silent(session: Session, tables: Sequence[SchemaObject]) -> Iterator[None]:
    """Take the user's triggers on these tables out, and put their exact text back."""
    triggers = triggers_on(session, tables)
    for name, _ in triggers:
        session.run(f"DROP TRIGGER main.{quote(name)}")
    yield
    for _, sql in triggers:
        session.run(sql)
