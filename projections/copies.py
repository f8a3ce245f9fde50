"""What was copied from other databases, batch by batch, as far as it stands."""

from __future__ import annotations

from typing import Any, assert_never

import msgspec

from journal import events as e
from journal.envelope import Entry
from projections.standing import Standing

TYPES = ("RunStarted", "RunCompleted", "RunFailed", "RunInterrupted", "RowsTransformed")
"""The types of the events that tell of copies."""


class CopiedBatch(msgspec.Struct, frozen=True, kw_only=True):
    """A batch that stands; ``manifest`` is the digest of what it brought, where it brought any."""

    position: int
    run: str
    table: str
    manifest: str


class CopyFact(msgspec.Struct, frozen=True, kw_only=True):
    """All that was copied from one database, over several runs.

    ``source`` tells of it as the last run found it. ``complete``: the last run reached its end.
    """

    copied: str
    source: dict[str, Any]
    batches: tuple[CopiedBatch, ...] = ()
    runs: tuple[str, ...] = ()
    begun: int = 0
    complete: bool = False


class Copies(msgspec.Struct, frozen=True, kw_only=True):
    """Every copy that stands at the head, in order of its beginning."""

    copies: tuple[CopyFact, ...] = ()

    @staticmethod
    def fold() -> CopiesFold:
        """Return a fold that has seen nothing yet."""
        return CopiesFold()

    def find(self, copied: str) -> CopyFact | None:
        """Return what was copied from one database."""
        return next((one for one in self.copies if one.copied == copied), None)


class CopiesFold:
    """Working state of ``Copies``."""

    def __init__(self) -> None:
        self._standing = Standing()
        self._batches: list[tuple[Entry, e.RowsTransformed]] = []
        self._completed: set[str] = set()

    def take(self, entry: Entry) -> None:
        """Go on by one entry."""
        self._standing.take(entry)
        event = entry.event
        match event:
            case e.RowsTransformed():
                if event.copied:
                    self._batches.append((entry, event))
            case e.RunCompleted():
                self._completed.add(entry.run)
            case e.RunStarted() | e.RunFailed() | e.RunInterrupted() | e.StatementIntended():
                pass
            case e.JournalOpened() | e.BaselineRecorded() | e.HistoryImported() | e.Stamped():
                pass
            case e.SchemaChanged() | e.RowsChanged() | e.SequenceMoved() | e.StatementSettled():
                pass
            case e.ConflictFound() | e.ConflictDecided() | e.FieldUnmapped() | e.RecordRejected():
                pass
            case e.RowProvisioned() | e.CheckRun() | e.MarkSet() | e.MarkRemoved():
                pass
            case e.BackupTaken() | e.BackupVerified() | e.BackupRestored() | e.SignedOff():
                pass
            case e.DriftAccepted() | e.IrreversibleAllowed() | e.ContentErased():
                pass
            case e.ArchiveSealed():
                pass
            case _:
                assert_never(event)

    def answer(self) -> Copies:
        """Return the copies as of the last entry taken."""
        found: dict[str, list[tuple[Entry, e.RowsTransformed]]] = {}
        for entry, event in self._batches:
            if self._standing.stands(entry.position):
                found.setdefault(event.copied, []).append((entry, event))
        return Copies(copies=tuple(self._fact(name, some) for name, some in found.items()))

    def _fact(self, copied: str, some: list[tuple[Entry, e.RowsTransformed]]) -> CopyFact:
        runs = tuple(dict.fromkeys(entry.run for entry, _ in some))
        source: dict[str, Any] = {}
        for _, event in some:
            source = event.source or source
        return CopyFact(
            copied=copied,
            source=source,
            batches=tuple(
                CopiedBatch(
                    position=entry.position,
                    run=entry.run,
                    table=event.table,
                    manifest=event.manifest,
                )
                for entry, event in some
                if event.table
            ),
            runs=runs,
            begun=some[0][0].position,
            complete=runs[-1] in self._completed,
        )
