"""What the server's counters and dependencies tell of tables, types and sequences."""

from __future__ import annotations

from journal.postgresql.catalog.found import USERS, unowned
from journal.postgresql.connection import Session, quote
from journal.signs import Idle, Signs, Silenced, TableUse

_USES = f"""
SELECT n.nspname, c.relname, s.n_live_tup, s.seq_scan, coalesce(s.idx_scan, 0),
    s.n_tup_ins + s.n_tup_upd + s.n_tup_del,
    greatest(to_jsonb(s) ->> 'last_seq_scan', to_jsonb(s) ->> 'last_idx_scan'),
    (SELECT to_jsonb(d) ->> 'stats_reset' FROM pg_catalog.pg_stat_database d
        WHERE d.datname = pg_catalog.current_database())
FROM pg_catalog.pg_stat_user_tables s
JOIN pg_catalog.pg_class c ON c.oid = s.relid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE {USERS} AND c.relpersistence <> 't' AND {unowned("pg_class", "c.oid")}
ORDER BY 1, 2
"""
# The array type of a type depends on it, and so does nothing that anybody made.
_IDLE_TYPES = f"""
SELECT CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' ELSE 'composite' END,
    n.nspname, t.typname
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
WHERE t.typtype IN ('e', 'd', 'c') AND (t.typrelid = 0 OR c.relkind = 'c')
AND {USERS} AND {unowned("pg_type", "t.oid")}
AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
    WHERE d.refclassid = 'pg_catalog.pg_type'::regclass AND d.refobjid IN (t.oid, t.typarray)
    AND d.deptype IN ('n', 'a')
    AND NOT (d.classid = 'pg_catalog.pg_type'::regclass AND d.objid = t.typarray)
    AND NOT (d.classid = 'pg_catalog.pg_constraint'::regclass AND EXISTS (
        SELECT FROM pg_catalog.pg_constraint k WHERE k.oid = d.objid AND k.contypid = t.oid)))
ORDER BY 1, 2, 3
"""
_IDLE_SEQUENCES = f"""
SELECT 'sequence', n.nspname, c.relname
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND {USERS} AND {unowned("pg_class", "c.oid")}
AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
    WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = c.oid)
AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
    AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i'))
ORDER BY 2, 3
"""
_SILENCED = f"""
SELECT DISTINCT n.nspname, c.relname, coalesce(k.conname, g.tgname), k.conname IS NOT NULL
FROM pg_catalog.pg_trigger g
JOIN pg_catalog.pg_class c ON c.oid = g.tgrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_constraint k ON k.oid = g.tgconstraint AND k.contype = 'f'
    AND k.conrelid = c.oid AND g.tgisinternal
WHERE g.tgenabled = 'D' AND (k.oid IS NOT NULL OR NOT g.tgisinternal) AND {USERS}
ORDER BY 1, 2, 3
"""


def read(session: Session) -> Signs:
    """Read them all, in the open transaction."""
    return Signs(
        uses=tuple(_use(*row) for row in session.query(_USES)),
        idle=tuple(_idle(*row) for row in session.query(_IDLE_TYPES)) + _idle_sequences(session),
        silenced=tuple(_silenced(*row) for row in session.query(_SILENCED)),
    )


def _use(
    schema: str,
    table: str,
    rows: int,
    reads: int,
    lookups: int,
    writes: int,
    last_read: str | None,
    since: str | None,
) -> TableUse:
    return TableUse(
        path=(schema, table),
        rows=int(rows),
        reads=int(reads or 0),
        lookups=int(lookups),
        writes=int(writes or 0),
        last_read=last_read or "",
        since=since or "",
        query="SELECT seq_scan, idx_scan, n_tup_ins, n_tup_upd, n_tup_del, n_live_tup"
        f" FROM pg_stat_user_tables WHERE relid = {_literal(quote(schema, table))}::regclass",
    )


def _idle(kind: str, schema: str, name: str) -> Idle:
    return Idle(
        kind=kind,
        path=(schema, name),
        query="SELECT objid::regclass, a.attname FROM pg_depend d JOIN pg_attribute a"
        " ON a.attrelid = d.objid AND a.attnum = d.objsubid WHERE d.refobjid ="
        f" {_literal(quote(schema, name))}::regtype",
    )


def _idle_sequences(session: Session) -> tuple[Idle, ...]:
    return tuple(
        Idle(
            kind=kind,
            path=(schema, name),
            query="SELECT classid::regclass, objid FROM pg_depend WHERE refobjid ="
            f" {_literal(quote(schema, name))}::regclass",
        )
        for kind, schema, name in session.query(_IDLE_SEQUENCES)
    )


def _silenced(schema: str, table: str, name: str, is_key: bool) -> Silenced:
    on = f"g.tgrelid = {_literal(quote(schema, table))}::regclass AND g.tgenabled = 'D'"
    join = " JOIN pg_constraint k ON k.oid = g.tgconstraint" if is_key else ""
    named = f"k.conname = {_literal(name)}" if is_key else f"g.tgname = {_literal(name)}"
    return Silenced(
        kind="foreign key" if is_key else "trigger",
        table=(schema, table),
        name=name,
        query=f"SELECT g.tgname, g.tgenabled FROM pg_trigger g{join} WHERE {on} AND {named}",
    )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
