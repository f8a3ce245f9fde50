"""What a schema wants and another has not: tables, columns, and what belongs to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from commands.quoting import listed, quoted
from journal.values import Column, DatabaseKind, SchemaObject

Path = tuple[str, ...]

PARTS = frozenset(("constraint", "index", "trigger", "policy", "rule", "statistics"))
TABLES = ("table", "virtual")
TYPES = frozenset(("enum", "domain", "composite", "range"))
_UNSAID = frozenset(("internal", "setting", "extension", "default privileges"))
"""Kinds that nobody wants of a migration, or that are made for it beforehand."""

_INDEX = re.compile(r"CREATE (?P<unique>UNIQUE )?INDEX .*? ON (?:ONLY )?(?P<rest>.*)", re.DOTALL)
_COLUMNS = re.compile(r"UNIQUE (?:NULLS NOT DISTINCT )?\((?P<columns>.*)\)")


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A constraint, index or trigger that is not there.

    ``told`` is its definition. ``object`` is ``None`` for what SQLite writes into the table.
    """

    kind: str
    told: str
    object: SchemaObject | None = None
    refers_to: Path = ()


class Turned(msgspec.Struct, frozen=True, kw_only=True):
    """A column that is there with another definition."""

    wanted: Column
    found: Column


class Lack(msgspec.Struct, frozen=True, kw_only=True):
    """What one table lacks; all of it where ``found`` is ``None``."""

    wanted: SchemaObject
    found: SchemaObject | None = None
    columns: tuple[Column, ...] = ()
    parts: tuple[Part, ...] = ()
    types: tuple[Turned, ...] = ()
    nullable: tuple[Turned, ...] = ()


class Schema:
    """A schema by kinds and paths, and the parts of its tables."""

    def __init__(self, objects: Iterable[SchemaObject], kind: DatabaseKind) -> None:
        self.kind = kind
        self.objects = tuple(objects)
        self._found = {(one.kind, self.key(one.path)): one for one in self.objects}
        self._parts: dict[Path, list[SchemaObject]] = {}
        for one in self.objects:
            if one.kind in PARTS:
                self._parts.setdefault(self.key(table_of(one)), []).append(one)

    def key(self, path: Sequence[str]) -> Path:
        """Return a path as it is compared: SQLite knows no case in names."""
        return tuple(one.lower() for one in path) if self.kind == "sqlite" else tuple(path)

    def get(self, kind: str, path: Path) -> SchemaObject | None:
        """Return an object; ``None`` where there is none."""
        return self._found.get((kind, self.key(path)))

    def tables(self) -> Iterator[SchemaObject]:
        """Yield the tables, but for those in which a virtual one keeps what it holds."""
        return (
            one for one in self.objects if one.kind in TABLES and "shadow" not in one.definition
        )

    def parts(self, table: SchemaObject) -> list[Part]:
        """Return what belongs to a table, without names that databases give by themselves."""
        own = [_part(one) for one in self._parts.get(self.key(table.path), ())]
        return [*filter(None, own), *_written(table)]


def spelled(path: Sequence[str]) -> str:
    """Return a name as people say it: without the schema where that is the usual one."""
    return ".".join(path[1:] if len(path) > 1 and path[0] == "public" else path)


def table_of(part: SchemaObject) -> Path:
    """Return the path of the table that a part belongs to."""
    table = part.definition.get("table")
    if isinstance(table, str):
        return (table,)
    return tuple(table) if table else part.path[:-1]


def lacks(wanted: Schema, live: Schema) -> Iterator[Lack]:
    """Yield each table that lacks something, and what."""
    for table in wanted.tables():
        found = live.get(table.kind, table.path)
        if found is None:
            yield Lack(wanted=table, parts=tuple(wanted.parts(table)))
            continue
        lack = _lack(table, found, wanted, live)
        if lack.columns or lack.parts or lack.types or lack.nullable:
            yield lack


def others(wanted: Schema, live: Schema) -> Iterator[SchemaObject]:
    """Yield what else is wanted and not there: types, views, functions, sequences of their own."""
    for one in wanted.objects:
        if one.kind in PARTS or one.kind in _UNSAID or one.kind in TABLES:
            continue
        if "owned_by" not in one.definition and live.get(one.kind, one.path) is None:
            yield one


def labels(wanted: Schema, live: Schema) -> Iterator[tuple[SchemaObject, tuple[str, ...]]]:
    """Yield each enum that lacks values, and the values."""
    for one in wanted.objects:
        found = live.get("enum", one.path) if one.kind == "enum" else None
        if found is not None:
            there = found.definition["labels"]
            lost = tuple(label for label in one.definition["labels"] if label not in there)
            if lost:
                yield one, lost


def _lack(table: SchemaObject, found: SchemaObject, wanted: Schema, live: Schema) -> Lack:
    there = {live.key((one.name,)): one for one in found.columns}
    both = [(one, there.get(wanted.key((one.name,)))) for one in table.columns]
    pairs = [Turned(wanted=one, found=other) for one, other in both if other is not None]
    has = live.parts(found)
    return Lack(
        wanted=table,
        found=found,
        columns=tuple(one for one, other in both if other is None),
        parts=tuple(one for one in wanted.parts(table) if not _has(has, one)),
        types=tuple(one for one in pairs if _type(one.wanted) != _type(one.found)),
        nullable=tuple(
            one
            for one in pairs
            if one.wanted.definition.get("not_null") and not _holds_no_null(one.found, found)
        ),
    )


def _holds_no_null(column: Column, table: SchemaObject) -> bool:
    """Tell whether a column takes no null; SQLite's rowid takes none, and does not say so."""
    if column.definition.get("not_null"):
        return True
    alone = table.definition.get("primary_key") == [column.name]
    return alone and _type(column).upper() == "INTEGER"


def _type(column: Column) -> str:
    return str(column.definition.get("type", ""))


def _part(one: SchemaObject) -> Part | None:
    definition = one.definition
    if one.kind == "constraint":
        if definition.get("type") == "not null" or definition.get("inherited"):
            return None
        return Part(
            kind="constraint",
            told=str(definition["text"]).removesuffix(" NOT VALID"),
            object=one,
            refers_to=tuple(definition.get("references") or ()),
        )
    if one.kind == "index":
        return Part(kind="index", told=_index(one), object=one)
    return Part(kind=one.kind, told=f"{one.kind} {one.path[-1]}", object=one)


def _index(one: SchemaObject) -> str:
    text = str(one.definition.get("text") or one.definition.get("sql") or "")
    found = _INDEX.match(text) if "text" in one.definition else None
    if found is not None:
        return f"{found['unique'] or ''}index on {found['rest']}"
    if None in one.definition.get("columns", [None]) or one.definition.get("partial"):
        return f"index {one.path[-1]}"
    unique = "UNIQUE " if one.definition.get("unique") else ""
    return f"{unique}index on {listed(one.definition['columns'])}"


def _written(table: SchemaObject) -> Iterator[Part]:
    """Yield the constraints that SQLite keeps within the table."""
    definition = table.definition
    if "foreign_keys" not in definition:
        return
    if definition.get("primary_key"):
        yield Part(kind="constraint", told=f"PRIMARY KEY ({listed(definition['primary_key'])})")
    for columns in definition.get("unique", ()):
        yield Part(kind="constraint", told=f"UNIQUE ({', '.join(map(str, columns))})")
    for key in definition["foreign_keys"]:
        referred = f" ({listed(key['referred'])})" if key.get("referred") else ""
        yield Part(
            kind="constraint",
            told=f"FOREIGN KEY ({listed(key['columns'])}) REFERENCES"
            f" {quoted(*key['references'])}{referred}",
            refers_to=tuple(key["references"]),
        )


def _has(there: Sequence[Part], wanted: Part) -> bool:
    told = {one.told.lower() for one in there}
    if wanted.told.lower() in told:
        return True
    unique = _COLUMNS.fullmatch(wanted.told)
    if unique is None:
        return False
    # A unique index holds rows to the same as the constraint.
    return any(
        one.startswith("unique index on ") and one.endswith(f"({unique['columns'].lower()})")
        for one in told
    )
