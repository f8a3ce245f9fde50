"""The past: schemas at a position, the difference of two, and rows as they were."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any, TypeVar

import msgspec

from commands.differing import LISTED, TableDifference, reverse, row_differences
from commands.folding import folded
from commands.native import native, natives
from commands.places import position_of
from commands.way import way_to
from journal.errors import NotExact, Refused, StatementFailed
from journal.store import Journal
from journal.values import SchemaObject, TableRows
from projections.drift import Difference, compare
from projections.obstacles import ERASED
from projections.plan import obstacles_on
from projections.schema import Schema, SchemaFold, dotted

T = TypeVar("T")

STILL = frozenset(("RunStarted", "MarkSet", "MarkRemoved", "SignedOff", "CheckRun"))
"""Types of the entries that lead no way further."""

TRIES = 20
"""How often rows are read again because somebody journaled meanwhile."""


class DiffAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What leads from one position to the other; ``data`` is ``None`` where not asked for."""

    origin: int = msgspec.field(name="from")
    target: int = msgspec.field(name="to")
    schema: tuple[Difference, ...]
    data: tuple[TableDifference, ...] | None = None


class RowsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a table as they were at a position; ``rows`` is read as it is asked for."""

    table: str
    at: int
    columns: tuple[str, ...]
    rows: Iterator[dict[str, Any]]


def schema_at(journal: Journal, at: str = "head") -> Schema:
    """Return the schema at a position. Raises ``NotFound`` and ``Usage``."""
    position = position_of(journal, at)
    schema = folded(journal, SchemaFold, last=position)
    return msgspec.structs.replace(schema, position=position)


def diff(
    journal: Journal, origin: str, target: str, *, data: bool = False, listed: int = LISTED
) -> DiffAnswer:
    """Return the difference of two positions, with ``data`` that of the rows too.

    Raises:
        NotFound, Usage: as ``position_of`` does.
        Refused: something between the two was not captured, so rows cannot be compared.
    """
    then, now = schema_at(journal, origin), schema_at(journal, target)
    return DiffAnswer(
        origin=then.position,
        target=now.position,
        schema=compare(then.objects, now.objects),
        data=_data(journal, then.position, now.position, listed) if data else None,
    )


def rows(journal: Journal, table: str, at: str = "head", *, limit: int | None = None) -> RowsAnswer:
    """Return the rows of a table as they were at a position, the first ``limit`` of them.

    Rows that others than the journal wrote since stand as they are now. A partitioned table's
    are those of its partitions, one after the other; rows of heirs are not their parent's.

    Raises:
        NotFound: no such position, or no such table then.
        Refused: the position is inside a statement, or something since was not captured.
        NotExact: while reading, rows were journaled again and again; what was read is of no worth.
    """
    position = position_of(journal, at)
    once = msgspec.structs.replace(folded(journal, SchemaFold, last=position), position=position)
    found = once.table(table)
    read = _Reading(journal, once, once.holding(found), limit)
    columns = tuple(column.name for column in found.columns)
    forms = natives(journal.identity, found.columns)
    return RowsAnswer(
        table=dotted(found.path),
        at=position,
        columns=columns,
        rows=(
            native({name: row[name] for name in columns if name in row}, forms)
            for row in read.unmoved()
        ),
    )


class _Reading:
    """Rows of a table in the past, from the live ones and the way back to there."""

    def __init__(
        self, journal: Journal, once: Schema, holding: Sequence[SchemaObject], limit: int | None
    ) -> None:
        self.journal = journal
        self.once = once
        self.holding = holding
        self.limit = limit
        self._begin()

    def unmoved(self) -> Iterator[dict[str, Any]]:
        """Yield rows; where the way grew longer before the first was handed out, read again.

        All rows of one table are gathered before the first of them is told.
        """
        for _ in range(TRIES):
            with closing_iterator(self._rows()) as found:
                try:
                    some = list(islice(found, 1))
                except StatementFailed:  # the table is not what it was
                    if not self._moved():
                        raise
                    some = []
                if not self._moved():
                    yield from some
                    yield from found
                    if len(self.holding) == 1 or not self._moved():
                        return
                    break
            self._begin()
        raise NotExact("the journal moved on while rows were read", hint="Try once more.")

    def _begin(self) -> None:
        """Find the way from here. Raises ``Refused`` where something is in it."""
        self.head = self.journal.head().position
        self.now = folded(self.journal, SchemaFold, last=self.head).objects
        back = way_to(self.journal, self.once.position, origin=self.head)
        self.way = list(reversed(back.steps))
        for obstacle in obstacles_on(back.obstacles, back.steps):
            if obstacle.name == ERASED:  # told in the rows themselves
                continue
            if not obstacle.tables or {one.id for one in self.holding} & set(obstacle.tables):
                raise Refused(f"position {obstacle.position} is in the way: {obstacle.reason}")

    def _rows(self) -> Iterator[dict[str, Any]]:
        yield from islice(chain.from_iterable(self._parts()), self.limit)

    def _parts(self) -> Iterator[Iterator[dict[str, Any]]]:
        for table in self.holding:
            # Changes of a type alone may give the table's values another text.
            steps = [one for one in self.way if one.changes or _touches(one.rows, table.id)]
            then = self.once.objects
            yield self.journal.database.rows_at(table.id, steps, schema=self.now, then=then)

    def _moved(self) -> bool:
        later = self.journal.stored(after=self.head)
        return any(entry.type not in STILL for entry in later)


@contextmanager
def closing_iterator(iterator: Iterator[T]) -> Iterator[Iterator[T]]:
    """Close a generator for sure when the reader stops early; other iterators need none."""
    try:
        yield iterator
    finally:
        close = getattr(iterator, "close", None)
        if close is not None:
            close()


def _data(journal: Journal, origin: int, target: int, listed: int) -> tuple[TableDifference, ...]:
    low, high = sorted((origin, target))
    found = row_differences(journal, low, high, listed=listed)
    return found if origin <= target else tuple(reverse(one) for one in found)


def _touches(changed: tuple[TableRows, ...], table: int) -> bool:
    return any(rows.table == table for rows in changed)
