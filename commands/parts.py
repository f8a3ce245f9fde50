"""A batched transform done by many workers: each part in a session of its own, under one run.

A worker that is lost has noted its part or has not; whoever begins it again looks first. The
parent adds up what the journal says, not what workers say.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import msgspec

from commands.batched import (
    Batches,
    Bench,
    NotedMeanwhile,
    Planned,
    Taken,
    plan,
    run_batches,
    sum_of,
    transaction,
)
from commands.observing import known_schema
from commands.opening import Asker, Target, clew_version
from commands.reached import Part, Reached
from commands.sources import MigrationFile
from commands.transform.loading import transform_in
from commands.transform.report import Met, Transformed
from commands.transform.spec import Transform
from commands.transform.splitting import hindrance
from commands.workers import Crew, each
from journal.codec import open_entry
from journal.database import Database
from journal.errors import Busy, ClewError, NotExact, Refused, StatementFailed
from journal.events import RowsChanged, RowsTransformed
from journal.known import Known
from journal.recording import Recording

ATTEMPTS = 12
"""How often a worker begins a part that others stand in the way of."""
PAUSE = 0.2
"""Seconds between two attempts, times a number by chance up to that of the attempt."""
_IN_THE_WAY = ("40001", "40P01", "55P03")
"""SQLSTATEs of a transaction that others were in the way of."""
_CUT = ("08", "57P")
"""What SQLSTATEs of a lost connection begin with; one that is lost unheard has none."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What all parts of one transform have in common, for workers that know nothing."""

    target: Target
    asker: Asker
    run: str
    file: MigrationFile
    step: str
    number: int
    clew: str

    def __repr__(self) -> str:
        """Tell what a scheduler may log: neither where the database is nor what the file says."""
        return f"Job(run={self.run!r}, step={self.step!r})"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One part to be done; this run had not noted it at position ``since``.

    ``columns`` are those of the source.
    """

    job: Job
    part: Part
    since: int
    columns: tuple[str, ...] = ()


def run_parts(
    spec: Transform, shared: Batches, reached: Reached, job: Job, crew: Crew
) -> tuple[Transformed, int, str]:
    """Transform what is left after ``reached``, by one worker or by many.

    Returns what was done, how many rows were changed, and why one worker did it, if one did
    though many were asked for.

    Raises:
        Refused, NotExact, StatementFailed: as ``run_batches`` does; the parts that were done
            stand, in whatever order.
        Usage, Unreachable, WorkerLost: as ``commands.workers.each`` does.
    """
    if crew.alone:
        return (*run_batches(spec, shared, reached), "")
    planned = plan(spec, shared, reached)
    if why := hindrance(spec, dict(planned.recording.known.objects), shared.session.kind):
        return (*run_batches(spec, shared, reached), why)
    work = _Parts(spec, shared, reached, job, planned)
    try:
        work.give_out(crew)
    finally:
        work.tell()
    return (*work.proved(), "")


class _Parts:
    def __init__(
        self, spec: Transform, shared: Batches, reached: Reached, job: Job, planned: Planned
    ) -> None:
        self.spec = spec
        self.shared = shared
        self.reached = reached
        self.job = job
        self.planned = planned
        self._met = Met()
        self._subjects: dict[int, int] = {}
        self._rejected = 0
        self._failure: Exception | None = None

    def give_out(self, crew: Crew) -> None:
        """Have all parts done; the first that fails ends it, once those under way have ended."""
        orders = [
            Order(job=self.job, part=part, since=self.planned.head, columns=self.planned.columns)
            for part in self.planned.parts
        ]
        for done in each(crew, do_part, orders, enough=lambda: self._failure is not None):
            if done.result is not None:
                self._take(done.part.part.number, done.result)
            else:
                self._failure = self._failure or done.error
        if self._failure is not None:
            raise self._failure

    def _take(self, number: int, taken: Taken) -> None:
        self._met.names.update(taken.names)
        if taken.event is None:
            return
        self._subjects[number] = taken.event.subjects
        self._rejected += taken.event.rejected
        done = sum(self._subjects.values())
        self.shared.progress(self.reached.report.subjects + done)
        report = Transformed(name=self.spec.name, subjects=done, rejected=self._rejected)
        try:
            self.shared.limits.hold(report, before=self.reached.report.rejected)
        except Refused as error:  # told once the parts under way have ended
            self._failure = self._failure or error

    def tell(self) -> None:
        """Tell how many subjects stand: those too of parts that ended after a failure."""
        try:
            found = sum_of(
                self.shared.session, self.job.run, self.spec.name, since=self.planned.head
            )
        except ClewError:  # the failure itself is told
            return
        self.shared.progress(self.reached.report.subjects + found.subjects)

    def proved(self) -> tuple[Transformed, int]:
        """Add up what the journal says, and hold it against what the workers said.

        Raises:
            NotExact: a part was noted twice, or one that a worker did was not.
        """
        noted: dict[int, int] = {}
        rows = 0
        chosen = ("RowsTransformed", "RowsChanged")
        session, since = self.shared.session, self.planned.head
        for entry in session.entries(run=self.job.run, after=since, types=chosen):
            match open_entry(entry).event:
                case RowsTransformed(step=self.spec.name) as event:
                    if event.batch in noted:
                        raise NotExact(f"part {event.batch} of {self.spec.name} was noted twice")
                    noted[event.batch] = event.subjects
                case RowsChanged(rows=changed):
                    rows += max(changed.removed, changed.added)
                case _:
                    pass
        if noted != self._subjects:
            raise NotExact(
                f"{len(self._subjects)} parts of {self.spec.name} were done, {len(noted)} noted"
            )
        report = sum_of(session, self.job.run, self.spec.name, since=since)
        return msgspec.structs.replace(report, absent=self._met.absent(self.spec)), rows


# --- at a worker ------------------------------------------------------------------------


def do_part(order: Order) -> Taken:
    """Do one part in a session of its own, unless this run has noted it.

    Raises:
        Refused: this worker runs another release, or the run was closed meanwhile.
        Refused, NotExact, StatementFailed: as ``Engine.take`` does.
    """
    if order.job.clew != clew_version():
        raise Refused(
            f"expected Clew {order.job.clew}, found {clew_version()} at a worker",
            hint="Install the same release at every worker.",
        )
    for attempt in range(1, ATTEMPTS):
        try:
            return _do(order)
        except (Busy, StatementFailed, NotedMeanwhile) as error:
            if not _passing(error):
                raise
        time.sleep(PAUSE * random.uniform(0, attempt))  # noqa: S311 - so that two do not meet again
    return _do(order)


def _passing(error: ClewError) -> bool:
    if not isinstance(error, StatementFailed):
        return True
    return not error.sqlstate or error.sqlstate in _IN_THE_WAY or error.sqlstate.startswith(_CUT)


def _do(order: Order) -> Taken:
    job = order.job
    spec = _spec(job.file, job.step)
    with _session(job.target) as session:
        known = _known(job)

        def recording() -> Recording:
            session.share(job.run, f"{job.number}.{order.part.number}")
            return Recording(
                session,
                known=known,
                run=job.run,
                actor=job.asker.actor,
                reason=job.asker.reason,
                clock=job.target.clock,
            )

        with transaction(session, recording) as inside:
            bench = Bench(spec, session, inside, migration=job.file.name, columns=order.columns)
            return bench.take(order.part, inside, since=order.since)


@contextmanager
def _session(target: Target) -> Iterator[Database]:
    session = target.session()
    try:
        yield session
    finally:
        session.close()


@lru_cache(maxsize=4)
def _spec(file: MigrationFile, step: str) -> Transform:
    found = transform_in(file, step)
    if found is None:
        raise Refused(f"{file.path} has no transform {step}", hint="Apply it as it is now.")
    return found


_schemas: dict[str, Known] = {}
"""The schema of the run that this process works for; parts do not change it."""


def _known(job: Job) -> Known:
    known = _schemas.get(job.run)
    if known is None:
        with job.target.journal() as journal:
            known = known_schema(journal)
        _schemas.clear()
        _schemas[job.run] = known
    return known
