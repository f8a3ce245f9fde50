"""What tables consist of, and what all of that depends on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from journal.effect import Schema
from journal.postgresql.catalog.found import Key, Scope
from journal.postgresql.catalog.identities import identify, order
from journal.postgresql.catalog.reading import read
from journal.postgresql.catalog.settings import plain
from journal.postgresql.catalog.touched import HAVE_OIDS
from journal.postgresql.connection import Session, quote
from journal.values import SchemaObject

# Parts hang on their whole ("a", "i"); all else is gone to from what needs it. Tables and views
# that were not asked for end the way: a foreign key names its table, and does not bring it.
NEEDED = """
with recursive asked(oid) as (
    select x.name::regclass::oid from unnest(%s::text[]) x(name)
), needed(classid, objid) as (
    select 'pg_catalog.pg_class'::regclass::oid, oid from asked
    union
    select y.classid, y.objid from needed n, lateral (
        select d.refclassid, d.refobjid from pg_catalog.pg_depend d
        where d.classid = n.classid and d.objid = n.objid and d.deptype in ('n', 'a', 'i', 'e')
        union all
        select d.classid, d.objid from pg_catalog.pg_depend d
        where d.refclassid = n.classid and d.refobjid = n.objid and d.deptype in ('a', 'i')
    ) y(classid, objid)
    where y.classid <> 'pg_catalog.pg_class'::regclass or y.objid in (select oid from asked)
    or not exists (select from pg_catalog.pg_class c
        where c.oid = y.objid and c.relkind in ('r', 'p', 'f', 'v', 'm'))
)
select k.relname, n.objid::int8 from needed n join pg_catalog.pg_class k on k.oid = n.classid
"""


def needed(
    session: Session, tables: Sequence[SchemaObject], known: Schema
) -> tuple[SchemaObject, ...]:
    """Return tables, their parts, and the types, functions and sequences these depend on."""
    names = [quote(*table.path) for table in tables]
    with plain(session):
        keys = _keys(session.query(NEEDED, (names,)))
        found = read(session, Scope(every=True))
    chosen = [
        one for one in found if one.key in keys and (one.parent is None or one.parent in keys)
    ]
    named = identify(
        chosen,
        before={},
        expected=known.values(),
        next_id=lambda: 0,
        parents=lambda _: None,
    )
    return tuple(sorted((one.object for one in named.values()), key=order))


def _keys(rows: Iterable[tuple[str, int]]) -> set[Key]:
    families = {catalog: family for family, catalog in HAVE_OIDS.items()}
    return {(families[catalog], oid) for catalog, oid in rows if catalog in families}
