"""Tables that a migration must leave as they are: rows and digests, before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from commands.backup.reading import Progress
from commands.backup.writing import choose
from commands.transform.steps import Unchanged
from commands.words import count
from journal.database import Database
from journal.events import CheckRun
from journal.lines import LineDigest
from journal.recording import Recording
from journal.values import SchemaObject
from journal.verified import Contents, TableState
from projections.schema import Schema, dotted

Read = Callable[[int], None]
"""Called with how many rows of a table have been read."""


def contents_before(
    declared: Unchanged, recording: Recording, read: Read
) -> tuple[TableState, ...]:
    """Keep others from writing to the tables until the transaction ends, and read them.

    Raises:
        NotFound, Usage: there is no such table, or several of the name.
        StatementFailed: somebody holds a lock on one of them.
    """
    chosen = choose(_schema(recording), declared.tables)
    recording.database.keep_still(chosen)
    return tuple(_state(recording.database, table, read) for table in chosen)


def contents_after(
    declared: Unchanged, before: Sequence[TableState], recording: Recording, read: Read
) -> CheckRun:
    """Read the tables again, by the names they had, and compare; a new partition is told, too."""
    there = {dotted(one.path): one for one in _schema(recording).of_kind("table")}
    names = dict.fromkeys(one.table for one in before)
    kept = tuple(name for name in declared.tables if _named(name, there))
    if kept:
        names |= dict.fromkeys(dotted(one.path) for one in choose(_schema(recording), kept))
    known = {one.table: one for one in before}
    before = tuple(known.get(name, TableState(table=name, missing=True)) for name in names)
    after = tuple(
        _state(recording.database, there[name], read)
        if name in there
        else TableState(table=name, missing=True)
        for name in names
    )
    differing = list(_differing(before, after))
    rows = sum(one.rows for one in after)
    return CheckRun(
        name=declared.name,
        passed=not differing,
        expected=f"{count(len(known), 'table')} as before",
        found="; ".join(differing) or f"as before, {count(rows, 'row')}",
        details=Contents(before=before, after=after),
    )


def state_of(
    database: Database, table: SchemaObject, progress: Progress = lambda *_: None
) -> TableState:
    """Read a table within the open transaction. Raises ``StatementFailed``."""
    digest = LineDigest()
    for block in database.dump_lines(table).blocks:
        digest.take(block)
        progress("rows compared", digest.rows, 0)
    return TableState(table=dotted(table.path), rows=digest.rows, digest=digest.hex())


def _schema(recording: Recording) -> Schema:
    position = recording.database.head().position
    return Schema(objects=recording.known.objects, position=position)


def _named(name: str, there: Iterable[str]) -> bool:
    return any(one == name or one.rpartition(".")[2] == name for one in there)


def _state(database: Database, table: SchemaObject, read: Read) -> TableState:
    return state_of(database, table, lambda _, rows, __: read(rows))


def _differing(before: Sequence[TableState], after: Sequence[TableState]) -> Iterator[str]:
    for one, other in zip(before, after, strict=True):
        if one.missing or other.missing:
            yield f"{one.table} is {'gone' if other.missing else 'new'}"
        elif one.rows != other.rows:
            yield f"{one.table}: {count(one.rows, 'row')} before, {other.rows:,} after"
        elif one.digest != other.digest:
            yield f"{one.table}: other values in {count(one.rows, 'row')}"
