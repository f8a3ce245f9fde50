"""The past: schemas at a position, the difference of two, and rows as they were."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

import msgspec

from commands.native import native, natives
from commands.places import position_of
from journal.database import NetRows, PastRow
from journal.envelope import Head
from journal.errors import NotExact, Refused
from journal.events import RowsChanged
from journal.store import Journal
from journal.values import Column, SchemaObject, TableRows
from projections.drift import Difference, compare
from projections.fold import replay
from projections.history import HistoryFold
from projections.plan import obstacles_on, way_back
from projections.schema import TYPES as SCHEMA_TYPES
from projections.schema import Schema, SchemaFold, dotted

LISTED = 20
"""How many lost and how many gained rows of a table are listed, unless told otherwise."""


class TableDifference(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one table that are only before (``lost``) or only after (``gained``).

    ``rows`` lists some of them; ``sign`` is -1 for a lost one and +1 for a gained one.
    """

    table: str
    columns: tuple[str, ...]
    lost: int
    gained: int
    rows: tuple[PastRow, ...] = ()


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
    schema = replay(Schema, journal.read(last=position, types=SCHEMA_TYPES))
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
        data=_data(journal, then, now, listed) if data else None,
    )


def rows(journal: Journal, table: str, at: str = "head", *, limit: int | None = None) -> RowsAnswer:
    """Return the rows of a table as they were at a position, the first ``limit`` of them.

    Rows that others than the journal wrote since stand as they are now.

    Raises:
        NotFound: no such position, or no such table then.
        Refused: the position is inside a statement, or something since was not captured.
        NotExact: while reading, the journal moved on; what was read is of no worth.
    """
    head = journal.head()
    position = position_of(journal, at)
    history, now, then = HistoryFold(), SchemaFold(), SchemaFold()
    for entry in journal.read(last=head.position):
        history.take(entry)
        now.take(entry)
        if entry.position <= position:
            then.take(entry)
    past = history.answer()
    once = msgspec.structs.replace(then.answer(), position=position)
    found = once.table(table)
    way = [] if position == head.position else list(reversed(way_back(past, target=position)))
    for obstacle in obstacles_on(past, reversed(way)):
        if not obstacle.tables or found.id in obstacle.tables:
            raise Refused(f"position {obstacle.position} is in the way: {obstacle.reason}")
    steps = [step for step in way if _touches(step.rows, found.id) or _alters(step.changes, found)]
    read = journal.database.rows_at(found.id, steps, schema=now.answer().objects, then=once.objects)
    forms = natives(journal.identity, found.columns)
    return RowsAnswer(
        table=dotted(found.path),
        at=position,
        columns=tuple(column.name for column in found.columns),
        rows=(native(row, forms) for row in _unmoved(journal, head, read, limit)),
    )


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


def _data(journal: Journal, then: Schema, now: Schema, listed: int) -> tuple[TableDifference, ...]:
    low, high = sorted((then.position, now.position))
    entries = list(journal.read(after=low, last=high, types=("RowsChanged", "IrreversibleAllowed")))
    changed: list[TableRows] = []
    for entry in entries:
        if not isinstance(entry.event, RowsChanged):
            raise Refused(f"position {entry.position} is in the way: not all of it was captured")
        changed.append(entry.event.rows)
    turn = 1 if then.position <= now.position else -1
    known = _both(journal, low, high)
    return tuple(_tables(journal, changed, known, turn, listed))


def _tables(
    journal: Journal,
    changed: list[TableRows],
    known: Mapping[int, SchemaObject],
    turn: int,
    listed: int,
) -> Iterator[TableDifference]:
    database = journal.database
    for net in tuple(database.net(changed)):
        if not net.lost and not net.gained:
            continue
        own = [rows for rows in changed if _in_shape(rows, net)]
        table = known.get(net.table)
        names = {column.id: column.name for column in table.columns} if table else {}
        forms = natives(journal.identity, _of(table, net))
        yield TableDifference(
            table=dotted(table.path) if table else str(net.table),
            columns=tuple(names.get(column, str(column)) for column in net.columns),
            lost=net.lost if turn > 0 else net.gained,
            gained=net.gained if turn > 0 else net.lost,
            rows=tuple(
                msgspec.structs.replace(row, values=native(row.values, forms))
                for row in _some(database.net_rows(own, schema=known), turn, listed)
            ),
        )


def _of(table: SchemaObject | None, net: NetRows) -> tuple[Column, ...]:
    columns = table.columns if table else ()
    return tuple(column for column in columns if column.id in net.columns)


def _some(found: Iterator[PastRow], turn: int, listed: int) -> tuple[PastRow, ...]:
    """Keep the first lost and the first gained rows, ``listed`` of each."""
    kept: dict[int, list[PastRow]] = {-1: [], 1: []}
    for row in found:
        side = kept[row.sign * turn]
        if len(side) < listed:
            side.append(msgspec.structs.replace(row, sign=row.sign * turn))
    return tuple(kept[-1] + kept[1])


def _both(journal: Journal, low: int, high: int) -> dict[int, SchemaObject]:
    """Return every object between two positions, with every column it had on the way."""
    fold = SchemaFold()
    objects: dict[int, SchemaObject] = {}
    for entry in journal.read(last=high, types=SCHEMA_TYPES):
        fold.take(entry)
        if entry.position > low:
            _merge(objects, entry.event)
    for object_ in replay(Schema, journal.read(last=low, types=SCHEMA_TYPES)).objects.values():
        _add(objects, object_)
    return objects


def _merge(objects: dict[int, SchemaObject], event: Any) -> None:
    for change in getattr(event, "changes", ()):
        for side in (change.after, change.before):
            if side is not None:
                _add(objects, side)


def _add(objects: dict[int, SchemaObject], side: SchemaObject) -> None:
    known = objects.get(side.id)
    if known is None:
        objects[side.id] = side
        return
    ids = {column.id for column in known.columns}
    missing = tuple(column for column in side.columns if column.id not in ids)
    if missing:
        objects[side.id] = msgspec.structs.replace(known, columns=known.columns + missing)


def _in_shape(rows: TableRows, net: NetRows) -> bool:
    return rows.table == net.table and sorted(rows.columns) == sorted(net.columns)


def _touches(changed: tuple[TableRows, ...], table: int) -> bool:
    return any(rows.table == table for rows in changed)


def _alters(changes: Any, table: SchemaObject) -> bool:
    return any(
        side is not None and side.id == table.id for c in changes for side in (c.before, c.after)
    )
