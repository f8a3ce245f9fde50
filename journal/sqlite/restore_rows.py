"""Rows of tables that are made again: from images, from the table as it is, from defaults."""

from __future__ import annotations

import sqlite3
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager

import msgspec

from journal.errors import ChangedSince, NotExact, StatementFailed
from journal.sqlite.connection import Session, quote
from journal.sqlite.images import decoded, insert
from journal.sqlite.shape import Shape, joined, same
from journal.sqlite.written import load
from journal.values import Column, TableRows

STAGE = "clew_restored"


@contextmanager
def staged(session: Session, shape: Shape, rows: TableRows | None, sign: int) -> Iterator[None]:
    """Load the images of one sign into a TEMP table, a column a place of ``rows.columns``."""
    columns = rows.columns if rows else tuple(column.id for column in shape.key)
    names = ", ".join(["rid INTEGER", *(f"c{n}" for n in range(len(columns)))])
    place = "rid"
    if not shape.rowid:
        numbers = {identity: n for n, identity in enumerate(columns)}
        place = ", ".join(f"c{numbers[column.id]}" for column in shape.key)
    session.run(f"CREATE TABLE temp.{STAGE} ({names})")
    try:
        if rows is not None:
            load(session, STAGE, len(columns), decoded(session, rows, sign))
        session.run(f"CREATE INDEX temp.{STAGE}_place ON {STAGE} ({place})")
        yield
    finally:
        session.run(f"DROP TABLE temp.{STAGE}")


def at_place(shape: Shape, columns: Sequence[int]) -> str:
    """The condition that a live row ``t`` and a staged row ``s`` are at the same place.

    A key is compared twice: as the table does, to look ``t`` up, and exactly, to look ``s`` up.
    """
    if shape.rowid:
        return f"t.{shape.rowid} = s.rid"
    numbers = {identity: n for n, identity in enumerate(columns)}
    pairs = [(f"t.{quote(c.name)}", f"s.c{numbers[c.id]}") for c in shape.key]
    return " AND ".join(f"{live} IS {staged} AND {staged} IS +{live}" for live, staged in pairs)


def same_row(shape: Shape, columns: Sequence[int], *, but: Container[int]) -> str:
    """The condition that ``t`` and ``s`` are one row, whatever the columns ``but`` hold.

    VACUUM may number rows anew where no key holds the rowid: the key has to agree as well, and
    without a key all that was imaged.
    """
    if not shape.rowid or shape.alias:
        return at_place(shape, columns)
    numbers = {identity: n for n, identity in enumerate(columns)}
    told = [c for c in shape.key or shape.columns if c.id in numbers and c.id not in but]
    agree = [f"({same('t.' + quote(c.name), f's.c{numbers[c.id]}')})" for c in told]
    return joined("AND", [at_place(shape, columns), *agree])


def fill(session: Session, shape: Shape, rows: TableRows, sign: int) -> None:
    """Insert whole rows from images into an empty table.

    Raises:
        NotExact: the table does not take them.
    """
    names = dict(zip((c.id for c in shape.columns), shape.names, strict=True))
    columns = [names[identity] for identity in rows.columns]
    skip = 0 if shape.rowid and not shape.alias else 1
    if not skip:
        columns.insert(0, shape.rowid)
    into = f"INSERT INTO main.{quote(shape.table)} ({', '.join(columns)})"
    with exact(shape.table):
        batches = decoded(session, rows, sign)
        insert(session, into, ([row[skip:] for row in batch] for batch in batches))


class Refill(msgspec.Struct, frozen=True, kw_only=True):
    """How to fill a rebuilt table from the one it replaces.

    ``old`` and ``new`` are the two; ``restored`` are columns of ``new`` whose values come
    from the images of ``rows``, where a row has one, and else from the default.
    """

    old: Shape
    new: Shape
    restored: tuple[Column, ...]
    rows: TableRows | None


def refill(session: Session, work: Refill) -> None:
    """Copy the rows of the old table into the new one, and put restored columns in.

    Raises:
        ChangedSince: a row written since has no place in the new table.
    """
    lost = {column.id for column in work.restored}
    here = {column.id: column for column in work.old.columns}
    kept = [c for c in work.new.columns if c.id in here and c.id not in lost]
    into = [quote(c.name) for c in kept]
    values = [f"t.{quote(here[c.id].name)}" for c in kept]
    if work.new.rowid and not work.new.alias:
        into.insert(0, work.new.rowid)
        values.insert(0, f"t.{work.old.rowid}")
    source = f"main.{quote(work.old.table)} t"
    order = f" ORDER BY t.{work.old.rowid}" if work.old.rowid else ""
    target = f"main.{quote(work.new.table)}"
    if not work.restored:
        with since(work.new.table):
            session.run(_insert(target, into, values, f"{source}{order}"))
        return
    columns = work.rows.columns if work.rows else ()
    with staged(session, work.old, work.rows, -1):
        every = columns or tuple(c.id for c in work.old.key)
        match = same_row(work.old, every, but=lost)
        restored = [c for c in work.restored if c.id in columns]
        also = [f"s.c{columns.index(c.id)}" for c in restored]
        with_images = [*into, *(quote(c.name) for c in restored)]
        joined = f"{source} CROSS JOIN temp.{STAGE} s ON {match}"
        without = f"{source} WHERE NOT EXISTS (SELECT 1 FROM temp.{STAGE} s WHERE {match})"
        with since(work.new.table):
            session.run(_insert(target, with_images, [*values, *also], f"{joined}{order}"))
            session.run(_insert(target, into, values, f"{without}{order}"))


def _insert(target: str, into: Sequence[str], values: Sequence[str], source: str) -> str:
    return f"INSERT INTO {target} ({', '.join(into)}) SELECT {', '.join(values)} FROM {source}"


@contextmanager
def exact(table: str) -> Iterator[None]:
    """Turn the refusal of a row that was there before into NotExact."""
    try:
        yield
    except StatementFailed as error:
        raise NotExact(f"rows of {table} cannot come back: {error.message}") from error


@contextmanager
def since(table: str) -> Iterator[None]:
    """Turn the refusal of a row into ChangedSince: before, all rows had their place."""
    try:
        yield
    except StatementFailed as error:
        if isinstance(error.__cause__, sqlite3.IntegrityError):
            raise ChangedSince(
                f"rows written since have no place in the former {table}: {error.message}",
                hint="Change or delete those rows first.",
            ) from error
        raise
