"""Which content of old entries may leave for an archive, and which stays.

What left is only shown, never worked with: the texts of statements, what programs said, lists of
rows written since. What transforms found stays: decisions are revised, fields without a home are
a source for later, and erasing must reach them. So does what vouches for saved folds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from journal import events as e
from journal.saved import VOUCHING
from projections.named import named_content


def leaves(event: e.AnyEvent) -> Iterable[str]:
    """Return the digests of the content that an event names and that may leave."""
    match event:
        case e.SchemaChanged() | e.RowsChanged() | e.SequenceMoved():
            return named_content(event)
        case e.StatementIntended() | e.StatementSettled() | e.IrreversibleAllowed():
            return named_content(event)
        case e.RunStarted() | e.RunCompleted() | e.RunFailed():
            return named_content(event)
        case e.CheckRun():
            return () if event.name == VOUCHING else named_content(event)
        case e.RowsTransformed() | e.ConflictFound() | e.ConflictDecided():
            return ()
        case e.FieldUnmapped() | e.RecordRejected() | e.RowProvisioned():
            return ()
        case e.JournalOpened() | e.BaselineRecorded() | e.HistoryImported():
            return ()
        case e.RunInterrupted() | e.DriftAccepted() | e.Stamped() | e.SignedOff():
            return ()
        case e.BackupTaken() | e.BackupVerified() | e.BackupRestored():
            return ()
        case e.MarkSet() | e.MarkRemoved() | e.ContentErased() | e.ArchiveSealed():
            return ()
        case _:
            assert_never(event)
