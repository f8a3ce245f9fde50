"""The names that a database has at the moment, by the holes of the templates that they fill."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from tests.differential.grammar import Names
from tests.differential.templates import NEW

_POSTGRESQL = """
with own as (select oid, nspname from pg_catalog.pg_namespace
    where nspname !~ '^pg_' and nspname not in ('information_schema', 'clew'))
select case relkind when 'v' then 'view' when 'm' then 'mat' when 'S' then 'seq' when 'i' then 'index'
    when 'I' then 'index' else 't' end, relname::text from pg_catalog.pg_class
    where relkind in ('r', 'p', 'v', 'm', 'S', 'i', 'I') and relnamespace = 'public'::regnamespace
union all select '.' || c.relname, a.attname from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid
    where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and a.attnum > 0 and not a.attisdropped
union all select 'con', conname from pg_catalog.pg_constraint where connamespace = 'public'::regnamespace
union all select 'trig', tgname from pg_catalog.pg_trigger where not tgisinternal
union all select 'trigf', proname from pg_catalog.pg_proc where prorettype = 'trigger'::regtype and pronamespace = 'public'::regnamespace
union all select 'type', typname from pg_catalog.pg_type where typnamespace = 'public'::regnamespace
    and typtype in ('e', 'd', 'c') and (typrelid = 0 or (select relkind from pg_catalog.pg_class where oid = typrelid) = 'c')
union all select 'schema', nspname from own where nspname <> 'public'
order by 1, 2
"""
_SQLITE = """
select case type when 'table' then 't' when 'trigger' then 'trig' else type end, name from sqlite_master
    where name not like 'sqlite%' and tbl_name not like 'clew%' and name not like 'clew%'
union all select '.' || m.name, p.name from sqlite_master m, pragma_table_xinfo(m.name) p
    where m.type = 'table' and m.name not like 'clew%' and m.name not like 'sqlite%'
order by 1, 2
"""


def names(connection: Connection) -> Names:
    """Read the names."""
    raw: Any = connection.connection.driver_connection
    found: dict[str, list[str]] = {}
    query = _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL
    for hole, name in raw.execute(query).fetchall():
        found.setdefault(hole, []).append(name)
    found["n"] = [*NEW]
    found.setdefault("t", [])
    return found
