"""What one attempt at a statement did, and what is still to be captured of it."""

from __future__ import annotations

import msgspec

from journal.postgresql.materialized import Stakes
from journal.stakes import Stake
from journal.values import ObjectChange


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """What one attempt at a statement did, as far as it was seen."""

    affected: int
    changes: tuple[ObjectChange, ...]
    views: Stakes = Stakes()
    wanted: tuple[Stake, ...] = ()
    missed: tuple[int, ...] = ()
    unproved: tuple[int, ...] = ()
    unknown: Stakes = Stakes()
    excused: frozenset[int] = frozenset()
    extended: frozenset[int] = frozenset()

    @property
    def complete(self) -> bool:
        """Whether everything it did was captured."""
        return not (self.wanted or self.missed or self.unproved or self.unknown or self.extended)


def reshaped(change: ObjectChange) -> bool:
    """Tell whether a table has other columns, or others of another type."""
    assert change.before is not None
    assert change.after is not None
    former = [(c.id, c.definition.get("type")) for c in change.before.columns]
    return former != [(c.id, c.definition.get("type")) for c in change.after.columns]
