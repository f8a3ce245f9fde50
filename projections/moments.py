"""When entries were recorded: which stretch of the journal a moment lies in.

Clocks are put back, so times do not grow with positions. The entry asked for is the last one
that was recorded at a moment or before it. Only entries after which nothing bears an earlier or
equal time can be that one, and among these times do grow. Some of them are kept, a thousand
entries apart; the entry asked for stands between two.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import ClassVar

import msgspec

from journal.envelope import Entry
from projections.fold import Saving

APART = 1000
"""Positions between two of those that are kept, at least."""

Moment = tuple[str, int]
"""When an entry was recorded, as entries bear it, and its position."""


class Moments(msgspec.Struct, frozen=True, kw_only=True):
    """Entries with times that grow; every later entry is of a later time than each of them."""

    kept: tuple[Moment, ...] = ()

    @staticmethod
    def fold() -> MomentsFold:
        """Return a fold that has seen nothing yet."""
        return MomentsFold()

    def stretch(self, moment: str) -> tuple[int, int | None]:
        """Return where the last entry recorded by ``moment`` is to be looked for.

        That is after the first position and up to the second one, or the head where there is none.
        """
        place = bisect_right(self.kept, moment, key=lambda one: one[0])
        first = self.kept[place - 1][1] - 1 if place else 0
        return first, self.kept[place][1] - 1 if place < len(self.kept) else None


class MomentsFold:
    """Working state of ``Moments``, and all of it."""

    saving: ClassVar[Saving] = Saving(name="moments", layout=1, types=(), state=Moments)

    def __init__(self, *, apart: int = APART) -> None:
        self._kept: list[Moment] = []
        self._apart = apart

    def take(self, entry: Entry) -> None:
        """Go on by one entry."""
        while self._kept and self._kept[-1][0] >= entry.recorded_at:
            self._kept.pop()
        if not self._kept or entry.position - self._kept[-1][1] >= self._apart:
            self._kept.append((entry.recorded_at, entry.position))

    def answer(self) -> Moments:
        """Return the moments as of the last entry taken."""
        return Moments(kept=tuple(self._kept))

    def state(self) -> Moments:
        """Return what was gathered."""
        return self.answer()

    def restore(self, state: Moments) -> None:
        """Begin where a fold of that state stopped."""
        self._kept = list(state.kept)
