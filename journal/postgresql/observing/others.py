"""Who is at the database while a program runs, and which transactions are whose."""

from __future__ import annotations

import contextlib

import msgspec
import psutil

from journal.postgresql.connection import Session

_ACTIVITY = """
SELECT pid, coalesce(backend_start::text, ''), usename::text, coalesce(application_name, ''),
    coalesce(client_port, -1), coalesce(backend_xid::text::bigint, 0),
    coalesce(state = 'idle' AND state_change < %s::timestamptz, false)
FROM pg_catalog.pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
  AND backend_type IN ('client backend', 'logical replication worker', 'background worker')
"""
_UNCERTAIN = """
SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
      AND backend_type IN ('client backend', 'logical replication worker', 'background worker')
      AND coalesce(application_name, '') NOT LIKE 'clew %%'
      AND NOT coalesce(state = 'idle' AND state_change
          < greatest(%s::timestamptz, clock_timestamp() - interval '70 seconds'), false))
"""
OURS = "clew "
"""How the names of Clew's own sessions begin."""


class Seen(msgspec.Struct):
    """Sessions that were seen, and the transactions that they wrote in.

    ``active`` are those of others that did something meanwhile, ``theirs`` their transactions,
    and ``ours`` those of the program.
    """

    program: set[tuple[int, str]] = msgspec.field(default_factory=set)
    active: dict[tuple[int, str], str] = msgspec.field(default_factory=dict)
    theirs: set[int] = msgspec.field(default_factory=set)
    ours: set[int] = msgspec.field(default_factory=set)

    def look(self, session: Session, marker: str, ports: set[int], since: str) -> set[str]:
        """Take in who is there now; return the program's sessions in words."""
        there = set()
        rows = session.query(_ACTIVITY, (since,))
        for pid, began, user, name, port, transaction, idle in rows:
            key = (pid, began)
            if name.startswith(OURS):
                continue
            if key in self.program or name == marker or port in ports:
                self.program.add(key)
                self.active.pop(key, None)
                there.add(f"{user} ({name or 'no name'}, server process {pid})")
                if transaction:
                    self.ours.add(transaction)
            elif not idle:
                self.active[key] = f"{user or 'somebody'} ({name or 'no name'}, process {pid})"
                if transaction:
                    self.theirs.add(transaction)
        return there


def uncertain(session: Session, since: str) -> bool:
    """Tell whether somebody may have written what the server has not counted yet.

    A session hands its counts in when it ends, and at the latest a minute after it went idle.
    """
    session.query("SELECT pg_stat_clear_snapshot()")
    return bool(session.value(_UNCERTAIN, (since,)))


def ports_of(pid: int) -> set[int]:
    """Return the local ports of a process and all that it started; empty where it is gone."""
    found: set[int] = set()
    with contextlib.suppress(psutil.Error):
        parent = psutil.Process(pid)
        for one in (parent, *parent.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                connections = one.net_connections(kind="tcp")
                found |= {c.laddr.port for c in connections if c.laddr and c.raddr}
    return found
