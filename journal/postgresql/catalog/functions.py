"""Functions and procedures."""

from __future__ import annotations

from collections.abc import Iterator

from journal.postgresql.catalog.found import USERS, Found, Scope, acl, comment, unowned, within
from journal.postgresql.connection import Session

FUNCTIONS = f"""
select p.oid::int8, n.nspname, p.proname || '(' || coalesce((
        select string_agg(format_type(x.type, null), ', ' order by x.place)
        from unnest(p.proargtypes::oid[]) with ordinality x(type, place)), '') || ')',
json_strip_nulls(json_build_object(
    'name', p.proname,
    'arguments', pg_get_function_identity_arguments(p.oid),
    'result', pg_get_function_result(p.oid),
    'text', pg_get_functiondef(p.oid),
    'procedure', nullif(p.prokind = 'p', false),
    'language', l.lanname,
    'owner', pg_get_userbyid(p.proowner),
    'acl', {acl("p.proacl", "'f'", "p.proowner")},
    'comment', {comment("pg_proc", "p.oid")}))
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
join pg_catalog.pg_language l on l.oid = p.prolang
where p.prokind in ('f', 'p', 'w') and {USERS} and {within("p.oid")}
and {unowned("pg_proc", "p.oid", "'e', 'i'")}
"""


def read_functions(session: Session, scope: Scope) -> Iterator[Found]:
    """Yield the functions and procedures in scope."""
    for oid, schema, name, definition in session.query(FUNCTIONS, scope.params("proc")):
        key = ("proc", oid)
        yield Found(key=key, unit=key, kind="function", path=(schema, name), definition=definition)
