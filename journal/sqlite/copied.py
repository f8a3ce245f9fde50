"""Capturing rows by comparison: a copy of the table before, held against the table after.

It costs as much as the table is big, and misses nothing: for what no trigger can tell.
"""

from __future__ import annotations

from journal.sqlite.connection import Session, quote
from journal.sqlite.shape import Shape, joined, same


def take(session: Session, shape: Shape) -> None:
    """Copy a table, storage classes kept."""
    columns = ", ".join(["rid", *(f"c{n}" for n in range(len(shape.columns)))])
    names = ", ".join([shape.rowid or "NULL", *shape.names])
    session.run(f"CREATE TABLE temp.{shape.kept} ({columns})")
    session.run(f"INSERT INTO temp.{shape.kept} SELECT {names} FROM main.{quote(shape.table)}")
    session.run(f"CREATE INDEX temp.{shape.kept}_place ON {shape.kept} ({_place(shape)})")


def compare(session: Session, shape: Shape, *, whole: bool = False) -> None:
    """Stage what differs, as triggers would have: rows at one place on both sides are updates.

    With ``whole`` every row is staged.

    An SQL savepoint must have been opened since the statement: it has virtual tables write down
    what they held back.
    """
    columns = ", ".join(["rid", *(f"c{n}" for n in range(len(shape.columns)))])
    before = ", ".join(["s.rid", *(f"s.c{n}" for n in range(len(shape.columns)))])
    after = ", ".join(
        [f"t.{shape.rowid}" if shape.rowid else "NULL", *(f"t.{n}" for n in shape.names)]
    )
    table, kept = f"main.{quote(shape.table)} t", f"temp.{shape.kept} s"
    at = _at(shape)
    equal = joined("AND", [same(f"t.{name}", f"s.c{n}") for n, name in enumerate(shape.names)])
    into = f"INSERT INTO temp.{shape.stage} (what, sign, {columns})"
    for what, sign, row, one, other in (
        ("delete", -1, before, kept, table),
        ("insert", 1, after, table, kept),
    ):
        there = f"EXISTS (SELECT 1 FROM {other} WHERE {at})"
        session.run(
            f"{into} SELECT CASE WHEN {there} THEN 'update' ELSE '{what}' END, {sign}, {row}"
            f" FROM {one} WHERE {int(whole)} OR NOT EXISTS"
            f" (SELECT 1 FROM {other} WHERE {at} AND ({equal}))"
        )
    session.run(f"DROP TABLE temp.{shape.kept}")


def _place(shape: Shape) -> str:
    if shape.rowid:
        return "rid"
    numbers = {column.id: n for n, column in enumerate(shape.columns)}
    return ", ".join(f"c{numbers[column.id]}" for column in shape.key)


def _at(shape: Shape) -> str:
    """The condition that a live row ``t`` and a copied row ``s`` are at the same place.

    A key is compared twice: as the table does, to look ``t`` up, and exactly, to look ``s`` up.
    """
    if shape.rowid:
        return f"t.{shape.rowid} = s.rid"
    numbers = {column.id: n for n, column in enumerate(shape.columns)}
    pairs = [(f"t.{quote(c.name)}", f"s.c{numbers[c.id]}") for c in shape.key]
    return " AND ".join(f"{live} IS {kept} AND {kept} IS +{live}" for live, kept in pairs)
