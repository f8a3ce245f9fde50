"""Which row data a schema change destroys and makes, told from the change alone.

Data that a change destroys is imaged before it, data that it makes is imaged after it. The
undoing of a change destroys what the change made, and makes what it destroyed, so one
function serves both directions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from journal.values import Column, ObjectChange, SchemaObject

# Attributes of a column whose change rewrites the values that it holds.
VALUE_ATTRIBUTES = ("type", "collation", "generated")


class Stake(msgspec.Struct, frozen=True, kw_only=True):
    """Columns of one table whose values are at stake; ``whole`` is every column.

    ``before`` and ``after`` are the table on either side of the change, ``None`` where it
    does not exist.
    """

    before: SchemaObject | None
    after: SchemaObject | None
    columns: tuple[int, ...]
    whole: bool


def destroyed(changes: Iterable[ObjectChange]) -> tuple[Stake, ...]:
    """Return what the changes destroy: dropped tables and columns, changed types.

    ``columns`` are identities of columns of ``before``.
    """
    stakes = (_lost(change.before, change.after) for change in changes)
    return tuple(stake for stake in stakes if stake is not None)


def made(changes: Iterable[ObjectChange]) -> tuple[Stake, ...]:
    """Return what the changes make: new tables and columns, changed types.

    ``columns`` are identities of columns of ``after``.
    """
    mirrored = (_lost(change.after, change.before) for change in changes)
    return tuple(
        Stake(before=s.after, after=s.before, columns=s.columns, whole=s.whole)
        for s in mirrored
        if s is not None
    )


def uncovered(wanted: Iterable[Stake], imaged: Sequence[Stake]) -> Iterable[Stake]:
    """Return what is destroyed and was not imaged, each stake whole."""
    covered = {(s.before.id, id_) for s in imaged if s.before for id_ in s.columns}
    for stake in wanted:
        if stake.before is None or stake.before.kind != "table":
            continue
        stored = {c.id for c in stake.before.columns if "generated" not in c.definition}
        lost = stored & set(stake.columns)
        if any((stake.before.id, id_) not in covered for id_ in lost):
            yield stake


def joined(imaged: Sequence[Stake], wanted: Sequence[Stake]) -> tuple[Stake, ...]:
    """Return stakes of both, of a table in both the newer ones."""
    newer = {stake.before.id for stake in wanted if stake.before}
    kept = [stake for stake in imaged if stake.before and stake.before.id not in newer]
    return (*kept, *wanted)


def _lost(old: SchemaObject | None, new: SchemaObject | None) -> Stake | None:
    if old is None or not old.columns:
        return None
    if new is None:
        every = tuple(column.id for column in old.columns)
        return Stake(before=old, after=None, columns=every, whole=True)
    kept = {column.id: column for column in new.columns}
    lost = tuple(c.id for c in old.columns if c.id not in kept or _rewritten(c, kept[c.id]))
    return Stake(before=old, after=new, columns=lost, whole=False) if lost else None


def _rewritten(old: Column, new: Column) -> bool:
    return any(old.definition.get(name) != new.definition.get(name) for name in VALUE_ATTRIBUTES)
