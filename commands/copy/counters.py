"""Counters of the target, put beyond the last number of the rows that were copied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from commands.copy.examined import table_in
from commands.copy.plan import TablePlan
from commands.quoting import literal, quoted
from journal.database import Database
from journal.recording import Recording
from journal.values import SchemaObject, SequenceState

Places = Mapping[tuple[str, ...], SequenceState]
"""Where counters of the source stand, by table and column; by the table alone on SQLite."""


def put_beyond(
    recording: Recording,
    tables: Iterable[TablePlan],
    *,
    places: Mapping[int, SequenceState],
    schema: Iterable[SchemaObject],
) -> None:
    """Move each counter that lies behind; where the source has one too, at least to its place.

    ``places`` are those of the source, by the identities of ``schema``.

    Raises:
        StatementFailed: the database refused it.
    """
    named = dict(_named(places, schema))
    for table in tables:
        if recording.database.kind == "sqlite":
            _move_sqlite(recording, table, named)
        else:
            for sequence in _sequences(recording, table):
                _move(recording, table, sequence, named)


def _named(
    places: Mapping[int, SequenceState], schema: Iterable[SchemaObject]
) -> Iterator[tuple[tuple[str, ...], SequenceState]]:
    objects = {one.id: one for one in schema}
    for identity, state in places.items():
        one = objects[identity]
        if one.kind == "table":
            yield one.path, state
        elif owner := one.definition.get("owned_by"):
            yield tuple(owner), state


def _reached(table: TablePlan, column: str, places: Places) -> int:
    """Return the last number that the source gave out; 0 where nobody tells."""
    path = table.source.path
    name = next((one.source for one in table.columns if one.target == column), "")
    state = places.get((*path, name)) or places.get(path)
    if state is None or state.last_value is None or not state.is_called:
        return 0
    return state.last_value


def _move(recording: Recording, table: TablePlan, sequence: SchemaObject, places: Places) -> None:
    column = sequence.definition["owned_by"][-1]
    highest = max(_reached(table, column, places), _highest(recording.database, table, column))
    (state,) = (one for _, one in recording.database.read_sequences({sequence.id: sequence}))
    last = state.last_value if state.is_called else None
    if highest > 0 and (last is None or last < highest):
        name = literal(quoted(*sequence.path))
        sql = f"SELECT pg_catalog.setval({name}, {highest}, true)"
        recording.execute(sql, number=recording.number + 1)


def _move_sqlite(recording: Recording, table: TablePlan, places: Places) -> None:
    """AUTOINCREMENT keeps the greatest number that there ever was; without it none is kept."""
    database, known = recording.database, table_in(recording.known.objects, table)
    if not known.definition.get("autoincrement"):
        return
    (column,) = known.definition["primary_key"]
    highest = max(_reached(table, column, places), _highest(database, table, column))
    name = literal(table.target[-1])
    now = _one(database, f"SELECT seq FROM sqlite_sequence WHERE name = {name}")
    if highest < 1 or (now or 0) >= highest:
        return
    if now is None:
        sql = f"INSERT INTO sqlite_sequence (name, seq) VALUES ({name}, {highest})"
    else:
        sql = f"UPDATE sqlite_sequence SET seq = {highest} WHERE name = {name}"
    recording.execute(sql, number=recording.number + 1)


def _sequences(recording: Recording, table: TablePlan) -> Iterator[SchemaObject]:
    filled = {column.target for column in table.columns}
    for one in recording.known.objects.values():
        owner = one.definition.get("owned_by") if one.kind == "sequence" else None
        if owner and tuple(owner[:-1]) == table.target and owner[-1] in filled:
            yield one


def _highest(database: Database, table: TablePlan, column: str) -> int:
    return int(_one(database, f"SELECT max({quoted(column)}) FROM {quoted(*table.target)}") or 0)


def _one(database: Database, sql: str) -> Any:
    with database.select(sql) as found:
        return next((row[0] for row in found.rows), None)
