"""A database as found by means that share nothing with the journal's own reading of it.

Equal databases give equal footprints; the journal's own tables are left out. It lives no
longer than the process: some digests are the process's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec


class TableDigest(msgspec.Struct, frozen=True):
    """All rows of a table, and each column by itself, so that a difference can be placed."""

    rows: int
    digest: str
    columns: Mapping[str, str]


class Stored(msgspec.Struct, frozen=True):
    """Where a table's rows lie: another ``place`` tells that it was written anew.

    So does a smaller ``width`` where rows keep their place, as SQLite's do.
    """

    place: str
    size: int
    width: int = 0


class Footprint(msgspec.Struct, frozen=True, kw_only=True):
    """Definitions as texts, rows as digests, places of sequences; and what they take.

    ``by`` names the means that the definitions were read with.
    """

    by: str
    definitions: Mapping[str, str]
    tables: Mapping[str, TableDigest]
    sequences: Mapping[str, str]
    stored: Mapping[str, Stored]
    journal_bytes: int


class Differences(msgspec.Struct, frozen=True, kw_only=True):
    """What two footprints do not have in common, in words."""

    definitions: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    sequences: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Everything that differs."""
        return (*self.definitions, *self.rows, *self.sequences)


def compare(one: Footprint, other: Footprint) -> Differences:
    """Tell what differs."""
    return Differences(
        definitions=tuple(_unequal(one.definitions, other.definitions)),
        rows=tuple(
            text
            for name in _unequal(one.tables, other.tables)
            for text in _of_table(name, one.tables.get(name), other.tables.get(name))
        ),
        sequences=tuple(
            f"{name}: {one.sequences.get(name, 'none')}, {other.sequences.get(name, 'none')}"
            for name in _unequal(one.sequences, other.sequences)
        ),
    )


def rewritten(before: Footprint, after: Footprint) -> Iterator[tuple[str, int]]:
    """Name tables that were there before and lie elsewhere now, with their size then."""
    for name, stored in before.stored.items():
        now = after.stored.get(name)
        if now and (now.place != stored.place or now.width < stored.width):
            yield name, stored.size


def _unequal(one: Mapping[str, object], other: Mapping[str, object]) -> Iterator[str]:
    for name in sorted(one.keys() | other.keys()):
        if one.get(name) != other.get(name):
            yield name


def _of_table(name: str, one: TableDigest | None, other: TableDigest | None) -> Iterator[str]:
    if one is None or other is None:
        return  # a definition differs as well, and says it
    if one.rows != other.rows:
        yield f"{name}: {one.rows:,} rows, {other.rows:,} rows"
        return
    columns = list(_unequal(one.columns, other.columns))
    yield f"{name} ({', '.join(columns)})" if columns else f"{name}: which values stand together"
