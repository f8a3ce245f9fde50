"""Watching while the program runs: who waits at the gate, and who else is at the database."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

import psycopg

from journal.errors import ClewError
from journal.postgresql.connection import Session
from journal.postgresql.observing.gate import Gate, name
from journal.postgresql.observing.sleeping import Sleeper, another

POLL = 0.01
_PROGRAMS = """
SELECT a.pid, coalesce(a.application_name, ''), a.usename::text, coalesce(a.client_port, -1)
FROM pg_catalog.pg_stat_activity a
WHERE a.datname = current_database() AND a.backend_type = 'client backend'
  AND a.application_name = %s
"""


class Watching:
    """An observation under way: the thread that minds the gate."""

    def __init__(self, near: Session, run: str, keeper: Sleeper, gate: Gate) -> None:
        self.environment: Mapping[str, str] = {"PGAPPNAME": marker(run)}
        self._run = run
        self._near = near
        self._keeper = keeper
        self._gate = gate
        self._stop = threading.Event()
        self._session = another(near, name(run))
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._mind, name="clew-observes", daemon=True)
        self._thread.start()

    def starting(self) -> None:
        """The program is about to start; nothing of ours is in its way."""

    def began(self, pid: int) -> None:
        """The program runs, as this process."""
        self._pid = pid

    def ended(self, *, wait: float) -> tuple[str, ...]:
        """Wait until the program's sessions are gone, and stop watching.

        Returns who of them is still there after ``wait`` seconds, in words.
        """
        deadline = time.monotonic() + wait
        session = another(self._near, name(self._run))
        try:
            while there := _sessions(session, self._run):
                if time.monotonic() >= deadline:
                    break
                time.sleep(0.05)
        finally:
            session.raw.close()
        self._stop.set()
        self._thread.join()
        self._session.raw.close()
        return tuple(there)

    def close(self) -> None:
        """Let go of all that is held; never raises."""
        self._stop.set()
        self._thread.join()
        self._session.raw.close()
        self._gate.open()
        self._keeper.close()

    def _mind(self) -> None:
        while not self._stop.wait(POLL):
            try:
                wanted = self._gate.waiting(self._session)
                if wanted:
                    self._gate.let_through(wanted)
            except ClewError as error:
                self.error = error
            except psycopg.Error as error:
                self.error = error
                return


def marker(run: str) -> str:
    """Return the application name by which the program's sessions are known."""
    return f"clew:{run}"[:63]


def _sessions(session: Session, run: str) -> list[str]:
    return [
        f"{user} ({called}, process {pid})"
        for pid, called, user, _ in session.query(_PROGRAMS, (marker(run),))
    ]
