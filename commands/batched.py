"""A transform whose batches stand each by itself, and that goes on where it was cut."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from commands.begun import Reached
from commands.transform.engine import Engine
from commands.transform.findings import Batch
from commands.transform.reading import Reader, Span
from commands.transform.report import Met, Transformed
from commands.transform.running import Limits, reader
from commands.transform.spec import Transform
from journal.codec import open_entry
from journal.database import Database
from journal.errors import NotExact, StatementFailed
from journal.events import RowsTransformed
from journal.recording import Recording
from journal.store import append_within

NewRecording = Callable[[], Recording]
Progress = Callable[[int], None]

IN_THE_WAY = ("40001", "40P01")
"""SQLSTATEs of transactions that others were in the way of, and that may do when begun again."""
TRIES = 3
"""How often a batch is begun before that is an error."""
PAUSE = 0.2
"""Seconds before a batch is begun again, twice as many each time."""


class Batches(msgspec.Struct, frozen=True, kw_only=True):
    """What the batches of one transform share."""

    session: Database
    recording: NewRecording
    migration: str
    size: int
    limits: Limits
    progress: Progress = lambda _: None
    note: Callable[[str], None] = lambda _: None


def run_batches(spec: Transform, shared: Batches, reached: Reached) -> tuple[Transformed, int]:
    """Transform what is left after ``reached``, each batch in a transaction of its own.

    Returns what was done, and how many rows were changed. A batch that the server gave up for
    another transaction is begun again, up to ``TRIES`` times in all, and ``shared.note`` told.

    Raises:
        Refused, NotExact, StatementFailed: as ``Engine.take`` does; the batches before stand.
    """
    work = _Work(spec, shared)
    found, spans = work.plan(reached)
    for number, span in enumerate(spans, start=reached.batch + 1):
        work.patiently(found, number, span)
        shared.progress(reached.report.subjects + work.report.subjects)
        shared.limits.hold(work.report, before=reached.report.rejected)
    return work.report, work.rows


class _Work:
    def __init__(self, spec: Transform, shared: Batches) -> None:
        self.spec = spec
        self.shared = shared
        self.report = Transformed(name=spec.name)
        self.rows = 0
        self._met = Met()
        self._engine: Engine | None = None
        self._seen = 0

    def plan(self, reached: Reached) -> tuple[Reader, tuple[Span, ...]]:
        """Cut what is left into spans; a later change of the rows does not move them."""
        with self._transaction() as recording:
            self._engine = Engine(self.spec, recording, migration=self.shared.migration)
            found = reader(self.spec, self.shared.session)
            spans = tuple(found.spans(self.shared.size, after=reached.last))
            self._seen = self.shared.session.head().position
        return found, spans

    def patiently(self, found: Reader, number: int, span: Span) -> None:
        """Take one span, and once more where only another transaction was in its way."""
        for attempt in range(1, TRIES + 1):
            try:
                self.batch(found, number, span)
            except StatementFailed as error:
                if error.sqlstate not in IN_THE_WAY or attempt == TRIES:
                    raise
                self.shared.session.abort()
                said = f"{error.message} [{error.sqlstate}]"
                self.shared.note(f"batch {number} of {self.spec.name} was begun again: {said}")
                time.sleep(PAUSE * 2 ** (attempt - 1))
            else:
                return

    def batch(self, found: Reader, number: int, span: Span) -> None:
        """Take one span: rows, content and events together, or nothing."""
        assert self._engine is not None
        with self._transaction() as recording:
            self._refuse_done(number)
            some = tuple(found.within(span))
            if not some:
                return
            self._met.take(some)
            place = Batch(number=number, first=span.first, last=span.last)
            self._engine.take(place, some, recording)
            recording.settle()
            entries = append_within(
                self.shared.session,
                recording.events,
                run=recording.run,
                actor=recording.actor,
                evidence="captured",
                clock=recording.clock,
            )
            self._seen = entries[-1].position
        self.rows += sum(max(rows.removed, rows.added) for rows in recording.rows())
        absent = self._met.absent(self.spec)
        self.report = msgspec.structs.replace(self._engine.report, absent=absent)

    @contextmanager
    def _transaction(self) -> Iterator[Recording]:
        """The caller aborts the session where this ends in an error."""
        self.shared.session.begin()
        yield self.shared.recording()
        self.shared.session.commit()

    def _refuse_done(self, number: int) -> None:
        """Look, inside the transaction, that nobody did this part meanwhile."""
        for entry in self.shared.session.entries(after=self._seen, types=("RowsTransformed",)):
            event = open_entry(entry).event
            if (
                isinstance(event, RowsTransformed)
                and event.migration == self.shared.migration
                and event.step == self.spec.name
                and event.batch >= number
            ):
                raise NotExact(f"batch {number} of {self.spec.name} was done by somebody else")
