"""What is in archives now, and refusing whoever needs it."""

from __future__ import annotations

from collections.abc import Iterable

from journal.archived import TYPES, Seal, seals
from journal.effect import Step
from journal.store import Journal


def archives(journal: Journal) -> tuple[Seal, ...]:
    """Return the archives that hold what left, oldest first."""
    return seals(journal.database.entries(types=TYPES))


def away(journal: Journal) -> int:
    """Return the position up to which row images left; 0 where none did."""
    found = archives(journal)
    return found[-1].last if found else 0


def refuse_archived(journal: Journal, steps: Iterable[Step]) -> None:
    """Raise ``Archived`` where images of these steps, in order of position, left."""
    found = archives(journal)
    if not found:
        return
    for step in steps:
        if step.first > found[-1].last:
            return
        if any(rows.images is not None for rows in step.rows):
            raise found[-1].refusal()
