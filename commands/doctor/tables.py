"""The tables of either database in one form: columns, keys, foreign keys and indexes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from journal.values import SchemaObject

Path = tuple[str, ...]

_PLAIN_INDEX = re.compile(
    r".* USING btree \((?P<columns>[^()]+)\)(?: WHERE \((?P<where>.*)\))?", re.DOTALL
)
_NAME = re.compile(r'"((?:[^"]|"")+)"|([^\W\d][\w$]*)')


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A column; ``type`` as the database writes it, empty where SQLite was told none."""

    name: str
    type: str
    not_null: bool = False
    default: str = ""
    generated: bool = False
    identity: bool = False


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """A foreign key. ``name`` and ``text`` are empty on SQLite; ``number`` is its own for it."""

    name: str
    columns: tuple[str, ...]
    parent: Path
    referred: tuple[str, ...]
    valid: bool = True
    number: int = 0
    text: str = ""


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """An index that no constraint made; ``text`` is its definition.

    ``columns`` is empty where it is over expressions; ``where`` is the condition of a partial
    one, which SQLite keeps in the text alone.
    """

    path: Path
    text: str
    unique: bool
    valid: bool
    columns: tuple[str, ...] = ()
    where: str = ""
    partition: bool = False


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table, or a partition of one.

    ``unique`` are the columns of unique constraints and of unique indexes over all rows. ``checks`` are the other constraints as the catalog holds them.
    """

    path: Path
    columns: tuple[Field, ...]
    key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    references: tuple[Reference, ...] = ()
    indexes: tuple[Index, ...] = ()
    checks: tuple[SchemaObject, ...] = ()
    parents: tuple[Path, ...] = ()
    partition: bool = False
    partitioned: bool = False
    autoincrement: bool = False

    @property
    def name(self) -> str:
        """The name, dotted."""
        return ".".join(self.path)

    def column(self, name: str) -> Field | None:
        """Return a column by its name."""
        return next((one for one in self.columns if one.name == name), None)

    def keyed_by(self, columns: Sequence[str]) -> bool:
        """Tell whether these columns, in any order, name at most one row."""
        wanted = set(columns)
        return any(set(key) == wanted for key in (self.key, *self.unique) if key)


Tables = dict[Path, Table]


def tables_of(objects: Iterable[SchemaObject]) -> Tables:
    """Return the tables of a schema by their paths, virtual ones and their shadows left out."""
    children: dict[Path, list[SchemaObject]] = defaultdict(list)
    found = []
    for one in objects:
        if one.kind == "table" and "shadow" not in one.definition:
            found.append(one)
        elif one.kind == "constraint":
            children[one.path[:2]].append(one)
        elif one.kind == "index":
            table = one.definition["table"]
            children[(table,) if isinstance(table, str) else tuple(table)].append(one)
    made = {one.path: _table(one, children[one.path]) for one in found}
    return {path: _completed(one, made) for path, one in made.items()}


def _table(one: SchemaObject, children: Sequence[SchemaObject]) -> Table:
    definition = one.definition
    of = defaultdict(list)
    for child in children:
        of[child.definition.get("type", "index")].append(child)
    keys = [tuple(child.definition["columns"]) for child in of["primary key"]]
    unique = [tuple(child.definition["columns"]) for child in of["unique"]]
    unique += [tuple(columns) for columns in definition.get("unique", ())]
    unique += [columns for child in of["index"] if (columns := _unique_index(child))]
    inherits = tuple((str(a), str(b)) for a, b in definition.get("inherits", ()))
    return Table(
        path=one.path,
        columns=tuple(_field(column.name, column.definition) for column in one.columns),
        key=keys[0] if keys else tuple(definition.get("primary_key", ())),
        unique=tuple(unique),
        references=tuple(
            [_reference(child) for child in of["foreign key"]]
            + [_inline(number, key) for number, key in _numbered(definition)]
        ),
        indexes=tuple(_index(child) for child in of["index"]),
        checks=tuple(child for kind in ("check", "not null") for child in of[kind]),
        parents=inherits,
        partition=bool(definition.get("partition_of")),
        partitioned=bool(definition.get("partition_by")),
        autoincrement=bool(definition.get("autoincrement")),
    )


def _unique_index(one: SchemaObject) -> tuple[str, ...]:
    """Return the columns of a unique index over all rows; none of any other index."""
    index = _index(one)
    partial = one.definition.get("partial") or index.where
    return index.columns if index.unique and index.valid and not partial else ()


def _field(name: str, definition: dict[str, Any]) -> Field:
    return Field(
        name=name,
        type=definition.get("type", ""),
        not_null=bool(definition.get("not_null")),
        default=definition.get("default") or "",
        generated="generated" in definition,
        identity="identity" in definition,
    )


def _reference(one: SchemaObject) -> Reference:
    definition = one.definition
    return Reference(
        name=one.path[-1],
        columns=tuple(definition["columns"]),
        parent=tuple(definition["references"]),
        referred=tuple(definition["referred"]),
        valid=not definition.get("not_valid"),
        text=definition["text"],
    )


def _numbered(definition: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    """SQLite numbers foreign keys from the last."""
    keys = definition.get("foreign_keys", ())
    return [(len(keys) - 1 - place, key) for place, key in enumerate(keys)]


def _inline(number: int, key: dict[str, Any]) -> Reference:
    return Reference(
        name="",
        columns=tuple(key["columns"]),
        parent=tuple(key["references"]),
        referred=tuple(key["referred"]),
        number=number,
    )


def _index(one: SchemaObject) -> Index:
    definition = one.definition
    text = definition.get("text") or definition.get("sql", "")
    listed = tuple(definition.get("columns", ()))
    plain = None if listed else _PLAIN_INDEX.fullmatch(text)
    return Index(
        path=one.path,
        text=text,
        unique=bool(definition.get("unique")),
        valid=not definition.get("invalid"),
        columns=(listed if all(listed) else ()) if listed else _named(plain),
        where=(plain["where"] or "") if plain else "",
        partition="parent" in definition,
    )


def _named(plain: re.Match[str] | None) -> tuple[str, ...]:
    """Read the columns out of PostgreSQL's definition of an index over nothing but columns."""
    named = [_NAME.fullmatch(part) for part in plain["columns"].split(", ")] if plain else []
    if not all(named):
        return ()
    return tuple(one[2] or one[1].replace('""', '"') for one in named if one)


def _completed(one: Table, tables: Tables) -> Table:
    """On SQLite names match in any case, and a foreign key may leave the key unsaid."""
    if len(one.path) > 1:
        return one
    return msgspec.structs.replace(
        one, references=tuple(_said(reference, tables) for reference in one.references)
    )


def _said(reference: Reference, tables: Tables) -> Reference:
    lower = {path[0].lower(): table for path, table in tables.items()}
    parent = lower.get(reference.parent[0].lower())
    if parent is None:
        return reference
    return msgspec.structs.replace(
        reference, parent=parent.path, referred=reference.referred or parent.key
    )
