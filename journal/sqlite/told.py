"""What a statement is about to do, as SQLite's authorizer tells while it is prepared."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec

from journal.given import Values
from journal.sqlite.connection import Session, mapped
from journal.sqlite.reading import own

_KINDS = {
    sqlite3.SQLITE_INSERT: "write",
    sqlite3.SQLITE_UPDATE: "write",
    sqlite3.SQLITE_DELETE: "write",
    sqlite3.SQLITE_DROP_TABLE: "drop",
    sqlite3.SQLITE_DROP_VTABLE: "virtual",
    sqlite3.SQLITE_CREATE_VTABLE: "virtual",
    sqlite3.SQLITE_CREATE_TABLE: "create",
    sqlite3.SQLITE_CREATE_VIEW: "create",
    sqlite3.SQLITE_CREATE_INDEX: "create",
    sqlite3.SQLITE_CREATE_TRIGGER: "create",
    sqlite3.SQLITE_CREATE_TEMP_TABLE: "temporary",
    sqlite3.SQLITE_CREATE_TEMP_VIEW: "temporary",
    sqlite3.SQLITE_CREATE_TEMP_TRIGGER: "temporary trigger",
    sqlite3.SQLITE_DROP_INDEX: "alter",
    sqlite3.SQLITE_DROP_TRIGGER: "alter",
    sqlite3.SQLITE_DROP_VIEW: "alter",
    sqlite3.SQLITE_FUNCTION: "function",
    sqlite3.SQLITE_ANALYZE: "maintain",
    sqlite3.SQLITE_REINDEX: "maintain",
}

_OURS = ("main", "temp")


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Names by what happens to them, as written in the catalog.

    ``writes`` are tables and views of the main database whose rows are written, by the
    statement itself, by a trigger, or by a foreign key's action; ``aside`` are temporary tables
    whose rows are written; ``altered`` is the table of
    an ALTER TABLE; ``touched`` are all names that are created, dropped or altered;
    ``elsewhere`` are attached databases in which anything at all is changed.
    """

    writes: frozenset[str] = frozenset()
    aside: frozenset[str] = frozenset()
    drops: frozenset[str] = frozenset()
    altered: str = ""
    touched: frozenset[str] = frozenset()
    virtual: frozenset[str] = frozenset()
    temporary: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()


def ask(session: Session, sql: str, values: Values = ()) -> Told:
    """Prepare a statement with values for its placeholders, without running it, and listen.

    Raises:
        StatementFailed: it cannot be prepared.
    """
    heard: set[tuple[str, str]] = set()

    def listen(action: int, one: Any, two: Any, database: Any, _: Any) -> int:
        if action == sqlite3.SQLITE_ALTER_TABLE:
            heard.update(_altering(one, two))
            return sqlite3.SQLITE_OK
        kind = _KINDS.get(action)
        if kind is None:
            return sqlite3.SQLITE_OK
        if kind == "function":
            heard.add((kind, str(two).lower()))
        elif database not in _OURS:
            heard.add(("elsewhere", str(database)))
        elif database == "temp" and kind in ("write", "create"):
            heard.add(("aside" if kind == "write" else "temporary", one))
        elif database == "main" or kind.startswith("temporary"):
            heard.add((kind, one))
            if action in (sqlite3.SQLITE_CREATE_INDEX, sqlite3.SQLITE_CREATE_TRIGGER):
                heard.add(("create", two))
        return sqlite3.SQLITE_OK

    session.raw.set_authorizer(listen)
    try:
        with mapped():
            session.raw.execute("EXPLAIN " + sql, values).close()
    finally:
        session.raw.set_authorizer(None)
    return _sorted(heard)


def _altering(database: str, table: str) -> set[tuple[str, str]]:
    match database:
        case "main":
            return {("altered", table), ("alter", table)}
        case "temp":
            return {("temporary", table)}
    return {("elsewhere", database)}


def _sorted(heard: set[tuple[str, str]]) -> Told:
    def named(*kinds: str) -> frozenset[str]:
        return frozenset(name for kind, name in heard if kind in kinds)

    catalog = frozenset(("sqlite_master", "sqlite_temp_master"))
    return Told(
        writes=named("write") - catalog,
        aside=frozenset(name for name in named("aside") - catalog if not own(name)),
        drops=named("drop"),
        altered=next(iter(named("altered")), ""),
        touched=named("drop", "create", "alter"),
        virtual=named("virtual"),
        temporary=named("temporary", "temporary trigger"),
        functions=named("function"),
        elsewhere=named("elsewhere"),
    )
