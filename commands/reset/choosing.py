"""Which tables a reset is about, and what it cannot be about, from the schema alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from commands.backup.writing import choose
from commands.reset.keys import ForeignKey, foreign_keys
from commands.reset.order import Group, Unit, in_order
from commands.transform.steps import Reset
from journal.errors import NotFound, Refused
from journal.values import SchemaObject
from projections.schema import Schema, dotted

_DELETES = re.compile(r"\bDELETE\b", re.IGNORECASE)
_ON = re.compile(r"\bON\b", re.IGNORECASE)
_DEFERRED = re.compile(r"\bDEFERRABLE INITIALLY DEFERRED\b")
_RULE_ON_DELETE = re.compile(r"\bON DELETE TO\b")
_NOT_TABLES = {
    "view": "a view",
    "materialized view": "a materialised view",
    "virtual": "a virtual table",
}


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """What a step names, with partitions and heirs, and the foreign keys of the schema.

    ``emptied`` are the tables that hold rows, by identity; ``triggers`` fire when they go.
    """

    groups: tuple[Group, ...]
    emptied: dict[int, SchemaObject]
    kept: tuple[SchemaObject, ...]
    detached: tuple[SchemaObject, ...]
    keys: tuple[ForeignKey, ...]
    triggers: tuple[str, ...]


def chosen(step: Reset, schema: Schema) -> Chosen:
    """Find the tables of a step, and the order in which they are emptied.

    Raises:
        NotFound, Usage: no such table, or several of the name.
        Refused: a view is named, a table in two lists, or something beside the foreign keys
            would have a say in what is removed.
    """
    tables = _tables(schema, step.tables)
    kept = _tables(schema, step.keep) if step.keep else ()
    detached = _tables(schema, step.detach) if step.detach else ()
    _refuse_doubles({"tables": tables, "keep": kept, "detach": detached})
    for table in tables:
        _refuse_meddling(table, schema)
    keys = foreign_keys(schema)
    units = tuple(_units(tables, schema))
    return Chosen(
        groups=in_order(units, keys, schema),
        emptied={one.id: one for unit in units for one in unit.holding},
        kept=kept,
        detached=detached,
        keys=keys,
        triggers=tuple(_triggers(tables, schema)),
    )


def deferred(table: SchemaObject, schema: Schema) -> list[SchemaObject]:
    """Return the triggers of a table that fire only at the commit."""
    return [
        one
        for one in schema.belonging_to(table.id)
        if one.kind == "trigger" and _DEFERRED.search(str(one.definition.get("text", "")))
    ]


def _tables(schema: Schema, names: Sequence[str]) -> tuple[SchemaObject, ...]:
    for name in names:
        _refuse_others(schema, name)
    found = choose(schema, names)
    for one in found:
        if "shadow" in one.definition:
            raise Refused(
                f"{dotted(one.path)} holds what virtual table {one.definition['shadow']} keeps",
                hint="Delete from the virtual table, in an SQL step.",
            )
    return found


def _refuse_others(schema: Schema, name: str) -> None:
    """What is no table is told as what it is."""
    try:
        schema.table(name)
    except NotFound:
        for kind, what in _NOT_TABLES.items():
            for one in schema.of_kind(kind):
                if name in (dotted(one.path), one.path[-1]):
                    raise Refused(
                        f"{name} is {what}; only tables are emptied or kept",
                        hint="Name the tables that its rows come from.",
                    ) from None
        raise


def _refuse_doubles(lists: dict[str, tuple[SchemaObject, ...]]) -> None:
    found: dict[int, str] = {}
    for name, tables in lists.items():
        for table in tables:
            if table.id in found:
                raise Refused(
                    f"{dotted(table.path)} stands in {found[table.id]} and in {name}",
                    hint="Name it once; heirs and partitions of a table count as named with it.",
                )
            found[table.id] = name


def _refuse_meddling(table: SchemaObject, schema: Schema) -> None:
    """Refuse what would remove other rows than those that are shown, or later."""
    name = dotted(table.path)
    if table.definition.get("rls") and table.definition.get("force_rls"):
        raise Refused(
            f"policies may hide rows of {name} from its owner too",
            hint="Say NO FORCE ROW LEVEL SECURITY before, and FORCE again after the reset.",
        )
    for one in schema.belonging_to(table.id):
        text = str(one.definition.get("text", ""))
        if one.kind == "rule" and _RULE_ON_DELETE.search(text):
            raise Refused(
                f"rule {one.path[-1]} of {name} rewrites every DELETE",
                hint="Drop it before the reset, and make it again after.",
            )
        if one in deferred(table, schema) and _fires(one):
            raise Refused(
                f"trigger {one.path[-1]} of {name} fires at the commit, after what is proved here",
                hint="Drop it before the reset, and make it again after.",
            )


def _units(tables: Sequence[SchemaObject], schema: Schema) -> Iterator[Unit]:
    """Yield what one DELETE empties: a partitioned table goes with all its partitions."""
    inside = {
        leaf.id
        for table in tables
        if "partition_by" in table.definition
        for leaf in _parts(table, schema)
    }
    for table in tables:
        if table.id not in inside:
            yield Unit(table=table, holding=schema.holding(table))


def _parts(table: SchemaObject, schema: Schema) -> Iterator[SchemaObject]:
    for one in schema.partitions(table):
        yield one
        yield from _parts(one, schema)


def _triggers(tables: Sequence[SchemaObject], schema: Schema) -> Iterator[str]:
    for table in tables:
        for one in schema.belonging_to(table.id):
            if one.kind == "trigger" and _fires(one):
                yield f"{one.path[-1]} of {dotted(table.path)}"


def _fires(trigger: SchemaObject) -> bool:
    """Tell whether a trigger speaks of DELETE before it names its table."""
    definition = trigger.definition
    text = str(definition.get("text") or definition.get("sql") or "")
    head = _ON.split(text, maxsplit=1)[0]
    return bool(_DELETES.search(head)) and definition.get("enabled") != "disabled"
