"""Counters of the target, put beyond the last number of the rows that were copied."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from commands.copy.plan import TablePlan
from commands.quoting import literal, quoted
from journal.database import Database
from journal.recording import Recording
from journal.values import SchemaObject, SequenceState


def put_beyond(
    recording: Recording,
    tables: Iterable[TablePlan],
    *,
    source: Database,
    schema: Iterable[SchemaObject],
) -> None:
    """Move each counter that lies behind; where the source has one too, at least to its place.

    Raises:
        StatementFailed: the database refused it.
    """
    objects = {one.id: one for one in schema}
    places = dict(source.read_sequences(objects))
    for table in tables:
        if table.counter:
            there = _place(table, objects, places, source)
            _move(recording, table, there)


def _place(
    table: TablePlan,
    objects: dict[int, SchemaObject],
    places: dict[int, SequenceState],
    source: Database,
) -> int:
    """Return the last number that the source handed out for a table; 0 where nobody tells."""
    if source.kind == "sqlite":
        state = places.get(table.source.id)
    else:
        column = next(c.source for c in table.columns if c.target == table.counter)
        owner = [*table.source.path, column]
        state = next(
            (
                places[one.id]
                for one in objects.values()
                if one.kind == "sequence" and one.definition.get("owned_by") == owner
            ),
            None,
        )
    if state is None or state.last_value is None:
        return 0
    return state.last_value if state.is_called else 0


def _move(recording: Recording, table: TablePlan, there: int) -> None:
    database = recording.database
    highest = max(there, _highest(database, table))
    if highest < 1:
        return
    if database.kind == "sqlite":
        _move_sqlite(recording, table, highest)
        return
    sequence = _sequence(recording, table)
    if sequence is None:
        return
    places = dict(database.read_sequences({sequence.id: sequence}))
    state = places.get(sequence.id, SequenceState())
    last = (state.last_value or 0) if state.is_called else (state.last_value or 1) - 1
    if last < highest:
        name = literal(quoted(*sequence.path))
        recording.execute(
            f"SELECT pg_catalog.setval({name}, {highest}, true)", number=recording.number + 1
        )


def _move_sqlite(recording: Recording, table: TablePlan, highest: int) -> None:
    """AUTOINCREMENT keeps the greatest number that there ever was; without it none is kept."""
    database, name = recording.database, literal(table.target[-1])
    if not _one(database, "SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_sequence'"):
        return
    now = _one(database, f"SELECT seq FROM sqlite_sequence WHERE name = {name}")
    known = next(one for one in recording.known.objects.values() if one.path == table.target)
    if not known.definition.get("autoincrement") or (now or 0) >= highest:
        return
    if now is None:
        sql = f"INSERT INTO sqlite_sequence (name, seq) VALUES ({name}, {highest})"
    else:
        sql = f"UPDATE sqlite_sequence SET seq = {highest} WHERE name = {name}"
    recording.execute(sql, number=recording.number + 1)


def _sequence(recording: Recording, table: TablePlan) -> SchemaObject | None:
    owner = [*table.target, table.counter]
    return next(
        (
            one
            for one in recording.known.objects.values()
            if one.kind == "sequence" and one.definition.get("owned_by") == owner
        ),
        None,
    )


def _highest(database: Database, table: TablePlan) -> int:
    column = quoted(table.counter)
    return int(_one(database, f"SELECT max({column}) FROM {quoted(*table.target)}") or 0)


def _one(database: Database, sql: str) -> Any:
    with database.select(sql) as found:
        return next((row[0] for row in found.rows), None)
