"""Constraints of tables, with what is special about the index of a key."""

from __future__ import annotations

from collections.abc import Iterator

from journal.postgresql.catalog.found import USERS, Found, Scope, comment, unowned, within
from journal.postgresql.connection import Session

# Left out: the shadows that a foreign key to a partitioned table has, one for each partition.
CONSTRAINTS = f"""
select k.oid::int8, c.oid::int8, n.nspname, c.relname, k.conname,
json_strip_nulls(json_build_object(
    'type', case k.contype when 'p' then 'primary key' when 'u' then 'unique'
        when 'c' then 'check' when 'f' then 'foreign key' when 'x' then 'exclude'
        when 'n' then 'not null' end,
    'text', pg_get_constraintdef(k.oid),
    'columns', (select json_agg(a.attname order by x.place)
        from unnest(k.conkey) with ordinality x(number, place)
        join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = x.number),
    'references', case when k.contype = 'f' then (select json_build_array(rn.nspname, r.relname)
        from pg_catalog.pg_class r join pg_catalog.pg_namespace rn on rn.oid = r.relnamespace
        where r.oid = k.confrelid) end,
    'referred', case when k.contype = 'f' then (select json_agg(a.attname order by x.place)
        from unnest(k.confkey) with ordinality x(number, place)
        join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = x.number) end,
    'comment', {comment("pg_constraint", "k.oid")},
    'not_valid', case when not k.convalidated then true end,
    'inherited', nullif(k.coninhcount, 0),
    'parent', (select json_build_array(onn.nspname, o.relname, p.conname)
        from pg_catalog.pg_constraint p join pg_catalog.pg_class o on o.oid = p.conrelid
        join pg_catalog.pg_namespace onn on onn.oid = o.relnamespace where p.oid = k.conparentid),
    'local', case when k.coninhcount > 0 then k.conislocal end,
    'index_options', i.reloptions,
    'index_tablespace', s.spcname,
    'index_comment', {comment("pg_class", "i.oid")},
    'nulls_not_distinct', nullif((to_jsonb(x) ->> 'indnullsnotdistinct')::boolean, false),
    'clustered', nullif(x.indisclustered, false)))
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.conrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_class i on i.oid = k.conindid and k.contype in ('p', 'u', 'x')
left join pg_catalog.pg_index x on x.indexrelid = i.oid
left join pg_catalog.pg_tablespace s on s.oid = i.reltablespace
where k.contype in ('p', 'u', 'c', 'f', 'x', 'n') and c.relkind in ('r', 'p', 'f')
and c.relpersistence <> 't' and {USERS} and {within("c.oid")} and {unowned("pg_class", "c.oid")}
and not exists (select from pg_catalog.pg_constraint p
    where p.oid = k.conparentid and p.conrelid = k.conrelid)
"""


def read_constraints(session: Session, scope: Scope) -> Iterator[Found]:
    """Yield the constraints of the tables in scope."""
    found = session.query(CONSTRAINTS, scope.params("class"))
    for oid, table, schema, table_name, name, definition in found:
        yield Found(
            key=("constraint", oid),
            unit=("class", table),
            kind="constraint",
            path=(schema, table_name, name),
            parent=("class", table),
            definition=definition,
        )
