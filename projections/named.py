"""Which content an event names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from journal.events import (
    AnyEvent,
    ArchiveSealed,
    BackupRestored,
    BackupTaken,
    BackupVerified,
    BaselineRecorded,
    CheckRun,
    ConflictDecided,
    ConflictFound,
    ContentErased,
    DriftAccepted,
    FieldUnmapped,
    HistoryImported,
    IrreversibleAllowed,
    JournalOpened,
    MarkRemoved,
    MarkSet,
    RecordRejected,
    RowProvisioned,
    RowsChanged,
    RowsTransformed,
    RunCompleted,
    RunFailed,
    RunInterrupted,
    RunStarted,
    SchemaChanged,
    SequenceMoved,
    SignedOff,
    Stamped,
    StatementIntended,
    StatementSettled,
)
from journal.verified import Times


def named_content(event: AnyEvent) -> Iterable[str]:
    """Return the digests of the content that an event names; empty strings name nothing."""
    match event:
        case SchemaChanged() | RowsChanged() | SequenceMoved():
            return (event.statement.digest,)
        case StatementIntended() | StatementSettled() | IrreversibleAllowed():
            return (event.statement.digest,)
        case RunFailed():
            statement = event.statement.digest if event.statement else ""
            return (event.output, event.changed, statement)
        case RunCompleted():
            return (event.output, event.changed)
        case ConflictFound():
            return (event.candidates, event.written)
        case RowsTransformed():
            return (event.spec, event.manifest)
        case CheckRun():
            return (event.output, *_measured(event))
        case ConflictDecided() | FieldUnmapped() | RecordRejected() | RowProvisioned():
            return (event.content,)
        case RunStarted():
            return (event.command,)
        case JournalOpened() | BaselineRecorded() | HistoryImported():
            return ()
        case RunInterrupted() | DriftAccepted() | Stamped():
            return ()
        case BackupTaken() | BackupVerified() | BackupRestored() | MarkSet() | MarkRemoved():
            return ()
        case ArchiveSealed():
            return (event.left,)
        case SignedOff() | ContentErased():
            return ()
        case _:
            assert_never(event)


def _measured(event: CheckRun) -> Iterable[str]:
    """Return the digests of a timing: its query, and both plans."""
    if isinstance(event.details, Times):
        sides = (event.details.before, event.details.after)
        return (event.details.query, *(side.plan for side in sides if side))
    return ()
