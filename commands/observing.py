"""The live schema under the journal's identities, and its difference from the journal's."""

from __future__ import annotations

from itertools import count

import msgspec

from commands.folding import folded
from journal.database import Database
from journal.errors import Busy
from journal.known import TYPES, Known
from journal.store import Journal
from journal.values import ObjectChange, SchemaObject
from projections.schema import SchemaFold

TRIES = 20
"""How often the schema is read again because somebody changed it, and said so, meanwhile."""


def known_schema(journal: Journal) -> Known:
    """Return the schema that the journal replays to."""
    schema = folded(journal, SchemaFold)
    return Known(objects=dict(schema.objects), next_id=schema.next_id)


def identified(database: Database, state: Known) -> tuple[SchemaObject, ...]:
    """Return the live schema; what the journal does not know is given new identities.

    The schema is read twice: parts name the table they belong to by its identity, which a
    new table has only after the first time.
    """
    first = database.read_schema(state.objects)
    if all(one.id and all(column.id for column in one.columns) for one in first):
        return first
    identities = count(state.next_id)
    numbered = tuple(_number(one, identities) for one in first)
    return database.read_schema({one.id: one for one in numbered})


def beside(journal: Journal) -> tuple[Known, tuple[ObjectChange, ...]]:
    """Return the journal's schema, and what turns it into the live one, as of one moment.

    What a run commits between the reading of the one and of the other is no difference: where
    the journal says that there was such a run, both are read again.

    Raises:
        Busy: that went on and on.
    """
    for _ in range(TRIES):
        head = journal.head().position
        state = known_schema(journal)
        changes = difference(journal.database, state)
        if not changes or not any(journal.read(after=head, types=TYPES)):
            return state, changes
    raise Busy(journal.database.holder() or "runs that change the schema again and again")


def difference(database: Database, state: Known) -> tuple[ObjectChange, ...]:
    """Return what turns the journal's schema into the live one."""
    live = {one.id: one for one in identified(database, state)}
    changes = [
        ObjectChange(before=before, after=live.get(before.id))
        for before in state.objects.values()
        if live.get(before.id) != before
    ]
    changes += [
        ObjectChange(after=after) for after in live.values() if after.id not in state.objects
    ]
    return tuple(changes)


def _number(one: SchemaObject, identities: count[int]) -> SchemaObject:
    identity = one.id or next(identities)
    columns = tuple(
        column if column.id else msgspec.structs.replace(column, id=next(identities))
        for column in one.columns
    )
    return msgspec.structs.replace(one, id=identity, columns=columns)
