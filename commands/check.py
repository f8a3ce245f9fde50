"""Hold the live schema against the journal's; nothing is written."""

from __future__ import annotations

import msgspec

from commands.observing import difference
from journal.known import TYPES, known
from journal.store import Journal
from projections.drift import Difference, differences


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``check``: what differs between the journal's schema and the live one."""

    ok: bool
    position: int
    drift: tuple[Difference, ...]


def check(journal: Journal) -> Checked:
    """Name each difference that somebody brought about beside the journal."""
    position = journal.head().position
    state = known(journal.read(types=TYPES))
    changes = difference(journal.database, state)
    return Checked(ok=not changes, position=position, drift=differences(changes))
