"""What became of extensions: those that came are told by their members, others are lost.

What belonged to one that went, or that was brought to another version, nobody told before; so
nothing could prove that it came back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from journal.errors import NotKnownExact
from journal.observing import Lost
from journal.postgresql.catalog import members
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.catalog.settings import plain
from journal.postgresql.connection import Session
from journal.postgresql.restore.consisting import KIND, altered
from journal.values import ContentChange, ObjectChange


def came(
    session: Session, catalog: Catalog, changes: Iterable[ObjectChange]
) -> Iterator[ContentChange | Lost]:
    """Yield what belongs to extensions that came, and what is lost of the others."""
    for change in altered(changes):
        one = change.after or change.before
        assert one is not None
        key = catalog.key_of(one.id)
        if change.before is not None or key is None:
            how = "went" if change.after is None else "was changed"
            yield Lost(name=KIND, what=f"extension {one.path[0]} {how}")
            continue
        try:
            with plain(session):
                told = members.telling(session, key[1])
        except NotKnownExact as error:
            yield Lost(name=error.name, what=error.message)
        else:
            yield ContentChange(object=one.id, after=members.digest(told))
