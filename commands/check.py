"""Hold the live schema against the journal's; nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from msgspec.structs import replace

from commands.observing import beside
from journal.database import Database
from journal.store import Journal
from journal.values import ObjectChange, SchemaObject
from projections.drift import Deviation, Difference, deviations


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``check``: what differs between the journal's schema and the live one."""

    ok: bool
    position: int
    drift: tuple[Difference, ...]


def check(journal: Journal) -> Checked:
    """Name each difference that somebody brought about beside the journal, as DDL would.

    Differences of one object bear one number, by which ``accept`` takes it in.

    Raises:
        Busy: runs change the schema again and again while it is read.
    """
    position = journal.head().position
    _, changes = beside(journal)
    return Checked(ok=not changes, position=position, drift=named(journal.database, changes))


def named(database: Database, changes: Iterable[ObjectChange]) -> tuple[Difference, ...]:
    """Return the differences of changes with their numbers, and worded as DDL."""
    return tuple(one for found in deviations(changes) for one in _named(database, found))


def _named(database: Database, found: Deviation) -> Iterator[Difference]:
    change = found.change
    split = change.before is not None and change.after is not None
    split = split and found.differences[0].kind in ("table", "column")
    for place, one in enumerate(found.differences):
        changes = [_narrowed(change, one)] if split else [change, *found.along]
        statements = [sql for each in changes for sql in database.ddl(each)]
        ddl = tuple(dict.fromkeys(statements)) if split or not place else ()
        yield replace(one, number=found.number, ddl=ddl)


def _narrowed(change: ObjectChange, one: Difference) -> ObjectChange:
    """Return the part of a table's change that one difference is about."""
    before, after = change.before, change.after
    assert before is not None
    assert after is not None
    if one.kind != "column":
        return ObjectChange(before=before, after=_with(before, after, one.attribute))
    name = one.path[-1]
    old = {column.id: column for column in before.columns}
    new = next((column for column in after.columns if column.name == name), None)
    if one.change == "dropped" or new is None:
        kept = tuple(column for column in before.columns if column.name != name)
        return ObjectChange(before=before, after=replace(before, columns=kept))
    if new.id not in old:
        return ObjectChange(before=before, after=replace(before, columns=(*before.columns, new)))
    changed = tuple(
        replace(column, definition=_attribute(column.definition, new.definition, one.attribute))
        if column.id == new.id
        else column
        for column in before.columns
    )
    return ObjectChange(before=before, after=replace(before, columns=changed))


def _with(before: SchemaObject, after: SchemaObject, attribute: str) -> SchemaObject:
    definition = _attribute(before.definition, after.definition, attribute)
    return replace(before, definition=definition)


def _attribute(
    before: dict[str, object], after: dict[str, object], attribute: str
) -> dict[str, object]:
    rest = {name: value for name, value in before.items() if name != attribute}
    return rest | ({attribute: after[attribute]} if attribute in after else {})
