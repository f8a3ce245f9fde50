"""Running a migration without a transaction around it: each statement stands once it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from commands.batched import Batches
from commands.begun import Attempt
from commands.checked import AppliedRun, CheckedPart, CheckedScript
from commands.copy.spec import Copy
from commands.copy.step import copy_within
from commands.failure import public_message
from commands.interrupted import reconcile, what_stayed
from commands.observing import known_schema
from commands.opening import clew_version
from commands.parts import Job, run_parts
from commands.reached import Reached
from commands.sofar import Performed, SoFar
from commands.transform.loading import StepPart
from commands.transform.report import Transformed
from commands.transform.spec import Transform
from commands.unaccepted import hold_outside, unaccepted
from journal import spans
from journal.database import Database
from journal.errors import ClewError, Refused
from journal.events import RunCompleted, StatementIntended, StatementSettled
from journal.recording import Recording
from journal.store import append_within, put_text

if TYPE_CHECKING:
    from commands.running import Runner


def run_alone(
    runner: Runner, session: Database, run: str, checked: CheckedScript, *, attempt: Attempt
) -> AppliedRun:
    """Run what does not stand yet, a statement or a batch at a time.

    Raises:
        StatementFailed, NotExact, NotKnownExact, Drifted: RunFailed is recorded, with what
            stayed.
    """
    return _Alone(runner, session, run, checked, attempt).run()


def check_attempt(checked: CheckedScript, attempt: Attempt) -> None:
    """Hold a file against what stands of an earlier attempt.

    Raises:
        Refused: a statement that stands is another one now.
    """
    now = {part.part.number: part for part in checked.parts}
    for number, digest in sorted(attempt.statements.items()):
        part = now.get(number)
        if part is None or part.statement.digest != digest:
            raise Refused(
                f"{checked.script.file.path}: statement {number} stands from an earlier attempt "
                "and was changed since",
                hint="Put it back as it was, or take the attempt back with clew rollback.",
            )


def so_far(attempt: Attempt) -> SoFar:
    """Begin to gather what is done, on top of what an earlier attempt did."""
    return SoFar({name: one.report for name, one in attempt.reached.items()}, attempt.seen)


class _Alone:
    def __init__(
        self,
        runner: Runner,
        session: Database,
        run: str,
        checked: CheckedScript,
        attempt: Attempt,
    ) -> None:
        self.attempt = attempt
        self.runner = runner
        self.journal = runner.journal
        self.actor = runner.asker.actor
        self.session = session
        self.run_id = run
        self.checked = checked
        self.rows = 0
        self.so_far = so_far(attempt)
        self.stands: dict[str, str] = {}
        self.notes = list(checked.script.notes)
        self.again: list[str] = []
        self.unsettled: CheckedPart | None = None

    def run(self) -> AppliedRun:
        parts = self.checked.parts
        current: CheckedPart | None = None
        try:
            for count, current in enumerate(parts):
                self.runner.progress(self.checked.name, count, len(parts))
                if current.part.number not in self.attempt.statements or current.kind == "setting":
                    self._statement(current)
                number, line = current.part.number, current.part.line
                self.stands[str(number)] = f"statement {number} (line {line})"
        except BaseException as error:
            self.session.abort()
            if self.unsettled is None or self._settled(self.unsettled, error):
                stayed, notes = tuple(self.stands.values()), tuple(self.again)
                self.runner.fail(error, self.run_id, current, stayed=stayed, notes=notes)
            self.checked.locate(error, current)
            raise
        self.runner.progress(self.checked.name, len(parts), len(parts))
        last = parts[-1].part.number if parts else 0
        waiting = self.so_far.rejected
        completed = RunCompleted(
            statements=last, rows=self.rows, rejected=waiting, notes=tuple(self.again)
        )
        entries = self.journal.append(completed, run=self.run_id, actor=self.actor)
        return AppliedRun(
            migration=self.checked.name,
            run=self.run_id,
            position=entries[-1].position,
            statements=self.checked.statements,
            rows=self.rows,
            notes=(*self.notes, *self.again),
        ).with_done(self.so_far)

    def _statement(self, part: CheckedPart) -> None:
        match part:
            case CheckedPart(kind="outside"):
                self._outside(part)
            case CheckedPart(part=StepPart(step=Transform() as spec)):
                self._batches(spec, part.part.number)
                self._captured(part, lambda _: None)
            case CheckedPart(part=StepPart(step=Copy() as copy)):
                self._copy(copy)
                self._captured(part, lambda _: None)
            case _:
                self._captured(
                    part,
                    lambda inside: self.runner.execute(inside, part, self.checked, self.so_far),
                )

    def _batches(self, spec: Transform, number: int) -> None:
        """Its batches stand one by one, each noted as standing."""
        name = f"{self.checked.name}, {spec.name}"

        def progress(subjects: int) -> None:
            self.stands[spec.name] = f"{subjects:,} subjects of {spec.name}"
            self.runner.progress(name, subjects, 0)

        batches = Batches(
            session=self.session,
            recording=lambda: self.runner.recording(self.session, self.run_id),
            migration=self.checked.name,
            size=self.checked.script.batched,
            limits=self.runner.limits,
            progress=progress,
            note=self.again.append,
        )
        begun = Reached(report=Transformed(name=spec.name))
        reached = self.attempt.reached.get(spec.name, begun)
        job = Job(
            target=self.runner.target.anywhere(),
            asker=self.runner.asker,
            run=self.run_id,
            file=self.checked.script.file,
            step=spec.name,
            number=number,
            clew=clew_version(),
        )
        report, rows, why = run_parts(spec, batches, reached, job, self.runner.crew)
        if why:
            self.notes.append(f"{spec.name} was done by one worker: {why}")
        self.so_far.add(Performed(transformed=(report,)))
        self.rows += rows

    def _copy(self, step: Copy) -> None:
        """Its batches stand one by one."""
        name = self.checked.name

        def progress(what: str, done: int, total: int) -> None:
            self.stands[what] = f"{name}, {what}: {done:,} rows"
            self.runner.progress(f"{name}, {what}", done, total)

        answer = copy_within(
            step,
            self.session,
            known=self.runner.known,
            transaction=self._transaction,
            apart=True,
            migration=name,
            clock=self.journal.clock,
            progress=progress,
        )
        self.so_far.add(Performed(copies=(answer,), checks=answer.checks))

    @contextmanager
    def _transaction(self) -> Iterator[Recording]:
        """The caller aborts the session where this ends in an error."""
        self.session.begin()
        recording = self.runner.recording(self.session, self.run_id)
        yield recording
        recording.settle()
        append_within(
            self.session,
            recording.events,
            run=self.run_id,
            actor=self.actor,
            evidence="captured",
            clock=self.journal.clock,
        )
        self.session.commit()
        self.runner.known = recording.known
        self.rows += sum(max(rows.removed, rows.added) for rows in recording.rows())

    def _captured(self, part: CheckedPart, work: Callable[[Recording], None]) -> None:
        """What can run in a transaction is captured as ever, and settled along with it."""
        session = self.session
        session.begin(foreign_keys=self.checked.script.foreign_keys)
        recording = self.runner.recording(session, self.run_id)
        work(recording)
        recording.settle()
        put_text(session, part.part.text)
        append_within(
            session,
            [*recording.events, StatementSettled(statement=part.statement, outcome="done")],
            run=self.run_id,
            actor=self.actor,
            evidence="captured",
            clock=self.journal.clock,
        )
        session.commit()
        self.runner.known = recording.known
        self.rows += sum(max(rows.removed, rows.added) for rows in recording.rows())

    def _outside(self, part: CheckedPart) -> None:
        """Intend, run, look what came of it, settle: each on record before the next."""
        hold_outside(unaccepted(self.journal))
        self._intend(part)
        self.unsettled = part
        with spans.statement(part.part.number, part.part.text):
            self.session.execute_outside(part.part.text)
        self._settle(part, None)
        self.unsettled = None

    def _settled(self, part: CheckedPart, error: BaseException) -> bool:
        """Settle after an error; where that fails too, the next command closes the run."""
        try:
            self._settle(part, error)
        except ClewError:
            return False
        return True

    def _settle(self, part: CheckedPart, error: BaseException | None) -> None:
        message = public_message(error) if error else ""
        events = reconcile(self.journal, part.statement, ran=error is None, error=message)
        self.journal.append(*events, run=self.run_id, actor=self.actor, evidence="observed")
        if error and len(events) > 1:
            self.stands[str(part.part.number)] = what_stayed(events)
        self.runner.known = known_schema(self.journal)

    def _intend(self, part: CheckedPart) -> None:
        intended = StatementIntended(statement=part.statement, kind=part.headline)
        texts = [part.part.text]
        self.journal.append(intended, run=self.run_id, actor=self.actor, texts=texts)
