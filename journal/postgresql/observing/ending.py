"""Giving up what was kept of an observation, whoever made it."""

from __future__ import annotations

import time

from journal.postgresql.connection import Session
from journal.postgresql.observing import keeping
from journal.postgresql.observing.gate import name

_ENDED = """
SELECT pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
WHERE application_name = %s AND datname = current_database() AND usename = current_user
  AND pid <> pg_backend_pid()
"""
_TRIES = 100


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
