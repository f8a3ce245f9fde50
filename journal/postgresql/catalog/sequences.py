"""Sequences, those of serial and identity columns among them."""

from __future__ import annotations

from collections.abc import Iterator

from journal.postgresql.catalog.found import USERS, Found, Scope, acl, comment, unowned, within
from journal.postgresql.connection import Session

SEQUENCES = f"""
select c.oid::int8, n.nspname, c.relname, json_strip_nulls(json_build_object(
    'owner', pg_get_userbyid(c.relowner),
    'acl', {acl("c.relacl", "'s'", "c.relowner")},
    'comment', {comment("pg_class", "c.oid")},
    'persistence', case c.relpersistence when 'u' then 'unlogged' end,
    'type', format_type(s.seqtypid, null),
    'start', s.seqstart::text,
    'increment', s.seqincrement::text,
    'min', s.seqmin::text,
    'max', s.seqmax::text,
    'cache', s.seqcache::text,
    'cycle', nullif(s.seqcycle, false),
    'owned_by', (select json_build_array(tn.nspname, t.relname, a.attname)
        from pg_catalog.pg_depend d join pg_catalog.pg_class t on t.oid = d.refobjid
        join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
        join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
        where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid
        and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjsubid > 0
        and d.deptype in ('a', 'i')),
    'identity', (select true from pg_catalog.pg_depend d
        where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid
        and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjsubid > 0
        and d.deptype = 'i')))
from pg_catalog.pg_sequence s
join pg_catalog.pg_class c on c.oid = s.seqrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relpersistence <> 't' and {USERS} and {within("c.oid")} and {unowned("pg_class", "c.oid")}
"""


def read_sequences(session: Session, scope: Scope) -> Iterator[Found]:
    """Yield the sequences in scope; numbers as text, for they may pass 2^53."""
    for oid, schema, name, definition in session.query(SEQUENCES, scope.params("class")):
        key = ("class", oid)
        yield Found(key=key, unit=key, kind="sequence", path=(schema, name), definition=definition)
