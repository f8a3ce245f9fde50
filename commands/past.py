"""The past: schemas at a position, the difference of two, and rows as they were."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any

import msgspec

from commands.differing import LISTED, TableDifference, reverse, row_differences
from commands.folding import folded
from commands.native import native, natives
from commands.places import position_of
from commands.way import way_to
from journal.effect import Schema as Objects
from journal.effect import Step
from journal.envelope import Head
from journal.errors import NotExact, Refused
from journal.store import Journal
from journal.values import SchemaObject, TableRows
from projections.drift import Difference, compare
from projections.obstacles import ERASED
from projections.plan import obstacles_on
from projections.schema import Schema, SchemaFold, dotted


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
        NotExact: while reading, the journal moved on; what was read is of no worth.
    """
    head = journal.head()
    position = position_of(journal, at)
    now = folded(journal, SchemaFold, last=head.position)
    once = msgspec.structs.replace(folded(journal, SchemaFold, last=position), position=position)
    found = once.table(table)
    holding = once.holding(found)
    back = way_to(journal, position, origin=head.position)
    way = list(reversed(back.steps))
    for obstacle in obstacles_on(back.obstacles, back.steps):
        if obstacle.name == ERASED:  # told in the rows themselves
            continue
        if not obstacle.tables or {one.id for one in holding} & set(obstacle.tables):
            raise Refused(f"position {obstacle.position} is in the way: {obstacle.reason}")
    read = chain.from_iterable(
        _held(journal, one, way, now.objects, once.objects) for one in holding
    )
    columns = tuple(column.name for column in found.columns)
    forms = natives(journal.identity, found.columns)
    return RowsAnswer(
        table=dotted(found.path),
        at=position,
        columns=columns,
        rows=(
            native({name: row[name] for name in columns if name in row}, forms)
            for row in _unmoved(journal, head, read, limit)
        ),
    )


def _held(
    journal: Journal, table: SchemaObject, way: Iterable[Step], now: Objects, once: Objects
) -> Iterator[dict[str, Any]]:
    # Changes of a type alone may give the table's values another text.
    steps = [step for step in way if step.changes or _touches(step.rows, table.id)]
    return journal.database.rows_at(table.id, steps, schema=now, then=once)


def _unmoved(
    journal: Journal, head: Head, read: Iterator[dict[str, Any]], limit: int | None
) -> Iterator[dict[str, Any]]:
    with closing_iterator(read):
        yield from islice(read, limit)
    if journal.head() != head:
        raise NotExact("the journal moved on while rows were read", hint="Try once more.")


@contextmanager
def closing_iterator(iterator: Iterator[Any]) -> Iterator[None]:
    """Close a generator for sure when the reader stops early; other iterators need none."""
    try:
        yield
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
