"""What was written since into tables and columns that are about to go, or to come back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from journal.effect import LISTED
from journal.sqlite.connection import Session, quote
from journal.sqlite.ddl import tokens
from journal.sqlite.restore_rows import STAGE, at_place, same_row, staged
from journal.sqlite.shape import Shape, joined, same
from journal.sqlite.watch import BATCH, Watch
from journal.values import ChangedRow, Column, TableRows

DEFAULTS = "clew_default"


class Since(msgspec.Struct, frozen=True, kw_only=True):
    """Rows changed since, counted, and the first of them."""

    count: int = 0
    rows: tuple[ChangedRow, ...] = ()


def in_table(session: Session, shape: Shape, made: TableRows | None) -> Since:
    """Compare a table that the step made with what it made of rows."""
    columns = made.columns if made else tuple(c.id for c in shape.columns)
    with staged(session, shape, made, 1):
        here = at_place(shape, columns)
        numbers = {identity: n for n, identity in enumerate(columns)}
        equal = "0"
        if made is not None:
            pairs = [(c, numbers[c.id]) for c in shape.columns if c.id in numbers]
            equal = joined("AND", [same("t." + quote(c.name), f"s.c{n}") for c, n in pairs])
        there = "1" if made else "0"
        known = f"SELECT 1 FROM temp.{STAGE} s WHERE {there} AND {here} AND {equal}"
        return _merged(
            _live(session, shape, f"NOT EXISTS ({known})"),
            gone(session, shape, columns, f"{there} AND {here}"),
        )


def in_columns(
    session: Session, watch: Watch, shape: Shape, columns: Sequence[Column], made: TableRows | None
) -> tuple[Since, TableRows | None]:
    """Compare columns that the step added with their default, or with what the step made.

    Also stores images of the values that would be lost: those that are not the default.
    """
    ids = made.columns if made else tuple(c.id for c in shape.key)
    numbers = {identity: n for n, identity in enumerate(ids)}
    with defaults(session, columns), staged(session, shape, made, 1):
        here = same_row(shape, ids, but={c.id for c in columns})
        imaged = f"SELECT 1 FROM temp.{STAGE} s WHERE {here}"
        still = " AND ".join(
            f"({same('t.' + quote(c.name), f's.c{numbers[c.id]}')})"
            for c in columns
            if c.id in numbers
        )
        default = " AND ".join(
            f"({same('t.' + quote(c.name), f'(SELECT d{c.id} FROM temp.{DEFAULTS})')})"
            for c in columns
        )
        changed = (
            f"CASE WHEN EXISTS ({imaged}) THEN NOT EXISTS ({imaged} AND {still or 1})"
            f" ELSE NOT ({default}) END"
        )
        found = _live(session, shape, changed)
        lost = image(watch, shape, columns, f"EXISTS ({imaged}) OR NOT ({default})", -1)
    return found, lost


def gone(session: Session, shape: Shape, columns: Sequence[int], match: str) -> Since:
    """Return staged rows that no live row matches."""
    missing = (
        f"FROM temp.{STAGE} s WHERE NOT EXISTS"
        f" (SELECT 1 FROM main.{quote(shape.table)} t WHERE {match})"
    )
    count = int(session.value(f"SELECT count(*) {missing}"))
    if not count:
        return Since()
    names = {c.id: c.name for c in shape.columns}
    listed = []
    for batch in session.stream(f"SELECT s.* {missing} LIMIT {LISTED}"):
        for rowid, *values in batch:
            row = {names.get(i, str(i)): v for i, v in zip(columns, values, strict=True)}
            key = {c.name: row[c.name] for c in shape.key} or {shape.rowid: rowid}
            listed.append(ChangedRow(table=shape.identity, key=key, journaled=row))
    return Since(count=count, rows=tuple(listed))


def image(
    watch: Watch, shape: Shape, columns: Sequence[Column], where: str, sign: int
) -> TableRows | None:
    """Store images of a table's key and some columns, of the rows ``t`` that fit.

    Without a key all columns are imaged, to tell the rows apart by.
    """
    wanted = {c.id for c in columns} | {c.id for c in shape.key}
    imaged = [c for c in shape.columns if c.id in wanted or not shape.key]
    names = ", ".join(
        [f"t.{shape.rowid}" if shape.rowid else "NULL"] + [f"t.{quote(c.name)}" for c in imaged]
    )
    sql = f"SELECT {names} FROM main.{quote(shape.table)} t WHERE {where}"
    images, removed, added = watch.writer.write([(sign, watch.session.stream(sql, size=BATCH))])
    if images is None:
        return None
    return TableRows(
        table=shape.identity,
        cause="destroyed" if sign < 0 else "made",
        columns=tuple(c.id for c in imaged),
        key=tuple(c.id for c in shape.key),
        removed=removed,
        added=added,
        run=watch.run,
        images=images,
    )


def _live(session: Session, shape: Shape, changed: str) -> Since:
    table = f"main.{quote(shape.table)} t"
    count = int(session.value(f"SELECT count(*) FROM {table} WHERE {changed}"))
    if not count:
        return Since()
    names = [c.name for c in shape.columns]
    wanted = ", ".join(
        [f"t.{shape.rowid}" if shape.rowid else "NULL", *(f"t.{n}" for n in shape.names)]
    )
    listed = []
    for batch in session.stream(f"SELECT {wanted} FROM {table} WHERE {changed} LIMIT {LISTED}"):
        for rowid, *values in batch:
            row = dict(zip(names, values, strict=True))
            key = {c.name: row[c.name] for c in shape.key} or {shape.rowid: rowid}
            listed.append(ChangedRow(table=shape.identity, key=key, live=row))
    return Since(count=count, rows=tuple(listed))


def _merged(*found: Since) -> Since:
    rows = tuple(row for one in found for row in one.rows)
    return Since(count=sum(one.count for one in found), rows=rows[:LISTED])


@contextmanager
def defaults(session: Session, columns: Sequence[Column]) -> Iterator[None]:
    """Hold the defaults as the columns would store them, in one row."""
    parts = []
    for column in columns:
        default = column.definition.get("default")
        text = "" if default is None else f" DEFAULT {_expression(default)}"
        parts.append(f"d{column.id} {_affinity(column)}{text}")
    session.run(f"CREATE TABLE temp.{DEFAULTS} ({', '.join(parts)})")
    try:
        session.run(f"INSERT INTO temp.{DEFAULTS} DEFAULT VALUES")
        yield
    finally:
        session.run(f"DROP TABLE temp.{DEFAULTS}")


def _expression(default: str) -> str:
    """A single token may be a name in double quotes, which no parenthesis may enclose."""
    return default if len(list(tokens(default))) == 1 else f"({default})"


def _affinity(column: Column) -> str:
    """A type of one word with the affinity of the column's, by SQLite's own rules."""
    declared = str(column.definition.get("type", "")).upper()
    if "INT" in declared:
        return "INT"
    if any(word in declared for word in ("CHAR", "CLOB", "TEXT")):
        return "TEXT"
    if not declared or "BLOB" in declared or declared == "ANY":
        return "BLOB"
    if any(word in declared for word in ("REAL", "FLOA", "DOUB")):
        return "REAL"
    return "NUMERIC"
