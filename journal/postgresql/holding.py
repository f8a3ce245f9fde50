"""Being the one run of a journal: an advisory lock that a session holds until its end."""

from __future__ import annotations

import time

from journal.errors import Busy
from journal.postgresql.connection import Session

# "clew" and 1: the two halves of the advisory lock's key; such locks are per database.
_KEY = "1668048247, 1"
_POLL = 0.05
_HOLDER = """
SELECT a.application_name, a.usename::text, l.pid
FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 1668048247 AND l.objid = 1
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
"""


def hold(session: Session, holder: str, *, wait: float) -> None:
    """Take the lock and introduce the session.

    Raises:
        Busy: another session held it for ``wait`` seconds.
    """
    deadline = time.monotonic() + wait
    while not session.value(f"SELECT pg_try_advisory_lock({_KEY})"):
        if time.monotonic() >= deadline:
            raise Busy(held_by(session) or "another run")
        time.sleep(_POLL)
    session.query("SELECT set_config('application_name', %s, false)", (f"clew {holder}"[:63],))


def release(session: Session) -> None:
    """Give the lock back."""
    session.query(f"SELECT pg_advisory_unlock({_KEY})")


def held_by(session: Session) -> str:
    """Tell who has the lock; empty where nobody has it."""
    rows = session.query(_HOLDER)
    if not rows:
        return ""
    name, user, process = rows[0]
    who = (name or "").removeprefix("clew ").strip() or "another run"
    return f"{who} (database user {user}, server process {process})"
