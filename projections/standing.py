"""Which entries' effects stand at the head: a rollback makes those of its target stand again."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import msgspec

from journal import events as e
from journal.envelope import Entry

Span = tuple[int, int]
"""Positions after the first and up to the second, both included in what stands."""


class _Move(msgspec.Struct, frozen=True, array_like=True):
    """From ``position`` on stands what stood after the move ``below``, and ``span`` after it."""

    position: int
    below: int
    span: Span


class StandingState(msgspec.Struct, frozen=True, kw_only=True):
    """What ``Standing`` has gathered."""

    moves: tuple[_Move, ...]
    targets: dict[str, int]


class Standing:
    """Spans of positions whose effects stand, as they were after each rollback."""

    def __init__(self) -> None:
        self._moves: list[_Move] = [_Move(0, -1, (0, 0))]
        self._targets: dict[str, int] = {}
        self._spans: tuple[Span, ...] | None = ()

    def take(self, entry: Entry) -> None:
        """Go on by one entry; only the beginning and the end of a rollback matter."""
        match entry.event:
            case e.RunStarted(verb="rollback", target=int(target)):
                self._targets[entry.run] = target
            case e.RunCompleted() if entry.run in self._targets:
                self.return_to(self._targets.pop(entry.run), position=entry.position)
            case _:
                pass

    def return_to(self, target: int, *, position: int) -> None:
        """From the rollback that ended at ``position`` on, what stood at ``target`` stands."""
        below = bisect_right(self._moves, target, key=lambda move: move.position) - 1
        span = (self._moves[below].position, target)
        self._moves.append(_Move(position, below, span))
        self._spans = None

    def stands(self, position: int) -> bool:
        """Tell whether the effects of an entry stand at the head."""
        if position > self.since:
            return True
        spans = self.before
        place = bisect_left(spans, position, key=lambda span: span[1])
        return place < len(spans) and spans[place][0] < position

    @property
    def before(self) -> tuple[Span, ...]:
        """Spans up to the last rollback that stand, the oldest first."""
        if self._spans is None:
            found: list[Span] = []
            move = self._moves[-1]
            while move.below >= 0:
                found.append(move.span)
                move = self._moves[move.below]
            self._spans = tuple(reversed(found))
        return self._spans

    @property
    def since(self) -> int:
        """The position of the last rollback; all after it stands."""
        return self._moves[-1].position

    def state(self) -> StandingState:
        """Return what was gathered."""
        return StandingState(moves=tuple(self._moves), targets=dict(self._targets))

    def restore(self, state: StandingState) -> None:
        """Begin where a fold of that state stopped."""
        self._moves = list(state.moves)
        self._targets = dict(state.targets)
        self._spans = None
