"""Rows that a table is to hold, staged beside those that it holds: only what differs is kept."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from journal.errors import Refused
from journal.replacing import Content, Replacement, Replacing, RowDifference
from journal.sqlite.connection import Session, quote
from journal.sqlite.images import insert
from journal.sqlite.shape import Shape, joined, same, shape_of
from journal.values import Column

PAGE = 1000
"""Rows inserted at a time."""


class Staged(msgspec.Struct, frozen=True, kw_only=True):
    """One table's work: its shape, and the TEMP tables of rows ``coming`` and ``going``.

    Both hold ``rid`` and a column ``c<n>`` for each of the shape.
    """

    shape: Shape
    coming: str
    going: str

    @property
    def table(self) -> str:
        """The table's name in SQL."""
        return f"main.{quote(self.shape.table)}"

    @property
    def columns(self) -> list[str]:
        """The staged columns, without ``rid``."""
        return [f"c{n}" for n in range(len(self.shape.columns))]

    def place(self, live: str, stage: str) -> str:
        """The condition that a live row is at the place of a staged one.

        A key is compared twice: as the table does, to look the live row up, and exactly, to
        look the staged one up.
        """
        if self.shape.rowid:
            return f"{live}.{self.shape.rowid} = {stage}.rid"
        pairs = [(f"{live}.{quote(name)}", f"{stage}.c{n}") for name, n in self._key().items()]
        return " AND ".join(f"{one} IS {two} AND {two} IS +{one}" for one, two in pairs)

    def same_place(self, one: str, other: str) -> str:
        """The condition that two staged rows are at one place."""
        if self.shape.rowid:
            return f"{one}.rid = {other}.rid"
        return " AND ".join(f"{one}.c{n} IS {other}.c{n}" for n in self._key().values())

    def index(self) -> str:
        """The staged columns that tell the place."""
        return "rid" if self.shape.rowid else ", ".join(f"c{n}" for n in self._key().values())

    def _key(self) -> dict[str, int]:
        numbers = {column.id: n for n, column in enumerate(self.shape.columns)}
        return {column.name: numbers[column.id] for column in self.shape.key}


def staged(session: Session, content: Content) -> Staged:
    """Stage the rows that are to come into a table, and those that are to go.

    Raises:
        Refused: the rows that are given do not tell their place.
    """
    shape = shape_of(content.table)
    work = Staged(
        shape=shape,
        coming=f"temp.clew_coming_{shape.identity}",
        going=f"temp.clew_going_{shape.identity}",
    )
    wanted = f"temp.clew_wanted_{shape.identity}"
    columns = ", ".join(["rid INTEGER", *work.columns])
    for name in (wanted, work.coming, work.going):
        session.run(f"CREATE TABLE {name} ({columns})")
    given = [column for column in shape.columns if column.name in content.columns]
    _load(session, work, wanted, content, given)
    session.run(f"CREATE INDEX {wanted}_place ON clew_wanted_{shape.identity} ({work.index()})")
    _complete(session, work, wanted, [c for c in shape.columns if c not in given])
    _differing(session, work, wanted)
    session.run(f"DROP TABLE {wanted}")
    for name in (work.coming, work.going):
        bare = name.removeprefix("temp.")
        session.run(f"CREATE INDEX {name}_place ON {bare} ({work.index()})")
    return work


def _load(
    session: Session, work: Staged, wanted: str, content: Content, given: list[Column]
) -> None:
    shape = work.shape
    numbers = {column.id: n for n, column in enumerate(shape.columns)}
    places = [content.columns.index(column.name) for column in given]
    rowid: int | None = None
    if shape.rowid and shape.alias in content.columns:
        rowid = content.columns.index(shape.alias)
    elif shape.rowid and content.rowid:
        rowid = len(content.columns)
    elif shape.rowid or not {c.id for c in shape.key} <= {c.id for c in given}:
        what = "rowids" if shape.rowid and not shape.alias else "primary key"
        raise Refused(f"table {shape.table} has other {what} than the rows that are to come")
    into = ", ".join(["rid", *(f"c{numbers[column.id]}" for column in given)])

    def pages() -> Iterator[list[list[Any]]]:
        rows = iter(content.rows())
        while page := list(islice(rows, PAGE)):
            yield [
                [None if rowid is None else row[rowid], *(row[place] for place in places)]
                for row in page
            ]

    insert(session, f"INSERT INTO {wanted} ({into})", pages())


def _complete(session: Session, work: Staged, wanted: str, beside: list[Column]) -> None:
    """Add what is not given: as it is in rows that are there, else the column's default."""
    numbers = {column.id: n for n, column in enumerate(work.shape.columns)}
    there = f"FROM {work.table} t WHERE {work.place('t', 's')}"
    for column in beside:
        name, value = f"c{numbers[column.id]}", column.definition.get("default", "NULL")
        session.run(
            f"UPDATE {wanted} AS s SET {name} = CASE WHEN EXISTS (SELECT 1 {there})"
            f" THEN (SELECT t.{quote(column.name)} {there}) ELSE ({value}) END"
        )


def _differing(session: Session, work: Staged, wanted: str) -> None:
    names = work.shape.names
    place = work.place("t", "s")
    equal = joined("AND", [same(f"t.{name}", f"s.c{n}") for n, name in enumerate(names)])
    into = ", ".join(["rid", *work.columns])
    staged_row = ", ".join(f"s.{name}" for name in ("rid", *work.columns))
    live_row = ", ".join(
        [f"t.{work.shape.rowid}" if work.shape.rowid else "NULL", *(f"t.{name}" for name in names)]
    )
    session.run(
        f"INSERT INTO {work.coming} ({into}) SELECT {staged_row} FROM {wanted} s WHERE NOT EXISTS"
        f" (SELECT 1 FROM {work.table} t WHERE {place} AND ({equal})) ORDER BY s.rowid"
    )
    session.run(
        f"INSERT INTO {work.going} ({into}) SELECT {live_row} FROM {work.table} t WHERE NOT EXISTS"
        f" (SELECT 1 FROM {wanted} s WHERE {place} AND ({equal}))"
    )


# --- telling ------------------------------------------------------------------------------


def counted(session: Session, work: Staged, silent: tuple[str, ...]) -> Replacement:
    """Count rows by what becomes of them, and changed rows by column."""
    coming, going = (
        int(session.value(f"SELECT count(*) FROM {name}")) for name in (work.coming, work.going)
    )
    pairs = f"FROM {work.coming} b JOIN {work.going} a ON {work.same_place('a', 'b')}"
    changed, columns = int(session.value(f"SELECT count(*) {pairs}")), {}
    for column, name in zip(work.shape.columns, work.columns, strict=True) if changed else ():
        differ = f"NOT ({same(f'a.{name}', f'b.{name}')})"
        if number := session.value(f"SELECT count(*) {pairs} WHERE {differ}"):
            columns[column.name] = int(number)
    return Replacement(
        table=work.shape.identity,
        added=coming - changed,
        removed=going - changed,
        changed=changed,
        columns=columns,
        silent=silent,
    )


def tell(session: Session, work: Staged, how: Replacing) -> None:
    """Tell rows that differ: those to come in their order, then those that only go."""
    width = len(work.columns)
    new = ", ".join(["b.rid", *(f"b.{name}" for name in work.columns)])
    old = ", ".join(["a.rid", *(f"a.{name}" for name in work.columns)])
    here = work.same_place("a", "b")
    queries = (
        f"SELECT 1, a.rowid IS NOT NULL, {new}, {old} FROM {work.coming} b"
        f" LEFT JOIN {work.going} a ON {here} ORDER BY b.rowid",
        f"SELECT 0, 1, {', '.join(['NULL'] * (width + 1))}, {old} FROM {work.going} a"
        f" WHERE NOT EXISTS (SELECT 1 FROM {work.coming} b WHERE {here}) ORDER BY a.rowid",
    )
    told = 0
    for sql in queries:
        for batch in session.stream(sql):
            for comes, goes, *values in batch:
                if how.listed is not None and told >= how.listed:
                    return
                told += 1
                wanted = _values(work, values[: width + 1]) if comes else None
                live = _values(work, values[width + 1 :]) if goes else None
                how.tell(_difference(work, wanted, live))


def _values(work: Staged, row: list[Any]) -> dict[str, Any]:
    found = {c.name: value for c, value in zip(work.shape.columns, row[1:], strict=True)}
    if work.shape.rowid and not work.shape.alias:
        found = {work.shape.rowid: row[0], **found}
    return found


def _difference(
    work: Staged, wanted: dict[str, Any] | None, live: dict[str, Any] | None
) -> RowDifference:
    known = wanted or live or {}
    names = [column.name for column in work.shape.key] or [work.shape.rowid]
    key = {name: known[name] for name in names}
    return RowDifference(table=work.shape.identity, key=key, live=live, wanted=wanted)
