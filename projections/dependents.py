"""Which tables and views depend on what is touched, told from the schema alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from journal.values import SchemaObject
from projections.schema import Path, dotted

_TEXT = ("text", "sql", "query", "definition")


class Dependent(msgspec.Struct, frozen=True, kw_only=True):
    """A table or view that depends on a touched one.

    ``by`` is "foreign key", or "view", where the text of a view names the touched object.
    """

    kind: str
    object: str
    on: str
    by: str


def dependents(
    touched: Iterable[int], objects: Mapping[int, SchemaObject]
) -> tuple[Dependent, ...]:
    """Return what depends on the touched objects, views upon views too, in order of name."""
    wanted = {id_: objects[id_] for id_ in touched if id_ in objects}
    found: dict[int, Dependent] = {}
    names = {one.path: one for one in wanted.values()}
    for owner, path in references(objects):
        if path in names and owner not in wanted and owner in objects:
            found.setdefault(owner, _dependent(objects[owner], names[path], "foreign key"))
    views = [one for one in objects.values() if "view" in one.kind and one.id not in wanted]
    reached = dict(wanted)
    while views:
        new = {view.id: _reads(view, reached.values()) for view in views}
        here = {view.id: view for view in views if new[view.id] is not None}
        if not here:
            break
        for id_, view in here.items():
            on = new[id_]
            if on is not None:
                found.setdefault(id_, _dependent(view, on, "view"))
        reached |= here
        views = [view for view in views if view.id not in here]
    return tuple(sorted(found.values(), key=lambda one: one.object))


def references(objects: Mapping[int, SchemaObject]) -> Iterator[tuple[int, Path]]:
    """Yield pairs of a table's identity and the path of a table its foreign keys refer to."""
    for one in objects.values():
        path = one.definition.get("references")
        if path and one.parent is not None:
            yield one.parent, _path(path)
        for key in one.definition.get("foreign_keys") or ():
            yield one.id, _path(key.get("references", ()))


def _reads(view: SchemaObject, touched: Iterable[SchemaObject]) -> SchemaObject | None:
    text = next((str(view.definition[key]) for key in _TEXT if view.definition.get(key)), "")
    for one in touched:
        name = re.escape(one.path[-1])
        if re.search(rf"(?<!\w){name}(?!\w)", text, re.IGNORECASE):
            return one
    return None


def _dependent(one: SchemaObject, on: SchemaObject, by: str) -> Dependent:
    return Dependent(kind=one.kind, object=dotted(one.path), on=dotted(on.path), by=by)


def _path(found: Any) -> Path:
    """Definitions hold paths as lists, on SQLite perhaps as the one name."""
    return (found,) if isinstance(found, str) else tuple(str(part) for part in found)
