"""Which conflicts wait for a person, and nothing more of them: what ``status`` counts."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from journal import events as e
from journal.envelope import Entry
from projections.findings import CONFLICTS
from projections.fold import Saving
from projections.standing import Standing, StandingState

Named = tuple[str, int]
"""A conflict, and the position of an entry that speaks of it."""


class Undecided(msgspec.Struct, frozen=True, kw_only=True):
    """The conflicts that stand and nobody decided, in the order in which they were found."""

    conflicts: tuple[str, ...] = ()

    @staticmethod
    def fold() -> UndecidedFold:
        """Return a fold that has seen nothing yet."""
        return UndecidedFold()


class UndecidedState(msgspec.Struct, frozen=True, kw_only=True):
    """What ``UndecidedFold`` has gathered; ``open`` are those undecided as of the last entry."""

    standing: StandingState
    found: tuple[Named, ...]
    decided: tuple[Named, ...]
    open: tuple[str, ...]


class UndecidedFold:
    """Working state of ``Undecided``; a rollback may open again what was decided."""

    saving: ClassVar[Saving] = Saving(
        name="undecided", layout=1, types=CONFLICTS, state=UndecidedState
    )

    def __init__(self) -> None:
        self._standing = Standing()
        self._found: list[Named] = []
        self._decided: list[Named] = []
        self._settled: set[str] = set()
        self._open: dict[str, None] | None = {}

    def take(self, entry: Entry) -> None:
        """Go on by one entry; no other than those of ``CONFLICTS`` counts."""
        since = self._standing.since
        self._standing.take(entry)
        if self._standing.since != since:
            self._open = None
        match entry.event:
            case e.ConflictFound(conflict=name):
                self._found.append((name, entry.position))
                if name in self._settled:  # whether it stays settled depends on what stands
                    self._open = None
                elif self._open is not None:
                    self._open[name] = None
            case e.ConflictDecided(conflict=name):
                self._decided.append((name, entry.position))
                self._settled.add(name)
                if self._open is not None:
                    self._open.pop(name, None)
            case _:
                pass

    def answer(self) -> Undecided:
        """Return what is undecided as of the last entry taken."""
        return Undecided(conflicts=tuple(self._now()))

    def state(self) -> UndecidedState:
        """Return what was gathered."""
        return UndecidedState(
            standing=self._standing.state(),
            found=tuple(self._found),
            decided=tuple(self._decided),
            open=tuple(self._now()),
        )

    def restore(self, state: UndecidedState) -> None:
        """Begin where a fold of that state stopped."""
        self._standing.restore(state.standing)
        self._found, self._decided = list(state.found), list(state.decided)
        self._settled = {name for name, _ in state.decided}
        self._open = dict.fromkeys(state.open)

    def _now(self) -> dict[str, None]:
        if self._open is None:
            stands = self._standing.stands
            settled = {name for name, position in self._decided if stands(position)}
            self._open = {
                name: None
                for name, position in self._found
                if name not in settled and stands(position)
            }
        return self._open
