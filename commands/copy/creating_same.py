"""Tables for a database of the same kind: their definitions, word by word."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from commands.copy.creating import Made, Making
from commands.copy.creating_postgresql import is_numbered
from commands.quoting import quoted
from journal.values import DatabaseKind, ObjectChange, SchemaObject

Ddl = Callable[[ObjectChange], tuple[str, ...]]
TYPES = ("enum", "domain", "composite", "range")


def made(making: Making, kind: DatabaseKind, ddl: Ddl, sequences: Iterable[SchemaObject]) -> Made:
    """Return what makes the same table again; ``sequences`` are those of its columns."""
    facts = making.facts
    create = [*_said(ddl, facts.table)]
    after: list[str] = []
    cyclic = {key.name for key in facts.foreign_keys if key.columns in making.cyclic}
    for one in facts.constraints:
        late = one.path[-1] in cyclic
        (after if late else create).extend(_said(ddl, one))
    for one in sequences:
        create += _said(ddl, one) if one.definition.get("identity") else _owned(one)
    for index in facts.indexes:
        after += _said(ddl, index)
    return Made(
        create=tuple(create),
        after=tuple(after),
        counter=is_numbered(facts.table) if kind == "sqlite" else numbered_by_default(facts.table),
    )


def numbered_by_default(table: SchemaObject) -> str:
    """Name the first column of a table of PostgreSQL that a sequence numbers; empty without one."""
    for column in table.columns:
        default = str(column.definition.get("default", ""))
        if "identity" in column.definition or default.startswith("nextval("):
            return column.name
    return ""


def standing_alone(objects: Iterable[SchemaObject], ddl: Ddl, taken: set[str]) -> tuple[str, ...]:
    """Return what makes the schemas, types and sequences that tables of PostgreSQL stand on.

    ``taken`` are schemas that the target has.
    """
    everything = list(objects)
    found: list[str] = []
    for one in everything:
        if one.kind == "schema" and one.path[0] not in taken:
            found += _said(ddl, one)
    for kind in TYPES:
        for one in everything:
            if one.kind == kind:
                found += _said(ddl, one)
    for one in everything:
        if one.kind == "sequence" and not one.definition.get("identity"):
            found += _said(ddl, one)
    return tuple(found)


def _owned(sequence: SchemaObject) -> tuple[str, ...]:
    """Say that a sequence, which is made before, belongs to a column."""
    name, owner = quoted(*sequence.path), quoted(*sequence.definition["owned_by"])
    return (f"ALTER SEQUENCE {name} OWNED BY {owner}",)


def _said(ddl: Ddl, one: SchemaObject) -> tuple[str, ...]:
    return ddl(ObjectChange(after=one))
