"""Tables that are built on what undoing makes again: they cannot let go of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from journal.postgresql.catalog.live import Catalog
from journal.postgresql.catalog.wholes import BY_KIND
from journal.postgresql.connection import Session
from journal.postgresql.restore.dependents import dependents
from journal.postgresql.restore.names import dotted
from journal.values import ObjectChange, SchemaObject

_TYPES = ("domain", "composite", "range")


def built_on(
    session: Session,
    catalog: Catalog,
    changes: Sequence[ObjectChange],
    again: Collection[SchemaObject],
) -> Iterator[tuple[str, str]]:
    """Yield rule and message for columns, generated ones too, and partition keys.

    Defaults, checks, indexes, views and the like are made again along with it.
    """
    changed = {c.after.id for c in changes if c.before and c.after}
    wide = any(one.kind in BY_KIND for one in again if one.id in changed)
    for one in again:
        if one.kind not in BY_KIND and one.kind != "function" and not (wide and one.kind in _TYPES):
            continue
        key = catalog.key_of(one.id)
        for (family, oid), number in dependents(session, {key}) if key else ():
            table = catalog.at(("class", oid))
            if table is None or table.kind != "table" or table.id in changed:
                continue
            column = catalog.column_at(oid, number) if family == "default" else None
            if family == "class" or (column and "generated" in column.definition):
                name = f"{one.kind} {dotted(one.path)}"
                yield (
                    "built-on",
                    f"undoing makes {name} again, on which {dotted(table.path)} is built",
                )
