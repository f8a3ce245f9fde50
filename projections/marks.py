"""Names given to positions, and the verdicts of people on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

import msgspec

from journal import events as e
from journal.envelope import Entry

TYPES = ("MarkSet", "MarkRemoved", "SignedOff")
"""The types of the events this projection listens to."""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A name of position ``at``; ``position`` is the entry that gave it."""

    name: str
    at: int
    position: int
    recorded_at: str
    actor: str


class SignOff(msgspec.Struct, frozen=True, kw_only=True):
    """A person's verdict on position ``at``."""

    at: int
    verdict: str
    reason: str
    position: int
    recorded_at: str
    actor: str


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """Marks by name, and all sign-offs in order."""

    marks: Mapping[str, Mark] = {}
    sign_offs: tuple[SignOff, ...] = ()

    @staticmethod
    def fold() -> MarksFold:
        """Return a fold that has seen nothing yet."""
        return MarksFold()


class MarksFold:
    """Working state of ``Marks``."""

    def __init__(self) -> None:
        self._marks: dict[str, Mark] = {}
        self._sign_offs: list[SignOff] = []

    def take(self, entry: Entry) -> None:
        """Go on by one entry."""
        event = entry.event
        match event:
            case e.MarkSet():
                self._marks[event.name] = Mark(
                    name=event.name,
                    at=event.at,
                    position=entry.position,
                    recorded_at=entry.recorded_at,
                    actor=entry.actor,
                )
            case e.MarkRemoved():
                self._marks.pop(event.name, None)
            case e.SignedOff():
                self._sign_offs.append(_sign_off(event, entry))
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
            case e.CheckRun() | e.BackupTaken() | e.BackupVerified() | e.BackupRestored():
                pass
            case e.Stamped() | e.DriftAccepted() | e.IrreversibleAllowed():
                pass
            case e.ContentErased() | e.ArchiveSealed():
                pass
            case _:
                assert_never(event)

    def answer(self) -> Marks:
        """Return the marks as of the last entry taken."""
        return Marks(marks=dict(self._marks), sign_offs=tuple(self._sign_offs))


def _sign_off(event: e.SignedOff, entry: Entry) -> SignOff:
    return SignOff(
        at=event.at,
        verdict=event.verdict,
        reason=event.reason,
        position=entry.position,
        recorded_at=entry.recorded_at,
        actor=entry.actor,
    )
