"""Triggers, rules and row security policies."""

from __future__ import annotations

from collections.abc import Iterator

from journal.postgresql.catalog.found import USERS, Found, Scope, comment, unowned, within
from journal.postgresql.connection import Session

ENABLED = "case {} when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always' end"

TRIGGERS = f"""
select g.oid::int8, c.oid::int8, n.nspname, c.relname, g.tgname,
json_strip_nulls(json_build_object(
    'text', pg_get_triggerdef(g.oid),
    'enabled', {ENABLED.format("g.tgenabled")},
    'parent', nullif(g.tgparentid <> 0, false),
    'comment', {comment("pg_trigger", "g.oid")}))
from pg_catalog.pg_trigger g
join pg_catalog.pg_class c on c.oid = g.tgrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_proc p on p.oid = g.tgfoid
join pg_catalog.pg_namespace pn on pn.oid = p.pronamespace
where not g.tgisinternal and pn.nspname <> 'clew'
and not (pn.oid = pg_my_temp_schema() and left(g.tgname, 6) = '~clew_') and c.relpersistence <> 't'
and {USERS} and {within("c.oid")} and {unowned("pg_class", "c.oid")}
"""

RULES = f"""
select r.oid::int8, c.oid::int8, n.nspname, c.relname, r.rulename,
json_strip_nulls(json_build_object(
    'text', pg_get_ruledef(r.oid),
    'enabled', {ENABLED.format("r.ev_enabled")},
    'comment', {comment("pg_rewrite", "r.oid")}))
from pg_catalog.pg_rewrite r
join pg_catalog.pg_class c on c.oid = r.ev_class
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where r.rulename <> '_RETURN' and c.relpersistence <> 't' and {USERS} and {within("c.oid")}
and {unowned("pg_class", "c.oid")}
"""

POLICIES = f"""
select p.oid::int8, c.oid::int8, n.nspname, c.relname, p.polname,
json_strip_nulls(json_build_object(
    'command', case p.polcmd when 'r' then 'select' when 'a' then 'insert'
        when 'w' then 'update' when 'd' then 'delete' else 'all' end,
    'restrictive', case when not p.polpermissive then true end,
    'roles', (select json_agg(case x.oid when 0 then 'public'
            else quote_ident(pg_get_userbyid(x.oid)) end order by x.place)
        from unnest(p.polroles) with ordinality x(oid, place)),
    'using', pg_get_expr(p.polqual, p.polrelid),
    'check', pg_get_expr(p.polwithcheck, p.polrelid),
    'comment', {comment("pg_policy", "p.oid")}))
from pg_catalog.pg_policy p
join pg_catalog.pg_class c on c.oid = p.polrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where {USERS} and {within("c.oid")} and {unowned("pg_class", "c.oid")}
"""


def read_triggers(session: Session, scope: Scope) -> Iterator[Found]:
    """Yield the triggers of the relations in scope, without those that watch rows."""
    return _read(session, scope, TRIGGERS, "trigger", "trigger")


def read_rules(session: Session, scope: Scope) -> Iterator[Found]:
    """Yield the rules of the relations in scope, without those that make a view."""
    return _read(session, scope, RULES, "rewrite", "rule")


def read_policies(session: Session, scope: Scope) -> Iterator[Found]:
    """Yield the policies of the tables in scope."""
    return _read(session, scope, POLICIES, "policy", "policy")


def _read(session: Session, scope: Scope, sql: str, catalog: str, kind: str) -> Iterator[Found]:
    found = session.query(sql, scope.params("class"))
    for oid, table, schema, table_name, name, definition in found:
        yield Found(
            key=(catalog, oid),
            unit=("class", table),
            kind=kind,
            path=(schema, table_name, name),
            parent=("class", table),
            definition=definition,
        )
