"""Sessions that sleep on the server, and keep what they hold when their client is killed."""

from __future__ import annotations

import select
import time

import psycopg

from journal.postgresql.connection import Row, Session, mapped
from journal.postgresql.images import SETTINGS

SLEEP = 6 * 3600
"""Seconds for which a sleeping session holds what it holds; the bound of one observation."""
_WAKING = 0.05
_UNBOUNDED = (
    "statement_timeout",
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
    "client_connection_check_interval",
    "transaction_timeout",
)
_POINT = "SAVEPOINT clew_asleep"


def another(session: Session, name: str, *, lock_timeout: float = 5.0) -> Session:
    """Open one more session with the same database, which writes values as images do.

    No timeout of the role's or the database's ends it.
    """
    info = session.raw.info
    with mapped():
        raw: psycopg.Connection[Row] = psycopg.connect(
            info.dsn,
            password=info.password,
            autocommit=True,
            application_name=name[:63],
            prepare_threshold=None,
            client_encoding="utf8",
            connect_timeout=10,
        )
    made = Session(raw)
    values = {
        **SETTINGS,
        **dict.fromkeys(_UNBOUNDED, "0"),
        "jit": "off",
        "work_mem": "64MB",
        "max_parallel_workers_per_gather": "0",
        "synchronize_seqscans": "off",
        "lock_timeout": f"{int(lock_timeout * 1000)}ms",
    }
    made.query(
        "SELECT pg_catalog.set_config(s.name, x.value, false)"
        " FROM unnest(%s::text[], %s::text[]) x(name, value)"
        " JOIN pg_catalog.pg_settings s USING (name)",
        (list(values), list(values.values())),
    )
    return made


class Sleeper:
    """A session within a transaction, asleep on the server whenever nobody needs it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.pid = session.raw.info.backend_pid
        self._asleep = False

    def sleep(self) -> None:
        """Fall asleep within the open transaction; returns at once."""
        self.session.run(_POINT)
        self.session.raw.pgconn.send_query(f"SELECT pg_catalog.pg_sleep({SLEEP})".encode())
        self.session.raw.pgconn.flush()
        self._asleep = True

    def wake(self) -> None:
        """Wake up, with all that was held."""
        if not self._asleep:
            return
        connection = self.session.raw.pgconn
        while True:
            self.session.raw.cancel()
            deadline = time.monotonic() + _WAKING
            while connection.is_busy() and time.monotonic() < deadline:
                select.select([connection.socket], [], [], _WAKING)
                connection.consume_input()
            if not connection.is_busy():
                break
        while connection.get_result() is not None:
            pass
        self._asleep = False
        self.session.run("ROLLBACK TO clew_asleep")
        self.session.run("RELEASE clew_asleep")

    def close(self) -> None:
        """End the session, and with it all that it holds; never raises."""
        try:
            if self._asleep:
                self.session.raw.cancel()
        except psycopg.Error:
            pass
        finally:
            self.session.raw.close()
