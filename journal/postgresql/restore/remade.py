"""What the undoing of a change will have to make again, beyond what the change names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from journal.errors import NotKnownExact
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.connection import Session
from journal.postgresql.restore.alter import Remake, alter
from journal.postgresql.restore.dependents import dependents
from journal.postgresql.restore.enums import rename_labels
from journal.postgresql.restore.extensions import path_back
from journal.postgresql.restore.operators import settled_links
from journal.values import ObjectChange, SchemaObject

_LISTS = ("inherits", "attributes", "labels", "columns", "tables", "schemas", "mappings")


def remade(
    session: Session, catalog: Catalog, changes: Sequence[ObjectChange]
) -> list[SchemaObject]:
    """Return the live objects that undoing makes again, with their parts and dependents.

    What only follows another's rename changes no further than that.
    """
    renaming = any(renames(change) for change in changes)
    catalogued = session.raw.info.server_version >= 180000
    coming = [c.before or c.after for c in changes if c.before is None or c.after is None]
    seeds = [
        change.after
        for change in changes
        if change.before
        and change.after
        and not (renaming and follows(change))
        and _structural(
            change.before,
            settled_links(change.after, change.before, [one for one in coming if one]),
            catalogued=catalogued,
        )
        and not (
            change.after.kind == "extension" and path_back(session, change.after, change.before)
        )
    ]
    keys = {key for one in seeds if (key := catalog.key_of(one.id))}
    seen, found = set(keys), list(seeds)
    while keys:
        keys = {key for key, _ in dependents(session, keys)} - seen
        seen |= keys
        found += [one for key in keys if (one := catalog.at(key))]
    return [*found, *_parts(catalog, found)]


def losing_oids(
    changes: Sequence[ObjectChange], again: Iterable[SchemaObject]
) -> list[SchemaObject]:
    """Return those of ``remade`` that are dropped for it: the rest is turned over in place."""
    changed = {c.after.id for c in changes if c.before and c.after}
    tables = any(c.after and c.after.kind == "table" for c in changes)
    return [
        one
        for one in again
        if (one.kind != "table" or tables)
        and (one.kind != "sequence" or one.id in changed or one.definition.get("identity"))
    ]


def renames(change: ObjectChange) -> bool:
    """Tell whether an object or a column of it has another name."""
    before, after = change.before, change.after
    if before is None or after is None:
        return False
    if before.kind == "extension" and before.definition["schema"] != after.definition["schema"]:
        return True  # all that names its members
    names = {c.id: c.name for c in before.columns}
    return before.path != after.path or any(
        names.get(c.id, c.name) != c.name for c in after.columns
    )


def follows(change: ObjectChange) -> bool:
    """Tell whether an object may have changed only because another was renamed."""
    before, after = change.before, change.after
    if before is None or after is None:
        return False
    sizes = [[len(one.definition.get(f, ())) for f in _LISTS] for one in (before, after)]
    ids = [[c.id for c in one.columns] for one in (before, after)]
    return (
        sizes[0] == sizes[1]
        and ids[0] == ids[1]
        and (before.definition.get("populated") == after.definition.get("populated"))
    )


def _structural(before: SchemaObject, after: SchemaObject, *, catalogued: bool) -> bool:
    try:
        alter(after, before, catalogued=catalogued)
    except Remake:
        return not _replaceable(after, before)
    except NotKnownExact:
        return False
    return False


def _replaceable(live: SchemaObject, want: SchemaObject) -> bool:
    """Tell whether CREATE OR REPLACE, or a rename of labels, brings an object back for sure."""
    if live.path != want.path:
        return False
    match live.kind:
        case "function":
            heads = [str(one.definition["text"]).partition("\n")[0] for one in (live, want)]
            results = [
                (one.definition.get("result"), one.definition.get("procedure"))
                for one in (live, want)
            ]
            return heads[0] == heads[1] and results[0] == results[1]
        case "view":
            shapes = [
                [(c["name"], c["type"]) for c in one.definition["columns"]] for one in (live, want)
            ]
            return shapes[0] == shapes[1]
        case "language" | "transform":
            return True
        case "aggregate":
            return all(
                live.definition[name] == want.definition[name] for name in ("arguments", "result")
            )
        case "enum":
            return bool(rename_labels(live, want))
        case _:
            return False


def _parts(catalog: Catalog, wholes: Iterable[SchemaObject]) -> list[SchemaObject]:
    ids = {one.id for one in wholes if one.kind in ("table", "materialized view")}
    return [one for one in catalog.schema().values() if one.parent in ids] if ids else []
