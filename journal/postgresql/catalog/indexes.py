"""Indexes that no constraint stands for, and extended statistics."""

from __future__ import annotations

from collections.abc import Iterator

from journal.postgresql.catalog.found import USERS, Found, Scope, comment, unowned, within
from journal.postgresql.connection import Session

INDEXES = f"""
select i.oid::int8, c.oid::int8, n.nspname, i.relname, json_strip_nulls(json_build_object(
    'table', json_build_array(n.nspname, c.relname),
    'text', pg_get_indexdef(i.oid),
    'unique', nullif(x.indisunique, false),
    'invalid', case when not x.indisvalid then true end,
    'tablespace', s.spcname,
    'comment', {comment("pg_class", "i.oid")},
    'clustered', nullif(x.indisclustered, false),
    'partitioned', nullif(i.relkind = 'I', false),
    'parent', (select json_build_array(pn.nspname, p.relname)
        from pg_catalog.pg_inherits h join pg_catalog.pg_class p on p.oid = h.inhparent
        join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace where h.inhrelid = i.oid),
    'statistics', (select json_agg(json_build_array(a.attnum, a.attstattarget) order by a.attnum)
        from pg_catalog.pg_attribute a where a.attrelid = i.oid and a.attstattarget >= 0)))
from pg_catalog.pg_index x
join pg_catalog.pg_class i on i.oid = x.indexrelid
join pg_catalog.pg_class c on c.oid = x.indrelid
join pg_catalog.pg_namespace n on n.oid = i.relnamespace
left join pg_catalog.pg_tablespace s on s.oid = i.reltablespace
where c.relkind in ('r', 'p', 'm') and c.relpersistence <> 't' and {USERS} and {within("c.oid")}
and {unowned("pg_class", "c.oid")}
and not exists (select from pg_catalog.pg_constraint k where k.conindid = i.oid
    and k.contype in ('p', 'u', 'x') and k.conrelid = x.indrelid)
"""

STATISTICS = f"""
select e.oid::int8, c.oid::int8, n.nspname, e.stxname, json_strip_nulls(json_build_object(
    'text', pg_get_statisticsobjdef(e.oid),
    'owner', pg_get_userbyid(e.stxowner),
    'target', nullif(e.stxstattarget, -1),
    'comment', {comment("pg_statistic_ext", "e.oid")}))
from pg_catalog.pg_statistic_ext e
join pg_catalog.pg_class c on c.oid = e.stxrelid
join pg_catalog.pg_namespace n on n.oid = e.stxnamespace
where {USERS} and {within("c.oid")} and {unowned("pg_class", "c.oid")}
"""


def read_indexes(session: Session, scope: Scope) -> Iterator[Found]:
    """Yield the indexes of the relations in scope."""
    found = session.query(INDEXES, scope.params("class"))
    for oid, table, schema, name, definition in found:
        yield Found(
            key=("class", oid),
            unit=("class", table),
            kind="index",
            path=(schema, name),
            parent=("class", table),
            definition=definition,
        )


def read_statistics(session: Session, scope: Scope) -> Iterator[Found]:
    """Yield the extended statistics of the relations in scope."""
    found = session.query(STATISTICS, scope.params("class"))
    for oid, table, schema, name, definition in found:
        yield Found(
            key=("statistic_ext", oid),
            unit=("class", table),
            kind="statistics",
            path=(schema, name),
            parent=("class", table),
            definition=definition,
        )
