"""Publications: made, and led from one list of tables and schemas to another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from journal.postgresql.restore.names import dotted, ident, literal
from journal.values import Definition, SchemaObject

_OPTIONS = ("publish", "via_root", "generated")


def publication(one: SchemaObject) -> list[str]:
    """Return the statements that make a publication; all that is published at first is said."""
    definition = one.definition
    made = f"{definition['text']} with ({_options(definition, {})})"
    return [made, *_listing(ident(one.path[0]), {}, definition)]


def alter_publication(live: SchemaObject, target: SchemaObject, differ: set[str]) -> list[str]:
    """Return the statements that lead from one publication to another of its name."""
    name = ident(live.path[0])
    statements = list(_listing(name, live.definition, target.definition))
    if differ & set(_OPTIONS):
        options = _options(target.definition, live.definition)
        statements.append(f"alter publication {name} set ({options})")
    return statements


def _options(definition: Definition, live: Definition) -> str:
    """Return all options; what a server does not know is said only where it differs."""
    through = "true" if definition.get("via_root") else "false"
    options = [
        f"publish = {literal(definition['publish'])}",
        f"publish_via_partition_root = {through}",
    ]
    generated = definition.get("generated", "none")
    if generated != live.get("generated", "none"):
        options.append(f"publish_generated_columns = {generated}")
    return ", ".join(options)


def _listing(name: str, live: Definition, wanted: Definition) -> Iterator[str]:
    """Yield the statements for tables and schemas; what differs in columns or rows goes first."""
    old, new = _members(live), _members(wanted)
    for member, said in old.items():
        if new.get(member) != said:
            yield f"alter publication {name} drop {member}"
    for member, said in new.items():
        if old.get(member) != said:
            yield f"alter publication {name} add {member}{said}"


def _members(definition: Definition) -> dict[str, str]:
    """Return what a publication lists, with what is said of its columns and rows."""
    tables = {
        f"table only {dotted(one['table'])}": _said(one) for one in definition.get("tables", ())
    }
    schemas = {f"tables in schema {ident(one)}": "" for one in definition.get("schemas", ())}
    return schemas | tables


def _said(table: dict[str, Any]) -> str:
    columns = ", ".join(ident(column) for column in table.get("columns", ()))
    where = f" where ({table['where']})" if "where" in table else ""
    return (f" ({columns})" if columns else "") + where
