"""Schema objects, in text and as they are answered in JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from commands.cli.page import Page
from commands.visible import visible
from journal.values import Column, SchemaObject
from projections.schema import Schema, dotted


def chosen(schema: Schema, name: str) -> tuple[SchemaObject, ...]:
    """Return the table ``name`` with what belongs to it, or without a name all objects.

    Raises:
        NotFound: there is no such table at the schema's position.
    """
    if name:
        table = schema.table(name)
        return (table, *schema.belonging_to(table.id))
    every = sorted(
        schema.objects.values(), key=lambda one: (one.kind != "table", one.kind, one.path)
    )
    return tuple(every)


def answer(schema: Schema, objects: tuple[SchemaObject, ...]) -> dict[str, Any]:
    """Return the schema as JSON answers it."""
    return {
        "position": schema.position,
        "objects": objects,
        "sequences": {str(key): state for key, state in schema.sequences.items()},
    }


def tell(page: Page, schema: Schema, objects: tuple[SchemaObject, ...]) -> None:
    """Show tables with their columns and parts, then everything else."""
    ids = {one.id for one in objects}
    for one in objects:
        if one.kind == "table":
            _table(page, schema, one)
    for one in objects:
        if one.kind != "table" and one.parent not in ids:
            _other(page, one)
    if not objects:
        page.line(f"no objects at position {schema.position}")


def _table(page: Page, schema: Schema, table: SchemaObject) -> None:
    page.line(f"table {dotted(table.path)}", "bold")
    width = max((len(visible(column.name)) for column in table.columns), default=0)
    for column in table.columns:
        padding = " " * (width - len(visible(column.name)))
        page.line(f"  {column.name}{padding}  {_column(column)}".rstrip())
    for key in _keys(table):
        page.line(f"  {key}")
    for part in schema.belonging_to(table.id):
        _other(page, part, indent="  ")


def _column(column: Column) -> str:
    words = [str(column.definition.get("type", ""))]
    if column.definition.get("not_null"):
        words.append("not null")
    said = ("default", "generated", "identity", "collation")
    words += [f"{n} {column.definition[n]}" for n in said if column.definition.get(n) is not None]
    return " ".join(word for word in words if word)


def _keys(table: SchemaObject) -> Iterator[str]:
    """Say the keys that stand in the definition of the table itself, as on SQLite."""
    found = table.definition
    if found.get("primary_key"):
        yield f"primary key ({', '.join(found['primary_key'])})"
    for columns in found.get("unique") or ():
        yield f"unique ({', '.join(map(str, columns))})"
    for key in found.get("foreign_keys") or ():
        columns = ", ".join(map(str, key.get("columns", ())))
        to = key.get("references", ())
        yield f"foreign key ({columns}) references {to if isinstance(to, str) else dotted(tuple(to))}"


def _other(page: Page, one: SchemaObject, indent: str = "") -> None:
    text = one.definition.get("text") or one.definition.get("sql") or ""
    name = one.path[-1] if indent else dotted(one.path)
    lines = str(text).strip().splitlines()
    short = f": {lines[0]}" if len(lines) == 1 else ""
    page.line(f"{indent}{one.kind} {name}{short}")
    if len(lines) > 1:
        page.block("\n".join(lines), indent=indent + "  ")
