"""Which tables refer to those that a run touches, told from the schema alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from journal.events import AnyEvent, RowsChanged, SchemaChanged
from journal.values import SchemaObject


def touched(events: Iterable[AnyEvent]) -> frozenset[int]:
    """Return the identities of tables whose rows or definition the events change."""
    tables: set[int] = set()
    for event in events:
        match event:
            case RowsChanged(rows=rows):
                tables.add(rows.table)
            case SchemaChanged(changes=changes):
                for change in changes:
                    for one in (change.before, change.after):
                        if one is not None:
                            tables.add(one.parent or one.id)
            case _:
                pass
    return frozenset(tables)


def dependents(tables: frozenset[int], schema: Mapping[int, SchemaObject]) -> tuple[str, ...]:
    """Return the names of other tables whose foreign keys refer to ``tables``."""
    paths = {schema[table].path for table in tables if table in schema}
    found = {
        owner
        for owner, path in references(schema)
        if path in paths and owner not in tables and owner in schema
    }
    return tuple(sorted(".".join(schema[owner].path) for owner in found))


def references(schema: Mapping[int, SchemaObject]) -> Iterable[tuple[int, tuple[str, ...]]]:
    """Yield pairs of a table's identity and the path of a table that it refers to."""
    for one in schema.values():
        path = one.definition.get("references")
        if path and one.parent is not None:
            yield one.parent, _path(path)
        for key in one.definition.get("foreign_keys", ()):
            yield one.id, _path(key.get("references", ()))


def _path(found: object) -> tuple[str, ...]:
    """Definitions hold paths as lists, on SQLite as the one name."""
    if isinstance(found, str):
        return (found,)
    return tuple(str(part) for part in found) if isinstance(found, list | tuple) else ()
