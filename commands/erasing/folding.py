"""Rows of a stretch of which something was erased: images of unlike erasures never cancel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from journal.database import Database
from journal.erased import Wanted
from journal.values import SchemaObject, TableRows

Values = tuple[Any, ...]
Exact = tuple[tuple[str, str], ...]
_EVERY = Wanted(table=SchemaObject(id=0, kind="table", path=("",)))


def first_and_last(
    database: Database, rows: Sequence[TableRows], columns: Sequence[int]
) -> Iterator[tuple[Values | None, Values | None]]:
    """Yield each row that differs: as it was at first, and at last; ``None`` where it was not.

    All of ``rows`` are of one table that has a key. Memory grows with the rows that they touch.
    """
    first: dict[Exact, Values | None] = {}
    last: dict[Exact, Values | None] = {}
    for one in rows:
        for sign, key, values in _effect(database, one, columns):
            first.setdefault(key, values if sign < 0 else None)
            last[key] = None if sign < 0 else values
    for key, was in first.items():
        now = last[key]
        if was is None or now is None or _exact(was) != _exact(now):
            yield was, now


def _effect(
    database: Database, rows: TableRows, columns: Sequence[int]
) -> Iterator[tuple[int, Exact, Values]]:
    """Yield what one statement left of its images, those of before at first."""
    left: Counter[tuple[Exact, Exact]] = Counter()
    found: dict[Exact, Values] = {}
    for sign, values in database.images_of(rows, _EVERY):
        row = tuple(values[column] for column in columns)
        key, whole = _exact(values[column] for column in rows.key), _exact(values.values())
        left[key, whole] += sign
        found[whole] = row
    for wanted in (-1, 1):
        for (key, whole), count in left.items():
            if count * wanted > 0:
                yield wanted, key, found[whole]


def _exact(values: Iterable[Any]) -> Exact:
    """What tells values of unlike kind apart: 1 is not 1.0, and 0.0 is not -0.0."""
    return tuple((type(value).__name__, repr(value)) for value in values)
