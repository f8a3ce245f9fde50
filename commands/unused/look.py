"""All that signs of use are read from, gathered once for all tables of a step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from commands.doctor.tables import Path, Table, Tables, tables_of
from commands.transform.steps import DropUnused
from commands.unused.code import Searched, search
from journal.codec import open_entry
from journal.database import Database
from journal.recording import Recording
from journal.signs import TableUse
from journal.values import DatabaseKind, SchemaObject
from projections.changes import TYPES, Changes, TableChanges
from projections.schema import Schema


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """The live schema, the server's counters, the journal's changes, and the code.

    ``dropped`` are the tables that go, partitions with them, in an order in which nothing is
    left to refer to one. ``counting`` tells that the server counts reads and writes.
    """

    database: Database
    dropped: tuple[SchemaObject, ...]
    objects: tuple[SchemaObject, ...]
    tables: Tables
    uses: Mapping[Path, TableUse]
    counting: bool
    changes: Mapping[int, TableChanges]
    searched: tuple[Searched, ...]
    since: datetime | None
    reads: int

    @property
    def kind(self) -> DatabaseKind:
        """Which database it is."""
        return self.database.kind


def gather(step: DropUnused, recording: Recording) -> Look:
    """Keep others from writing to the tables, and read everything as the transaction sees it.

    Raises:
        NotFound, Usage: no such table, or several of the name; no such directory of code.
        StatementFailed: somebody holds a lock on one of the tables.
    """
    database = recording.database
    known = Schema(objects=recording.known.objects, position=database.head().position)
    named = {one.id: one for one in _with_partitions(known, step.tables)}
    database.keep_still(tuple(named.values()))
    objects = database.read_schema(recording.known.objects)
    tables = tables_of(objects)
    return Look(
        database=database,
        dropped=_ordered(tuple(named.values()), tables),
        objects=objects,
        tables=tables,
        uses={use.path: use for use in database.signs().uses},
        counting=database.kind == "postgresql" and _counts(database),
        changes=_changes(database, named).tables,
        searched=tuple(
            search(directory, [one.path[-1] for one in named.values()]) for directory in step.code
        ),
        since=moment(step.since) if step.since else None,
        reads=step.reads,
    )


def moment(text: str) -> datetime:
    """Read a time as ISO 8601 or a server writes it, in UTC where no zone is said.

    Raises:
        ValueError: it is none.
    """
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _with_partitions(known: Schema, names: Sequence[str]) -> Iterator[SchemaObject]:
    """Yield tables with their partitions; an heir is a table that stays unless it is named."""
    for name in names:
        waiting = [known.table(name)]
        while waiting:
            table = waiting.pop()
            yield table
            waiting += known.partitions(table)


def _counts(database: Database) -> bool:
    with database.select("SELECT current_setting('track_counts')") as found:
        return [row[0] for row in found.rows] == ["on"]


def _changes(database: Database, tables: Mapping[int, SchemaObject]) -> Changes:
    fold = Changes.fold(tables)
    for stored in database.entries(types=TYPES):
        fold.take(open_entry(stored))
    return fold.answer()


def _ordered(dropped: tuple[SchemaObject, ...], tables: Tables) -> tuple[SchemaObject, ...]:
    """Put tables that refer to others before them; in a circle the order is as declared."""
    waiting = list(dropped)
    ordered: list[SchemaObject] = []
    while waiting:
        referred = {
            reference.parent
            for one in waiting
            for reference in _table(one, tables).references
            if reference.parent != one.path
        }
        free = [one for one in waiting if one.path not in referred] or waiting[:1]
        ordered += free
        waiting = [one for one in waiting if one not in free]
    return tuple(ordered)


def _table(one: SchemaObject, tables: Tables) -> Table:
    return tables.get(one.path) or Table(path=one.path, columns=())
