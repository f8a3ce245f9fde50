"""Reading one table of the source: each row in the neutral form, or why it cannot be had."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from commands.copy.neutral import Neutral, Side, rendering
from commands.copy.plan import TablePlan
from commands.copy.unfit import Unfit
from journal.database import Database
from journal.effect import Row
from journal.values import DatabaseKind

Values = list[Neutral]
"""A row in the neutral form, in the order of the plan's columns."""

NO_ONE: tuple[int, str] = (-1, "")
REQUIRED = "null where the column may hold none"


class Aside(msgspec.Struct, frozen=True, kw_only=True):
    """A row that stays behind: its place in the table, its values by column, and why.

    ``key`` is its key in the neutral form, where that could be told; ``orphan`` tells a row
    that would convert, but refers to none.
    """

    place: int
    row: dict[str, Any]
    reason: str
    key: Values | None = None
    orphan: bool = False


class Reading:
    """One table of the source, within a transaction that sees one moment.

    ``required`` are columns of the target that hold no null.
    """

    def __init__(
        self,
        plan: TablePlan,
        source: Database,
        target: DatabaseKind,
        *,
        required: Sequence[str] = (),
    ) -> None:
        self.plan = plan
        self._source = source
        self.targets = tuple(column.target for column in plan.columns)
        self.key = tuple(self.targets.index(name) for name in plan.key)
        self.render = rendering(plan, target)
        self._renders = target == "sqlite"
        self._required = tuple((self.targets.index(one), one) for one in required)
        self.columns = source.dump(plan.source).columns
        self.side = Side(plan, source.kind, self.columns)
        alone = _key_alone(plan)
        self._keys = Side(alone, source.kind, self.columns)
        self.render_key = rendering(alone, target)

    def found(
        self,
        aside: Callable[[Aside], None],
        orphans: Iterable[tuple[int, str]] = (),
        rows: Iterable[tuple[int, Row]] | None = None,
    ) -> Generator[tuple[int, Values]]:
        """Yield the places and values of rows that convert, in the order of the table.

        ``aside`` is told of the others, and of the ``orphans``, whose places come in order.
        ``rows`` are those to be read, with their places; all without them.
        """
        neutral, render, required = self.side.neutral, self.render, self._required
        renders = self._renders
        left = iter(orphans)
        orphan, reason = next(left, NO_ONE)
        for place, row in self.rows() if rows is None else rows:
            if place == orphan:
                aside(self._aside(place, row, reason, orphan=True))
                orphan, reason = next(left, NO_ONE)
                continue
            try:
                values = neutral(row)
                if renders:
                    render(values)
            except Unfit as error:
                aside(self._aside(place, row, self._wrong(row) or error.reason))
                continue
            if required and None in values and (lacking := _lacking(values, required)):
                aside(self._aside(place, row, f"{lacking}: {REQUIRED}"))
                continue
            yield place, values

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Yield all rows as the source hands them out, with their places."""
        return enumerate(self._source.dump(self.plan.source).rows)

    def key_canonical(self, key: Values) -> bytes:
        """Return the canonical bytes of a key that was set aside with its row."""
        return self._keys.key(key)

    def places(self, names: Sequence[str]) -> tuple[int, ...]:
        """Return where columns, by their names there or here, stand in the values of a row."""
        sources = [column.source for column in self.plan.columns]
        return tuple(
            self.targets.index(name) if name in self.targets else sources.index(name)
            for name in names
        )

    def _wrong(self, row: Row) -> str:
        return "; ".join(f"{one.column}: {one.reason}" for one in self.side.problems(row))

    def _aside(self, place: int, row: Row, reason: str, *, orphan: bool = False) -> Aside:
        key: Values | None = None
        if self.plan.key:
            try:
                key = self._keys.neutral(row)
            except Unfit:
                key = None
        values = dict(zip(self.columns, row, strict=True))
        return Aside(place=place, row=values, reason=reason, key=key, orphan=orphan)


def _key_alone(plan: TablePlan) -> TablePlan:
    by_name = {column.target: column for column in plan.columns}
    return msgspec.structs.replace(plan, columns=tuple(by_name[name] for name in plan.key))


def _lacking(values: Values, required: Sequence[tuple[int, str]]) -> str:
    return next((name for place, name in required if values[place] is None), "")
