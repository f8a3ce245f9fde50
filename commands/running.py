"""Running one migration: everything in one transaction, or each statement alone."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import msgspec

from commands.after import commands_of, run_command
from commands.alone import run_alone
from commands.begun import Attempt
from commands.checked import AppliedRun, CheckedPart, CheckedScript
from commands.failure import name_holders, record_failure
from commands.observing import known_schema
from commands.opening import Asker, Target, run_started
from commands.performing import Again, Manner, Waits, perform
from commands.sofar import SoFar
from commands.transform.running import NO_LIMITS, Limits
from commands.workers import ALONE, Crew
from journal import spans
from journal.database import Database
from journal.errors import ClewError
from journal.events import RunCompleted, RunStarted
from journal.logs import log
from journal.recording import Recording
from journal.store import Journal

Progress = Callable[[str, int, int], None]
"""Called with a migration's name, the statements done, and how many there are."""

Execute = Callable[[Recording, CheckedPart, CheckedScript, SoFar], None]
"""Runs one part and captures it."""

NewRun = Callable[[], str]


class Runner:
    """Runs migrations of one directory for one who asks.

    ``journal`` stands in the session that holds it, and writes what must outlive an abort.
    ``crew`` does batched transforms.
    """

    def __init__(
        self,
        target: Target,
        journal: Journal,
        *,
        asker: Asker,
        revision: str = "",
        allowed: frozenset[str] = frozenset(),
        limits: Limits = NO_LIMITS,
        crew: Crew = ALONE,
        progress: Progress = lambda *_: None,
        new_run: NewRun = lambda: str(uuid4()),
    ) -> None:
        self.target = target
        self.journal = journal
        self.asker = asker
        self.revision = revision
        self.allowed = allowed
        self.limits = limits
        self.crew = crew
        self.progress = progress
        self.new_run = new_run
        self.known = known_schema(journal)

    def run(self, checked: CheckedScript, *, attempt: Attempt) -> AppliedRun:
        """Run a migration; ``attempt`` is what stands of it from an earlier one.

        Raises:
            StatementFailed, NotExact, NotKnownExact, Drifted: RunFailed is recorded.
        """
        run = self.new_run()
        session = self.target.session()
        try:
            with spans.span(f"migration {checked.name}", migration=checked.name, run=run):
                self.journal.append(self._started(checked), run=run, actor=self.asker.actor)
                if checked.script.transaction:
                    answer = self._in_transaction(session, run, checked, self.execute)
                else:
                    answer = run_alone(self, session, run, checked, attempt=attempt)
                return self.run_commands(checked, answer)
        finally:
            session.close()

    def run_again(self, checked: CheckedScript, waiting: Waits) -> AppliedRun | None:
        """Transform the subjects that wait, and check again; ``None`` where none could go.

        It is tried first, so that an attempt that changes nothing leaves nothing behind.

        Raises:
            StatementFailed, NotExact, Refused, CheckFailed: as ``run`` does.
        """
        again = Again(checked.name, waiting)
        session = self.target.session()
        try:
            session.begin(foreign_keys=checked.script.foreign_keys)
            recording = self.recording(session, self.new_run())
            tried = SoFar()
            for one in checked.parts:
                again.perform(recording, one.part, tried)
            session.abort()
            if tried.rejected >= sum(len(found) for found in waiting.values()):
                return None
            run = self.new_run()
            with spans.span(f"migration {checked.name}", migration=checked.name, run=run):
                self.journal.append(self._started(checked), run=run, actor=self.asker.actor)
                return self._in_transaction(
                    session,
                    run,
                    checked,
                    lambda inside, part, _, so_far: again.perform(inside, part.part, so_far),
                )
        finally:
            session.close()

    def recording(self, session: Database, run: str) -> Recording:
        """Begin to record in the open transaction of ``session``."""
        return Recording(
            session,
            known=self.known,
            run=run,
            actor=self.asker.actor,
            reason=self.asker.reason,
            clock=self.journal.clock,
        )

    def execute(
        self, recording: Recording, part: CheckedPart, checked: CheckedScript, so_far: SoFar
    ) -> None:
        """Run one part and capture it."""
        perform(recording, part.part, self.manner(checked), so_far)

    def manner(self, checked: CheckedScript) -> Manner:
        """Return how the parts of a migration are to be run."""
        return Manner(
            migration=checked.name,
            allowed=self.allowed,
            alone=not checked.script.transaction,
            limits=self.limits,
            progress=lambda what, done: self.progress(f"{checked.name}, {what}", done, 0),
        )

    def run_commands(self, checked: CheckedScript, answer: AppliedRun) -> AppliedRun:
        """Run the programs that the migration names, now that it stands."""
        found = tuple(
            run_command(one, self.journal, target=self.target, run=answer.run, asker=self.asker)
            for one in commands_of(part.part for part in checked.parts)
        )
        return msgspec.structs.replace(answer, checks=answer.checks + found)

    def _in_transaction(
        self, session: Database, run: str, checked: CheckedScript, execute: Execute
    ) -> AppliedRun:
        current: CheckedPart | None = None
        so_far = SoFar()
        try:
            session.begin(foreign_keys=checked.script.foreign_keys)
            recording = self.recording(session, run)
            recording.foresee([one.part.text for one in checked.parts])
            for count, current in enumerate(checked.parts):
                self.progress(checked.name, count, len(checked.parts))
                execute(recording, current, checked, so_far)
            current = None
            entries = recording.complete(rejected=so_far.rejected)
        except BaseException as error:
            session.abort()
            if ended := _completed(self.journal, run):
                return _answer(checked, run, ended[0], ended[1])
            self.fail(error, run, current)
            checked.locate(error, current)
            raise
        self.known = recording.known
        self.progress(checked.name, len(checked.parts), len(checked.parts))
        rows = sum(max(rows.removed, rows.added) for rows in recording.rows())
        answer = _answer(checked, run, entries[-1].position, rows)
        return answer.with_done(so_far)

    def fail(
        self,
        error: BaseException,
        run: str,
        current: CheckedPart | None,
        *,
        stayed: tuple[str, ...] = (),
        notes: tuple[str, ...] = (),
    ) -> None:
        """Record that the run failed, in the session that outlives it."""
        try:
            name_holders(self.journal, error)
            record_failure(
                self.journal,
                error,
                run=run,
                asker=self.asker,
                statement=current.statement if current else None,
                sql=current.part.text if current else "",
                stayed=stayed,
                notes=notes,
            )
        except ClewError as second:  # the next command closes the run as interrupted
            log.warning("failure could not be recorded", run=run, error=second.message)

    def _started(self, checked: CheckedScript) -> RunStarted:
        file = checked.script.file
        return msgspec.structs.replace(
            run_started("apply", self.target, self.asker),
            migration=file.name,
            file=file.path,
            digest=file.digest,
            batched=bool(checked.script.batched),
            revision=self.revision,
            notes=checked.script.notes,
        )


def _completed(journal: Journal, run: str) -> tuple[int, int] | None:
    """A connection may be lost after the commit: look before saying that it failed."""
    try:
        ended = [
            (entry.position, entry.event.rows)
            for entry in journal.read(run=run, types=("RunCompleted",))
            if isinstance(entry.event, RunCompleted)
        ]
    except ClewError:
        return None
    return ended[0] if ended else None


def _answer(checked: CheckedScript, run: str, position: int, rows: int) -> AppliedRun:
    return AppliedRun(
        migration=checked.name,
        run=run,
        position=position,
        statements=checked.statements,
        rows=rows,
        notes=checked.script.notes,
    )
