"""What no reader knows, and stands on an object that undoing would have to make again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from journal.postgresql.catalog.counters import KNOWN, family_of
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.connection import Session
from journal.postgresql.restore.dependents import dependents
from journal.postgresql.restore.names import dotted
from journal.values import SchemaObject


def strangers(
    session: Session, catalog: Catalog, again: Iterable[SchemaObject]
) -> Iterator[tuple[str, str]]:
    """Yield rule and message for casts, operators, publications and the like.

    They would be in the way when the object is dropped, or go with it unseen.
    """
    for one in again:
        key = catalog.key_of(one.id)
        if key is None:
            continue
        for (family, oid), _ in sorted(dependents(session, [key])):
            if family.startswith("pg_") and family not in KNOWN:
                name = family_of(family)
            elif family == "pg_cast" and one.kind != "range":  # a range brings casts of its own
                name = "cast"
            elif family == "proc" and catalog.at((family, oid)) is None:
                name = "aggregate"
            else:
                continue
            yield name, f"undoing makes {one.kind} {dotted(one.path)} again, and a {name} needs it"
