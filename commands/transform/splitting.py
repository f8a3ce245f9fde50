"""Whether the parts of a transform may be done side by side, with the result of one worker.

They may where no subject can tell that another was there: each fills rows of its own, which are
told apart by its key and refer to no row of another. All else is for one worker, in order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from commands.transform.fitting import target_table
from commands.transform.spec import Constant, Generated, Key, Rows, Rule, Select, Transform
from journal.mentions import named_in_definition, named_in_statement
from journal.values import Column, DatabaseKind, SchemaObject

Objects = Mapping[int, SchemaObject]

_READING = ("view", "materialized view", "function", "procedure", "aggregate")
_ORDERED = ("trigger", "rule", "policy")
"""What may look at other rows while one is inserted."""
_LISTED = re.compile(r"USING \w+ \(([^()]*)\)")


def hindrance(spec: Transform, objects: dict[int, SchemaObject], kind: DatabaseKind) -> str:
    """Return why one worker has to do all of it, in order; empty where many may."""
    if not isinstance(spec.source, Select):
        return "it reads what another transform left unmapped"
    for target in spec.into:
        if target.match:
            return f"subjects may meet in rows of {target.table}"
    tables = {target.table: target_table(spec, target, objects) for target in spec.into}
    filled = _filled(spec, tables)
    if read := _read(spec.source.sql, objects, kind) & {
        t.path[-1].lower() for t in tables.values()
    }:
        return f"it reads {min(read)}, which it fills"
    found = (why for table, targets in filled for why in _against(spec, table, targets, objects))
    return next(found, "")


def _filled(
    spec: Transform, tables: Mapping[str, SchemaObject]
) -> list[tuple[SchemaObject, list[Rows]]]:
    """Return each table with the targets that fill it."""
    by_id = {table.id: table for table in tables.values()}
    return [
        (table, [one for one in spec.into if tables[one.table].id == identity])
        for identity, table in by_id.items()
    ]


def _against(
    spec: Transform, table: SchemaObject, targets: Sequence[Rows], objects: Objects
) -> Iterator[str]:
    name = ".".join(table.path)
    keyed = _keyed(spec, table, targets)
    if _kin(table, objects):
        yield f"{name} shares rows with other tables"
    for one in objects.values():
        if one.kind in _ORDERED and _owner(one) == table.path:
            yield f"{one.kind} {one.path[-1]} of {name} may see rows in another order"
    for column in table.columns:
        if _numbered(table, column, targets):
            yield f"rows of {name} are numbered as they come ({column.name})"
        if calls := _called(column, objects):
            yield f"{name}.{column.name} calls {calls}, which may see other rows"
    for columns in _unique(table, objects):
        if not keyed & set(columns):
            listed = ", ".join(one or "an expression" for one in columns)
            yield f"two subjects may claim one row of {name} ({listed})"
    for one in objects.values():
        checks = one.kind == "constraint" and one.definition.get("type") == "check"
        if checks and _owner(one) == table.path and (calls := _called(one, objects)):
            yield f"a check of {name} calls {calls}, which may see other rows"
    yield from _references(spec, table, targets, objects)


def _keyed(spec: Transform, table: SchemaObject, targets: Sequence[Rows]) -> set[str]:
    """Name the columns in which no two subjects have the same value."""
    loose = "collate" in str(table.definition.get("sql", "")).lower()
    return {
        column.name
        for column in table.columns
        if not loose and "collation" not in column.definition
        if "citext" not in str(column.definition.get("type", ""))
        if all(_follows(one.columns.get(column.name), one, spec) for one in targets)
    }


def _follows(rule: Rule | None, target: Rows, spec: Transform) -> bool:
    """Tell whether a column holds the subject's key, or a UUID that is made of it."""
    own = Key(field=spec.subject)
    return rule == own or (isinstance(rule, Generated) and own in target.columns.values())


def _kin(table: SchemaObject, objects: Objects) -> bool:
    above = {"partition_by", "inherits"} & table.definition.keys()
    return bool(above) or any(
        list(table.path) in one.definition.get("inherits", ())
        for one in objects.values()
        if one.kind == "table"
    )


def _owner(one: SchemaObject) -> tuple[str, ...]:
    """The table that a trigger, a rule, a policy or a constraint belongs to."""
    table = one.definition.get("table")
    if table is None:
        return one.path[:-1]
    return (table,) if isinstance(table, str) else tuple(table)


def _numbered(table: SchemaObject, column: Column, targets: Sequence[Rows]) -> bool:
    rules = [one.columns.get(column.name) for one in targets]
    if "sql" in table.definition:  # SQLite numbers where an INTEGER PRIMARY KEY is null, too
        place = list(table.definition.get("primary_key", ())) == [column.name]
        declared = str(column.definition.get("type", "")).lower() == "integer"
        given = all(
            isinstance(rule, Key) or (isinstance(rule, Constant) and rule.value is not None)
            for rule in rules
        )
        return place and declared and not given
    drawn = "identity" in column.definition or "nextval(" in str(column.definition.get("default"))
    return drawn and None in rules


def _called(one: Column | SchemaObject, objects: Objects) -> str:
    """Name a function of the user's own that a default, a generated value or a check calls."""
    own = {o.path[-1].split("(")[0].lower() for o in objects.values() if o.kind == "function"}
    if not own:
        return ""
    bare = SchemaObject(id=0, kind="function", path=(), definition=dict(one.definition))
    said = {word for chain in named_in_definition(bare) for word in chain}
    return min(said & own, default="")


def _unique(table: SchemaObject, objects: Objects) -> Iterator[list[str | None]]:
    """Yield the columns of each key; ``None`` is an expression."""
    yield from (list(one) for one in table.definition.get("unique", ()))
    if primary := table.definition.get("primary_key"):
        yield list(primary)
    for one in objects.values():
        if _owner(one) != table.path:
            continue
        if one.kind == "constraint" and one.definition.get("type") in _KEYS:
            yield list(one.definition.get("columns", ()))
        if one.kind == "index" and one.definition.get("unique"):
            yield list(one.definition.get("columns") or _in_text(one.definition.get("text", "")))


_KEYS = ("primary key", "unique", "exclusion", "exclude")


def _in_text(text: str) -> list[str | None]:
    found = _LISTED.search(text)
    if found is None:
        return [None]
    return [part.strip().split(" ")[0].strip('"') for part in found.group(1).split(",")]


def _references(
    spec: Transform, table: SchemaObject, targets: Sequence[Rows], objects: Objects
) -> Iterator[str]:
    """A row may refer to one of its own subject; another's may not be there yet."""
    tables = {one.table: target_table(spec, one, dict(objects)) for one in spec.into}
    keyed = {
        one.path: _keyed(spec, one, [t for t in spec.into if tables[t.table].id == one.id])
        for one in tables.values()
    }
    for columns, parent, referred in _foreign_keys(table, objects):
        known = next((path for path in keyed if path[-len(parent) :] == parent), None)
        given = any(name in one.columns for name in columns for one in targets)
        filled = {c.name for c in table.columns if "default" in c.definition}
        if known is None or not (given or filled & set(columns)):
            continue
        pairs = zip(columns, referred, strict=False)
        if not any(here in keyed[table.path] and there in keyed[known] for here, there in pairs):
            yield f"rows of {'.'.join(table.path)} may refer to {known[-1]} of another subject"


def _foreign_keys(
    table: SchemaObject, objects: Objects
) -> Iterator[tuple[list[str], tuple[str, ...], list[str]]]:
    every = list(table.definition.get("foreign_keys", ()))
    every += [
        one.definition
        for one in objects.values()
        if one.kind == "constraint" and one.definition.get("type") == "foreign key"
        if _owner(one) == table.path
    ]
    for one in every:
        yield list(one["columns"]), tuple(one["references"]), list(one.get("referred") or ())


def _read(sql: str, objects: Objects, kind: DatabaseKind) -> set[str]:
    """Return what a query may name, by way of views and functions too, in lower case."""
    said = {
        word for chain, _ in named_in_statement(sql, qualified=kind != "sqlite") for word in chain
    }
    texts = {
        one.path[-1].split("(")[0].lower(): one for one in objects.values() if one.kind in _READING
    }
    waiting = said & texts.keys()
    while waiting:
        name = waiting.pop()
        more = {word for chain in named_in_definition(texts.pop(name)) for word in chain}
        said |= more
        waiting |= more & texts.keys()
    return said
