"""The plan of a rollback: what to take back, newest first, and what cannot be.

The plan is data: schema objects and image ranges. It holds no SQL and no rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from journal.database import Step
from journal.envelope import Entry
from journal.errors import Refused
from journal.events import (
    BaselineRecorded,
    DriftAccepted,
    IrreversibleAllowed,
    RowsChanged,
    RunCompleted,
    RunStarted,
    SchemaChanged,
    SequenceMoved,
)
from journal.known import known
from journal.stakes import destroyed
from journal.values import ObjectChange, SchemaObject, SequenceMove, TableRows


class Irreversible(msgspec.Struct, frozen=True, kw_only=True):
    """Something on the way that cannot be taken back, with the reason."""

    position: int
    name: str
    reason: str


class RollbackPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The way from ``origin`` back to ``target``: steps newest first.

    ``then`` is the schema at the target, by identity.
    """

    origin: int
    target: int
    steps: tuple[Step, ...]
    irreversible: tuple[Irreversible, ...]
    then: dict[int, SchemaObject]


class _Return(msgspec.Struct, frozen=True):
    """A completed, clean rollback: the state at ``end`` is the state at ``target``."""

    end: int
    target: int


def plan_rollback(entries: Sequence[Entry], *, target: int) -> RollbackPlan:
    """Plan the way from the last of ``entries``, which begin at position 1, to ``target``.

    A clean rollback that lies on the way is stepped over where the target allows it: what it
    took back need not be made again to be taken back once more.

    Raises:
        Refused: the target lies before the baseline is complete, or inside one statement.
    """
    origin = entries[-1].position
    _refuse_before_baseline(entries, target)
    steps = statements(entry for entry in entries if entry.position > _floor(entries))
    _refuse_inside(steps, target)
    by_last = {step.last: step for step in steps}
    returns = {found.end: found for found in _returns(entries)}
    way: list[Step] = []
    passed: list[range] = []
    place = origin
    while place > target:
        found = returns.get(place)
        if found is not None and found.target >= target:
            place = found.target
            continue
        step = by_last.get(place)
        below = step.first - 1 if step else place - 1
        passed.append(range(below + 1, place + 1))
        if step:
            way.append(step)
        place = below
    on_the_way = {position for stretch in passed for position in stretch}
    return RollbackPlan(
        origin=origin,
        target=target,
        steps=tuple(way),
        irreversible=tuple(_irreversible(entries, on_the_way)),
        then=known(entry for entry in entries if entry.position <= target).objects,
    )


def statements(entries: Iterable[Entry]) -> tuple[Step, ...]:
    """Gather entries into what single statements did, in order of position."""
    steps: list[Step] = []
    group: list[Entry] = []
    for entry in entries:
        if not isinstance(entry.event, SchemaChanged | RowsChanged | SequenceMoved | DriftAccepted):
            continue
        if group and _statement(entry) != _statement(group[0]):
            steps.append(_step(group))
            group = []
        group.append(entry)
    if group:
        steps.append(_step(group))
    return tuple(steps)


def _statement(entry: Entry) -> tuple[str, int]:
    event = entry.event
    if isinstance(event, SchemaChanged | RowsChanged | SequenceMoved):
        return entry.run, event.statement.number
    return entry.run, -entry.position


def _step(group: list[Entry]) -> Step:
    changes: list[ObjectChange] = []
    rows: list[TableRows] = []
    sequences: list[SequenceMove] = []
    for entry in group:
        match entry.event:
            case SchemaChanged() | DriftAccepted() as event:
                changes += event.changes
            case RowsChanged() as event:
                rows.append(event.rows)
            case SequenceMoved() as event:
                sequences.append(event.move)
            case _:
                pass
    return Step(
        first=group[0].position,
        last=group[-1].position,
        run=group[0].run,
        changes=tuple(changes),
        rows=tuple(rows),
        sequences=tuple(sequences),
    )


def _returns(entries: Iterable[Entry]) -> Iterable[_Return]:
    targets: dict[str, int] = {}
    for entry in entries:
        match entry.event:
            case RunStarted(verb="rollback", target=int() as target):
                targets[entry.run] = target
            case RunCompleted(kept=0) if entry.run in targets:
                yield _Return(entry.position, targets[entry.run])
            case _:
                pass


def _irreversible(entries: Iterable[Entry], on_the_way: set[int]) -> Iterable[Irreversible]:
    for entry in entries:
        if entry.position not in on_the_way:
            continue
        match entry.event:
            case IrreversibleAllowed() as event:
                yield Irreversible(
                    position=entry.position,
                    name=event.name,
                    reason=f"{event.what or event.name} was allowed as irreversible",
                )
            case DriftAccepted() as event if destroyed(event.changes):
                yield Irreversible(
                    position=entry.position,
                    name="accepted-drift",
                    reason="data that was lost outside the journal has no images",
                )
            case _:
                pass


def _floor(entries: Sequence[Entry]) -> int:
    return max((e.position for e in entries if isinstance(e.event, BaselineRecorded)), default=0)


def _refuse_before_baseline(entries: Sequence[Entry], target: int) -> None:
    floor = _floor(entries)
    if target < floor:
        raise Refused(
            f"position {target} lies before the baseline, which ends at {floor}",
            hint=f"The earliest position to go to is {floor}.",
        )


def _refuse_inside(steps: Iterable[Step], target: int) -> None:
    for step in steps:
        if step.first <= target < step.last:
            raise Refused(
                f"position {target} lies inside one statement, {step.first} to {step.last}",
                hint=f"Go to {step.first - 1}, before it, or to {step.last}, after it.",
            )
