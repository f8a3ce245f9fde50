"""What transforms found: conflicts with their decisions, fields without a home, and fates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, assert_never

import msgspec

from journal import events as e
from journal.envelope import Entry
from projections.ground import Ground, without_home
from projections.standing import Span

_RUNS = ("RunStarted", "RunCompleted")
CONFLICTS = (*_RUNS, "ConflictFound", "ConflictDecided")
"""The types of the events that ``Findings.conflicts`` rests on."""
UNMAPPED = (*_RUNS, "FieldUnmapped", "RowsTransformed")
"""Those of ``Findings.unmapped``."""
REJECTED = (*_RUNS, "RecordRejected", "RowsTransformed")
"""Those of ``Findings.rejected``."""

Name = tuple[str, str, str]
"""A subject: migration, step, key as JSON."""


class ConflictFact(msgspec.Struct, frozen=True, kw_only=True):
    """Records of a subject disagree about a field; ``candidates`` and ``content`` are digests.

    ``content`` is the value that stands in the field, ``table``, ``column``, ``path`` and
    ``key`` tell where, as ``ConflictFound`` does. ``chosen`` counts candidates from 0; ``by``
    is a rule's name, or who decided.
    """

    id: str
    migration: str
    step: str
    subject: str
    field: str
    count: int
    candidates: str
    table: int = 0
    column: int = 0
    path: str | None = None
    key: tuple[tuple[int, Any], ...] = ()
    status: Literal["open", "decided"] = "open"
    chosen: int | None = None
    content: str = ""
    by: str = ""
    reason: str = ""
    position: int
    run: str
    recorded_at: str
    decided_at: int | None = None
    decided_time: str = ""


class RecordFact(msgspec.Struct, frozen=True, kw_only=True):
    """A record whose ``fields`` have no home, or that was rejected for ``error``."""

    migration: str
    step: str
    subject: str
    record: str
    fields: tuple[str, ...] = ()
    error: str = ""
    content: str
    position: int
    run: str


class BatchFact(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the values of a batch, by fate, and how many rows it made, by table."""

    migration: str
    step: str
    batch: int
    fates: dict[str, int]
    targets: dict[str, int]
    position: int
    run: str


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What stands at the head; what a rollback took back is left out.

    So are fields that found a home later, and subjects that were taken in the end. ``migrations``
    names the migration of each run. All positions after ``since`` stand, and before it those
    of ``spans``.
    """

    conflicts: tuple[ConflictFact, ...] = ()
    unmapped: tuple[RecordFact, ...] = ()
    rejected: tuple[RecordFact, ...] = ()
    batches: tuple[BatchFact, ...] = ()
    migrations: dict[str, str] = {}
    spans: tuple[Span, ...] = ()
    since: int = 0

    @staticmethod
    def fold() -> FindingsFold:
        """Return a fold that has seen nothing yet."""
        return FindingsFold()


class FindingsFold:
    """Working state of ``Findings``."""

    def __init__(self) -> None:
        self.ground = Ground()
        self._conflicts: list[ConflictFact] = []
        self._decided: list[tuple[Entry, e.ConflictDecided]] = []
        self._unmapped: list[tuple[Entry, e.FieldUnmapped]] = []
        self._rejected: list[RecordFact] = []
        self._retried: list[tuple[Entry, e.RowsTransformed]] = []
        self._migrations: dict[str, str] = {}
        self._batches: list[BatchFact] = []

    def take(self, entry: Entry) -> None:
        """Go on by one entry."""
        event = entry.event
        self.ground.take(entry)
        match event:
            case e.ConflictFound():
                self._conflicts.append(_conflict(entry, event, self._migration(entry)))
            case e.ConflictDecided():
                self._decided.append((entry, event))
            case e.FieldUnmapped():
                self._unmapped.append((entry, event))
            case e.RecordRejected():
                self._rejected.append(_rejected(entry, event, self._migration(entry)))
            case e.RowsTransformed():
                self._batches.append(_batch(entry, event))
                if event.retried:
                    self._retried.append((entry, event))
            case e.RunStarted():
                self._migrations[entry.run] = event.migration
            case e.RowsChanged() | e.SchemaChanged() | e.SequenceMoved() | e.RunFailed():
                pass
            case (
                e.RunCompleted() | e.RunInterrupted() | e.StatementIntended() | e.StatementSettled()
            ):
                pass
            case e.JournalOpened() | e.BaselineRecorded() | e.HistoryImported() | e.Stamped():
                pass
            case e.RowProvisioned() | e.CheckRun() | e.MarkSet():
                pass
            case e.BackupTaken() | e.BackupVerified() | e.BackupRestored() | e.MarkRemoved():
                pass
            case e.DriftAccepted() | e.IrreversibleAllowed() | e.SignedOff():
                pass
            case e.ContentErased() | e.ArchiveSealed():
                pass
            case _:
                assert_never(event)

    def answer(self) -> Findings:
        """Return what stands as of the last entry taken."""
        standing = self.ground.standing
        stands = standing.stands
        found = {one.id: one for one in self._conflicts if stands(one.position)}
        for entry, event in self._decided:
            if stands(entry.position) and event.conflict in found:
                found[event.conflict] = _decided(found[event.conflict], entry, event)
        return Findings(
            conflicts=tuple(found.values()),
            unmapped=tuple(self._homeless()),
            rejected=tuple(self._waiting()),
            batches=tuple(one for one in self._batches if stands(one.position)),
            migrations=dict(self._migrations),
            spans=standing.before,
            since=standing.since,
        )

    def _migration(self, entry: Entry) -> str:
        return self._migrations.get(entry.run, "")

    def _homeless(self) -> Iterator[RecordFact]:
        homes = self.ground.homes()
        for entry, event in self._unmapped:
            if not self.ground.standing.stands(entry.position):
                continue
            if left := without_home(entry.position, event, homes):
                yield _unmapped(entry, event, self._migration(entry), left)

    def _waiting(self) -> Iterator[RecordFact]:
        """A rejection is settled by a later run that took the subject up again."""
        stands = self.ground.standing.stands
        taken: dict[Name, list[tuple[int, str]]] = {}
        for entry, event in self._retried:
            if stands(entry.position):
                for subject in event.retried:
                    name = (event.migration, event.step, subject)
                    taken.setdefault(name, []).append((entry.position, entry.run))
        for one in self._rejected:
            later = taken.get(_name(one), ())
            if stands(one.position) and not any(
                position > one.position and run != one.run for position, run in later
            ):
                yield one


def _name(one: RecordFact) -> Name:
    return (one.migration, one.step, one.subject)


def _conflict(entry: Entry, event: e.ConflictFound, migration: str) -> ConflictFact:
    return ConflictFact(
        id=event.conflict,
        migration=migration,
        step=event.step,
        subject=event.subject,
        field=event.field,
        count=event.count,
        candidates=event.candidates,
        table=event.table,
        column=event.column,
        path=event.path,
        key=event.key,
        content=event.written,
        position=entry.position,
        run=entry.run,
        recorded_at=entry.recorded_at,
    )


def _decided(known: ConflictFact, entry: Entry, event: e.ConflictDecided) -> ConflictFact:
    return msgspec.structs.replace(
        known,
        status="decided",
        chosen=event.chosen,
        content=event.content or known.content,
        by=event.rule or entry.actor,
        reason=event.reason,
        decided_at=entry.position,
        decided_time=entry.recorded_at,
    )


def _batch(entry: Entry, event: e.RowsTransformed) -> BatchFact:
    return BatchFact(
        migration=event.migration,
        step=event.step,
        batch=event.batch,
        fates=event.fates,
        targets=event.targets,
        position=entry.position,
        run=entry.run,
    )


def _unmapped(
    entry: Entry, event: e.FieldUnmapped, migration: str, fields: tuple[str, ...]
) -> RecordFact:
    return RecordFact(
        migration=migration,
        step=event.step,
        subject=event.subject,
        record=event.record,
        fields=fields,
        content=event.content,
        position=entry.position,
        run=entry.run,
    )


def _rejected(entry: Entry, event: e.RecordRejected, migration: str) -> RecordFact:
    return RecordFact(
        migration=migration,
        step=event.step,
        subject=event.subject,
        record=event.record,
        error=event.error,
        content=event.content,
        position=entry.position,
        run=entry.run,
    )
