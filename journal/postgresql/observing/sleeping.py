"""Sessions that sleep on the server, and keep what they hold when their client is killed."""

from __future__ import annotations

import select
import time
from collections.abc import Sequence

import psycopg
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult

from journal.errors import StatementFailed
from journal.postgresql.connection import Row, Session, mapped
from journal.postgresql.firing import hush
from journal.postgresql.images import SETTINGS

SLEEP = 6 * 3600
"""Seconds for which a sleeping session holds what it holds; the bound of one observation."""
_SLEEPING = f"""
DO $clew$ BEGIN PERFORM pg_catalog.pg_sleep({SLEEP}); EXCEPTION WHEN query_canceled THEN NULL; END $clew$
""".encode()
_SLEEPS = """
SELECT coalesce(wait_event = 'PgSleep', false) FROM pg_catalog.pg_stat_activity WHERE pid = %s
"""
_CANCELLING = 5.0
"""Seconds that a server has to take a cancellation, which a connection of its own brings."""
_WAKING = 0.005
_CLOSING = 5.0
_ENDED = "the session that held tables for the record was ended"
_UNBOUNDED = (
    "statement_timeout",
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
    "client_connection_check_interval",
    "transaction_timeout",
)


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
    hush(made)
    return made


class Sleeper:
    """A session within a transaction, asleep on the server whenever nobody needs it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.pid = session.raw.info.backend_pid
        self._asleep = False

    def sleep(self) -> None:
        """Fall asleep within the open transaction; returns at once."""
        connection = self.session.raw.pgconn
        connection.enter_pipeline_mode()
        connection.send_query_params(_SLEEPING, None)
        connection.flush()
        self._asleep = True

    def wake(self, watcher: Session, *then: str) -> None:
        """Wake up, with all that is held, and run these statements; ``watcher`` sees it wake.

        They are sent first, and the server tells nothing before the last of them: so it goes on
        to them though this process is killed meanwhile. A session that waits for a client that is
        gone, or tells it anything, ends, and lets go of all that it holds.

        Raises:
            StatementFailed: one of them was refused, and those after it did not run; or the
                session was ended.
        """
        if not self._asleep:
            return
        with mapped():
            refused = self._woken(watcher, then)
        self._asleep = False
        if refused is not None:
            state = (refused.error_field(DiagnosticField.SQLSTATE) or b"").decode()
            said = (refused.error_field(DiagnosticField.MESSAGE_PRIMARY) or b"").decode()
            raise StatementFailed(said, sqlstate=state)

    def _woken(self, watcher: Session, then: Sequence[str]) -> PGresult | None:
        while not self._sleeps(watcher):
            time.sleep(_WAKING)
        connection = self.session.raw.pgconn
        for sql in then:
            connection.send_query_params(sql.encode(), None)
        connection.pipeline_sync()
        connection.flush()
        while self._sleeps(watcher):  # what comes after must not be cancelled
            self.session.raw.cancel_safe(timeout=_CANCELLING)
            time.sleep(_WAKING)
        refused = self._refused()
        connection.exit_pipeline_mode()
        return refused

    def _sleeps(self, watcher: Session) -> bool:
        found = watcher.value(_SLEEPS, (self.pid,))
        if found is None:
            raise StatementFailed(_ENDED)
        return bool(found)

    def _refused(self) -> PGresult | None:
        """Wait until all that was sent has run; return what was refused."""
        connection = self.session.raw.pgconn
        refused = None
        while connection.status == ConnStatus.OK:
            queued = [connection.socket] if connection.flush() else []
            while connection.is_busy():
                select.select([connection.socket], queued, [], _WAKING)
                queued = [connection.socket] if connection.flush() else []
                connection.consume_input()
            result = connection.get_result()
            match result and result.status:
                case ExecStatus.PIPELINE_SYNC:
                    return refused
                case ExecStatus.FATAL_ERROR:
                    refused = result
        raise StatementFailed(_ENDED)

    def close(self) -> None:
        """End the session, and with it all that it holds; never raises."""
        connection = self.session.raw.pgconn
        deadline = time.monotonic() + _CLOSING
        try:
            if self._asleep:
                connection.pipeline_sync()
                connection.flush()
            while self._asleep and time.monotonic() < deadline:
                self.session.raw.cancel_safe(timeout=_CANCELLING)
                select.select([connection.socket], [], [], _WAKING)
                connection.consume_input()
                self._asleep = bool(connection.is_busy())
        except psycopg.Error:
            pass
        finally:
            self.session.raw.close()
