"""Bookkeeping as the journal keeps it, and where the two no longer agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from commands.adopt.bookkeeping import Bookkeeping, Record
from journal.events import HistoryImported
from projections.imported import Imported
from projections.schema import dotted

PART = 40_000
"""Bytes of names in one entry, about; entries stay small for proofs."""


class ImportedTable(msgspec.Struct, frozen=True, kw_only=True):
    """What was imported of a table, or could be: how many migrations, and what does not count."""

    tool: str
    table: str
    migrations: int
    unapplied: tuple[tuple[str, str], ...] = ()
    upto: str = ""


def imports(books: Iterable[Bookkeeping]) -> Iterator[HistoryImported]:
    """Yield the events that record tables of bookkeeping, in small parts."""
    for one in books:
        parts = list(_parts((*one.applied, *one.unapplied))) or [()]
        for number, part in enumerate(parts, start=1):
            counted = [record for record in part if not record.why]
            times = tuple(record.applied_at for record in counted)
            yield HistoryImported(
                tool=one.tool,
                table=dotted(one.table),
                migrations=tuple(record.name for record in counted),
                applied_at=times if any(times) else (),
                unapplied=tuple((record.name, record.why) for record in part if record.why),
                upto=one.upto,
                part=number,
                parts=len(parts),
            )


def differing(books: Iterable[Bookkeeping], known: Iterable[Imported]) -> tuple[Bookkeeping, ...]:
    """Return the tables that say other than what was imported of them, new ones too."""
    held = {(one.tool, one.table): (one.migrations, one.unapplied, one.upto) for one in known}
    return tuple(one for one in books if held.get((one.tool, dotted(one.table))) != _said(one))


def told(books: Iterable[Bookkeeping]) -> tuple[ImportedTable, ...]:
    """Sum tables of bookkeeping up."""
    return tuple(
        ImportedTable(
            tool=one.tool,
            table=dotted(one.table),
            migrations=len(one.applied),
            unapplied=_said(one)[1],
            upto=one.upto,
        )
        for one in books
    )


def _said(one: Bookkeeping) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...], str]:
    names = tuple(record.name for record in one.applied)
    return names, tuple((record.name, record.why) for record in one.unapplied), one.upto


def _parts(records: Iterable[Record]) -> Iterator[tuple[Record, ...]]:
    group: list[Record] = []
    size = 0
    for one in records:
        length = len(one.name) + len(one.applied_at) + len(one.why)
        if group and size + length > PART:
            yield tuple(group)
            group, size = [], 0
        group.append(one)
        size += length
    if group:
        yield tuple(group)
