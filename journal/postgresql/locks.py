"""Which tables the open transaction has locked, and which it read from end to end."""

from __future__ import annotations

from journal.postgresql.connection import Session
from journal.values import Lock, Scan

_LOCKS = """
SELECT n.nspname || '.' || c.relname, array_agg(DISTINCT l.mode)
FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE l.pid = pg_backend_pid() AND l.granted AND l.locktype = 'relation'
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
  AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'clew')
GROUP BY 1 ORDER BY 1
"""
_MODES = {
    "RowShareLock": "ROW SHARE",
    "RowExclusiveLock": "ROW EXCLUSIVE",
    "ShareUpdateExclusiveLock": "SHARE UPDATE EXCLUSIVE",
    "ShareLock": "SHARE",
    "ShareRowExclusiveLock": "SHARE ROW EXCLUSIVE",
    "ExclusiveLock": "EXCLUSIVE",
    "AccessExclusiveLock": "ACCESS EXCLUSIVE",
}
"""From the weakest; ACCESS SHARE stands in nobody's way but a DROP's."""


def held(session: Session) -> tuple[Lock, ...]:
    """Return the strongest lock on each table, weaker ones than for writing left out."""
    order = list(_MODES)
    return tuple(
        Lock(object=name, mode=_MODES[max(known, key=order.index)])
        for name, modes in session.query(_LOCKS)
        if (known := [mode for mode in modes if mode in _MODES])
    )


_SCANS = """
SELECT schemaname || '.' || relname, seq_tup_read
FROM pg_catalog.pg_stat_xact_user_tables
WHERE seq_scan > 0 AND seq_tup_read > 0 AND schemaname <> 'clew' AND schemaname !~ '^pg_'
ORDER BY 1
"""


def scanned(session: Session) -> tuple[Scan, ...]:
    """Return the tables that were read from end to end, and the rows read of each."""
    return tuple(Scan(object=name, rows=int(rows)) for name, rows in session.query(_SCANS))


_OTHERS = """
select distinct on (l.pid) l.pid, a.usename::text, a.application_name, l.mode,
    l.relation::regclass::text, extract(epoch from clock_timestamp() - a.xact_start)::int8
from pg_catalog.pg_locks l join pg_catalog.pg_stat_activity a on a.pid = l.pid
join pg_catalog.pg_class c on c.oid = l.relation
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where l.granted and l.locktype = 'relation' and l.pid <> pg_backend_pid()
and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'clew')
and c.relkind in ('r', 'p', 'v', 'm', 'S')
order by l.pid, l.mode desc limit 5
"""


def others(session: Session) -> tuple[str, ...]:
    """Return in words who else holds locks on the user's tables, each session once."""
    return tuple(
        f"{user} ({f'{name}, ' if name else ''}process {pid}) has {mode} on {table}"
        f" for {seconds or 0} s"
        for pid, user, name, mode, table, seconds in session.query(_OTHERS)
    )
