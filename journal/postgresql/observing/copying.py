"""Copying rows, as of the snapshot, out of the reach of who is going to change them."""

from __future__ import annotations

import msgspec

from journal.errors import NotKnownExact
from journal.postgresql.connection import Session
from journal.postgresql.contents import digest
from journal.postgresql.images import Shape, shape_of
from journal.postgresql.observing import keeping
from journal.postgresql.observing.keeping import Copy
from journal.postgresql.staging import kept
from journal.values import SchemaObject

_SUSPECT = "t.xmax::text <> '0' OR ((t.xmin::text::bigint - {floor}) & 4294967295) < 2147483648"


def copying(session: Session, run: str, table: SchemaObject, oid: int) -> tuple[str, ...]:
    """Return the statements that copy all rows of a table; nothing runs yet but queries."""
    if table.kind == "materialized view":
        here = at(session, table, oid)
        copy = Copy(oid=oid, identity=table.id, digest=digest(session, here, oid))
        return (keeping.putting(run, copy),)
    return _copying(session, run, table, oid, beside=(), where="", whole=True)


def suspecting(
    session: Session, run: str, table: SchemaObject, oid: int, floor: int
) -> tuple[str, ...]:
    """Return the statements that copy the rows that may be changed by now, with their places.

    A row that somebody changed bears an ``xmax``. One that bears the number of a transaction
    younger than the snapshot's oldest is taken along: by that alone the other side tells what
    is new, and counts such a row too.
    """
    where = f" WHERE {_SUSPECT.format(floor=floor)}"
    return _copying(
        session, run, table, oid, beside=("x.clew_at", "x.clew_by"), where=where, whole=False
    )


def newer(shape: Shape, floor: int, old: str) -> str:
    """Return the query of the rows that are new, or were copied as suspect, in images' text.

    ``clew_by`` is the transaction that wrote a row.
    """
    return _texts(
        shape,
        f"((t.xmin::text::bigint - {floor}) & 4294967295) < 2147483648"
        f" OR t.ctid IN (SELECT clew_at FROM {old})",
    )


def present(shape: Shape) -> str:
    """Return the query of all rows there are, in images' text."""
    return _texts(shape, "true")


def _texts(shape: Shape, condition: str) -> str:
    texts = ", ".join(
        f'({text}) COLLATE "C" AS c{column.id}'
        for text, column in zip(shape.texts_of("t"), shape.columns, strict=True)
    )
    writer = "t.xmin::text::bigint AS clew_by"
    return f"SELECT {writer}, {texts} FROM ONLY {shape.name} t WHERE {condition}"


def _copying(
    session: Session,
    run: str,
    table: SchemaObject,
    oid: int,
    *,
    beside: tuple[str, ...],
    where: str,
    whole: bool,
) -> tuple[str, ...]:
    try:
        shape = shape_of(session, at(session, table, oid), oid)
    except NotKnownExact as error:
        return (keeping.putting(run, Copy(oid=oid, identity=table.id, unknown=error.message)),)
    name = keeping.name_of(run, oid, whole=whole)
    columns = tuple(column.id for column in shape.columns)
    texts = ", ".join(
        f'({text}) COLLATE "C" AS c{column}'
        for text, column in zip(shape.texts_of("t"), columns, strict=True)
    )
    place = "t.ctid AS clew_at, t.xmax::text::bigint AS clew_by, " if beside else ""
    rows = kept(f"SELECT {place}{texts} FROM ONLY {shape.name} t{where}", columns, *beside)
    copy = Copy(
        oid=oid,
        identity=table.id,
        name=f"clew.{name}",
        columns=columns,
        key=tuple(column.id for column in shape.key),
        long=shape.long,
        whole=whole,
    )
    making = f"CREATE TABLE clew.{name} AS {rows}"
    return (making, keeping.CLOSING, keeping.putting(run, copy))


def at(session: Session, table: SchemaObject, oid: int) -> SchemaObject:
    """Return the table under the name that it has by now: its schema may have been renamed."""
    path = session.value("SELECT parse_ident(%s::oid::regclass::text)", (oid,))
    return msgspec.structs.replace(table, path=tuple(path))
