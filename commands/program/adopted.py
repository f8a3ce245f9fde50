"""A program's connection, held for recorded runs one after the other."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import uuid4

from sqlalchemy.engine import Connection

from commands.failure import record_failure
from commands.interrupted import close_interrupted
from commands.observing import known_schema
from commands.opening import Asker
from commands.program.block import Block
from commands.program.routing import Routed, routed
from journal.adopting import adopted
from journal.database import Database
from journal.errors import Refused
from journal.events import AnyEvent, RunStarted
from journal.opening import journal_in
from journal.recording import Recording
from journal.store import Clock, Journal, utc_now


class Adopted:
    """A connection whose statements are recorded while a run is open."""

    def __init__(self, journal: Journal, asker: Asker, allowed: frozenset[str]) -> None:
        self._journal = journal
        self._asker = asker
        self._allowed = allowed
        self._known = known_schema(journal)
        self._block: Block | None = None

    # --- runs -------------------------------------------------------------------------

    def start(self, started: RunStarted, *more: AnyEvent) -> str:
        """Begin a run and its transaction; return its name.

        ``more`` is what the run says beside what it will change.

        Raises:
            Busy, StatementFailed: no transaction could be begun; RunFailed is recorded.
        """
        run = str(uuid4())
        self._journal.append(started, run=run, actor=self._asker.actor)
        try:
            self._block = self._begun(run, more)
        except BaseException as error:
            self._journal.database.abort()
            record_failure(self._journal, error, run=run, asker=self._asker)
            raise
        return run

    def complete(self) -> int:
        """End the run; return its last position, 0 where the program rolled it back.

        Raises:
            StatementFailed, NotExact, Drifted, Refused: as ``Block.complete`` does; the run
                is still open.
        """
        block = self._running()
        entries = block.complete()
        self._known = block.recording.known
        self._block = None
        return entries[-1].position if entries else 0

    def fail(self, error: BaseException) -> None:
        """End the run that is open, if any, as failed: nothing of it is kept."""
        block, self._block = self._block, None
        if block is not None:
            block.fail(error)

    # --- what the connection hears ----------------------------------------------------

    def take(self, one: Routed) -> None:
        """Run a statement, captured. Raises as ``Block.take`` does."""
        self._running().take(one)

    def refuse_commit(self, connection: Connection) -> None:
        """Refuse that the program commits."""
        self._running().refuse_commit(connection)

    def rolled_back(self, connection: Connection) -> None:
        """Take back what was done, as the program wants."""
        if self._block is not None:
            self._block.rolled_back(connection)

    def _begun(self, run: str, more: Iterable[AnyEvent]) -> Block:
        self._journal.database.begin()
        recording = Recording(
            self._journal.database,
            known=self._known,
            run=run,
            actor=self._asker.actor,
            reason=self._asker.reason,
            clock=self._journal.clock,
        )
        recording.note(*more)
        return Block(self._journal, recording, asker=self._asker, allowed=self._allowed)

    def _running(self) -> Block:
        if self._block is None:
            raise Refused(
                "no run is open on the connection, which is held for recorded runs",
                hint="Do it before the recorded block, or after it.",
            )
        return self._block


@contextmanager
def adopting(
    connection: Connection,
    asker: Asker,
    *,
    allowed: Iterable[str] = (),
    lock_timeout: float,
    clock: Clock = utc_now,
) -> Iterator[Adopted]:
    """Hold a connection and the journal for recorded runs; an error fails the one that is open.

    Raises:
        Refused: as ``journal.adopting.adopted`` and ``routed`` do.
        NotFound: the database holds no journal.
        Busy: another run held the journal for ``lock_timeout`` seconds.
    """
    with adopted(connection, lock_timeout=lock_timeout) as database:
        journal = journal_in(database, clock=clock)
        database.hold(f"{asker.actor} on {asker.host}, process {os.getpid()}", wait=lock_timeout)
        close_interrupted(journal, asker=asker)
        found = Adopted(journal, asker, frozenset(allowed))
        with _transaction(connection, database), routed(connection, found):
            try:
                yield found
            except BaseException as error:
                found.fail(error)
                raise


@contextmanager
def _transaction(connection: Connection, database: Database) -> Iterator[None]:
    """Have SQLAlchemy hold a transaction open, so that nobody in the block begins one.

    Below it none is open, also where the program's own hooks begin one: runs begin and end
    their transactions themselves.
    """
    if connection.in_transaction():
        yield
        return
    transaction = connection.begin()
    database.abort()
    try:
        yield
        if transaction.is_active:
            transaction.commit()
    finally:
        transaction.close()
