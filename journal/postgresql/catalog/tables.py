"""Tables with their columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from journal.postgresql.catalog.found import (
    USERS,
    Found,
    FoundColumn,
    Scope,
    acl,
    comment,
    name,
    unowned,
    within,
)
from journal.postgresql.connection import Session

FAMILY = """
    'inherits', (select json_agg(json_build_array(pn.nspname, p.relname) order by h.inhseqno)
        from pg_catalog.pg_inherits h join pg_catalog.pg_class p on p.oid = h.inhparent
        join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace where h.inhrelid = c.oid),
    'partition_of', nullif(c.relispartition, false),
    'partition_bound', pg_get_expr(c.relpartbound, c.oid)
"""
"""SQL: fields of a relation ``c``: its parents, and its place among a parent's partitions."""

SHAPE = f"""
    'default', case when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end,
    'generated', case when a.attgenerated <> '' then pg_get_expr(d.adbin, d.adrelid) end,
    'virtual', case when a.attgenerated = 'v' then true end,
    'identity', case a.attidentity when 'a' then 'always' when 'd' then 'by default' end,
    'collation', case when a.attcollation <> 0 and a.attcollation <> t.typcollation
        then (select {name("cn.nspname", "l.collname")} from pg_catalog.pg_collation l
            join pg_catalog.pg_namespace cn on cn.oid = l.collnamespace
            where l.oid = a.attcollation) end,
    'storage', case when a.attstorage <> t.typstorage then case a.attstorage
        when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main'
        else 'extended' end end
"""
"""SQL: fields of a column ``a`` of type ``t`` with default ``d``: its values, and how they are kept."""

SAID = f"""
    'acl', {acl("a.attacl", "'c'", "c.relowner")},
    'comment', {comment("pg_class", "c.oid", "a.attnum")},
    'inherited', nullif(a.attinhcount, 0),
    'local', case when a.attinhcount > 0 then a.attislocal end
"""
"""SQL: fields of a column ``a`` of a relation ``c``: what is granted and said, and whose it is."""

TABLES = f"""
select c.oid::int8, n.nspname, c.relname, json_strip_nulls(json_build_object(
    'owner', pg_get_userbyid(c.relowner),
    'acl', {acl("c.relacl", "'r'", "c.relowner")},
    'comment', {comment("pg_class", "c.oid")},
    'persistence', case c.relpersistence when 'u' then 'unlogged' end,
    'options', c.reloptions,
    'toast_options', t.reloptions,
    'tablespace', s.spcname,
    'access_method', nullif(m.amname, 'heap'),
    'rls', nullif(c.relrowsecurity, false),
    'force_rls', nullif(c.relforcerowsecurity, false),
    'replica_identity', case c.relreplident when 'n' then 'nothing' when 'f' then 'full'
        when 'i' then 'index ' || coalesce((select i.relname from pg_catalog.pg_index x
            join pg_catalog.pg_class i on i.oid = x.indexrelid
            where x.indrelid = c.oid and x.indisreplident), '') end,
    'of_type', case when c.reloftype <> 0 then format_type(c.reloftype, null) end,
    {FAMILY},
    'partition_by', case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end))
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_class t on t.oid = c.reltoastrelid and c.reltoastrelid <> 0
left join pg_catalog.pg_tablespace s on s.oid = c.reltablespace
left join pg_catalog.pg_am m on m.oid = c.relam
where c.relkind in ('r', 'p') and c.relpersistence <> 't' and {USERS} and {within("c.oid")}
and {unowned("pg_class", "c.oid")}
"""

COLUMNS = f"""
select c.oid::int8, a.attnum::int4, a.attname, json_strip_nulls(json_build_object(
    'type', format_type(a.atttypid, a.atttypmod),
    'not_null', a.attnotnull,
    {SHAPE},
    'compression', case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end,
    'statistics', nullif(a.attstattarget, -1),
    'options', a.attoptions,
    {SAID}))
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_type t on t.oid = a.atttypid
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where c.relkind in ('r', 'p') and c.relpersistence <> 't' and {USERS}
and a.attnum > 0 and not a.attisdropped and {within("a.attrelid")}
order by a.attrelid, a.attnum
"""


def read_tables(session: Session, scope: Scope) -> Iterator[Found]:
    """Yield the tables in scope, partitioned ones and partitions too."""
    columns: dict[int, list[FoundColumn]] = defaultdict(list)
    params = scope.params("class")
    for oid, number, column, definition in session.query(COLUMNS, params):
        columns[oid].append(FoundColumn(number, column, definition))
    for oid, schema, table, definition in session.query(TABLES, params):
        key = ("class", oid)
        yield Found(
            key=key,
            unit=key,
            kind="table",
            path=(schema, table),
            columns=tuple(columns[oid]),
            definition=definition,
        )
