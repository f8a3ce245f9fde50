"""Reading the catalog: every object as SQLite keeps it, under identities from 0."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from journal.sqlite import modules
from journal.sqlite.connection import Row, Session
from journal.sqlite.ddl import ColumnText, has_word, table_columns
from journal.values import Column, Definition, SchemaObject

OURS = "clew_"
"""Names that begin so, in any case, belong to the journal."""
KINDS = ("table", "virtual", "internal", "index", "view", "trigger", "setting")
"""Kinds in the order in which they can be made.

``virtual`` is nothing but its text, since what it holds stands in tables whose definition names
it as ``shadow``; ``internal`` is sqlite_sequence; ``setting`` is a number
of the file's header that is not zero.
"""
SETTINGS = ("application_id", "user_version")

_MASTER = "SELECT type, name, tbl_name, sql FROM main.sqlite_master"
_COLUMNS = """
    SELECT m.name, c.name, c.type, c."notnull", c.dflt_value, c.pk, c.hidden
    FROM main.sqlite_master m, pragma_table_xinfo(m.name, 'main') c
    WHERE m.type = 'table' AND m.rootpage ORDER BY m.name, c.cid"""
_TEXTS = "SELECT name, sql FROM main.sqlite_master WHERE type = 'table' AND NOT rootpage"
"""A virtual table has no page; asked for its columns, it needs its module, which may be missing."""
_TABLES = "SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main'"
_INDEXED = """
    SELECT m.name, l.name, l."unique", l.origin, l.partial, c.name
    FROM main.sqlite_master m, pragma_index_list(m.name, 'main') l,
         pragma_index_info(l.name, 'main') c
    WHERE m.type = 'table' AND m.rootpage ORDER BY m.name, l.name, c.seqno"""
_FOREIGN = """
    SELECT m.name, f.id, f."table", f."from", f."to", f.on_update, f.on_delete
    FROM main.sqlite_master m, pragma_foreign_key_list(m.name, 'main') f
    WHERE m.type = 'table' AND m.rootpage ORDER BY m.name, f.id DESC, f.seq"""


class Found(msgspec.Struct, frozen=True):
    """An object under no identity yet, and the name of the table it belongs to."""

    object: SchemaObject
    table: str


class _Reading:
    """One look at the catalog, grouped by table."""

    def __init__(self, session: Session, only: frozenset[str] | None) -> None:
        self.only = only
        self.tables = {name: rest for name, *rest in session.run(_TABLES)}
        virtual = any(kind == "virtual" for kind, *_ in self.tables.values())
        self.virtual: dict[str, str] = dict(session.run(_TEXTS)) if virtual else {}
        self.columns = self._grouped(session, _COLUMNS)
        self.indexed = self._grouped(session, _INDEXED)
        self.foreign = self._grouped(session, _FOREIGN)

    def _grouped(self, session: Session, sql: str) -> Mapping[str, list[Row]]:
        grouped: dict[str, list[Row]] = defaultdict(list)
        if self.only is not None:
            sql = sql.replace("WHERE", "WHERE m.name IN (SELECT value FROM json_each(?)) AND", 1)
            rows = session.run(sql, (msgspec.json.encode(sorted(self.only)).decode(),))
        else:
            rows = session.run(sql)
        for name, *rest in rows:
            grouped[name].append(tuple(rest))
        return grouped


def own(name: str) -> bool:
    """Whether a name is the journal's."""
    return name.lower().startswith(OURS)


def master(session: Session) -> dict[tuple[str, str], tuple[str, str | None]]:
    """Return table name and text of each object of the user's, by kind and name."""
    return {
        (kind, name): (table, sql)
        for kind, name, table, sql in session.run(_MASTER)
        if not own(table) and not own(name) and not name.lower().startswith("sqlite_stat")
    }


def settings(session: Session) -> tuple[int, ...]:
    """Return the numbers of the header that are kept like objects."""
    return tuple(session.value(f"PRAGMA main.{name}") for name in SETTINGS)


def read(
    session: Session,
    found: Mapping[tuple[str, str], tuple[str, str | None]],
    tables: frozenset[str] | None = None,
) -> tuple[Found, ...]:
    """Describe the objects of ``found``; only the tables named are looked at."""
    look = _Reading(session, tables)
    objects = []
    for (kind, name), (table, sql) in found.items():
        if kind == "table" and name == "sqlite_sequence":
            objects.append(_plain("internal", name, table, {"sql": sql}))
        elif kind == "table" and look.tables.get(name, [""])[0] == "virtual":
            objects.append(_plain("virtual", name, table, {"sql": sql}))
        elif kind == "table":
            objects.append(Found(_table(name, sql or "", look), name))
        elif kind == "index" and sql is not None:
            objects.append(_plain("index", name, table, _index(name, table, sql, look)))
        elif kind == "view":
            objects.append(_plain("view", name, table, {"sql": sql}))
        elif kind == "trigger":
            objects.append(_plain("trigger", name, table, {"sql": sql, "table": table}))
    return tuple(objects)


def _plain(kind: str, name: str, table: str, definition: Definition) -> Found:
    return Found(SchemaObject(id=0, kind=kind, path=(name,), definition=definition), table)


def setting(name: str, value: int) -> Found:
    """Return a number of the header as an object."""
    return _plain("setting", name, "", {"value": value})


def _table(name: str, sql: str, look: _Reading) -> SchemaObject:
    said = table_columns(sql)
    rows = look.columns[name]
    _, without_rowid, strict = look.tables[name]
    definition: Definition = {"sql": sql}
    if casting := _casting(name, look):
        definition["shadow"] = casting
    if without_rowid:
        definition["without_rowid"] = True
    if strict:
        definition["strict"] = True
    if has_word(sql, "AUTOINCREMENT"):
        definition["autoincrement"] = True
    key = sorted((row for row in rows if row[4]), key=lambda row: int(row[4]))
    definition["primary_key"] = [row[0] for row in key]
    definition |= _constraints(look.indexed[name])
    definition["foreign_keys"] = _foreign_keys(look.foreign[name])
    columns = tuple(
        _column(row, said.get(row[0].lower()) or ColumnText(None, None)) for row in rows
    )
    return SchemaObject(id=0, kind="table", path=(name,), columns=columns, definition=definition)


def _casting(name: str, look: _Reading) -> str:
    """Name the virtual table that keeps what it holds in this one; empty for any other table.

    SQLite itself tells only where the module is there.
    """
    shadow = look.tables[name][0] == "shadow"
    casting = (
        virtual
        for virtual, sql in look.virtual.items()
        if name.lower().startswith(f"{virtual.lower()}_")
        and (shadow or name[len(virtual) + 1 :].lower() in modules.within(sql))
    )
    return max(casting, key=len, default="")


def _column(row: Row, said: ColumnText) -> Column:
    name, type_, not_null, default, _, hidden = row
    definition: Definition = {"type": type_}
    if not_null:
        definition["not_null"] = True
    if default is not None:
        definition["default"] = default
    if said.collation is not None:
        definition["collation"] = said.collation
    if hidden in (2, 3):
        definition["generated"] = said.generated or ""
        definition["stored"] = hidden == 3
    return Column(id=0, name=name, definition=definition)


def _constraints(rows: Iterable[Row]) -> Definition:
    """Unique constraints with an index of SQLite's own; ``key_index`` tells of the key's."""
    unique: dict[str, list[str]] = defaultdict(list)
    definition: Definition = {}
    for index, _, origin, _, column in rows:
        if origin == "u":
            unique[index].append(column)
        elif origin == "pk":
            definition["key_index"] = True
    if unique:
        definition["unique"] = [unique[index] for index in sorted(unique, key=_number)]
    return definition


def _number(index: str) -> int:
    return int(index.rpartition("_")[2])


def _index(name: str, table: str, sql: str, look: _Reading) -> Definition:
    rows = [row for row in look.indexed[table] if row[0] == name]
    definition: Definition = {"sql": sql, "table": table}
    if rows and rows[0][1]:
        definition["unique"] = True
    if rows and rows[0][3]:
        definition["partial"] = True
    definition["columns"] = [row[4] for row in rows]
    return definition


def _foreign_keys(rows: Iterable[Row]) -> list[dict[str, Any]]:
    keys: dict[int, dict[str, Any]] = {}
    for id_, table, from_, to, on_update, on_delete in rows:
        key = keys.setdefault(
            id_,
            {
                "columns": [],
                "references": [table],
                "referred": [],
                "on_update": on_update,
                "on_delete": on_delete,
            },
        )
        key["columns"].append(from_)
        if to is not None:
            key["referred"].append(to)
    return list(keys.values())
