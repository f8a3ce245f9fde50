"""What one attempt at a statement did, and what is still to be captured of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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
    """Return what is to be imaged in the next attempt: a wider stake takes a narrower one's place."""
    newer = {stake.before.id for stake in wanted if stake.before}
    kept = [stake for stake in imaged if stake.before and stake.before.id not in newer]
    return (*kept, *wanted)


def reshaped(change: ObjectChange) -> bool:
    """Tell whether a table has other columns, or others of another type."""
    assert change.before is not None
    assert change.after is not None
    former = [(c.id, c.definition.get("type")) for c in change.before.columns]
    return former != [(c.id, c.definition.get("type")) for c in change.after.columns]
