"""Foreign tables: made with their columns, and altered where that is enough.

They hold no rows here, so that one is dropped and made again where a table would be rebuilt.
"""

from __future__ import annotations

from msgspec.structs import replace

from journal.postgresql.restore.columns import VALUES, alter_column
from journal.postgresql.restore.family import is_partition, own, parents
from journal.postgresql.restore.foreign import hold_open, options_between, options_of
from journal.postgresql.restore.names import dotted, ident
from journal.values import Column, Definition, SchemaObject

_PLACE = ("server", "inherits", "partition_of", "partition_bound")
"""What no ALTER FOREIGN TABLE changes in its place."""


def foreign_table(one: SchemaObject, *, catalogued: bool) -> list[str]:
    """Return the statements that make a foreign table, a partition by being attached.

    Raises:
        NotKnownExact: an option of it is not kept.
    """
    hold_open(one)
    definition, name = one.definition, dotted(one.path)
    above = [] if is_partition(one) else parents(one)
    columns = [c for c in columns_of(one) if not above or own(c.definition)]
    listed = ", ".join(_column(c, catalogued=catalogued) for c in columns)
    inherits = f" inherits ({', '.join(map(dotted, above))})" if above else ""
    made = (
        f"create foreign table {name} ({listed}){inherits} server {ident(definition['server'])}"
        f"{options_of(definition.get('options', ()))}"
    )
    if not is_partition(one):
        return [made]
    bound = definition["partition_bound"]
    return [made, f"alter table {dotted(parents(one)[0])} attach partition {name} {bound}"]


def reshaped(live: SchemaObject, target: SchemaObject, differ: set[str]) -> bool:
    """Tell whether a foreign table must be made again to become another."""
    if differ & set(_PLACE):
        return True
    wanted = {c.name for c in columns_of(target)}
    gone = {c.name for c in columns_of(live)} - wanted
    stay = [c for c in columns_of(live) if c.name in wanted]
    return [_shape(c) for c in stay] != [_shape(c) for c in columns_of(target)] or any(
        "inherited" in c.definition for c in columns_of(live) if c.name in gone
    )


def alter_foreign_table(live: SchemaObject, target: SchemaObject, *, catalogued: bool) -> list[str]:
    """Return the statements that lead to a foreign table of the same shape, or of fewer columns."""
    hold_open(live)
    name, what = dotted(live.path), f"alter foreign table {dotted(live.path)}"
    wanted = {c.name: c for c in columns_of(target)}
    gone = [c for c in columns_of(live) if c.name not in wanted]
    gone.sort(key=lambda c: "generated" not in c.definition)
    statements = [f"{what} drop column {ident(c.name)}" for c in gone]
    owned = replace(live, definition=target.definition)
    for column in columns_of(live):
        if column.name not in wanted:
            continue
        other = wanted[column.name]
        statements += alter_column(owned, column, other, catalogued=catalogued)
        lists = _foreign(column), _foreign(other)
        if lists[0] != lists[1]:
            changes = options_between(*lists)
            statements.append(f"{what} alter column {ident(column.name)} {changes}")
    old, new = (one.definition.get("options", []) for one in (live, target))
    if old != new:
        statements.append(f"alter foreign table {name} {options_between(old, new)}")
    return statements


def columns_of(one: SchemaObject) -> list[Column]:
    """Return the columns of a foreign table, in their order; they have no identity."""
    return [
        Column(id=0, name=c["name"], definition={"not_null": False, **_bare(c)})
        for c in one.definition.get("columns", ())
    ]


def _bare(column: Definition) -> Definition:
    return {name: value for name, value in column.items() if name != "name"}


def _shape(column: Column) -> tuple[object, ...]:
    names = (*VALUES, "inherited", "local")
    return (column.name, *(column.definition.get(name) for name in names))


def _foreign(column: Column) -> list[str]:
    return list(column.definition.get("foreign", {}).get("options", ()))


def _column(one: Column, *, catalogued: bool) -> str:
    """Return a column as CREATE FOREIGN TABLE takes it."""
    definition = one.definition
    parts = [ident(one.name), definition["type"] + options_of(_foreign(one))]
    if "collation" in definition:
        parts.append(f"collate {definition['collation']}")
    if "generated" in definition:
        kind = "virtual" if definition.get("virtual") else "stored"
        parts.append(f"generated always as ({definition['generated']}) {kind}")
    if "default" in definition:
        parts.append(f"default {definition['default']}")
    if definition["not_null"] and not catalogued:
        parts.append("not null")
    return " ".join(parts)
