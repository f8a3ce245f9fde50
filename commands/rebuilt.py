"""What taking back writes anew although it stands: its cost, by the names of tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from commands.words import count
from journal.values import Rebuilt


class RebuiltTable(msgspec.Struct, frozen=True, kw_only=True):
    """A table, or a materialised view, that is written anew with its indexes.

    ``rows`` and ``bytes`` are those of one time, of ``times``; bytes are 0 where the database
    does not tell.
    """

    table: str
    rows: int
    bytes: int
    times: int = 1


def by_table(found: Iterable[Rebuilt], names: Mapping[int, str]) -> tuple[RebuiltTable, ...]:
    """Sum up by table, in the order in which they are first written."""
    tables: dict[int, list[Rebuilt]] = {}
    for one in found:
        tables.setdefault(one.table, []).append(one)
    return tuple(
        RebuiltTable(
            table=names.get(identity, str(identity)),
            rows=max(one.rows for one in times),
            bytes=max(one.bytes for one in times),
            times=len(times),
        )
        for identity, times in tables.items()
    )


def in_words(found: Iterable[RebuiltTable]) -> Iterator[str]:
    """Word what is written anew, a line each: the name, rows, bytes and times."""
    for one in found:
        size = f", {one.bytes:,} bytes" if one.bytes else ""
        times = f", {one.times} times" if one.times > 1 else ""
        yield f"{one.table}: {count(one.rows, 'row')}{size}{times}"
