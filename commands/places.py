"""From what people write for a position to the position, in an open journal."""

from __future__ import annotations

import msgspec

from commands.folding import folded
from journal.store import Journal
from projections.moments import MomentsFold
from projections.positions import Places, PlacesFold

_NAMED = ("@", "before:", "after:")


def position_of(journal: Journal, text: str) -> int:
    """Return the position that ``text`` names; only what is needed for it is read.

    Raises:
        NotFound, Usage: as ``Places.resolve`` does.
    """
    places = Places(head=journal.head().position)
    if text.startswith(_NAMED):
        named = folded(journal, PlacesFold)
        places = msgspec.structs.replace(named, head=places.head)
    return places.resolve(text, by_time=lambda moment: _by_time(journal, moment))


def _by_time(journal: Journal, moment: str) -> int:
    first, last = folded(journal, MomentsFold).stretch(moment)
    found = (
        entry.position
        for entry in journal.read(after=first, last=last)
        if entry.recorded_at <= moment
    )
    return max(found, default=0)
