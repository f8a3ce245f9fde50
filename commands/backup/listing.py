"""The backups that the journal knows."""

from __future__ import annotations

from commands.folding import folded
from commands.places import position_of
from journal.store import Journal
from projections.backups import BackupFact, BackupsFold


def backups(journal: Journal, at: str = "head") -> tuple[BackupFact, ...]:
    """Return the backups known at a position. Raises as ``position_of`` does."""
    last = position_of(journal, at)
    return folded(journal, BackupsFold, last=last).backups
