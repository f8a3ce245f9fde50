"""Rows of the past: the check of a rollback row by row, and a table at an earlier position."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from journal.effect import Schema, Step
from journal.erased import Erased
from journal.sqlite.archiving import expect
from journal.sqlite.connection import Row, Session, quote
from journal.sqlite.images import decode_row, decoded, encode_row, insert, row_bytes
from journal.sqlite.net import folded
from journal.sqlite.shape import Shape, shape_of
from journal.told import Told, told
from journal.values import ChangedRow, ObjectChange, SchemaObject, TableRows

_FIRST = (
    "CREATE TABLE temp.clew_first (place BLOB PRIMARY KEY, row BLOB, part INTEGER) WITHOUT ROWID"
)
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[int, int]).decode
_ONE = "CREATE TABLE temp.clew_one (place BLOB, row BLOB, sign INTEGER)"


def mismatches(
    session: Session,
    rows: Sequence[TableRows],
    schema: Schema,
    changes: Sequence[ObjectChange],
) -> Iterator[ChangedRow]:
    """Compare live rows with the first image that the journal has for each place.

    A place is a rowid or a primary key. Where the first image is a before image the live row
    must equal it, in the columns that it tells; where it is an after image there must be no row.
    """
    expect(session, rows)
    dropped = {c.before.id for c in changes if c.before and c.after is None}
    for table in dict.fromkeys(one.table for one in rows):
        live = schema.get(table)
        if live is None or live.kind != "table":
            continue
        shape = shape_of(live)
        key = set() if shape.rowid else {column.id for column in shape.key}
        mine = (one for one in rows if one.table == table)
        columns = {c.id for c in shape.columns}
        parts = list(told(mine, columns, key, dropped=table in dropped))
        yield from _compare(session, shape, parts)


def _compare(session: Session, shape: Shape, parts: Sequence[Told]) -> Iterator[ChangedRow]:
    session.run(_FIRST)
    try:
        for part, one in enumerate(parts):
            _take_first(session, shape, one.rows, part)
        for batch in session.stream("SELECT place, row, part FROM temp.clew_first"):
            for place, row, part in batch:
                expected = None if row is None else _as_told(shape, parts[part], row)
                if Erased in map(type, decode_row(place)):  # nobody can tell which row it was
                    continue
                live = _live(session, shape, place)
                names = live if expected is None else expected
                found = None if live is None else {n: live[n] for n in names or ()}
                if _stored(found) != _stored(expected):
                    yield _difference(shape, decode_row(place), expected, found)
    finally:
        session.run("DROP TABLE temp.clew_first")


def _as_told(shape: Shape, part: Told, row: bytes) -> dict[str, Any]:
    """The values of an image, by the names of today, that are those of the beginning."""
    names = {column.id: column.name for column in shape.columns}
    values = zip(part.rows.columns, decode_row(row)[1:], strict=True)
    return {
        names[identity]: value
        for identity, value in values
        if identity in part.columns and type(value) is not Erased
    }


def _stored(values: dict[str, Any] | None) -> bytes | None:
    """Values as images hold them: those of unlike storage class differ."""
    return None if values is None else encode_row(tuple(values.values()))


def _take_first(session: Session, shape: Shape, rows: TableRows, part: int) -> None:
    """Remember, for each place that had none yet, the row before this statement."""
    session.run(_ONE)
    numbers = _key_numbers(shape, rows.columns)
    for sign, found in row_bytes(session, rows):
        session.run_many(
            "INSERT INTO temp.clew_one VALUES (?, ?, ?)",
            ((_place(row, numbers), row, sign) for row in found),
        )
    session.run(
        f"INSERT OR IGNORE INTO temp.clew_first"
        f" SELECT place, max(CASE WHEN net < 0 THEN row END), {part}"
        " FROM (SELECT place, row, sum(sign) AS net FROM temp.clew_one GROUP BY place, row)"
        " WHERE net <> 0 GROUP BY place"
    )
    session.run("DROP TABLE temp.clew_one")


def _key_numbers(shape: Shape, columns: tuple[int, ...]) -> list[int]:
    if shape.rowid:
        return [0]
    places = {identity: n + 1 for n, identity in enumerate(columns)}
    return [places[column.id] for column in shape.key]


def _place(row: bytes, numbers: list[int]) -> bytes:
    values = decode_row(row)
    return encode_row(tuple(values[n] for n in numbers))


def _live(session: Session, shape: Shape, place: bytes) -> dict[str, Any] | None:
    """The live row at a place; keys that a collation holds to be equal are other places."""
    names = ", ".join([shape.rowid or "NULL", *shape.names])
    at = " AND ".join(f"{name} = ?" for name in shape.place)
    sql = f"SELECT {names} FROM main.{quote(shape.table)} WHERE {at}"
    numbers = _key_numbers(shape, tuple(column.id for column in shape.columns))
    for batch in session.stream(sql, decode_row(place)):
        if _place(encode_row(batch[0]), numbers) == place:
            return dict(zip((c.name for c in shape.columns), batch[0][1:], strict=True))
    return None


def _difference(
    shape: Shape,
    place: list[Any],
    expected: dict[str, Any] | None,
    found: dict[str, Any] | None,
) -> ChangedRow:
    key = [column.name for column in shape.key] if not shape.rowid else [shape.rowid]
    return ChangedRow(
        table=shape.identity,
        key=dict(zip(key, place, strict=True)),
        journaled=expected,
        live=found,
    )


def rows_at(
    session: Session, table: int, steps: Sequence[Step], *, schema: Schema, then: Schema
) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table before ``steps``: the live rows less what the steps did."""
    expect(session, [one for step in steps for one in step.rows if one.table == table])
    target = then[table]
    shape = shape_of(target)
    _open_past(session, schema.get(table), shape)
    try:
        for step in reversed(steps):
            for one in step.rows:
                if one.table == table:
                    _take_back(session, shape, one)
        yield from _read_past(session, shape)
    finally:
        session.run("DROP TABLE temp.clew_past")


def _open_past(session: Session, live: SchemaObject | None, then: Shape) -> None:
    """Copy the live rows, by column identity, into a TEMP table with room for the past's."""
    now = shape_of(live) if live else None
    every = then.columns + (now.columns if now else ())
    identities = dict.fromkeys(column.id for column in every)
    columns = ", ".join(f"c{identity}" for identity in identities)
    session.run(
        f"CREATE TABLE temp.clew_past (place BLOB PRIMARY KEY, erased BLOB, rid, {columns})"
    )
    if now is None:
        return
    names = ", ".join([now.rowid or "NULL", *now.names])
    numbers = _key_numbers(now, tuple(column.id for column in now.columns))
    for batch in session.stream(f"SELECT {names} FROM main.{quote(now.table)}"):
        _insert(session, [c.id for c in now.columns], batch, numbers)


def _insert(
    session: Session, identities: Sequence[int], rows: Sequence[Row], numbers: list[int]
) -> None:
    columns = ", ".join(f"c{identity}" for identity in identities)
    placed = [
        [encode_row(tuple(row[n] for n in numbers)), *_unerased(row, identities)] for row in rows
    ]
    into = f"INSERT OR REPLACE INTO temp.clew_past (place, erased, rid, {columns})"
    insert(session, into, [placed])


def _unerased(row: Sequence[Any], identities: Sequence[int]) -> list[Any]:
    """A row that a table can hold: what was erased of it, by column, and then the rest."""
    if Erased not in map(type, row):
        return [None, *row]
    values = zip(identities, row[1:], strict=True)
    erased = {identity: value.position for identity, value in values if type(value) is Erased}
    return [_encode(erased), *(None if type(value) is Erased else value for value in row)]


def _take_back(session: Session, shape: Shape, rows: TableRows) -> None:
    missing = set(rows.columns) - {
        int(name[1:])
        for _, name, *_ in session.run("PRAGMA temp.table_info(clew_past)")
        if name[1:].isdigit()
    }
    for identity in missing:
        session.run(f"ALTER TABLE temp.clew_past ADD COLUMN c{identity}")
    numbers = _key_numbers(shape, rows.columns)
    partial = rows.cause == "destroyed" and bool({c.id for c in shape.columns} - set(rows.columns))
    if partial:
        _fill(session, rows, numbers)
        return
    if rows.cause == "made" and {c.id for c in shape.columns} & set(rows.columns) == set():
        return
    effect = list(folded(session, rows))
    for sign in (1, -1):
        for found_sign, found in effect:
            if found_sign != sign:
                continue
            values = [decode_row(row) for row in found]
            if sign > 0:
                places = ((encode_row(tuple(row[n] for n in numbers)),) for row in values)
                session.run_many("DELETE FROM temp.clew_past WHERE place = ?", places)
            else:
                _insert(session, rows.columns, [tuple(row) for row in values], numbers)


def _fill(session: Session, rows: TableRows, numbers: list[int]) -> None:
    columns = ", ".join(f"c{identity}" for identity in rows.columns)
    session.run(f"CREATE TABLE temp.clew_back (place BLOB PRIMARY KEY, erased BLOB, {columns})")
    for batch in decoded(session, rows, -1):
        placed = []
        for row in batch:
            erased, _, *values = _unerased(row, rows.columns)
            placed.append([encode_row(tuple(row[n] for n in numbers)), erased, *values])
        insert(session, f"INSERT INTO temp.clew_back (place, erased, {columns})", [placed])
    settings = ", ".join(f"c{identity} = b.c{identity}" for identity in rows.columns)
    settings += ", erased = clew_joined(p.erased, b.erased)"
    session.raw.create_function("clew_joined", 2, _joined, deterministic=True)
    session.run(
        f"UPDATE temp.clew_past AS p SET {settings} FROM temp.clew_back b WHERE p.place = b.place"
    )
    session.run("DROP TABLE temp.clew_back")


def _joined(one: bytes | None, other: bytes | None) -> bytes | None:
    """What was erased of a row, told by two images of it."""
    if one is None or other is None:
        return one or other
    return _encode(_decode(one) | _decode(other))


def _read_past(session: Session, shape: Shape) -> Iterator[dict[str, Any]]:
    columns = ", ".join(f"c{column.id}" for column in shape.columns)
    order = "rid" if shape.rowid else ", ".join(f"c{column.id}" for column in shape.key)
    names = [column.name for column in shape.columns]
    sql = f"SELECT erased, {columns} FROM temp.clew_past ORDER BY {order}"
    for batch in session.stream(sql):
        for erased, *row in batch:
            if erased is None:
                yield dict(zip(names, row, strict=True))
                continue
            at = _decode(erased)
            yield {
                column.name: Erased(at[column.id]) if column.id in at else value
                for column, value in zip(shape.columns, row, strict=True)
            }
