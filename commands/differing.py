"""Rows that differ between two positions, as far as the journal knows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import repeat
from typing import Any

import msgspec

from commands.erasing.folding import first_and_last
from commands.folding import folded
from commands.native import native, natives
from commands.way import steps_between
from journal.effect import Step
from journal.envelope import Entry
from journal.errors import Refused
from journal.events import BaselineRecorded, ContentErased, DriftAccepted, SchemaChanged
from journal.folded import NetRows, PastRow
from journal.known import TYPES
from journal.store import Journal
from journal.values import Column, SchemaObject, TableRows
from projections.obstacles import ERASED
from projections.plan import obstacles_on
from projections.schema import SchemaFold, dotted

LISTED = 20
"""How many lost and how many gained rows of a table are listed, unless told otherwise."""

COMBINED = 100_000
"""So many rows in several shapes of one table are still brought together, in memory."""

Shape = tuple[int, ...]
Range = tuple[int, str, int]


class TableDifference(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one table that are only before (``lost``) or only after (``gained``).

    ``rows`` lists some of them; ``sign`` is -1 for a lost one and +1 for a gained one.
    ``part`` tells that the rows stayed, and only the values of some columns came or went: of
    columns that were dropped, or took another type. Where the table had several shapes on the
    way, rows are compared by the columns that all of them have.
    """

    table: str
    columns: tuple[str, ...]
    lost: int
    gained: int
    part: bool = False
    rows: tuple[PastRow, ...] = ()


def reverse(one: TableDifference) -> TableDifference:
    """Return the difference seen from the other side."""
    rows = tuple(msgspec.structs.replace(row, sign=-row.sign) for row in reversed(one.rows))
    return msgspec.structs.replace(one, lost=one.gained, gained=one.lost, rows=rows)


def row_differences(
    journal: Journal, low: int, high: int, *, listed: int = LISTED
) -> tuple[TableDifference, ...]:
    """Return what differs at ``high`` from what was at ``low``, table by table.

    Raises:
        Refused: something between the two was not captured.
    """
    known = _Known(folded(journal, SchemaFold, last=low).objects)
    for entry in journal.read(after=low, last=high, types=TYPES):
        known.take(entry)
    past = steps_between(journal, low, high)
    steps = [step for step in past.steps if step.first > low]
    for obstacle in obstacles_on(past.obstacles, reversed(steps)):
        if obstacle.name not in ("vacuum", ERASED):
            raise Refused(f"position {obstacle.position} is in the way: {obstacle.reason}")
    whole, part = _sorted(steps)
    comparing = _Comparing(journal, known.objects, listed)
    comparing.erased = _erased(journal)
    found = [one for rows in whole.values() for one in comparing.whole(rows)]
    found += [one for rows in part.values() for one in comparing.by_shape(rows, part=True)]
    return tuple(found)


class _Known:
    """Every object of a stretch, with every column that it had on the way."""

    def __init__(self, objects: Mapping[int, SchemaObject]) -> None:
        self.objects = dict(objects)

    def take(self, entry: Entry) -> None:
        match entry.event:
            case BaselineRecorded(objects=objects):
                self.objects.update((one.id, one) for one in objects)
            case SchemaChanged(changes=changes) | DriftAccepted(changes=changes):
                for after in (c.after for c in changes if c.after is not None):
                    before = self.objects.get(after.id)
                    self.objects[after.id] = _with_columns_of(after, before)
            case _:
                pass


class _Comparing:
    def __init__(self, journal: Journal, known: Mapping[int, SchemaObject], listed: int) -> None:
        self.identity = journal.identity
        self.database = journal.database
        self.known = known
        self.listed = listed
        self.erased: AbstractSet[Range] = frozenset()

    def whole(self, rows: Sequence[TableRows]) -> Iterator[TableDifference]:
        """Compare whole rows of one table; several shapes are brought together."""
        if all(one.key for one in rows) and any(_range(one) in self.erased for one in rows):
            yield from self._by_key(rows)
            return
        nets = self._nets(rows)
        shapes = dict.fromkeys(_shape(one.columns) for one in rows)
        if len(shapes) == 1 or sum(net.lost + net.gained for net in nets) > COMBINED:
            yield from self.by_shape(rows)
            return
        common = set.intersection(*(set(shape) for shape in shapes))
        columns = [c for c in self._columns(rows[0].table, rows[-1].columns) if c.id in common]
        left: Counter[tuple[Any, ...]] = Counter()
        for row in self.database.net_rows(rows, schema=self.known):
            left[tuple(row.values.get(column.name) for column in columns)] += row.sign
        names = tuple(column.name for column in columns)
        found = (
            PastRow(table=rows[0].table, sign=sign, values=dict(zip(names, values, strict=True)))
            for values, count in left.items()
            for sign in repeat(1 if count > 0 else -1, abs(count))
        )
        lost = sum(-count for count in left.values() if count < 0)
        gained = sum(count for count in left.values() if count > 0)
        if lost or gained:
            yield self._told(rows[0].table, columns, lost, gained, found, part=False)

    def _by_key(self, rows: Sequence[TableRows]) -> Iterator[TableDifference]:
        """Compare the first image of each row with the last: what was erased does not cancel."""
        common = set.intersection(*(set(one.columns) for one in rows))
        columns = [c for c in self._columns(rows[0].table, rows[-1].columns) if c.id in common]
        left = first_and_last(self.database, rows, [column.id for column in columns])
        names = [column.name for column in columns]
        found = [
            PastRow(table=rows[0].table, sign=sign, values=dict(zip(names, values, strict=True)))
            for first, last in left
            for sign, values in ((-1, first), (1, last))
            if values is not None
        ]
        if found:
            lost = sum(row.sign < 0 for row in found)
            yield self._told(
                rows[0].table, columns, lost, len(found) - lost, iter(found), part=False
            )

    def by_shape(
        self, rows: Sequence[TableRows], *, part: bool = False
    ) -> Iterator[TableDifference]:
        """Compare the rows of each shape for itself."""
        for net in self._nets(rows):
            own = [one for one in rows if _shape(one.columns) == _shape(net.columns)]
            columns = self._columns(net.table, net.columns)
            found = self.database.net_rows(own, schema=self.known)
            yield self._told(net.table, columns, net.lost, net.gained, found, part=part)

    def _nets(self, rows: Sequence[TableRows]) -> list[NetRows]:
        return [net for net in self.database.net(rows) if net.lost or net.gained]

    def _columns(self, table: int, identities: Iterable[int]) -> list[Column]:
        found = self.known.get(table)
        columns = {column.id: column for column in found.columns} if found else {}
        return [columns.get(id_, Column(id=id_, name=str(id_))) for id_ in identities]

    def _told(
        self,
        table: int,
        columns: Sequence[Column],
        lost: int,
        gained: int,
        found: Iterator[PastRow],
        *,
        part: bool,
    ) -> TableDifference:
        forms = natives(self.identity, columns)
        return TableDifference(
            table=dotted(self.known[table].path) if table in self.known else str(table),
            columns=tuple(column.name for column in columns),
            lost=lost,
            gained=gained,
            part=part,
            rows=tuple(
                msgspec.structs.replace(row, values=native(row.values, forms))
                for row in _some(found, self.listed)
            ),
        )


def _sorted(
    steps: Iterable[Step],
) -> tuple[dict[int, list[TableRows]], dict[int, list[TableRows]]]:
    """Tell whole rows that came or went from values of columns, by table."""
    whole: dict[int, list[TableRows]] = {}
    part: dict[int, list[TableRows]] = {}
    for step in steps:
        ends = {
            side.id
            for change in step.changes
            if (change.before is None) != (change.after is None)
            and (side := change.before or change.after) is not None
        }
        for rows in step.rows:
            kind = whole if rows.cause == "written" or rows.table in ends else part
            kind.setdefault(rows.table, []).append(rows)
    return whole, part


def _with_columns_of(one: SchemaObject, before: SchemaObject | None) -> SchemaObject:
    ids = {column.id for column in one.columns}
    gone = tuple(c for c in before.columns if c.id not in ids) if before else ()
    return msgspec.structs.replace(one, columns=one.columns + gone) if gone else one


def _range(rows: TableRows) -> Range:
    return rows.table, rows.run, rows.images.first if rows.images else 0


def _erased(journal: Journal) -> AbstractSet[Range]:
    """Return the ranges of images of which something was erased, at whatever position."""
    events = (entry.event for entry in journal.read(types=("ContentErased",)))
    return {
        (event.images.table, event.images.run, event.images.first)
        for event in events
        if isinstance(event, ContentErased) and event.images
    }


def _shape(columns: Iterable[int]) -> Shape:
    return tuple(sorted(columns))


def _some(found: Iterator[PastRow], listed: int) -> tuple[PastRow, ...]:
    """Keep the first lost and the first gained rows, ``listed`` of each."""
    kept: dict[int, list[PastRow]] = {-1: [], 1: []}
    for row in found:
        if len(kept[row.sign]) < listed:
            kept[row.sign].append(row)
    return tuple(kept[-1] + kept[1])
