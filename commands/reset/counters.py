"""The sequences of emptied tables, on SQLite their counters: begun anew, or left alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from commands.quoting import literal, quoted
from commands.reset.answer import PlacedSequence
from journal.errors import Refused
from journal.recording import Recording
from journal.values import SchemaObject, SequenceState
from projections.schema import Schema, dotted


class Counter(msgspec.Struct, frozen=True, kw_only=True):
    """What hands out the numbers of a table; ``sql`` begins it anew."""

    object: int
    name: str
    sql: str


def counters(tables: Sequence[SchemaObject], schema: Schema, *, anew: bool) -> tuple[Counter, ...]:
    """Return what hands out numbers for these tables; ``anew`` where it is to begin anew.

    Raises:
        Refused: a table that stays takes numbers of a sequence that would begin anew.
    """
    paths = {table.path for table in tables}
    found = [*_of_columns(paths, schema)]
    found += [_of_sqlite(table) for table in tables if table.definition.get("autoincrement")]
    for one in found if anew else ():
        for other in _takers(one, schema):
            if other.path not in paths:
                raise Refused(
                    f"{dotted(other.path)}, which stays, takes numbers of {one.name} too",
                    hint='Say sequences="keep": begun anew it would give numbers that are taken.',
                )
    return tuple(found)


def restart(
    found: Sequence[Counter], recording: Recording, *, anew: bool
) -> tuple[PlacedSequence, ...]:
    """Begin counters anew, captured as ever, or leave them; tell where they stood and stand."""
    before = _places(recording)
    if anew:
        for one in found:
            recording.execute(one.sql, number=recording.number + 1)
    after = _places(recording)
    return tuple(
        PlacedSequence(
            name=one.name,
            before=_given(before.get(one.object)),
            after=_given(after.get(one.object)),
        )
        for one in found
    )


def _of_columns(paths: set[tuple[str, ...]], schema: Schema) -> Iterator[Counter]:
    for one in schema.of_kind("sequence"):
        owner = tuple(one.definition.get("owned_by") or ())
        if owner[:-1] in paths:
            sql = f"ALTER SEQUENCE {quoted(*one.path)} RESTART"
            yield Counter(object=one.id, name=dotted(one.path), sql=sql)


def _of_sqlite(table: SchemaObject) -> Counter:
    name = table.path[0]
    sql = f"DELETE FROM {quoted('main', 'sqlite_sequence')} WHERE name = {literal(name)}"
    return Counter(object=table.id, name=name, sql=sql)


def _takers(counter: Counter, schema: Schema) -> Iterator[SchemaObject]:
    """Yield the tables with a default that asks a sequence for its next number."""
    sequence = schema.objects[counter.object]
    if sequence.kind != "sequence":
        return
    called = [".".join(map(_plain, sequence.path)), _plain(sequence.path[-1])]
    asked = [f"nextval('{name}'::regclass)" for name in called]
    for table in schema.of_kind("table"):
        for column in table.columns:
            default = str(column.definition.get("default") or "")
            if any(one in default for one in asked):
                yield table


def _plain(name: str) -> str:
    """Write a name as PostgreSQL does: quoted where it must be."""
    plain = re.fullmatch(r"[a-z_][a-z0-9_]*", name)
    return (name if plain else quoted(name)).replace("'", "''")


def _places(recording: Recording) -> Mapping[int, SequenceState]:
    return dict(recording.database.read_sequences(recording.known.objects))


def _given(place: SequenceState | None) -> int | None:
    """Return the last number that was given."""
    return place.last_value if place is not None and place.is_called else None
