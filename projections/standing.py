"""Which entries' effects stand at the head: a rollback makes those of its target stand again."""

from __future__ import annotations

from bisect import bisect_right

from journal import events as e
from journal.envelope import Entry

Span = tuple[int, int]
"""Positions after the first and up to the second, both included in what stands."""


class Standing:
    """Spans of positions whose effects stand, as they were after each rollback."""

    def __init__(self) -> None:
        self._moves: list[int] = [0]
        self._spans: list[tuple[Span, ...]] = [()]
        self._targets: dict[str, int] = {}

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
        self._spans.append(self._at(target))
        self._moves.append(position)

    def stands(self, position: int) -> bool:
        """Tell whether the effects of an entry stand at the head."""
        return position > self._moves[-1] or any(
            first < position <= last for first, last in self._spans[-1]
        )

    @property
    def before(self) -> tuple[Span, ...]:
        """Spans up to the last rollback that stand, the oldest first."""
        return self._spans[-1]

    @property
    def since(self) -> int:
        """The position of the last rollback; all after it stands."""
        return self._moves[-1]

    def _at(self, target: int) -> tuple[Span, ...]:
        place = bisect_right(self._moves, target) - 1
        return (*self._spans[place], (self._moves[place], target))
