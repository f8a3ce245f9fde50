"""Giving up what was kept of an observation, whoever made it."""

from __future__ import annotations

import time

from journal.errors import Busy
from journal.postgresql.connection import Session
from journal.postgresql.observing import keeping
from journal.postgresql.observing.gate import name
from journal.postgresql.observing.watching import marker

_ENDED = """
SELECT pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
WHERE application_name = %s AND datname = current_database() AND usename = current_user
  AND pid <> pg_backend_pid()
"""
_STUCK = """
SELECT pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity a
WHERE a.application_name = %s AND a.datname = current_database() AND a.wait_event_type = 'Lock'
  AND EXISTS (SELECT FROM pg_catalog.pg_stat_activity g
    WHERE g.pid = ANY (pg_catalog.pg_blocking_pids(a.pid)) AND g.application_name = %s)
"""
_THERE = """
SELECT pid FROM pg_catalog.pg_stat_activity
WHERE application_name = %s AND datname = current_database()
"""
_TRIES = 100
_WAIT = 0.05


def outlive(session: Session, run: str) -> None:
    """Wait for what is left of a program whose observer was killed.

    A session that waits at the gate would wait for ever: nobody copies any more. It is ended,
    and what it was about to do has not happened.

    Raises:
        Busy: the program still works on the database.
    """
    for _ in range(_TRIES):
        session.query("SELECT pg_stat_clear_snapshot()")
        if not (there := session.query(_THERE, (marker(run),))):
            return
        session.query(_STUCK, (marker(run), name(run)))
        time.sleep(_WAIT)
    pids = ", ".join(str(pid) for (pid,) in there)
    raise Busy(f"a program that was recorded and still runs (server process {pids})")


def end(session: Session, run: str) -> None:
    """End the sessions that sleep for a run, and drop what they copied."""
    for _ in range(_TRIES):
        if not session.query(_ENDED, (name(run),)):
            break
        time.sleep(0.02)
    session.run("BEGIN")
    try:
        keeping.drop(session, run)
    except BaseException:
        session.run("ROLLBACK")
        raise
    session.run("COMMIT")
