"""What materialised views held, and hold, told by digests."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from journal.observing import Phases
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.connection import Session
from journal.postgresql.contents import digest
from journal.values import ContentChange, ObjectChange, SchemaObject

KIND = "materialized view"
Contents = tuple[ContentChange, ...]
Before = Callable[[SchemaObject], str | None]
"""Returns the digest of what a view held at the start."""


def contents(
    session: Session,
    catalog: Catalog,
    told: Phases,
    *,
    stood: Mapping[int, SchemaObject],
    before: Before,
) -> tuple[Contents, Contents, Contents]:
    """Return what became of content as views went, as they stood, and as they came.

    ``stood`` are the views of the start that may hold something else now.
    """
    went = _told(session, catalog, told.taken, before)
    came = _told(session, catalog, told.given, before)
    named = {one.object for one in (*went, *came)}
    changes = tuple(
        ObjectChange(before=one, after=catalog.get(i)) for i, one in stood.items() if i not in named
    )
    return went, _told(session, catalog, changes, before), came


def _told(
    session: Session, catalog: Catalog, changes: tuple[ObjectChange, ...], before: Before
) -> Contents:
    found = []
    for change in changes:
        one = change.before or change.after
        if one is None or one.kind != KIND:
            continue
        old = before(change.before) if change.before else None
        new = None
        if change.after is not None and (oid := catalog.relation(one.id)) is not None:
            new = digest(session, change.after, oid)
        if old != new:
            found.append(ContentChange(object=one.id, before=old, after=new))
    return tuple(found)
