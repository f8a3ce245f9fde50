"""Tables that are not there any more, made again from what a backup says of them.

It is the undoing of their being dropped: of an imaginary statement that did no more than that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from commands.restore.planning import Chosen
from journal.effect import Step
from journal.errors import Refused
from journal.recording import Recording
from journal.values import DatabaseKind, ObjectChange, SchemaObject

_COUNTERS = "CREATE TABLE sqlite_sequence(name,seq)"


def make(
    recording: Recording,
    missing: Sequence[Chosen],
    objects: Sequence[SchemaObject],
    *,
    ours: bool,
    number: int,
) -> tuple[str, ...]:
    """Make tables again with all that belongs to them; return what was made.

    Raises:
        Refused: the backup does not hold their definitions, or something they need is missing.
    """
    for one in missing:
        if one.object is None:
            raise Refused(
                f"{one.name} is not there any more, and the backup does not say how it was made",
                hint="Make it first, or restore others with --table.",
            )
        if virtual := one.object.definition.get("shadow"):
            raise Refused(
                f"virtual table {virtual}, which {one.name} belongs to, is not there any more",
                hint=f"Make {virtual} first, or restore others with --table.",
            )
    wanted = _wanted(missing, objects, recording.known.objects)
    wanted = [*_counters(wanted, recording), *wanted]
    highest = recording.known.next_id
    fitted = _fitted(wanted, recording.known.objects, recording.identity, ours, highest)
    changes = tuple(ObjectChange(before=one) for one in fitted)
    step = Step(first=0, last=0, run=recording.run, changes=changes)
    recording.undo(step, number=number, if_changed="refuse")
    return tuple(f"{one.kind} {'.'.join(one.path)}" for one in fitted)


def _wanted(
    missing: Sequence[Chosen], objects: Sequence[SchemaObject], known: Mapping[int, SchemaObject]
) -> list[SchemaObject]:
    """Return the tables, their parts, and what else the backup has that is not there."""
    there = {(one.kind, one.path) for one in known.values()}
    tables = {one.backed.path for one in missing}
    ids = {one.object.id for one in missing if one.object}
    found = []
    for one in objects:
        if (one.kind, one.path) in there or one.kind == "internal":
            continue
        theirs = one.path in tables if one.kind == "table" else one.parent in ids
        owned = tuple(one.definition.get("owned_by", ())[:2]) in tables
        loose = one.kind != "table" and one.parent is None and "owned_by" not in one.definition
        if theirs or owned or loose:
            found.append(one)
    return found


def _counters(wanted: Sequence[SchemaObject], recording: Recording) -> Iterator[SchemaObject]:
    """SQLite makes its table of counters with the first table that has one."""
    kind: DatabaseKind = recording.database.kind
    counts = any(one.definition.get("autoincrement") for one in wanted)
    there = any(one.kind == "internal" for one in recording.known.objects.values())
    if kind == "sqlite" and counts and not there:
        yield SchemaObject(
            id=0, kind="internal", path=("sqlite_sequence",), definition={"sql": _COUNTERS}
        )


def _fitted(
    wanted: Sequence[SchemaObject],
    known: Mapping[int, SchemaObject],
    identity: Callable[[], int],
    ours: bool,
    highest: int,
) -> list[SchemaObject]:
    """Give objects their former identities where they are this journal's, and else new ones."""
    taken = {one.id for one in known.values()}
    taken |= {column.id for one in known.values() for column in one.columns}

    def number(former: int) -> int:
        return former if ours and 0 < former < highest and former not in taken else identity()

    ids = {one.id: number(one.id) for one in wanted if one.id}
    return [
        msgspec.structs.replace(
            one,
            id=ids.get(one.id) or identity(),
            parent=None if one.parent is None else ids.get(one.parent, one.parent),
            columns=tuple(msgspec.structs.replace(c, id=number(c.id)) for c in one.columns),
        )
        for one in wanted
    ]
