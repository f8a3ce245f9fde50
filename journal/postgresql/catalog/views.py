"""Views and materialised views."""

from __future__ import annotations

from collections.abc import Iterator

from journal.postgresql.catalog.found import USERS, Found, Scope, acl, comment, unowned, within
from journal.postgresql.connection import Session

VIEWS = f"""
select c.oid::int8, c.relkind::text, n.nspname, c.relname, json_strip_nulls(json_build_object(
    'text', pg_get_viewdef(c.oid),
    'owner', pg_get_userbyid(c.relowner),
    'acl', {acl("c.relacl", "'r'", "c.relowner")},
    'comment', {comment("pg_class", "c.oid")},
    'options', c.reloptions,
    'toast_options', t.reloptions,
    'tablespace', s.spcname,
    'access_method', case when c.relkind = 'm' then nullif(m.amname, 'heap') end,
    'populated', case when c.relkind = 'm' then c.relispopulated end,
    'columns', (select json_agg(json_strip_nulls(json_build_object(
            'name', a.attname,
            'type', format_type(a.atttypid, a.atttypmod),
            'default', pg_get_expr(d.adbin, d.adrelid),
            'statistics', nullif(a.attstattarget, -1),
            'options', a.attoptions,
            'compression', case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end,
            'storage', case when a.attstorage <> y.typstorage then a.attstorage::text end,
            'acl', {acl("a.attacl", "'c'", "c.relowner")},
            'comment', {comment("pg_class", "c.oid", "a.attnum")})) order by a.attnum)
        from pg_catalog.pg_attribute a
        join pg_catalog.pg_type y on y.oid = a.atttypid
        left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)))
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_class t on t.oid = c.reltoastrelid and c.reltoastrelid <> 0
left join pg_catalog.pg_tablespace s on s.oid = c.reltablespace
left join pg_catalog.pg_am m on m.oid = c.relam
where c.relkind in ('v', 'm') and c.relpersistence <> 't' and {USERS} and {within("c.oid")}
and {unowned("pg_class", "c.oid")}
"""


def read_views(session: Session, scope: Scope) -> Iterator[Found]:
    """Yield the views in scope; their columns stand in the definition, as they hold no data."""
    for oid, kind, schema, name, definition in session.query(VIEWS, scope.params("class")):
        key = ("class", oid)
        yield Found(
            key=key,
            unit=key,
            kind="view" if kind == "v" else "materialized view",
            path=(schema, name),
            definition=definition,
        )
