"""From what people write for a position to the position, in an open journal."""

from __future__ import annotations

import msgspec

from journal.store import Journal
from projections.fold import replay
from projections.positions import TYPES, Places

_NAMED = ("@", "before:", "after:")


def position_of(journal: Journal, text: str) -> int:
    """Return the position that ``text`` names; only what is needed for it is read.

    Raises:
        NotFound, Usage: as ``Places.resolve`` does.
    """
    places = Places(head=journal.head().position)
    if text.startswith(_NAMED):
        named = replay(Places, journal.read(types=TYPES))
        places = msgspec.structs.replace(named, head=places.head)
    elif not text.isdigit() and not text.startswith("head"):
        places = replay(Places, journal.read())
    return places.resolve(text)
