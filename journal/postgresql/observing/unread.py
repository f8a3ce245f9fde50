"""What no reader of definitions accounts for: told from its catalog rows that it changed.

Aggregates, operators, user mappings, large objects and the like cannot be taken back. While a
statement of the journal's own runs they are refused; what another program does to them is found
by comparing their rows, and named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from journal.observing import Lost
from journal.postgresql.catalog.counters import family_of
from journal.postgresql.catalog.settings import plain
from journal.postgresql.catalog.wholes import WHOLES
from journal.postgresql.connection import Session

# Per catalog: the catalog and oid of what a row belongs to.
_OWNERS = {
    "pg_largeobject_metadata": ("pg_largeobject", "x.oid"),
}

_READ = frozenset(catalog for one in WHOLES for catalog in one.catalogs)

_FIRST = {"pg_largeobject_metadata": 1}
"""Below are the server's own objects; the oid of a large object may be chosen."""

_ROWS = """
SELECT '{catalog}', o.oid::int8, pg_describe_object('{owner}'::regclass, o.oid, 0), o.state
FROM (SELECT {oid} AS oid, md5(string_agg(x::text, ';' ORDER BY x::text)) AS state
      FROM pg_catalog.{catalog} x WHERE {oid} >= {first} GROUP BY 1) o
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = '{owner}'::regclass
    AND d.objid = o.oid AND d.objsubid = 0 AND d.deptype IN ('e', 'i'))
"""
"""What belongs to an extension, or to a range, is accounted for along with it."""

_ELSE = """
SELECT 'pg_db_role_setting', s.setrole::int8, 'settings of the database', s.setconfig::text
FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
WHERE d.datname = current_database()
UNION ALL SELECT 'pg_database', 0, 'the database',
    concat_ws(' ', datdba, datacl, datconnlimit, datallowconn, datistemplate)
FROM pg_catalog.pg_database WHERE datname = current_database()
UNION ALL SELECT 'pg_shdescription', 0, 'comment on the database', md5(c.description)
FROM pg_catalog.pg_shdescription c JOIN pg_catalog.pg_database d ON d.oid = c.objoid
WHERE c.classoid = 'pg_database'::regclass AND d.datname = current_database()
UNION ALL SELECT 'pg_authid', r.oid::int8, 'role ' || quote_ident(r.rolname), md5(r::text)
FROM pg_catalog.pg_roles r WHERE r.oid >= 16384
UNION ALL SELECT 'pg_auth_members', m.member::int8,
    'memberships of role ' || m.member::regrole::text, md5(string_agg(m::text, ';' ORDER BY m::text))
FROM pg_catalog.pg_auth_members m WHERE m.member >= 16384 GROUP BY m.member
UNION ALL SELECT 'pg_user_mapping', m.umid::int8, 'user mapping for ' || m.usename
    || ' on server ' || m.srvname, md5(m.umoptions::text)
FROM pg_catalog.pg_user_mappings m
UNION ALL SELECT 'pg_largeobject', 0, 'bytes of large objects', concat_ws(' ',
    pg_stat_get_tuples_inserted(c.oid), pg_stat_get_tuples_updated(c.oid),
    pg_stat_get_tuples_deleted(c.oid))
FROM pg_catalog.pg_class c WHERE c.oid = 'pg_largeobject'::regclass
"""
"""What stands beside the database's own objects, as far as an ordinary role may see it."""


class Unread(msgspec.Struct, frozen=True, array_like=True):
    """One thing that no reader accounts for; ``state`` differs where it does."""

    catalog: str
    oid: int
    name: str
    state: str


def unread(session: Session) -> tuple[Unread, ...]:
    """Return everything that no reader accounts for, as it is now."""
    rows = [
        _ROWS.format(catalog=catalog, owner=owner, oid=oid, first=_FIRST.get(catalog, 16384))
        for catalog, (owner, oid) in _OWNERS.items()
        if catalog not in _READ
    ]
    with plain(session):  # names of functions within rows are worded by the search path
        found = session.query("\nUNION ALL\n".join((*rows, _ELSE)))
    return tuple(
        Unread(catalog, oid, name or catalog, state or "") for catalog, oid, name, state in found
    )


def lost(before: tuple[Unread, ...], after: tuple[Unread, ...]) -> Iterator[Lost]:
    """Yield what came, went or changed, each thing once."""
    old, new = _by_place(before), _by_place(after)
    told: set[tuple[str, str]] = set()
    for place in {**old, **new}:
        was, now = old.get(place), new.get(place)
        if was is not None and now is not None and was.state == now.state:
            continue
        one = now or was
        assert one is not None
        how = "came" if was is None else "went" if now is None else "changed"
        family = family_of(one.catalog)
        if (family, one.name) not in told:
            told.add((family, one.name))
            yield Lost(name=family, what=f"{one.name} {how}")


def _by_place(found: tuple[Unread, ...]) -> Mapping[tuple[str, int], Unread]:
    return {(one.catalog, one.oid): one for one in found}
