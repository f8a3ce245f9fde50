"""What stays as it is, and yet goes and comes with what is told as made anew."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from journal.postgresql.catalog.live import Catalog
from journal.postgresql.connection import Session
from journal.postgresql.restore.dependents import dependents
from journal.values import ObjectChange, SchemaObject


def along(
    session: Session,
    catalog: Catalog,
    changes: Iterable[ObjectChange],
    replaced: Collection[int],
) -> tuple[SchemaObject, ...]:
    """Return the unchanged objects that hang on a table that is told as made anew."""
    changed = {one.id for c in changes for one in (c.before, c.after) if one is not None}
    keys = {key for identity in replaced if (key := catalog.key_of(identity)) is not None}
    seen = set(keys)
    while keys:
        keys = {key for key, _ in dependents(session, keys)} - seen
        seen |= keys
    found = {one.id: one for key in seen if (one := catalog.at(key)) is not None}
    wholes = {identity for identity, one in found.items() if one.kind != "function"}
    found |= {one.id: one for one in catalog.schema().values() if one.parent in wholes}
    return tuple(one for one in found.values() if one.id not in changed and one.id not in replaced)
