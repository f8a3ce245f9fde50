"""The way back to a position: read where it leads, and nowhere else."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping

import msgspec

from commands.archiving.sealed import archives, refuse_archived
from commands.folding import folded
from journal.effect import Step
from journal.errors import NotFound, Refused
from journal.store import Journal
from journal.values import SchemaObject
from projections.history import TYPES, Gathered, HistoryFold
from projections.obstacles import Irreversible
from projections.plan import RollbackPlan, plan
from projections.schema import SchemaFold
from projections.ways import Cost, Ways, WaysFold, cost


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """Steps to take back, newest first; ``obstacles`` are keyed by the first position of a step."""

    steps: tuple[Step, ...]
    obstacles: Mapping[int, tuple[Irreversible, ...]]


def planned(journal: Journal, target: int, *, origin: int) -> RollbackPlan:
    """Plan the way from the head, ``origin``, back to ``target``. Raises as ``way_to`` does."""
    way = way_to(journal, target, origin=origin)
    return plan(
        origin=origin,
        target=target,
        way=way.steps,
        obstacles=way.obstacles,
        then=folded(journal, SchemaFold, last=target),
        now=folded(journal, SchemaFold, last=origin),
    )


def way_to(journal: Journal, target: int, *, origin: int) -> Way:
    """Return the way from the head, ``origin``, so that the state is that of ``target``.

    Raises:
        NotFound: there is no such position.
        Archived: images that it takes left for an archive.
        Refused: the target lies before the end of the baseline, or inside one statement.
    """
    ways = expect_place(journal, target, origin=origin)
    away = archives(journal)
    stretches = ways.back(
        origin,
        target,
        lambda place: _cost_at(journal, ways, place),
        away=away[-1].last if away else 0,
    )
    steps: list[Step] = []
    obstacles: dict[int, tuple[Irreversible, ...]] = {}
    for low, high in stretches:
        found = steps_between(journal, low, high, ways=ways)
        steps += reversed(found.steps)
        obstacles |= found.obstacles
    return Way(steps=tuple(steps), obstacles=obstacles)


def expect_place(journal: Journal, target: int, *, origin: int) -> Ways:
    """Return the ways from the head, where a position is one to go to.

    Raises:
        NotFound: there is no such position.
        Refused: it lies before the end of the baseline, or inside one statement.
    """
    ways = folded(journal, WaysFold, last=origin)
    _refuse(journal, ways, target, origin)
    return ways


def steps_between(journal: Journal, low: int, high: int, *, ways: Ways | None = None) -> Way:
    """Return the steps that end after ``low`` and not after ``high``, the oldest first."""
    ways = ways or folded(journal, WaysFold, last=high)
    fold = _read(journal, ways, low, high)
    answer = fold.answer()
    steps = tuple(step for step in answer.steps if low < step.last <= high)
    refuse_archived(journal, steps)
    obstacles = {
        step.first: answer.obstacles[step.first] for step in steps if step.first in answer.obstacles
    }
    for one in ways.erased:
        place = bisect_right(steps, one.position, key=lambda step: step.first) - 1
        if place >= 0 and one.position <= steps[place].last:
            first = steps[place].first
            obstacles[first] = (*obstacles.get(first, ()), one)
    return Way(steps=steps, obstacles=obstacles)


def _cost_at(journal: Journal, ways: Ways, place: int) -> Cost:
    """Return the cost of all steps up to a position; inside a run, its beginning is read."""
    end, total = ways.end_before(place)
    if end == place:
        return total
    answer = _read(journal, ways, place, place).answer()
    for step in answer.steps:
        if step.last <= place:
            total = total.plus(cost(step, answer.obstacles.get(step.first, ())))
    return total


def _refuse(journal: Journal, ways: Ways, target: int, origin: int) -> None:
    if not 0 <= target <= origin:
        raise NotFound(f"no position {target}, the head is {origin}")
    if target < ways.baseline:
        raise Refused(
            f"position {target} lies before the baseline, which ends at {ways.baseline}",
            hint=f"The earliest position to go to is {ways.baseline}.",
        )
    for step in _straddling(journal, ways, target):
        raise Refused(
            f"position {target} lies inside one statement, {step.first} to {step.last}",
            hint=f"Go to {step.first - 1}, before it, or to {step.last}, after it.",
        )


def _straddling(journal: Journal, ways: Ways, target: int) -> Iterator[Step]:
    """Yield the step that a position lies inside of, if there is one."""
    end, _ = ways.end_before(target)
    if end == target:
        return
    fold = _begun(journal, ways, end)
    for entry in journal.read(after=end):
        fold.take(entry)
        if entry.position > target and not fold.within(target):
            break
    for step in fold.answer().steps:
        if step.first <= target < step.last:
            yield step


def _read(journal: Journal, ways: Ways, low: int, high: int) -> HistoryFold:
    """Fold the steps from the last end of a run that is not after ``low``."""
    end, _ = ways.end_before(low)
    fold = _begun(journal, ways, end)
    for entry in journal.read(after=end, last=high, types=TYPES):
        fold.take(entry)
    return fold


def _begun(journal: Journal, ways: Ways, end: int) -> HistoryFold:
    """Return a fold that knows the schema at the end of a run, and has seen no step."""
    fold = HistoryFold()
    objects: tuple[SchemaObject, ...] = ()
    if end:
        objects = tuple(folded(journal, SchemaFold, last=end).objects.values())
        fold.go_on(Gathered(baseline=ways.baseline, objects=objects, sqlite=ways.sqlite))
    return fold
