"""What two schemas of different kinds have in common: keys, references, uniqueness by table."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from commands.copy.plan import Path
from journal.values import DatabaseKind, SchemaObject

_ACTION = re.compile(r" ON (?P<event>DELETE|UPDATE) (?P<action>NO ACTION|RESTRICT|CASCADE|SET \w+)")


class ForeignKey(msgspec.Struct, frozen=True, kw_only=True):
    """A foreign key; ``referred`` is spelt out where the source left it to the key."""

    columns: tuple[str, ...]
    references: Path
    referred: tuple[str, ...]
    on_delete: str = "NO ACTION"
    on_update: str = "NO ACTION"
    deferrable: bool = False
    name: str = ""


class TableFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A table with what belongs to it, in the terms both databases share.

    ``checks`` are constraints of PostgreSQL; those of SQLite stand in its text only.
    """

    table: SchemaObject
    key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[SchemaObject, ...] = ()
    constraints: tuple[SchemaObject, ...] = ()
    indexes: tuple[SchemaObject, ...] = ()

    @property
    def not_null(self) -> frozenset[str]:
        """Columns that are never null, those of a key included where the database says so."""
        return frozenset(c.name for c in self.table.columns if c.definition.get("not_null"))


def facts(objects: Iterable[SchemaObject], kind: DatabaseKind) -> dict[Path, TableFacts]:
    """Return the tables of a schema by path."""
    everything = list(objects)
    tables = [one for one in everything if one.kind == "table" and "shadow" not in one.definition]
    made = _sqlite if kind == "sqlite" else _postgresql
    found = {table.path: made(table, everything) for table in tables}
    keys = {_folded(path): one.key for path, one in found.items()}
    paths = {_folded(path): path for path in found}
    return {path: _completed(one, keys, paths) for path, one in found.items()}


def _folded(path: Path) -> Path:
    """SQLite finds a table in any letter case."""
    return tuple(part.lower() for part in path) if len(path) == 1 else path


def _completed(
    one: TableFacts, keys: dict[Path, tuple[str, ...]], paths: dict[Path, Path]
) -> TableFacts:
    completed = tuple(
        msgspec.structs.replace(
            key,
            references=paths.get(_folded(key.references), key.references),
            referred=key.referred or keys.get(_folded(key.references), ()),
        )
        for key in one.foreign_keys
    )
    return msgspec.structs.replace(one, foreign_keys=completed)


def _sqlite(table: SchemaObject, objects: list[SchemaObject]) -> TableFacts:
    definition = table.definition
    name = table.path[0].lower()
    indexes = [
        one
        for one in objects
        if one.kind == "index" and str(one.definition.get("table", "")).lower() == name
    ]
    names = {column.name.lower(): column.name for column in table.columns}
    deferred = "DEFERRABLE INITIALLY DEFERRED" in str(definition.get("sql", "")).upper()
    foreign = [
        ForeignKey(
            columns=tuple(names.get(column.lower(), column) for column in key["columns"]),
            references=tuple(key["references"]),
            referred=tuple(key["referred"]),
            on_delete=key["on_delete"],
            on_update=key["on_update"],
            deferrable=deferred,
        )
        for key in definition.get("foreign_keys", ())
    ]
    return TableFacts(
        table=table,
        key=tuple(definition.get("primary_key", ())),
        unique=tuple(tuple(columns) for columns in definition.get("unique", ())),
        foreign_keys=tuple(foreign),
        indexes=tuple(indexes),
    )


def _postgresql(table: SchemaObject, objects: list[SchemaObject]) -> TableFacts:
    mine = [one for one in objects if one.kind == "constraint" and one.path[:-1] == table.path]
    by_type: dict[str, list[SchemaObject]] = {}
    for one in mine:
        by_type.setdefault(one.definition["type"], []).append(one)
    key = next(iter(by_type.get("primary key", ())), None)
    return TableFacts(
        table=table,
        key=tuple(key.definition["columns"]) if key else (),
        unique=tuple(tuple(one.definition["columns"]) for one in by_type.get("unique", ())),
        foreign_keys=tuple(_foreign(one) for one in by_type.get("foreign key", ())),
        checks=tuple(by_type.get("check", ())),
        constraints=tuple(mine),
        indexes=tuple(
            one
            for one in objects
            if one.kind == "index" and tuple(one.definition["table"]) == table.path
        ),
    )


def _foreign(one: SchemaObject) -> ForeignKey:
    text = str(one.definition["text"])
    actions = {found["event"]: found["action"] for found in _ACTION.finditer(text)}
    return ForeignKey(
        columns=tuple(one.definition["columns"]),
        references=tuple(one.definition["references"]),
        referred=tuple(one.definition["referred"]),
        on_delete=actions.get("DELETE", "NO ACTION"),
        on_update=actions.get("UPDATE", "NO ACTION"),
        deferrable="DEFERRABLE" in text and "NOT DEFERRABLE" not in text,
        name=one.path[-1],
    )
