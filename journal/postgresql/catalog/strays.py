"""Rows of catalogs that no reader knows, and that belong to no extension: told by a digest each."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeAlias

from journal.postgresql.connection import Session

Stray: TypeAlias = tuple[str, int, str, str]
"""The catalog, the oid of the object that the row belongs to, its name, and a digest."""

# Per catalog: the catalog and oid of what a row belongs to.
OWNERS = {
    "pg_aggregate": ("pg_proc", "x.aggfnoid::oid"),
    "pg_am": ("pg_am", "x.oid"),
    "pg_amop": ("pg_opfamily", "x.amopfamily"),
    "pg_amproc": ("pg_opfamily", "x.amprocfamily"),
    "pg_cast": ("pg_cast", "x.oid"),
    "pg_collation": ("pg_collation", "x.oid"),
    "pg_conversion": ("pg_conversion", "x.oid"),
    "pg_language": ("pg_language", "x.oid"),
    "pg_largeobject_metadata": ("pg_largeobject", "x.oid"),
    "pg_opclass": ("pg_opclass", "x.oid"),
    "pg_operator": ("pg_operator", "x.oid"),
    "pg_opfamily": ("pg_opfamily", "x.oid"),
    "pg_transform": ("pg_transform", "x.oid"),
}

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


def query(catalog: str) -> str:
    """Return the SQL of a catalog's strays; settings must be ``plain``."""
    owner, oid = OWNERS[catalog]
    return _ROWS.format(catalog=catalog, owner=owner, oid=oid, first=_FIRST.get(catalog, 16384))


def strays(session: Session, catalogs: Collection[str] = tuple(OWNERS)) -> frozenset[Stray]:
    """Return what belongs to no extension in these catalogs, as it is now."""
    return frozenset(session.query("\nUNION ALL\n".join(map(query, sorted(catalogs)))))
