"""Which events tell what transforms found, for whoever reads them by type."""

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
