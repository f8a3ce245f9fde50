"""Init: the journal is created beside the data, and the database as found is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import msgspec

from commands.observing import identified
from commands.opening import Asker, Target
from journal.database import Database
from journal.effect import JournalIdentity
from journal.errors import Usage
from journal.events import BaselineRecorded, JournalOpened
from journal.known import Known
from journal.store import Clock, append_within
from journal.values import SchemaObject, SequenceState

PART = 40_000
"""Bytes of objects in one entry of the baseline, about; entries stay small for proofs."""

NAME = "main"
"""The environment's name where none is given."""

_encode = msgspec.json.Encoder().encode


class Initialised(msgspec.Struct, frozen=True, kw_only=True):
    """The journal that stands; ``created`` is false where it stood before."""

    created: bool
    id: str
    name: str
    head: int
    objects: int = 0
    tables: int = 0


def init(target: Target, *, asker: Asker, name: str = "", new_id: str = "") -> Initialised:
    """Create the journal and record the baseline; with a journal there, change nothing.

    Raises:
        Usage: a journal of another name stands there.
        Unreachable, StatementFailed: as named.
    """
    with target.database(create=True) as database:
        found = database.identity()
        if found is None:
            identity = JournalIdentity(
                id=new_id or str(uuid4()), name=name or NAME, database=database.kind
            )
            made = _create(database, identity, asker, target.clock)
            if made is not None:
                return made
            found = database.identity() or identity
        if name and name != found.name:
            raise Usage(
                f"a journal named {found.name} stands here already",
                hint="One database has one journal; leave --name out.",
            )
        head = database.head().position
        return Initialised(created=False, id=found.id, name=found.name, head=head)


def _create(
    database: Database, identity: JournalIdentity, asker: Asker, clock: Clock
) -> Initialised | None:
    """Create it all in one transaction; ``None`` where another init came first."""
    database.begin()
    try:
        if database.identity() is not None:
            database.abort()
            return None
        database.install(identity)
        objects = identified(database, Known())
        sequences = database.read_sequences({object_.id: object_ for object_ in objects})
        opened = JournalOpened(
            journal=identity.id,
            name=identity.name,
            database=identity.database,
            server=database.server,
            clew=asker.clew,
        )
        append_within(
            database, [opened], run="", actor=asker.actor, evidence="captured", clock=clock
        )
        entries = append_within(
            database,
            tuple(baseline(objects, sequences)),
            run="",
            actor=asker.actor,
            evidence="observed",
            clock=clock,
        )
        database.commit()
    except BaseException:
        database.abort()
        raise
    return Initialised(
        created=True,
        id=identity.id,
        name=identity.name,
        head=entries[-1].position,
        objects=len(objects),
        tables=sum(object_.kind == "table" for object_ in objects),
    )


def baseline(
    objects: tuple[SchemaObject, ...], sequences: tuple[tuple[int, SequenceState], ...]
) -> Iterator[BaselineRecorded]:
    """Yield the database as found in parts; an empty database has one empty part."""
    groups = list(_parts(objects)) or [()]
    for number, group in enumerate(groups, start=1):
        last = number == len(groups)
        yield BaselineRecorded(
            part=number,
            parts=len(groups),
            objects=group,
            sequences=sequences if last else (),
        )


def _parts(objects: tuple[SchemaObject, ...]) -> Iterator[tuple[SchemaObject, ...]]:
    group: list[SchemaObject] = []
    size = 0
    for object_ in objects:
        length = len(_encode(object_))
        if group and size + length > PART:
            yield tuple(group)
            group, size = [], 0
        group.append(object_)
        size += length
    if group:
        yield tuple(group)
