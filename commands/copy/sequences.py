"""Sequences of PostgreSQL, put where those of the source are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from commands.copy.plan import TablePlan
from commands.quoting import literal, quoted
from journal.recording import Recording
from journal.values import SchemaObject, SequenceState


def put_as_there(
    recording: Recording,
    tables: Iterable[TablePlan],
    *,
    places: Mapping[int, SequenceState],
    schema: Iterable[SchemaObject],
) -> None:
    """Move the sequences that number columns of these tables forward, never back.

    Both databases are PostgreSQL; a sequence is found by its path. ``places`` are those of the
    source, by the identities of ``schema``.

    Raises:
        StatementFailed: the database refused it.
    """
    objects = {one.id: one for one in schema}
    numbering = [one for one in objects.values() if _numbers(one, tuple(tables))]
    ours = {one.path: one for one in recording.known.objects.values() if one.kind == "sequence"}
    for one in numbering:
        there = ours.get(one.path)
        if there is None:
            continue
        now = dict(recording.database.read_sequences({there.id: there}))
        wanted = places.get(one.id, SequenceState())
        if _before(now.get(there.id, SequenceState()), wanted):
            called = "true" if wanted.is_called else "false"
            recording.execute(
                f"SELECT pg_catalog.setval({literal(quoted(*one.path))},"
                f" {wanted.last_value}, {called})",
                number=recording.number + 1,
            )


def _numbers(one: SchemaObject, tables: tuple[TablePlan, ...]) -> bool:
    """Tell whether a sequence belongs to a column of the tables, or is in a default of theirs."""
    if one.kind != "sequence":
        return False
    owner = tuple(one.definition.get("owned_by", ()))[:-1]
    if any(table.source.path == owner for table in tables):
        return True
    named = {f"nextval('{'.'.join(one.path)}'", f"nextval('{quoted(*one.path)}'"}
    return any(
        str(column.definition.get("default", "")).startswith(tuple(named))
        for table in tables
        for column in table.source.columns
    )


def _before(one: SequenceState, other: SequenceState) -> bool:
    if other.last_value is None:
        return False
    mine = (one.last_value or 0, one.is_called)
    return mine < (other.last_value, other.is_called)
