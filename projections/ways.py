"""Which stretches of the journal a way back leads through, without the steps themselves.

A rollback returned to an earlier state, so that a way back may go over it for nothing. Between
the places where rollbacks begin and end only sums matter: so what is kept grows with the runs,
and the steps are read where the way leads.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from heapq import heappop, heappush
from itertools import pairwise
from typing import ClassVar

import msgspec

from journal import events as e
from journal.effect import Step
from journal.envelope import Entry
from projections.fold import Saving
from projections.history import TYPES, Gathered, HistoryFold, Return
from projections.obstacles import UNSEEN, Irreversible, erased

AWAY = 1_000_000_000
"""How many obstacles a change is worth whose images left: more than any way has."""

Stretch = tuple[int, int]
"""Steps that end after the first position, and not after the second."""


class Cost(msgspec.Struct, frozen=True, array_like=True, order=True):
    """What it takes to go back over steps: obstacles first, then what they changed."""

    obstacles: int = 0
    changes: int = 0

    def plus(self, other: Cost) -> Cost:
        """Return the sum of both."""
        return Cost(self.obstacles + other.obstacles, self.changes + other.changes)

    def less(self, other: Cost) -> Cost:
        """Return what is left of this beyond the other."""
        return Cost(self.obstacles - other.obstacles, self.changes - other.changes)


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """Ends of runs and places before them, in order, with the cost of all steps up to each.

    No step and no statement goes on over them. ``total`` is the cost of all steps.
    ``erased`` tells of images that were made unreadable later, whose entries are far behind.
    """

    baseline: int = 0
    sqlite: bool = False
    returns: tuple[Return, ...] = ()
    erased: tuple[Irreversible, ...] = ()
    ends: tuple[tuple[int, Cost], ...] = ((0, Cost()),)
    total: Cost = Cost()

    @staticmethod
    def fold() -> WaysFold:
        """Return a fold that has seen nothing yet."""
        return WaysFold()

    def end_before(self, position: int) -> tuple[int, Cost]:
        """Return the last end of a run that is not after a position."""
        return self.ends[bisect_right(self.ends, position, key=lambda end: end[0]) - 1]

    def back(
        self, origin: int, target: int, cost_at: Callable[[int], Cost], *, away: int = 0
    ) -> tuple[Stretch, ...]:
        """Return the stretches to take back from the head, so that the state is the target's.

        ``cost_at`` tells the cost of all steps up to a position. The way with the fewest
        obstacles is chosen, and then the one with the fewest changes. Changes up to ``away``,
        whose images left for an archive, are worse than any obstacle.
        """
        same: dict[int, set[int]] = defaultdict(set)
        for found in self.returns:
            same[found.end].add(found.target)
            same[found.target].add(found.end)
        places = sorted({origin, target, *same})
        costs = {one: self.total if one == origin else cost_at(one) for one in places}
        gone = sorted(one.position for one in self.erased)
        costs = {one: spent.plus(Cost(bisect_right(gone, one), 0)) for one, spent in costs.items()}
        edge = cost_at(away).changes if away else 0
        costs = {
            one: spent.plus(Cost(AWAY * min(spent.changes, edge), 0))
            for one, spent in costs.items()
        }
        return _shortest(places, costs, same, start=origin, goal=target)


class WaysState(msgspec.Struct, frozen=True, kw_only=True):
    """What ``WaysFold`` has gathered."""

    gathered: Gathered
    erased: tuple[Irreversible, ...]
    ends: tuple[tuple[int, Cost], ...]
    total: Cost


class WaysFold:
    """Working state of ``Ways``."""

    saving: ClassVar[Saving] = Saving(
        name="ways",
        layout=1,
        types=(*TYPES, "RunFailed", "RunInterrupted", "ContentErased"),
        state=WaysState,
    )

    def __init__(self) -> None:
        self._steps = _Counting()
        self._ends: list[tuple[int, Cost]] = [(0, Cost())]

    def take(self, entry: Entry) -> None:
        """Go on by one entry."""
        self._steps.take(entry)
        match entry.event:
            case e.RunStarted():  # what stands before it, marks too, is where rollbacks lead to
                if entry.position - 1 > self._ends[-1][0] and self._steps.ended(entry.run):
                    self._ends.append((entry.position - 1, self._steps.counted()))
            case e.RunCompleted() | e.RunFailed() | e.RunInterrupted():
                if self._steps.ended(entry.run):
                    self._ends.append((entry.position, self._steps.counted()))
            case _:
                pass

    def answer(self) -> Ways:
        """Return the ways as of the last entry taken."""
        gathered = self._steps.gathered()
        return Ways(
            baseline=gathered.baseline,
            sqlite=gathered.sqlite,
            returns=gathered.returns,
            erased=tuple(self._steps.erased),
            ends=tuple(self._ends),
            total=self._steps.counted(),
        )

    def state(self) -> WaysState:
        """Return what was gathered."""
        return WaysState(
            gathered=self._steps.gathered(),
            erased=tuple(self._steps.erased),
            ends=tuple(self._ends),
            total=self._steps.total,
        )

    def restore(self, state: WaysState) -> None:
        """Begin where a fold of that state stopped."""
        self._steps.go_on(state.gathered)
        self._steps.total = state.total
        self._steps.erased = list(state.erased)
        self._ends = list(state.ends)


class _Counting(HistoryFold):
    """Counts steps and forgets them."""

    def __init__(self) -> None:
        super().__init__()
        self.total = Cost()
        self.erased: list[Irreversible] = []

    def ended(self, run: str) -> bool:
        """Take the end of a run in, and tell whether nothing of any other is unsettled."""
        self._intended = {key: kind for key, kind in self._intended.items() if key[0] != run}
        return not self._intended

    def counted(self) -> Cost:
        """Return the cost of all steps, with the one that the next entry may go on with."""
        if self._group is None:
            return self.total
        return self.total.plus(cost(self._group.step(), self._group.obstacles))

    def _erase(self, entry: Entry, event: e.ContentErased) -> None:
        self._close()
        if event.images is not None:
            self.erased.append(erased(entry, event.images, self._known.objects))

    def _add(self, step: Step, obstacles: tuple[Irreversible, ...]) -> None:
        self.total = self.total.plus(cost(step, obstacles))


def cost(step: Step, obstacles: Sequence[Irreversible]) -> Cost:
    """Return what it takes to go back over a step."""
    rows = sum(rows.removed + rows.added for rows in step.rows)
    blocking = sum(one.name != UNSEEN for one in obstacles)
    return Cost(blocking, 1 + len(step.changes) + rows)


def _shortest(
    places: Sequence[int],
    costs: Mapping[int, Cost],
    same: Mapping[int, set[int]],
    *,
    start: int,
    goal: int,
) -> tuple[Stretch, ...]:
    """Find the cheapest way (Dijkstra) over places, each the state at a position."""
    above = dict(pairwise(places))
    below = {high: low for low, high in above.items()}
    best = {start: Cost()}
    came: dict[int, int] = {}
    queue = [(Cost(), -start)]
    while queue:
        spent, negative = heappop(queue)
        place = -negative
        if place == goal:
            break
        if spent > best[place]:
            continue
        ways = dict.fromkeys(same.get(place, ()), Cost())
        if place in below:
            ways.setdefault(below[place], costs[place].less(costs[below[place]]))
        if place in above and costs[above[place]] == costs[place]:  # no step between
            ways.setdefault(above[place], Cost())
        for other, more in ways.items():
            total = spent.plus(more)
            if other not in best or total < best[other]:
                best[other], came[other] = total, place
                heappush(queue, (total, -other))
    way: list[Stretch] = []
    place = goal
    while place != start:
        before = came[place]
        if before > place and place not in same.get(before, ()) and costs[before] != costs[place]:
            way.append((place, before))
        place = before
    return tuple(reversed(way))
