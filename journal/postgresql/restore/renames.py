"""Renames, which keep everything about an object but its name and schema."""

from __future__ import annotations

from msgspec.structs import replace

from journal.postgresql.catalog.wholes import BY_KIND
from journal.postgresql.restore import extensions
from journal.postgresql.restore.names import dotted, full, ident, table_of, word
from journal.values import SchemaObject


def rename(live: SchemaObject, target: SchemaObject) -> list[str]:
    """Return the statements that give an object its name and schema back.

    Parts of a table follow the table's own name; only their last name counts here.
    """
    old, new = live.path[-1], target.path[-1]
    match live.kind:
        case "schema":
            return [] if old == new else [f"alter schema {ident(old)} rename to {ident(new)}"]
        case "constraint":
            sql = f"alter table {table_of(live)} rename constraint {ident(old)} to {ident(new)}"
            return [] if old == new else [sql]
        case "trigger" | "rule" | "policy":
            sql = f"alter {live.kind} {ident(old)} on {table_of(live)} rename to {ident(new)}"
            return [] if old == new else [sql]
        case "function":
            old, new = live.definition["name"], target.definition["name"]
        case "extension":
            stays = live.definition["schema"] == target.definition["schema"]
            return [] if stays else [extensions.moved(live, target.definition)]
        case "default privileges":
            return []
        case kind if kind in BY_KIND:
            return _whole(live, target)
    statements = []
    if old != new:
        statements.append(f"alter {word(live)} {full(live)} rename to {ident(new)}")
    if live.path[0] != target.path[0] and live.kind != "index":
        moved = _renamed(live, new)
        statements.append(f"alter {word(live)} {moved} set schema {ident(target.path[0])}")
    return statements


def _whole(live: SchemaObject, target: SchemaObject) -> list[str]:
    """Return one step of a renaming: the next one is told with the name that is there then."""
    old, new = live.definition.get("name"), target.definition.get("name")
    what = f"alter {word(live)} {full(live)}"
    if new is not None and old != new:
        return [f"{what} rename to {ident(new)}"]
    if len(live.path) > 1 and live.path[0] != target.path[0]:
        return [f"{what} set schema {ident(target.path[0])}"]
    return []


def aside(live: SchemaObject) -> SchemaObject:
    """Return an object under a name that stands in nobody's way."""
    path = (*live.path[:-1], f"clew aside {live.id}")
    return replace(live, path=path, definition={**live.definition, "name": path[-1]})


def rename_columns(live: SchemaObject, target: SchemaObject) -> list[str]:
    """Return the statements that give the columns of a table, view or type their names back.

    Columns of a table are known by identity; those of views and types by their place, and
    only where nothing else about them differs.
    """
    pairs = _columns(live, target)
    taken = {old for old, _ in pairs}
    renames = [(old, new) for old, new in pairs if old != new]
    if not renames:
        return []
    what, part, along = f"alter {word(live)} {full(live)}", "column", ""
    if live.kind == "composite":
        part, along = "attribute", " cascade"  # the columns of tables of the type
    statements = []
    for old, new in renames:
        if new in taken:
            statements.append(f"{what} rename {part} {ident(old)} to {ident(_aside(old))}{along}")
    for old, new in renames:
        start = _aside(old) if new in taken else old
        statements.append(f"{what} rename {part} {ident(start)} to {ident(new)}{along}")
    return statements


def _columns(live: SchemaObject, target: SchemaObject) -> list[tuple[str, str]]:
    if live.kind == "table":
        names = {column.id: column.name for column in target.columns}
        return [(c.name, names.get(c.id, c.name)) for c in live.columns]
    if live.kind not in ("view", "materialized view", "composite"):
        return []
    field = "attributes" if live.kind == "composite" else "columns"
    old, new = live.definition.get(field, []), target.definition.get(field, [])
    if [c["type"] for c in old] != [c["type"] for c in new]:
        return []
    return [(a["name"], b["name"]) for a, b in zip(old, new, strict=True)]


def _aside(name: str) -> str:
    return f"clew aside {name}"[:63]


def _renamed(live: SchemaObject, new: str) -> str:
    if live.kind == "function":
        return f"{dotted((live.path[0], new))}({live.definition['arguments']})"
    return dotted((live.path[0], new))
