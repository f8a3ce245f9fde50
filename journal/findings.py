"""Which events are found by their type: an index leads to each, and none to the many others."""

from __future__ import annotations

FINDINGS = (
    "RunStarted",
    "RunCompleted",
    "RowsTransformed",
    "ConflictFound",
    "ConflictDecided",
    "FieldUnmapped",
    "RecordRejected",
)
"""Names of the events that tell what transforms found, and whether it stands."""

RARE = (
    "JournalOpened",
    "BaselineRecorded",
    "HistoryImported",
    "RunFailed",
    "RunInterrupted",
    "SchemaChanged",
    "CheckRun",
    "BackupTaken",
    "BackupVerified",
    "BackupRestored",
    "MarkSet",
    "MarkRemoved",
    "Stamped",
    "DriftAccepted",
    "IrreversibleAllowed",
    "SignedOff",
    "ContentErased",
    "ArchiveSealed",
)
"""Names of the events that a journal of a million entries has few of."""


def found_among(types: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return for each type the group that has an index; nothing where one of them has none."""
    groups = {kind: group for group in (FINDINGS, RARE) for kind in group}
    return {kind: groups[kind] for kind in types} if all(k in groups for k in types) else {}
