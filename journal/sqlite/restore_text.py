"""Mending sqlite_master itself: the exact text of each object, written in place.

Views and triggers are nothing but their text, so they are taken out and put back here, at the
place where they stood; tables and indexes are made by SQL and then given their exact text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import msgspec

from journal.errors import NotExact, Refused, StatementFailed
from journal.sqlite import reading
from journal.sqlite.connection import Session
from journal.values import ObjectChange, SchemaObject

Key = tuple[str, str]
Target = dict[Key, tuple[str, str]]
"""Table name and text by kind and name, of every object of the user's with a text."""

_ROWS = "SELECT rowid, type, name, tbl_name, sql FROM main.sqlite_master ORDER BY rowid"
_TEXT_ONLY = ("view", "trigger")
_VIRTUAL = "CREATE VIRTUAL"


class Place(msgspec.Struct, frozen=True):
    """A row of sqlite_master."""

    rowid: int
    kind: str
    name: str
    table: str
    sql: str

    @property
    def key(self) -> Key:
        """Kind and name."""
        return self.kind, self.name


def places(session: Session) -> list[Place]:
    """Return the rows of the user's objects in the order in which they stand."""
    return [
        Place(rowid, kind, name, table, sql)
        for rowid, kind, name, table, sql in session.run(_ROWS)
        if sql is not None and not reading.own(table) and not reading.own(name)
    ]


def target(session: Session, changes: Iterable[ObjectChange]) -> Target:
    """Return what sqlite_master is to hold once the changes are taken back."""
    wanted = {(p.kind, p.name): (p.table, p.sql) for p in places(session)}
    changes = tuple(changes)
    for change in changes:
        if change.after is not None and change.after.kind != "setting":
            wanted.pop(_key(change.after), None)
    for change in changes:
        if change.before is not None and change.before.kind != "setting":
            wanted[_key(change.before)] = (
                change.before.definition.get("table", change.before.path[0]),
                change.before.definition["sql"],
            )
    return wanted


def _key(found: SchemaObject) -> Key:
    kind = "table" if found.kind in ("virtual", "internal") else found.kind
    return kind, found.path[0]


@contextmanager
def writable(session: Session) -> Iterator[None]:
    """Open sqlite_master for writing, and have SQLite read it again afterwards.

    Raises:
        Refused: the database is in defensive mode.
    """
    session.run("PRAGMA writable_schema = ON")
    try:
        session.run("UPDATE main.sqlite_master SET sql = sql WHERE 0")
    except StatementFailed as error:
        raise Refused(
            "the connection is in defensive mode, in which the schema's text cannot be mended",
            hint="Switch SQLITE_DBCONFIG_DEFENSIVE off for Clew, or use another build of SQLite.",
        ) from error
    try:
        yield
        version = int(session.value("PRAGMA main.schema_version"))
        session.run(f"PRAGMA main.schema_version = {version + 1}")
    finally:
        session.run("PRAGMA writable_schema = RESET")


def take_out(session: Session, wanted: Target) -> None:
    """Take the user's views and triggers out, so that tables can be rebuilt beneath them.

    Virtual tables go that are not to stay, so that what they hold can be dropped.
    """
    with writable(session):
        for place in places(session):
            going = _text_only(place.kind, place.sql) and place.key not in wanted
            if place.kind in _TEXT_ONLY or going:
                session.run("DELETE FROM main.sqlite_master WHERE rowid = ?", (place.rowid,))


def mend(session: Session, wanted: Target, former: Iterable[Place]) -> None:
    """Make sqlite_master hold exactly what is wanted; ``former`` tells where things stood.

    Raises:
        NotExact: a table or an index is missing, or left over.
    """
    rowids = {place.key: place.rowid for place in former}
    there = {place.key: place for place in places(session)}
    _check(wanted, there)
    with writable(session):
        for key, place in there.items():
            if key not in wanted:
                session.run("DELETE FROM main.sqlite_master WHERE rowid = ?", (place.rowid,))
            elif wanted[key] != (place.table, place.sql):
                session.run(
                    "UPDATE main.sqlite_master SET tbl_name = ?, sql = ? WHERE rowid = ?",
                    (*wanted[key], place.rowid),
                )
        for key, place in there.items():
            _move(session, place.rowid, rowids.get(key) if key in wanted else None)
        for key in sorted(wanted.keys() - there.keys(), key=lambda k: _order(k, rowids)):
            _insert(session, key, wanted[key], rowids.get(key))


def _order(key: Key, rowids: Mapping[Key, int]) -> tuple[int, bool]:
    """Former places first; a trigger on a view comes after it."""
    return rowids.get(key, 1 << 60), key[0] == "trigger"


def _move(session: Session, rowid: int, former: int | None) -> None:
    """Give a table or index that was made again its former place in the order."""
    if former is None or former == rowid or _taken(session, former):
        return
    session.run("UPDATE main.sqlite_master SET rowid = ? WHERE rowid = ?", (former, rowid))


def _taken(session: Session, rowid: int) -> bool:
    found = session.value("SELECT 1 FROM main.sqlite_master WHERE rowid = ?", (rowid,))
    return found is not None


def _text_only(kind: str, sql: str) -> bool:
    return kind in _TEXT_ONLY or sql.startswith(_VIRTUAL)


def _check(wanted: Target, there: Mapping[Key, Place]) -> None:
    texts = {key: sql for key, (_, sql) in wanted.items()}
    texts |= {key: place.sql for key, place in there.items()}
    for kind, name in sorted(wanted.keys() ^ there.keys()):
        if not _text_only(kind, texts[kind, name]):
            how = "did not come back" if (kind, name) in wanted else "is left over"
            raise NotExact(f"{kind} {name} {how}")


def _insert(session: Session, key: Key, text: tuple[str, str], rowid: int | None) -> None:
    """Put a view or trigger in at its former place, or last where that is taken.

    SQLite reads in order, and a trigger must come after what it stands on.
    """
    stands = session.value(
        "SELECT rowid FROM main.sqlite_master WHERE type IN ('table', 'view') AND name = ?",
        (text[0],),
    )
    if rowid is not None and (_taken(session, rowid) or (key[0] == "trigger" and stands > rowid)):
        rowid = None
    session.run(
        "INSERT INTO main.sqlite_master (rowid, type, name, tbl_name, rootpage, sql)"
        " VALUES (?, ?, ?, ?, 0, ?)",
        (rowid, *key, *text),
    )
