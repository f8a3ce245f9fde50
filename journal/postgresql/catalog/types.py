"""Enums, domains, composite types and ranges."""

from __future__ import annotations

from collections.abc import Iterator

from journal.postgresql.catalog.base_types import needing
from journal.postgresql.catalog.found import (
    USERS,
    Found,
    Scope,
    acl,
    comment,
    name,
    unowned,
    within,
)
from journal.postgresql.connection import Session

KINDS = {"e": "enum", "d": "domain", "c": "composite", "r": "range"}

TYPES = f"""
select t.oid::int8, t.typtype::text, n.nspname, t.typname, json_strip_nulls(json_build_object(
    'owner', pg_get_userbyid(t.typowner),
    'acl', {acl("t.typacl", "'T'", "t.typowner")},
    'comment', {comment("pg_type", "t.oid")},
    'labels', case when t.typtype = 'e' then (
        select json_agg(e.enumlabel order by e.enumsortorder)
        from pg_catalog.pg_enum e where e.enumtypid = t.oid) end,
    'type', case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) end,
    'not_null', case when t.typtype = 'd' then nullif(t.typnotnull, false) end,
    'default', case when t.typtype = 'd' then
        coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault) end,
    'collation', case when t.typtype = 'd' and t.typcollation <> b.typcollation then (
        select {name("cn.nspname", "l.collname")} from pg_catalog.pg_collation l
        join pg_catalog.pg_namespace cn on cn.oid = l.collnamespace
        where l.oid = t.typcollation) end,
    'constraints', case when t.typtype = 'd' then (
        select json_agg(json_strip_nulls(json_build_object(
            'name', k.conname, 'text', pg_get_constraintdef(k.oid),
            'comment', {comment("pg_constraint", "k.oid")})) order by k.conname)
        from pg_catalog.pg_constraint k where k.contypid = t.oid) end,
    'attributes', case when t.typtype = 'c' then (
        select json_agg(json_strip_nulls(json_build_object(
            'name', a.attname,
            'type', format_type(a.atttypid, a.atttypmod),
            'collation', case when a.attcollation <> at.typcollation then (
                select {name("cn.nspname", "l.collname")} from pg_catalog.pg_collation l
                join pg_catalog.pg_namespace cn on cn.oid = l.collnamespace
                where l.oid = a.attcollation) end,
            'comment', {comment("pg_class", "t.typrelid", "a.attnum")})) order by a.attnum)
        from pg_catalog.pg_attribute a join pg_catalog.pg_type at on at.oid = a.atttypid
        where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) end,
    'functions', case when t.typtype = 'r' then (select
        {needing("r.rngcanonical", "t")} from pg_catalog.pg_range r where r.rngtypid = t.oid) end,
    'range', case when t.typtype = 'r' then (select json_strip_nulls(json_build_object(
            'subtype', format_type(r.rngsubtype, null),
            'subtype_opclass', (select {name("cn.nspname", "o.opcname")}
                from pg_catalog.pg_opclass o
                join pg_catalog.pg_namespace cn on cn.oid = o.opcnamespace
                where o.oid = r.rngsubopc and not o.opcdefault),
            'collation', (select {name("cn.nspname", "l.collname")} from pg_catalog.pg_collation l
                join pg_catalog.pg_namespace cn on cn.oid = l.collnamespace
                join pg_catalog.pg_type st on st.oid = r.rngsubtype
                where l.oid = r.rngcollation and l.oid <> st.typcollation),
            'canonical', case when r.rngcanonical <> 0 then r.rngcanonical::regproc::text end,
            'subtype_diff', case when r.rngsubdiff <> 0 then r.rngsubdiff::regproc::text end,
            'multirange_type_name', format_type(r.rngmultitypid, null)))
        from pg_catalog.pg_range r where r.rngtypid = t.oid) end))
from pg_catalog.pg_type t
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
left join pg_catalog.pg_type b on b.oid = t.typbasetype
left join pg_catalog.pg_class c on c.oid = t.typrelid
where t.typtype in ('e', 'd', 'c', 'r') and (t.typrelid = 0 or c.relkind = 'c')
and {USERS} and {within("t.oid")} and {unowned("pg_type", "t.oid")}
"""


def read_types(session: Session, scope: Scope) -> Iterator[Found]:
    """Yield the types in scope; the row types and array types of other objects are theirs."""
    for oid, kind, schema, type_name, definition in session.query(TYPES, scope.params("type")):
        key = ("type", oid)
        yield Found(
            key=key, unit=key, kind=KINDS[kind], path=(schema, type_name), definition=definition
        )
