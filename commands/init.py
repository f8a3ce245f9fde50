"""Init: the journal is created beside the data, and the database as found is recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import uuid4

import msgspec

from commands.adopt.importing import ImportedTable, differing, imports, told
from commands.adopt.reading import Path, Unreadable, read, standing_books
from commands.folding import folded
from commands.history import MigrationsFold
from commands.observing import identified
from commands.opening import Asker, Target
from journal.database import Database
from journal.effect import JournalIdentity
from journal.errors import Usage
from journal.events import AnyEvent, BaselineRecorded, JournalOpened
from journal.known import Known
from journal.store import Clock, Journal, append_within
from journal.values import Evidence, SchemaObject, SequenceState
from projections.schema import dotted

PART = 40_000
"""Bytes of objects in one entry of the baseline, about; entries stay small for proofs."""

NAME = "main"
"""The environment's name where none is given."""

_encode = msgspec.json.Encoder().encode


class Initialised(msgspec.Struct, frozen=True, kw_only=True):
    """The journal that stands; ``created`` is false where it stood before.

    ``imported`` is the bookkeeping of other tools that was taken in, ``unimported`` what says
    otherwise than the journal and was left, ``unread`` what may not be read.
    """

    created: bool
    id: str
    name: str
    head: int
    objects: int = 0
    tables: int = 0
    imported: tuple[ImportedTable, ...] = ()
    unimported: tuple[ImportedTable, ...] = ()
    unread: tuple[str, ...] = ()


def init(
    target: Target, *, asker: Asker, name: str = "", new_id: str = "", take_in: bool = False
) -> Initialised:
    """Create the journal, import other tools' bookkeeping, and record the baseline.

    With a journal there, nothing is changed but where ``take_in`` asks for bookkeeping that
    says otherwise than the journal.

    Raises:
        Usage: a journal of another name stands there.
        Busy: another init creates it, or bookkeeping is to be taken in and another run holds it.
        Unreachable, StatementFailed: as named.
    """
    with target.database(create=True) as database:
        found = database.identity()
        if found is None:
            identity = JournalIdentity(
                id=new_id or str(uuid4()), name=name or NAME, database=database.kind
            )
            database.hold(target.holder or asker.actor, wait=target.lock_timeout)
            made = _made(database, identity, asker, target.clock)
            if made is not None:
                return made
            database.release()
            found = database.identity() or identity
        if name and name != found.name:
            raise Usage(
                f"a journal named {found.name} stands here already",
                hint="One database has one journal; leave --name out.",
            )
        journal = Journal(database, found, clock=target.clock)
        if take_in:
            database.hold(target.holder or asker.actor, wait=target.lock_timeout)
        return _standing(journal, asker, take_in=take_in)


def _made(
    database: Database, identity: JournalIdentity, asker: Asker, clock: Clock
) -> Initialised | None:
    """Create the journal, going on without what may not be read."""
    unread: list[Path] = []
    while True:
        try:
            return _create(database, identity, asker, clock, unread)
        except Unreadable as error:
            unread.append(error.table)


def _create(
    database: Database,
    identity: JournalIdentity,
    asker: Asker,
    clock: Clock,
    unread: Sequence[Path],
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
        books = read(database, objects, without=unread)
        opened = JournalOpened(
            journal=identity.id,
            name=identity.name,
            database=identity.database,
            server=database.server,
            clew=asker.clew,
        )
        # What was imported was done before the baseline: no way back leads before it.
        said: tuple[tuple[Sequence[AnyEvent], Evidence], ...] = (
            ([opened], "captured"),
            (tuple(imports(books)), "imported"),
            (tuple(baseline(objects, sequences)), "observed"),
        )
        for events, evidence in said:
            entries = append_within(
                database, events, run="", actor=asker.actor, evidence=evidence, clock=clock
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
        imported=told(books),
        unread=tuple(map(dotted, unread)),
    )


def _standing(journal: Journal, asker: Asker, *, take_in: bool) -> Initialised:
    """Tell of the journal that stands, and of bookkeeping that says otherwise than it."""
    books, unread = standing_books(journal.database)
    known = folded(journal, MigrationsFold).runs.imported
    other = differing(books, known)
    if take_in and other:
        journal.append(*imports(other), actor=asker.actor, evidence="imported")
    return Initialised(
        created=False,
        id=journal.identity.id,
        name=journal.identity.name,
        head=journal.head().position,
        imported=told(other) if take_in else (),
        unimported=() if take_in else told(other),
        unread=tuple(map(dotted, unread)),
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
