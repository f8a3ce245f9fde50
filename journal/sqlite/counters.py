"""AUTOINCREMENT counters: rows of sqlite_sequence, as states of the tables that own them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from journal.effect import Schema
from journal.sqlite.connection import Session
from journal.values import SequenceMove, SequenceState

Counters = Mapping[int, SequenceState]
NONE = SequenceState()
"""A table without a counter row."""


def read(session: Session, objects: Schema, *, of: str = "main") -> dict[int, SequenceState]:
    """Return the counter of each AUTOINCREMENT table, by the table's identity.

    ``of`` is the name under which the file is attached.
    """
    owners = {
        found.path[0]: found.id
        for found in objects.values()
        if found.kind == "table" and found.definition.get("autoincrement")
    }
    if not owners:
        return {}
    there: dict[str, int] = dict(session.run(f"SELECT name, seq FROM {of}.sqlite_sequence"))
    return {id_: SequenceState(last_value=there.get(name)) for name, id_ in owners.items()}


def moves(before: Counters, after: Counters) -> tuple[SequenceMove, ...]:
    """Return the counters that moved; a table that is not there has no counter row."""
    return tuple(
        SequenceMove(object=id_, before=before.get(id_, NONE), after=after.get(id_, NONE))
        for id_ in sorted(before.keys() | after.keys())
        if before.get(id_, NONE) != after.get(id_, NONE)
    )


def put(session: Session, name: str, state: SequenceState) -> None:
    """Set the counter of a table; ``None`` takes its row away."""
    if state.last_value is None:
        session.run("DELETE FROM main.sqlite_sequence WHERE name = ?", (name,))
        return
    done = session.run(
        "UPDATE main.sqlite_sequence SET seq = ? WHERE name = ? RETURNING 1",
        (state.last_value, name),
    )
    if not done:
        session.run(
            "INSERT INTO main.sqlite_sequence (name, seq) VALUES (?, ?)", (name, state.last_value)
        )


def take_back(session: Session, objects: Schema, undone: Iterable[SequenceMove]) -> None:
    """Put counters back to where they were before a move.

    Later moves of others stand, unless a counter would give numbers that were given before.
    """
    now = read(session, objects)
    for move in undone:
        owner, place = objects.get(move.object), now.get(move.object, NONE)
        behind = (place.last_value or 0) < (move.before.last_value or 0)
        if owner is not None and (place == move.after or behind):
            put(session, owner.path[0], move.before)
