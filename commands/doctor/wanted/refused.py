"""Why rows keep a statement from working, and the queries that find those rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import msgspec
from msgspec.structs import replace

from commands.doctor.finding import Evidence
from commands.doctor.rows import duplicates_query, evidence, orphans_query, repeated
from commands.doctor.wanted import looking
from commands.doctor.wanted.attempts import Attempt
from commands.doctor.wanted.lacking import Path, spelled, table_of
from commands.quoting import listed, quoted
from journal.effect import Ask
from journal.trying import Refusal
from journal.values import Column, ObjectChange, SchemaObject

_UNIQUE = ("23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")
_KEYS = ("23503", "SQLITE_CONSTRAINT_FOREIGNKEY")
_NULLS = ("23502", "SQLITE_CONSTRAINT_NOTNULL")
_CHECKS = ("23514", "SQLITE_CONSTRAINT_CHECK")

_INDEX = re.compile(
    r"CREATE UNIQUE INDEX .*? ON (?:ONLY )?(?P<table>\S+) USING \w+ \((?P<columns>.*?)\)"
    r"(?: INCLUDE \(.*?\))?(?P<alike> NULLS NOT DISTINCT)?(?: WITH \(.*?\))?(?: WHERE (?P<where>.*))?"
)
_CHECK = re.compile(r"CHECK \((?P<condition>.*)\)(?: NO INHERIT)?(?: NOT VALID)?", re.DOTALL)
_REFERENCE = re.compile(
    r"ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?(?P<table>[\w.\"]+)\s.*?"
    r"FOREIGN\s+KEY\s*\((?P<columns>[^)]*)\)\s*REFERENCES\s+(?P<parent>[\w.\"]+)"
    r"\s*(?:\((?P<referred>[^)]*)\))?",
    re.IGNORECASE | re.DOTALL,
)
_PATTERNS = {
    "uuid": r"!~* '^\{?([0-9a-f]{4}-?){7}[0-9a-f]{4}\}?$'",
    "integer": r"!~ '^\s*[+-]?[0-9]+\s*$'",
    "numeric": r"!~* '^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?\s*$'",
    "boolean": r"!~* '^\s*(t(r(u(e)?)?)?|f(a(l(s(e)?)?)?)?|y(e(s)?)?|n(o)?|on|of(f)?|1|0)\s*$'",
}
"""What the text of a value must be for a cast to a type."""

_LIKE = dict.fromkeys(("smallint", "bigint"), "integer") | dict.fromkeys(
    ("real", "double precision"), "numeric"
)


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """What kind of rows are in the way.

    ``one`` and ``many`` say it of a number; ``queries`` find them, where they are known.
    """

    kind: str
    one: str
    many: str
    advice: str
    queries: tuple[str, ...] = ()

    def told(self, number: int) -> str:
        """Say it of so many rows; of an unknown number without one."""
        if not number:
            return self.many
        return f"{number:,} {self.one if number == 1 else self.many}"


DUPLICATES = Reason(
    kind="coming-duplicates",
    one="value stands in several rows",
    many="values stand in several rows",
    advice="Decide which row of each stays, and what becomes of the others.",
)
ORPHANS = Reason(
    kind="coming-orphans",
    one="row refers to nothing",
    many="rows refer to nothing",
    advice="Decide what becomes of rows that refer to nothing: remove them, let them refer to"
    " null, or make what they refer to.",
)
NULLS = Reason(
    kind="coming-nulls",
    one="row has no value",
    many="rows have no value",
    advice="Give those rows a value first, or the column a default.",
)
CHECK = Reason(
    kind="coming-check",
    one="row breaks the condition",
    many="rows break the condition",
    advice="Put the rows right first, or the condition.",
)
CAST = Reason(
    kind="coming-cast",
    one="row has a value that cannot be cast",
    many="rows have values that cannot be cast",
    advice="Map the values: a table of old and new ones, a new column filled from it, the old one"
    " kept until nothing reads it.",
)


class Apart(msgspec.Struct, frozen=True, kw_only=True):
    """Two columns of a foreign key whose types differ."""

    told: str
    evidence: tuple[Evidence, ...]


def why(before: Attempt, refusal: Refusal) -> Reason | None:
    """Tell from what a statement changed without rows which rows it fails for."""
    for states, reason, find in _REASONS:
        if refusal.state.startswith(states):
            return replace(reason, queries=tuple(find(before.changes)))
    return None


def for_rows(refusal: Refusal) -> bool:
    """Tell whether it is rows that a statement is refused for."""
    return any(refusal.state.startswith(states) for states, _, _ in _REASONS)


def in_the_way(changes: Sequence[ObjectChange]) -> Iterator[str]:
    """Yield queries for the rows that new constraints and unique indexes refuse."""
    for find in (_duplicates, _orphans, _checks):
        yield from find(changes)


def types_apart(sql: str, objects: Sequence[SchemaObject], ask: Ask) -> Apart | None:
    """Name the types of the columns that a foreign key is to join."""
    found = _REFERENCE.search(sql)
    if found is None:
        return None
    child, parent = _table(found["table"], objects), _table(found["parent"], objects)
    if child is None or parent is None:
        return None
    columns = _names(found["columns"])
    referred = _names(found["referred"] or "") or _key(parent, objects)
    pairs = [
        f"{spelled(child.path)}.{one} is {_type(child, one)} and"
        f" {spelled(parent.path)}.{other} is {_type(parent, other)}"
        for one, other in zip(columns, referred, strict=False)
        if _type(child, one) != _type(parent, other)
    ]
    looks = (
        looking.columns(child.path, columns, "postgresql"),
        looking.columns(parent.path, referred, "postgresql"),
    )
    shown = tuple(evidence(ask, query) for query in looks)
    return Apart(told="; ".join(pairs), evidence=shown) if pairs else None


# --- one kind of reason each --------------------------------------------------------------


def _duplicates(changes: Sequence[ObjectChange]) -> Iterator[str]:
    for one in _made(changes):
        definition = one.definition
        if one.kind == "constraint" and definition.get("type") in ("unique", "primary key"):
            columns = definition["columns"]
            if "NULLS NOT" in definition["text"]:
                yield repeated(quoted(*one.path[:-1]), listed(columns), "")
            else:
                yield duplicates_query(one.path[:-1], columns)
        elif one.kind == "index" and "text" in definition:
            if found := _INDEX.fullmatch(definition["text"]):
                there = "" if found["alike"] else f"num_nulls({found['columns']}) = 0"
                both = " AND ".join(filter(None, (found["where"], there)))
                yield repeated(found["table"], found["columns"], both)
        elif one.kind == "index" and definition.get("unique") and not definition.get("partial"):
            columns = definition["columns"]
            if None not in columns:
                yield duplicates_query(table_of(one), columns)


def _orphans(changes: Sequence[ObjectChange]) -> Iterator[str]:
    for one in _made(changes):
        found = one.definition
        if found.get("type") == "foreign key":
            yield orphans_query(
                one.path[:-1], found["columns"], found["references"], found["referred"]
            )


def _nulls(changes: Sequence[ObjectChange]) -> Iterator[str]:
    for table, old, new in _columns(changes):
        if new.definition.get("not_null"):
            if old is None:
                yield f"SELECT * FROM {table}"
            elif not old.definition.get("not_null"):
                yield f"SELECT * FROM {table} WHERE {quoted(new.name)} IS NULL"


def _checks(changes: Sequence[ObjectChange]) -> Iterator[str]:
    for one in _made(changes):
        found = _CHECK.fullmatch(str(one.definition.get("text", "")))
        if found is not None and one.kind == "constraint":
            yield f"SELECT * FROM {quoted(*one.path[:-1])} WHERE NOT ({found['condition']})"


def _casts(changes: Sequence[ObjectChange]) -> Iterator[str]:
    for table, old, new in _columns(changes):
        if old is not None and _said(old) != _said(new):
            yield _uncastable(table, new)


_REASONS: tuple[
    tuple[tuple[str, ...], Reason, Callable[[Sequence[ObjectChange]], Iterator[str]]], ...
] = (
    (_UNIQUE, DUPLICATES, _duplicates),
    (_KEYS, ORPHANS, _orphans),
    (_NULLS, NULLS, _nulls),
    (_CHECKS, CHECK, _checks),
    (("22",), CAST, _casts),
)


def _uncastable(table: str, column: Column) -> str:
    name, type_ = quoted(column.name), _said(column)
    base = type_.partition("(")[0]
    pattern = _PATTERNS.get(_LIKE.get(base, base))
    fits = f"CAST({name} AS text) {pattern}" if pattern else f"{name} IS NOT NULL"
    return f"SELECT {name} FROM {table} WHERE {fits}"


# --- what statements and definitions name -------------------------------------------------


def _columns(changes: Sequence[ObjectChange]) -> Iterator[tuple[str, Column | None, Column]]:
    """Yield the columns of tables that were there before, as they were and as they became."""
    for change in changes:
        if change.before is not None and change.after is not None:
            old = {one.name: one for one in change.before.columns}
            for one in change.after.columns:
                yield quoted(*change.after.path), old.get(one.name), one


def _made(changes: Sequence[ObjectChange]) -> Iterator[SchemaObject]:
    return (one.after for one in changes if one.before is None and one.after is not None)


def _said(column: Column) -> str:
    return str(column.definition.get("type", ""))


def _type(table: SchemaObject, name: str) -> str:
    return next((_said(one) for one in table.columns if one.name == name), "not there")


def _table(text: str, objects: Sequence[SchemaObject]) -> SchemaObject | None:
    names = _parts(text)
    found = [
        one for one in objects if one.kind == "table" and one.path[-len(names) :] == tuple(names)
    ]
    usual = [one for one in found if one.path[0] == "public"]
    return next(iter(usual or found), None)


def _key(table: SchemaObject, objects: Sequence[SchemaObject]) -> list[str]:
    for one in objects:
        if one.definition.get("type") == "primary key" and one.path[:-1] == table.path:
            return list(one.definition["columns"])
    return []


def _names(text: str) -> list[str]:
    return [_parts(one.strip())[0] for one in text.split(",") if one.strip()]


def _parts(text: str) -> Path:
    """Read a dotted name as PostgreSQL does: what is not quoted is lower case."""
    found = re.findall(r'"((?:[^"]|"")+)"|(\w+)', text)
    return tuple(quoted.replace('""', '"') if quoted else bare.lower() for quoted, bare in found)
