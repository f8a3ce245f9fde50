"""What undoing wrote anew although it stands, told by where the server keeps the rows."""

from __future__ import annotations

from collections.abc import Mapping

from journal.postgresql.catalog.live import Catalog
from journal.postgresql.connection import Session, quote
from journal.postgresql.hidden import uncovered
from journal.values import Rebuilt

_FILES = """
select c.oid::int8, c.relfilenode::int8, c.relispopulated from pg_catalog.pg_class c
where c.relkind in ('r', 'm') and c.relfilenode <> 0 and c.oid >= 16384
"""

Files = Mapping[int, tuple[int, bool]]
"""Where the rows of tables and materialised views are, by the identity of these, and whether there
may be any: a view may hold no data."""


def files(session: Session, catalog: Catalog) -> Files:
    """Return where rows are now."""
    found = ((catalog.id_of(oid), (file, filled)) for oid, file, filled in session.query(_FILES))
    return {identity: place for identity, place in found if identity is not None}


def rebuilt(session: Session, catalog: Catalog, before: Files) -> tuple[Rebuilt, ...]:
    """Return what stood before and stands, has rows, and has them elsewhere."""
    now = files(session, catalog)
    filled = {one: file for one, (file, populated) in now.items() if populated}
    moved = [one for one, (file, _) in before.items() if filled.get(one, file) != file]
    found = (_measured(session, catalog, one) for one in moved)
    return tuple(one for one in found if one.rows)


def _measured(session: Session, catalog: Catalog, identity: int) -> Rebuilt:
    one, oid = catalog.get(identity), catalog.relation(identity)
    assert one is not None
    assert oid is not None
    with uncovered(session, [oid]):
        rows = session.value(f"select count(*) from only {quote(*one.path)}")
    size = session.value("select pg_catalog.pg_table_size(%s::oid)", (oid,))
    return Rebuilt(table=identity, rows=int(rows), bytes=int(size))
