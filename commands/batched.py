"""A transform whose batches stand each by itself, and that goes on where it was cut."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import msgspec

from commands.reached import Part, Reached
from commands.transform.engine import Engine
from commands.transform.findings import Batch
from commands.transform.reading import Reader, SelectReader
from commands.transform.report import Met, Transformed, added, joined
from commands.transform.running import Limits, reader
from commands.transform.spec import Transform
from journal import spans
from journal.codec import open_entry
from journal.database import Database
from journal.errors import Refused, StatementFailed
from journal.events import RowsTransformed, RunCompleted, RunFailed, RunInterrupted
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
ENDS = ("RunCompleted", "RunFailed", "RunInterrupted")


class Batches(msgspec.Struct, frozen=True, kw_only=True):
    """What the batches of one transform share."""

    session: Database
    recording: NewRecording
    migration: str
    size: int
    limits: Limits
    progress: Progress = lambda _: None
    note: Callable[[str], None] = lambda _: None


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """What is left of a transform, cut into parts, and the head when that was looked at.

    ``columns`` are those of the source, where it is a SELECT.
    """

    parts: tuple[Part, ...]
    columns: tuple[str, ...]
    head: int
    recording: Recording


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a part: its entry, ``None`` where its subjects are gone, and rows changed.

    ``names`` are the fields that were met; ``position`` is its last entry. ``before`` tells
    that it had been noted already.
    """

    event: RowsTransformed | None = None
    rows: int = 0
    names: frozenset[str] = frozenset()
    position: int = 0
    before: bool = False


def run_batches(spec: Transform, shared: Batches, reached: Reached) -> tuple[Transformed, int]:
    """Transform what is left after ``reached``, each batch in a transaction of its own.

    Returns what was done, and how many rows were changed. A batch that the server gave up for
    another transaction is begun again, up to ``TRIES`` times in all, and ``shared.note`` told.

    Raises:
        Refused, NotExact, StatementFailed: as ``Engine.take`` does; the batches before stand.
    """
    planned = plan(spec, shared, reached)
    bench = Bench(
        spec,
        shared.session,
        planned.recording,
        migration=shared.migration,
        columns=planned.columns,
    )
    report, rows, met, seen = Transformed(name=spec.name), 0, Met(), planned.head
    for part in planned.parts:
        about = spans.span("batch", step=spec.name, batch_number=part.number)
        with about:
            taken = _patiently(shared, bench, part, since=seen)
        if taken.event is None:
            continue
        seen, rows = taken.position, rows + taken.rows
        met.names.update(taken.names)
        report = added(report, taken.event)
        shared.progress(reached.report.subjects + report.subjects)
        shared.limits.hold(report, before=reached.report.rejected)
    return msgspec.structs.replace(report, absent=met.absent(spec)), rows


def _patiently(shared: Batches, bench: Bench, part: Part, *, since: int) -> Taken:
    """Take one part, and once more where only another transaction was in its way."""
    for attempt in count(1):
        try:
            with transaction(shared.session, shared.recording) as recording:
                return bench.take(part, recording, since=since)
        except StatementFailed as error:
            if error.sqlstate not in IN_THE_WAY or attempt == TRIES:
                raise
            shared.session.abort()
            said = f"{error.message} [{error.sqlstate}]"
            shared.note(f"batch {part.number} of {bench.spec.name} was begun again: {said}")
            time.sleep(PAUSE * 2 ** (attempt - 1))
    raise AssertionError("unreachable")


def plan(spec: Transform, shared: Batches, reached: Reached) -> Planned:
    """Cut what is left into parts; a later change of the rows does not move them."""
    with transaction(shared.session, shared.recording) as recording:
        Engine(spec, recording, migration=shared.migration)  # what does not fit is told now
        found = reader(spec, shared.session)
        holes = ((hole, found.spans(shared.size, hole.between)) for hole in reached.holes())
        parts = tuple(part for hole, spans in holes for part in hole.parts(spans))
        columns = found.columns if isinstance(found, SelectReader) else ()
        head = shared.session.head().position
        return Planned(parts=parts, columns=columns, head=head, recording=recording)


@contextmanager
def transaction(session: Database, new: NewRecording) -> Iterator[Recording]:
    """The caller aborts the session where this ends in an error."""
    session.give_way()
    session.begin()
    yield new()
    session.commit()


class Bench:
    """Where parts of one transform are done, one after the other, in one session."""

    def __init__(
        self,
        spec: Transform,
        session: Database,
        recording: Recording,
        *,
        migration: str,
        columns: tuple[str, ...] = (),
    ) -> None:
        self.spec = spec
        self.columns = columns
        self.session = session
        self._engine = Engine(spec, recording, migration=migration)
        self._source: Reader | None = None

    def take(self, part: Part, recording: Recording, *, since: int) -> Taken:
        """Take one part: rows, content and events together, or nothing.

        What this run noted after position ``since`` counts: a part that is there is not done
        again. Whoever updates the head second sees what the first one noted.

        Raises:
            Refused: the run was closed meanwhile, or as ``Engine.take`` does.
            NotExact, StatementFailed: as ``Engine.take`` does.
        """
        self._source = self._source or reader(self.spec, self.session, self.columns)
        done = self._noted(part, recording, since)
        some = tuple(self._source.within(part.span))
        met = Met()
        met.take(some)
        if done is not None or not some:
            return Taken(event=done, names=frozenset(met.names), before=done is not None)
        place = Batch(number=part.number, first=part.span.first, last=part.span.last)
        event = self._engine.take(place, some, recording)
        recording.settle()
        self.session.take_head()
        if self._noted(part, recording, since) is not None:
            raise NotedMeanwhile(f"part {part.number} of {self.spec.name} was done by another")
        entries = append_within(
            self.session,
            recording.events,
            run=recording.run,
            actor=recording.actor,
            evidence="captured",
            clock=recording.clock,
        )
        return Taken(
            event=event,
            rows=sum(max(rows.removed, rows.added) for rows in recording.rows()),
            names=frozenset(met.names),
            position=entries[-1].position,
        )

    def _noted(self, part: Part, recording: Recording, since: int) -> RowsTransformed | None:
        """Return what this run noted of a part. Raises ``Refused`` where the run has an end."""
        found = None
        types = ("RowsTransformed", *ENDS)
        for entry in self.session.entries(run=recording.run, after=since, types=types):
            match open_entry(entry).event:
                case RowsTransformed(step=self.spec.name, batch=part.number) as event:
                    found = event
                case RunCompleted() | RunFailed() | RunInterrupted():
                    raise Refused(
                        "the run was closed by another command while it went on",
                        hint="See how it stands with clew status, then apply again.",
                    )
                case _:
                    pass
        return found


class NotedMeanwhile(Refused):
    """Another worker noted the same part first, so that nothing of this one is kept."""


def sum_of(session: Database, run: str, name: str, *, since: int) -> Transformed:
    """Add up what a run noted of a transform after a position."""
    report = Transformed(name=name)
    for entry in session.entries(run=run, after=since, types=("RowsTransformed",)):
        event = open_entry(entry).event
        if isinstance(event, RowsTransformed) and event.step == name:
            report = joined(report, added(Transformed(name=name), event))
    return report
