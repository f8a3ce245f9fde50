"""Watching while the program runs: who waits at the gate, and who else is at the database."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from journal.errors import StatementFailed
from journal.logs import log
from journal.postgresql.connection import Session
from journal.postgresql.observing.gate import Gate, name
from journal.postgresql.observing.others import Seen, ports_of
from journal.postgresql.observing.sleeping import Sleeper, another

POLL = 0.01
_LOOKS = 3
"""Polls of the gate for one look at who is there."""
_PORTS = 0.2
"""Seconds between looks at the program's connections."""


class Watching:
    """An observation under way: the thread that minds the gate."""

    def __init__(self, near: Session, run: str, keeper: Sleeper, gate: Gate, *, since: str) -> None:
        self.environment: Mapping[str, str] = {"PGAPPNAME": marker(run)}
        self.seen = Seen()
        self._run = run
        self._since = since
        self._near = near
        self._keeper = keeper
        self._gate = gate
        self._pid = 0
        self._ports: set[int] = set()
        self._stop = threading.Event()
        self._session = another(near, name(run))
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
            while there := self._look(session):
                if time.monotonic() >= deadline:
                    break
                time.sleep(0.05)
        finally:
            session.raw.close()
        self._end()
        return tuple(sorted(there))

    def close(self) -> None:
        """Let go of all that is held; never raises."""
        self._end()
        self._gate.open()
        self._keeper.close()

    def _end(self) -> None:
        self._stop.set()
        self._thread.join()
        self._session.raw.close()

    def _mind(self) -> None:
        polls, looked = 0, 0.0
        while not self._stop.wait(POLL):
            try:
                wanted = self._gate.waiting(self._session)
                if wanted:
                    self._gate.let_through(self._session, wanted)
                elif self._gate.hinders(self._session, [self._gate.pid, self._keeper.pid]):
                    # An index that is built beside writers waits for all older snapshots.
                    self._gate.give_up(self._session)
                    self._keeper.close()
                elif polls % _LOOKS == 0:
                    if time.monotonic() - looked > _PORTS and self._pid:
                        self._ports |= ports_of(self._pid)
                        looked = time.monotonic()
                    self._look(self._session)
            except StatementFailed as error:
                if self._session.raw.closed:
                    log.warning("nobody minds the gate", run=self._run, error=error.message)
                    return
            polls += 1

    def _look(self, session: Session) -> set[str]:
        return self.seen.look(session, marker(self._run), self._ports, self._since)


def marker(run: str) -> str:
    """Return the application name by which the program's sessions are known."""
    return f"clew:{run}"[:63]
