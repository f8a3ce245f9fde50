"""A sample of a SQLite file: the same definitions over some rows, and the journal in full."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from journal.errors import Refused
from journal.sqlite.connection import quote
from journal.sqlite.footprint import rowid_of

_HEADER = ("page_size", "encoding", "auto_vacuum", "user_version", "application_id")


class _Table(NamedTuple):
    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


def sample(copy: sqlite3.Connection, source: str, rows: int) -> tuple[str, ...]:
    """Fill an empty file from the file of a read-only URI ``source``.

    Rows that others refer to come along, as far as keys are declared. Returns what a sample
    cannot tell.

    Raises:
        Refused: a virtual table cannot be sampled.
    """
    copy.execute("ATTACH DATABASE ? AS source", (source,))
    for pragma in _HEADER:
        value = copy.execute(f"PRAGMA source.{pragma}").fetchone()[0]
        copy.execute(f"PRAGMA main.{pragma} = '{value}'")
    copy.execute("PRAGMA foreign_keys = off")
    copy.execute("BEGIN")
    tables = [_made(copy, name, sql) for name, sql in _texts(copy, "table")]
    chosen = [one for one in tables if not one.name.startswith("clew_")]
    for one in tables:
        _take(copy, one, _spread(one, rows) if one in chosen and one.key else "1")
    while any(_take_parents(copy, chosen, one) for one in chosen):
        pass
    _take_sequences(copy)
    for kind in ("index", "view", "trigger"):
        for _, sql in _texts(copy, kind):
            copy.execute(sql)
    copy.execute("COMMIT")
    copy.execute("DETACH DATABASE source")
    return tuple(
        f"{one.name} is copied in full: nothing tells its rows apart"
        for one in chosen
        if not one.key
    )


def _texts(copy: sqlite3.Connection, kind: str) -> list[tuple[str, str]]:
    return copy.execute(
        "SELECT name, sql FROM source.sqlite_master WHERE type = ? AND sql IS NOT NULL"
        " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid",
        (kind,),
    ).fetchall()


def _made(copy: sqlite3.Connection, name: str, sql: str) -> _Table:
    if sql.split()[1].upper() == "VIRTUAL":
        raise Refused(
            f"{name} is a virtual table, which cannot be sampled", hint="Leave --sample out."
        )
    copy.execute(sql)
    info = copy.execute(f"PRAGMA main.table_xinfo({quote(name)})").fetchall()
    columns = tuple(quote(row[1]) for row in info if not row[6])
    rowid = rowid_of(copy, name)
    if rowid:
        return _Table(name, (rowid, *columns), (rowid,))
    keys = sorted((row[5], quote(row[1])) for row in info if row[5])
    return _Table(name, columns, tuple(key for _, key in keys))


def _spread(one: _Table, rows: int) -> str:
    """Choose rows evenly over the key; all where there are no more."""
    keys = ", ".join(one.key)
    return (
        f"({keys}) IN (SELECT {keys} FROM (SELECT {keys}, row_number() OVER (ORDER BY {keys})"
        f" AS clew_n, count(*) OVER () AS clew_c FROM source.{quote(one.name)})"
        f" WHERE clew_n * {rows} / clew_c <> (clew_n - 1) * {rows} / clew_c)"
    )


def _take(copy: sqlite3.Connection, one: _Table, condition: str) -> bool:
    listed, name = ", ".join(one.columns), quote(one.name)
    done = copy.execute(
        f"INSERT INTO main.{name} ({listed}) SELECT {listed} FROM source.{name} WHERE {condition}"
    )
    return done.rowcount > 0


def _take_parents(copy: sqlite3.Connection, tables: list[_Table], child: _Table) -> bool:
    """Take the rows that a table's rows refer to, and that are not there yet."""
    byname = {one.name.lower(): one for one in tables}
    taken = False
    for name, pairs in _references(copy, child.name):
        parent = byname.get(name.lower())
        if parent is None or not parent.key:
            continue
        keys = ", ".join(parent.key)
        referred = ", ".join(quote(to) for _, to in pairs if to) or keys
        referring = ", ".join(quote(one) for one, _ in pairs)
        taken |= _take(
            copy,
            parent,
            f"({referred}) IN (SELECT {referring} FROM main.{quote(child.name)})"
            f" AND ({keys}) NOT IN (SELECT {keys} FROM main.{quote(parent.name)})",
        )
    return taken


def _references(
    copy: sqlite3.Connection, table: str
) -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    found: dict[int, tuple[str, list[tuple[str, str | None]]]] = {}
    for number, _, name, one, other, *_ in copy.execute(
        f"PRAGMA main.foreign_key_list({quote(table)})"
    ):
        found.setdefault(number, (name, []))[1].append((one, other))
    yield from found.values()


def _take_sequences(copy: sqlite3.Connection) -> None:
    """Take counters over; a file that had some may have no table any more that counts."""
    known = "SELECT 1 FROM {}.sqlite_master WHERE name = 'sqlite_sequence'"
    if all(copy.execute(known.format(of)).fetchone() for of in ("source", "main")):
        copy.execute("DELETE FROM main.sqlite_sequence")
        copy.execute("INSERT INTO main.sqlite_sequence SELECT * FROM source.sqlite_sequence")
