"""The verb copy: plan, ask, then batch after batch, each with its events; and the checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import msgspec

from commands.copy.answer import CopyAnswer
from commands.copy.examining import Progress
from commands.copy.performing import Performing
from commands.copy.places import place_of
from commands.copy.preparing import Prepared, prepared, refuse_same
from commands.copy.spec import Copy
from commands.copy.still import refuse_filled_meanwhile
from commands.derived import keep_derived
from commands.failure import name_holders, record_failure
from commands.interrupted import close_interrupted
from commands.observing import known_schema
from commands.opening import Asker, Target, run_started
from journal import spans
from journal.database import Database
from journal.errors import ClewError
from journal.events import RunCompleted
from journal.known import Known
from journal.logs import log
from journal.recording import Recording
from journal.store import Journal, append_within

Confirm = Callable[[CopyAnswer], None]
"""Called with the plan before anything is written; it raises where the answer is no."""


def copy(
    source: Target,
    target: Target,
    spec: Copy,
    *,
    asker: Asker,
    dry: bool = False,
    confirm: Confirm = lambda _: None,
    progress: Progress = lambda *_: None,
) -> CopyAnswer:
    """Copy tables of ``source`` into ``target``, which holds a journal.

    A copy that was cut goes on; one that was done before brings what changed since. With
    ``dry`` nothing is written, and the answer is the plan.

    Raises:
        Unreachable: one of the databases cannot be reached.
        NotFound: the target holds no journal, or a table is not there.
        Usage: both are the same database.
        Refused: the copy cannot be made as declared.
        ChangedSince: somebody wrote rows in the target since the last copy.
        Busy: another run holds the journal.
        StatementFailed: a database refused something, or was lost; what stands is on record.
    """
    refuse_same(source, target)
    with target.journal() as journal:
        if not dry:
            journal.database.hold(target.holder, wait=target.lock_timeout)
            close_interrupted(journal, asker=asker)
        known = known_schema(journal)
        with (
            target.database() as session,
            prepared(
                spec,
                source,
                target=session,
                journal=journal,
                known=known,
                apart=True,
                clock=journal.clock,
                dry=dry,
                progress=progress,
            ) as ready,
        ):
            if dry:
                return msgspec.structs.replace(ready.answer, blocked=ready.blocked(spec))
            ready.hold(spec)
            if ready.nothing(spec):
                return msgspec.structs.replace(ready.answer, done=True, nothing=True)
            confirm(ready.answer)
            refuse_filled_meanwhile(ready.examination.tables, session, known.objects)
            run = _Run(ready, spec, source, target, session, journal, known, asker)
            answer = run.run(progress)
        keep_derived(journal, actor=asker.actor)
        return answer


class _Run:
    """One run of the verb, in a session of its own."""

    def __init__(
        self,
        ready: Prepared,
        spec: Copy,
        source: Target,
        target: Target,
        session: Database,
        journal: Journal,
        known: Known,
        asker: Asker,
    ) -> None:
        self._ready = ready
        self._spec = spec
        self._place = place_of(source.url)
        self._target = target
        self._session = session
        self._journal = journal
        self._known = known
        self._asker = asker
        self._run = str(uuid4())
        self._statements = 0
        self._rows = 0

    def run(self, progress: Progress) -> CopyAnswer:
        """Do it; where it fails, what stands is on record, and is gone on with."""
        started = msgspec.structs.replace(
            run_started("copy", self._target, self._asker), program=self._place, batched=True
        )
        self._journal.append(started, run=self._run, actor=self._asker.actor)
        work = Performing(self._ready, self._spec, self._transaction, progress=progress)
        try:
            with spans.span("copy rows"):
                work.bring()
            with spans.span("copy compare"), self._session.snapshot(()):
                checks = work.check(self._session, self._known.objects)
            completed = RunCompleted(statements=self._statements, rows=self._rows, rejected=0)
            entries = self._journal.append(
                *checks, completed, run=self._run, actor=self._asker.actor
            )
        except BaseException as error:
            self._session.abort()
            self._fail(error, work.stayed)
            raise
        answer = work.answer(checks)
        return msgspec.structs.replace(answer, run=self._run, position=entries[-1].position)

    def _fail(self, error: BaseException, stayed: tuple[str, ...]) -> None:
        """Record that the run failed, in the session that outlives it."""
        try:
            name_holders(self._journal, error)
            record_failure(self._journal, error, run=self._run, asker=self._asker, stayed=stayed)
        except ClewError as second:  # the next command closes the run as interrupted
            log.warning("failure could not be recorded", run=self._run, error=second.message)

    @contextmanager
    def _transaction(self) -> Iterator[Recording]:
        """What is done within stands or falls together, events included."""
        session = self._session
        session.give_way()
        session.begin()
        recording = Recording(
            session,
            known=self._known,
            run=self._run,
            actor=self._asker.actor,
            reason=self._asker.reason,
            clock=self._journal.clock,
        )
        yield recording
        recording.settle()
        append_within(
            session,
            recording.events,
            run=self._run,
            actor=self._asker.actor,
            evidence="captured",
            clock=self._journal.clock,
        )
        session.commit()
        self._known = recording.known
        self._statements += recording.number
        self._rows += sum(max(rows.removed, rows.added) for rows in recording.rows())
