"""What is asked to be erased, in the terms of the journal: identities, keys, subjects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import msgspec

from commands.erasing.answer import Column, Row
from commands.places import position_of
from journal.database import Database
from journal.erased import Wanted
from journal.errors import NotFound, Refused, StatementFailed, Usage
from journal.events import BaselineRecorded, DriftAccepted, RowsChanged, SchemaChanged
from journal.store import Journal
from journal.values import SchemaObject, TableRows
from projections.fold import replay
from projections.schema import TYPES, Schema, dotted


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """One table, or one partition of it: which of its images are meant, and how it is today.

    ``live`` is the table as it stands now. ``wanted.table`` has all columns that it ever had,
    ``names`` are all that it ever bore, and those of what it is a partition of.
    """

    wanted: Wanted
    name: str
    names: frozenset[str]
    live: SchemaObject | None

    @property
    def table(self) -> int:
        """The identity of the table."""
        return self.wanted.table.id


def scopes(journal: Journal, what: Row | Column) -> tuple[Scope, ...]:
    """Return what is meant by a table's name, and a key or a column.

    Raises:
        NotFound: no such table or column at that position.
        Refused: the table has no key, or the column is of the key.
        Usage: the key has another number of values.
    """
    position = position_of(journal, what.at)
    then = replay(Schema, journal.read(last=position, types=TYPES))
    then = msgspec.structs.replace(then, position=position)
    now = replay(Schema, journal.read(types=TYPES))
    table = then.table(what.table)
    ever, names = _ever(journal)
    held = then.holding(table)
    keys = {one.id: key_of(journal, one) for one in held}
    found = []
    for one in held:
        whole, live, key = ever[one.id], now.objects.get(one.id), keys[one.id]
        if not key and any(keys.values()) and isinstance(what, Row):
            continue  # a partition that the journal never met
        wanted = (
            _row(journal.database, what, whole, key)
            if isinstance(what, Row)
            else _column(what, one, whole, key)
        )
        found.append(
            Scope(
                wanted=wanted,
                name=dotted(one.path),
                names=frozenset(names[one.id] | names[table.id]),
                live=live,
            )
        )
    return tuple(found)


def key_of(journal: Journal, table: SchemaObject) -> tuple[int, ...]:
    """Return the key by which the latest images of a table tell its rows apart."""
    key: tuple[int, ...] = ()
    for entry in journal.read(types=("RowsChanged",)):
        event = entry.event
        if isinstance(event, RowsChanged) and event.rows.table == table.id and event.rows.key:
            key = event.rows.key
    return key


def holds_key(rows: TableRows, wanted: Wanted) -> bool:
    """Tell whether images of a range can be found by the key."""
    return all(identity in rows.columns for identity, _ in wanted.key)


def _row(database: Database, what: Row, table: SchemaObject, key: tuple[int, ...]) -> Wanted:
    names = {column.id: column.name for column in table.columns}
    if not key:
        raise Refused(
            f"no images of {dotted(table.path)} have a key by which a row could be found",
            hint="Erase one of its columns instead: clew erase column.",
        )
    if len(key) != len(what.key):
        named = ", ".join(names.get(one, str(one)) for one in key)
        raise Usage(
            f"expected {len(key)} values of the key ({named}), found {len(what.key)}",
            hint="Give them one after the other, in this order.",
        )
    try:
        forms = database.key_forms(table, dict(zip(key, _words(what, key, names), strict=True)))
    except StatementFailed as error:
        if error.environmental:
            raise
        raise Usage(f"no row can have this key: {error.message}") from None
    columns = frozenset(names) - (frozenset() if what.with_key else frozenset(key))
    return Wanted(table=table, key=tuple(forms.items()), columns=columns)


def _words(what: Row, key: tuple[int, ...], names: Mapping[int, str]) -> Iterator[str]:
    """Yield the words of a key in its order; they may be pairs of a column's name and a value."""
    pairs = {name: value for name, _, value in (word.partition("=") for word in what.key)}
    if pairs.keys() == {names[one] for one in key} and all("=" in word for word in what.key):
        yield from (pairs[names[one]] for one in key)
    else:
        yield from what.key


def _column(what: Column, once: SchemaObject, table: SchemaObject, key: tuple[int, ...]) -> Wanted:
    found = [column.id for column in once.columns if column.name == what.column]
    if not found:
        raise NotFound(
            f"no column {what.column} in {dotted(once.path)} at that position",
            hint="Name where it was: --at POSITION.",
        )
    if found[0] in key:
        raise Refused(
            f"column {what.column} is of the key, by which rows are told apart",
            hint="Erase single rows with it: clew erase row TABLE KEY --with-key.",
        )
    return Wanted(table=table, columns=frozenset(found))


def _ever(journal: Journal) -> tuple[Mapping[int, SchemaObject], Mapping[int, set[str]]]:
    """Return each table with every column that it ever had, each as it was last; and its names."""
    found: dict[int, SchemaObject] = {}
    names: dict[int, set[str]] = defaultdict(set)
    for one in _objects(journal):
        names[one.id].add(dotted(one.path))
        if one.kind == "table":
            known = found[one.id].columns if one.id in found else ()
            columns = {c.id: c for c in known} | {c.id: c for c in one.columns}
            found[one.id] = msgspec.structs.replace(one, columns=tuple(columns.values()))
    return found, names


def _objects(journal: Journal) -> Iterator[SchemaObject]:
    for entry in journal.read(types=("BaselineRecorded", "SchemaChanged", "DriftAccepted")):
        match entry.event:
            case BaselineRecorded(objects=objects):
                yield from objects
            case SchemaChanged(changes=changes) | DriftAccepted(changes=changes):
                for change in changes:
                    yield from (one for one in (change.before, change.after) if one)
            case _:
                pass
