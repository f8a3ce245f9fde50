"""The plan of a rollback: what to take back, newest first, and what cannot be.

The plan is data: schema objects and image ranges. It holds no SQL and no rows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from heapq import heappop, heappush

import msgspec

from journal.effect import Step
from journal.envelope import Entry
from journal.errors import NotFound, Refused
from journal.values import SchemaObject
from projections.history import History, HistoryFold
from projections.obstacles import UNSEEN, Irreversible
from projections.schema import Schema, SchemaFold, dotted

__all__ = ["Irreversible", "PlanItem", "RollbackPlan", "items", "plan_rollback", "way_back"]


class RollbackPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The way from ``origin`` back to ``target``: steps newest first.

    ``then`` is the schema at the target, by identity; ``names`` the latest name of each
    object that ever was.
    """

    origin: int
    target: int
    steps: tuple[Step, ...]
    irreversible: tuple[Irreversible, ...]
    then: dict[int, SchemaObject]
    names: dict[int, str]


class PlanItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that a rollback does: to an object, or to rows of a table.

    ``kind`` is "create", "drop", "alter", "rows", "sequence" or "refresh" (of a materialised
    view), as the rollback will do it.
    """

    kind: str
    position: int
    object: str = ""
    table: str = ""
    rows: int = 0


def plan(
    *,
    origin: int,
    target: int,
    way: tuple[Step, ...],
    obstacles: Mapping[int, tuple[Irreversible, ...]],
    then: Schema,
    now: Schema,
) -> RollbackPlan:
    """Return the plan of a way from ``origin`` back to ``target``, whose schemas are given."""
    found = obstacles_on(obstacles, way)
    return RollbackPlan(
        origin=origin,
        target=target,
        steps=way,
        irreversible=tuple(one for one in found if one.name != UNSEEN),
        then=dict(then.objects),
        names={id_: dotted(path) for id_, path in now.names.items()},
    )


def plan_rollback(entries: Iterable[Entry], *, target: int) -> RollbackPlan:
    """Plan the way from the last of ``entries``, which begin at position 1, to ``target``.

    Where an earlier rollback returned to a state, the way leads over it for nothing: what it
    took back need not be made again to be taken back once more.

    Raises:
        NotFound: there is no such position.
        Refused: the target lies before the end of the baseline, or inside one statement.
    """
    history, schema, then = HistoryFold(), SchemaFold(), SchemaFold()
    for entry in entries:
        history.take(entry)
        schema.take(entry)
        if entry.position <= target:
            then.take(entry)
    past = history.answer()
    return plan(
        origin=past.head,
        target=target,
        way=way_back(past, target=target),
        obstacles=past.obstacles,
        then=then.answer(),
        now=schema.answer(),
    )


def way_back(history: History, *, target: int) -> tuple[Step, ...]:
    """Return the steps to take back, newest first, so that the state is that of ``target``.

    The way with the fewest obstacles is chosen, and then the one with the fewest rows. Read
    from its end, it leads from the state at ``target`` to the state at the head.

    Raises:
        NotFound, Refused: as ``plan_rollback`` does.
    """
    _refuse(history, target)
    lasts = [step.last for step in history.steps]
    start, goal = len(lasts), bisect_right(lasts, target)
    same: dict[int, set[int]] = defaultdict(set)
    for found in history.returns:
        one, other = bisect_right(lasts, found.end), bisect_right(lasts, found.target)
        same[one].add(other)
        same[other].add(one)
    if not same:
        return tuple(reversed(history.steps[goal:]))
    return tuple(history.steps[node - 1] for node in _shortest(history, start, goal, same))


def obstacles_on(
    obstacles: Mapping[int, tuple[Irreversible, ...]], way: Iterable[Step]
) -> tuple[Irreversible, ...]:
    """Return what on a way cannot be taken back, newest first.

    A VACUUM is in the way only of older rows of the tables that it renumbered.
    """
    found: list[Irreversible] = []
    touched: set[int] = set()
    for step in reversed(tuple(way)):
        found += [
            obstacle
            for obstacle in obstacles.get(step.first, ())
            if obstacle.name != "vacuum" or touched.intersection(obstacle.tables)
        ]
        touched.update(rows.table for rows in step.rows)
    return tuple(reversed(found))


def items(plan: RollbackPlan) -> tuple[PlanItem, ...]:
    """Return what each step of the plan does, newest first."""
    return tuple(item for step in plan.steps for item in _items(step, plan.names))


def _shortest(history: History, start: int, goal: int, same: Mapping[int, set[int]]) -> list[int]:
    """Find the cheapest way (Dijkstra). Node ``n`` is the state after ``n`` steps.

    Returns the nodes whose step is taken back, in order.
    """
    best: dict[int, tuple[int, int]] = {start: (0, 0)}
    came: dict[int, int] = {}
    queue = [((0, 0), -start)]
    while queue:
        cost, negative = heappop(queue)
        node = -negative
        if node == goal:
            break
        if cost > best[node]:
            continue
        ways = [(other, (0, 0)) for other in same.get(node, ())]
        if node:
            ways.append((node - 1, _cost(history, history.steps[node - 1])))
        for other, more in ways:
            total = (cost[0] + more[0], cost[1] + more[1])
            if other not in best or total < best[other]:
                best[other], came[other] = total, node
                heappush(queue, (total, -other))
    taken: list[int] = []
    node = goal
    while node != start:
        before = came[node]
        if node == before - 1 and node not in same.get(before, ()):
            taken.append(before)
        node = before
    return taken[::-1]


def _cost(history: History, step: Step) -> tuple[int, int]:
    rows = sum(rows.removed + rows.added for rows in step.rows)
    obstacles = [one for one in history.obstacles.get(step.first, ()) if one.name != UNSEEN]
    return len(obstacles), 1 + len(step.changes) + rows


def _refuse(history: History, target: int) -> None:
    if not 0 <= target <= history.head:
        raise NotFound(f"no position {target}, the head is {history.head}")
    if target < history.baseline:
        raise Refused(
            f"position {target} lies before the baseline, which ends at {history.baseline}",
            hint=f"The earliest position to go to is {history.baseline}.",
        )
    place = bisect_right(history.steps, target, key=lambda step: step.first)
    if place and target < history.steps[place - 1].last:
        step = history.steps[place - 1]
        raise Refused(
            f"position {target} lies inside one statement, {step.first} to {step.last}",
            hint=f"Go to {step.first - 1}, before it, or to {step.last}, after it.",
        )


def _items(step: Step, names: Mapping[int, str]) -> Iterable[PlanItem]:
    for move in reversed(step.sequences):
        name = names.get(move.object, str(move.object))
        yield PlanItem(kind="sequence", position=step.last, object=name)
    named = {one.id for change in step.changes for one in (change.before, change.after) if one}
    for content in step.contents:
        if content.object not in named:
            name = names.get(content.object, str(content.object))
            yield PlanItem(kind="refresh", position=step.last, object=name)
    for change in reversed(step.changes):
        known = change.before or change.after
        name = dotted(known.path) if known else ""
        kind = "create" if change.after is None else "alter" if change.before else "drop"
        yield PlanItem(kind=kind, position=step.last, object=name)
    for rows in reversed(step.rows):
        name = names.get(rows.table, str(rows.table))
        count = max(rows.removed, rows.added)
        yield PlanItem(kind="rows", position=step.last, table=name, rows=count)
