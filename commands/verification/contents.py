"""Tables that a migration must leave as they are: rows and digests, before and after."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from commands.backup.reading import Progress
from commands.backup.writing import choose
from commands.transform.steps import Unchanged
from commands.words import count
from journal.database import Database
from journal.events import CheckRun
from journal.recording import Recording
from journal.values import SchemaObject
from journal.verified import Contents, TableState
from projections.schema import Schema, dotted


def contents_before(declared: Unchanged, recording: Recording) -> tuple[TableState, ...]:
    """Keep others from writing to the tables until the transaction ends, and read them.

    Raises:
        NotFound, Usage: there is no such table, or several of the name.
        StatementFailed: somebody holds a lock on one of them.
    """
    chosen = choose(_schema(recording), declared.tables)
    recording.database.keep_still(chosen)
    return tuple(state_of(recording.database, table) for table in chosen)


def contents_after(
    declared: Unchanged, before: Sequence[TableState], recording: Recording
) -> CheckRun:
    """Read the tables again, by the names they had, and compare."""
    there = {dotted(one.path): one for one in _schema(recording).of_kind("table")}
    after = tuple(
        state_of(recording.database, there[one.table])
        if one.table in there
        else TableState(table=one.table, missing=True)
        for one in before
    )
    differing = list(_differing(before, after))
    rows = sum(one.rows for one in after)
    return CheckRun(
        name=declared.name,
        passed=not differing,
        expected=f"{count(len(before), 'table')} as before",
        found="; ".join(differing) or f"as before, {count(rows, 'row')}",
        details=Contents(before=tuple(before), after=after),
    )


def state_of(
    database: Database, table: SchemaObject, progress: Progress = lambda *_: None
) -> TableState:
    """Read a table within the open transaction. Raises ``StatementFailed``."""
    digest, rows = hashlib.sha256(), 0
    for block in database.dump_lines(table).blocks:
        digest.update(block)
        rows += block.count(b"\n")
        progress("rows compared", rows, 0)
    return TableState(table=dotted(table.path), rows=rows, digest=digest.hexdigest())


def _schema(recording: Recording) -> Schema:
    position = recording.database.head().position
    return Schema(objects=recording.known.objects, position=position)


def _differing(before: Sequence[TableState], after: Sequence[TableState]) -> Iterator[str]:
    for one, other in zip(before, after, strict=True):
        if other.missing:
            yield f"{one.table} is gone"
        elif one.rows != other.rows:
            yield f"{one.table}: {count(one.rows, 'row')} before, {other.rows:,} after"
        elif one.digest != other.digest:
            yield f"{one.table}: other values in {count(one.rows, 'row')}"
