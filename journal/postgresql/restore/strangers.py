"""What no reader knows, and stands on an object that undoing would have to make again."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from journal.postgresql.catalog.counters import KNOWN, family_of
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.catalog.touched import HAVE_OIDS
from journal.postgresql.connection import Session
from journal.postgresql.restore.dependents import dependents
from journal.postgresql.restore.names import dotted
from journal.values import SchemaObject

LABELLED = """
select exists (select from pg_catalog.pg_seclabel x
    join unnest(%s::text[], %s::oid[]) o(catalog, oid)
    on x.classoid = o.catalog::regclass and x.objoid = o.oid)
"""


def strangers(
    session: Session, catalog: Catalog, again: Collection[SchemaObject]
) -> Iterator[tuple[str, str]]:
    """Yield rule and message for publications and the like.

    They would be in the way when the object is dropped, or go with it unseen.
    """
    keys = {key for one in again if (key := catalog.key_of(one.id))}
    found = {key for key, _ in dependents(session, keys)} if keys else set()
    names = {family_of(f) for f, _ in found if f.startswith("pg_") and f not in KNOWN}
    known = [(HAVE_OIDS[family], oid) for family, oid in keys if family in HAVE_OIDS]
    if known and session.value(LABELLED, tuple(map(list, zip(*known, strict=True)))):
        names.add("security-label")
    made = ", ".join(sorted(f"{one.kind} {dotted(one.path)}" for one in again if not one.parent))
    for name in sorted(names):
        yield name, f"undoing makes {made} again, on which another object depends: {name}"
