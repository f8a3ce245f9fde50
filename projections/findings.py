"""What transforms found: conflicts with their decisions, fields without a home, and fates."""

from __future__ import annotations

from typing import Literal, assert_never

import msgspec

from journal import events as e
from journal.envelope import Entry
from projections.standing import Span, Standing

TYPES = ("RunStarted", "RunCompleted", "ConflictFound", "ConflictDecided", "FieldUnmapped",
         "RecordRejected", "RowsTransformed")  # fmt: skip
"""The types of the events this projection listens to."""


class ConflictFact(msgspec.Struct, frozen=True, kw_only=True):
    """Records of a subject disagree about a field; ``candidates`` and ``content`` are digests.

    ``chosen`` counts candidates from 0; ``by`` is a rule's name, or who decided.
    """

    id: str
    step: str
    subject: str
    field: str
    count: int
    candidates: str
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

    ``migrations`` names the migration of each run. All positions after ``since`` stand, and
    before it those of ``spans``.
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
        self._standing = Standing()
        self._targets: dict[str, int] = {}
        self._conflicts: list[ConflictFact] = []
        self._decided: list[tuple[Entry, e.ConflictDecided]] = []
        self._unmapped: list[RecordFact] = []
        self._rejected: list[RecordFact] = []
        self._batches: list[BatchFact] = []
        self._migrations: dict[str, str] = {}

    def take(self, entry: Entry) -> None:
        """Go on by one entry."""
        event = entry.event
        match event:
            case e.ConflictFound():
                self._conflicts.append(_conflict(entry, event))
            case e.ConflictDecided():
                self._decided.append((entry, event))
            case e.FieldUnmapped():
                self._unmapped.append(_unmapped(entry, event))
            case e.RecordRejected():
                self._rejected.append(_rejected(entry, event))
            case e.RowsTransformed():
                self._batches.append(_batch(entry, event))
            case e.RunStarted():
                self._migrations[entry.run] = event.migration
                if event.verb == "rollback" and event.target is not None:
                    self._targets[entry.run] = event.target
            case e.RunCompleted():
                target = self._targets.pop(entry.run, None)
                if target is not None:
                    self._standing.return_to(target, position=entry.position)
            case e.RowsChanged() | e.SchemaChanged() | e.SequenceMoved() | e.RunFailed():
                pass
            case e.RunInterrupted() | e.StatementIntended() | e.StatementSettled():
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
        stands = self._standing.stands
        found = {one.id: one for one in self._conflicts if stands(one.position)}
        for entry, event in self._decided:
            if stands(entry.position) and event.conflict in found:
                found[event.conflict] = _decided(found[event.conflict], entry, event)
        return Findings(
            conflicts=tuple(found.values()),
            unmapped=tuple(one for one in self._unmapped if stands(one.position)),
            rejected=tuple(one for one in self._rejected if stands(one.position)),
            batches=tuple(one for one in self._batches if stands(one.position)),
            migrations=dict(self._migrations),
            spans=self._standing.before,
            since=self._standing.since,
        )


def _conflict(entry: Entry, event: e.ConflictFound) -> ConflictFact:
    return ConflictFact(
        id=event.conflict,
        step=event.step,
        subject=event.subject,
        field=event.field,
        count=event.count,
        candidates=event.candidates,
        position=entry.position,
        run=entry.run,
        recorded_at=entry.recorded_at,
    )


def _decided(known: ConflictFact, entry: Entry, event: e.ConflictDecided) -> ConflictFact:
    return msgspec.structs.replace(
        known,
        status="decided",
        chosen=event.chosen,
        content=event.content,
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


def _unmapped(entry: Entry, event: e.FieldUnmapped) -> RecordFact:
    return RecordFact(
        step=event.step,
        subject=event.subject,
        record=event.record,
        fields=event.fields,
        content=event.content,
        position=entry.position,
        run=entry.run,
    )


def _rejected(entry: Entry, event: e.RecordRejected) -> RecordFact:
    return RecordFact(
        step=event.step,
        subject=event.subject,
        record=event.record,
        error=event.error,
        content=event.content,
        position=entry.position,
        run=entry.run,
    )
