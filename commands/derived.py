"""What is derived from the journal, and brought on at the end of a run: folds, the index of rows."""

from __future__ import annotations

from commands.indexing import keep_up
from commands.saving import keep_folds
from journal.store import Journal


def keep_derived(journal: Journal, *, actor: str) -> None:
    """Bring on what is far behind the head; never in the way of a run."""
    keep_folds(journal, actor=actor)
    keep_up(journal)
