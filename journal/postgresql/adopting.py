"""A session on a psycopg connection that belongs to a program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from psycopg import pq

from journal.errors import Refused, TransactionOpen
from journal.postgresql.connection import Session, check_version, quote
from journal.postgresql.database import PostgresqlDatabase

_SETTINGS = ("lock_timeout", "application_name")
_KEPT = """
SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, relname::text
FROM pg_catalog.pg_class
WHERE relnamespace = pg_my_temp_schema() AND relkind IN ('S', 'r') AND relname ~ '^clew_'
"""


@contextmanager
def adopt(raw: Any, *, lock_timeout: float) -> Iterator[PostgresqlDatabase]:
    """Yield a database on ``raw``, which is handed back as it was.

    Raises:
        TransactionOpen: a transaction is open on it.
        Unreachable: the server is too old.
        Refused: the client's encoding is not UTF-8.
    """
    if raw.info.transaction_status != pq.TransactionStatus.IDLE:
        raise TransactionOpen
    check_version(raw)
    if raw.info.encoding != "utf-8":
        raise Refused(
            f"expected a connection with client_encoding UTF8, found {raw.info.encoding}",
            hint="Leave client_encoding out of the connection's arguments.",
        )
    former = raw.autocommit, raw.prepare_threshold
    raw.autocommit, raw.prepare_threshold = True, None
    raw.commit = partial(_refuse_commit, raw)  # else half of it is kept, and triggers stay
    session = Session(raw)
    settings = {name: session.value(f"SHOW {name}") for name in _SETTINGS}
    _set(session, "lock_timeout", f"{int(lock_timeout * 1000)}ms")
    database = PostgresqlDatabase(session)
    try:
        yield database
    finally:
        del raw.commit
        if not raw.closed:
            database.abort()
            database.release()
            _clear(session)
            for name, value in settings.items():
                _set(session, name, value)
            raw.autocommit, raw.prepare_threshold = former


def _refuse_commit(raw: Any) -> None:
    if raw.info.transaction_status != pq.TransactionStatus.IDLE:
        raise Refused(
            "commit on the driver's connection, which is held for what is recorded",
            hint="Leave commit out: the block commits at its end.",
        )


def _clear(session: Session) -> None:
    """Drop what the capture kept for the session's life."""
    for kind, name in session.query(_KEPT):
        session.run(f"DROP {kind} pg_temp.{quote(name)}")


def _set(session: Session, name: str, value: str) -> None:
    session.query("SELECT set_config(%s, %s, false)", (name, value))
