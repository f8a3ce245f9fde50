"""Recording from Python: a run of its own around statements that a program gives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from uuid import uuid4

from journal.effect import Effect
from journal.events import RunFailed, RunStarted
from journal.known import TYPES, known
from journal.recording import Recording
from journal.store import Journal, text_digest


class Statements:
    """The statements of one run; numbers and captures each."""

    def __init__(self, recording: Recording, allowed: frozenset[str]) -> None:
        self.recording = recording
        self._allowed = allowed
        self._numbers = count(1)

    def execute(self, sql: str) -> Effect:
        """Run one statement and capture what it did.

        Raises:
            StatementFailed, NotKnownExact, NotExact: as ``Database.execute`` does.
        """
        return self.recording.execute(sql, number=next(self._numbers), allowed=self._allowed)


class OpenJournal(Journal):
    """A journal that was opened to be written to by a program."""

    @contextmanager
    def recording(
        self,
        *,
        actor: str,
        reason: str = "",
        ref: str = "",
        allowed: frozenset[str] = frozenset(),
        wait: float = 5.0,
    ) -> Iterator[Statements]:
        """Record what the block executes as one run in one transaction; an error aborts it.

        ``allowed`` names waived rules of the gate.

        Raises:
            Busy: another run held the journal for ``wait`` seconds.
            Drifted: the live schema is not the journal's.
        """
        with _recording(
            self, actor, RunStarted(verb="record", reason=reason, ref=ref), wait
        ) as run:
            yield Statements(run, allowed)


@contextmanager
def _recording(
    journal: Journal, actor: str, started: RunStarted, wait: float
) -> Iterator[Recording]:
    database = journal.database
    database.hold(actor, wait=wait)
    run = str(uuid4())
    try:
        journal.append(started, run=run, actor=actor)
        state = known(journal.read(types=TYPES))
        database.begin()
        try:
            recorder = Recording(
                database,
                known=state,
                run=run,
                actor=actor,
                reason=started.reason,
                clock=journal.clock,
            )
            yield recorder
            recorder.complete()
        except BaseException as error:
            database.abort()
            _fail(journal, error, run=run, actor=actor)
            raise
    finally:
        database.release()


def _fail(journal: Journal, error: BaseException, *, run: str, actor: str) -> None:
    """Keep the attempt: its kind in the entry, its words, which may hold values, as content."""
    said = str(error)
    failed = RunFailed(
        error=type(error).__name__,
        sqlstate=getattr(error, "sqlstate", ""),
        output=text_digest(said),
    )
    journal.append(failed, run=run, actor=actor, texts=[said])
