"""The backups the journal knows, and how the last look at each ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, assert_never

import msgspec

from journal import events as e
from journal.envelope import Entry
from projections.fold import Saving

TYPES = ("BackupTaken", "BackupVerified")
"""The types of the events this projection listens to."""


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """A backup was read back; ``found`` tells how much there was, or what was wrong."""

    passed: bool
    found: str
    position: int
    recorded_at: str
    actor: str


class BackupFact(msgspec.Struct, frozen=True, kw_only=True):
    """A backup as it was taken: ``manifest`` is a digest, ``tables`` counts rows by table."""

    backup: str
    location: str
    manifest: str
    tables: Mapping[str, int]
    position: int
    recorded_at: str
    actor: str
    run: str
    verified: Verification | None = None


class Backups(msgspec.Struct, frozen=True, kw_only=True):
    """Backups in the order in which they were taken; a rollback takes none of them back."""

    backups: tuple[BackupFact, ...] = ()

    @staticmethod
    def fold() -> BackupsFold:
        """Return a fold that has seen nothing yet."""
        return BackupsFold()

    def find(self, *, backup: str = "", location: str = "") -> BackupFact | None:
        """Return a backup by its identity, or else the last one taken to a place."""
        for one in reversed(self.backups):
            if one.backup == backup:
                return one
        for one in reversed(self.backups):
            if one.location == location:
                return one
        return None


class BackupsFold:
    """Working state of ``Backups``, and all of it."""

    saving: ClassVar[Saving] = Saving(name="backups", layout=1, types=TYPES, state=Backups)

    def __init__(self) -> None:
        self._backups: dict[str, BackupFact] = {}

    def take(self, entry: Entry) -> None:
        """Go on by one entry."""
        event = entry.event
        match event:
            case e.BackupTaken():
                self._backups[event.backup] = _taken(entry, event)
            case e.BackupVerified():
                known = self._backups.get(event.backup)
                if known is not None:
                    verified = _verified(entry, event)
                    self._backups[event.backup] = msgspec.structs.replace(known, verified=verified)
            case e.BackupRestored() | e.CheckRun() | e.MarkSet() | e.MarkRemoved():
                pass
            case e.RowsChanged() | e.SchemaChanged() | e.SequenceMoved() | e.RunStarted():
                pass
            case e.RunCompleted() | e.RunFailed() | e.RunInterrupted() | e.StatementIntended():
                pass
            case e.StatementSettled() | e.JournalOpened() | e.BaselineRecorded():
                pass
            case e.HistoryImported() | e.RowsTransformed() | e.ConflictFound():
                pass
            case e.ConflictDecided() | e.FieldUnmapped() | e.RecordRejected() | e.RowProvisioned():
                pass
            case e.Stamped() | e.DriftAccepted() | e.IrreversibleAllowed() | e.SignedOff():
                pass
            case e.ContentErased() | e.ArchiveSealed():
                pass
            case _:
                assert_never(event)

    def answer(self) -> Backups:
        """Return the backups as of the last entry taken."""
        return Backups(backups=tuple(self._backups.values()))

    def state(self) -> Backups:
        """Return what was gathered."""
        return self.answer()

    def restore(self, state: Backups) -> None:
        """Begin where a fold of that state stopped."""
        self._backups = {one.backup: one for one in state.backups}


def _taken(entry: Entry, event: e.BackupTaken) -> BackupFact:
    return BackupFact(
        backup=event.backup,
        location=event.location,
        manifest=event.manifest,
        tables=event.tables,
        position=entry.position,
        recorded_at=entry.recorded_at,
        actor=entry.actor,
        run=entry.run,
    )


def _verified(entry: Entry, event: e.BackupVerified) -> Verification:
    return Verification(
        passed=event.passed,
        found=event.found,
        position=entry.position,
        recorded_at=entry.recorded_at,
        actor=entry.actor,
    )
