"""Giving what the catalog holds the identities that the journal knows it by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from journal.postgresql.catalog.found import Found, Key
from journal.values import Column, ObjectChange, SchemaObject

KINDS = (
    "schema",
    "extension",
    "conversion",
    "collation",
    "access method",
    "language",
    "shell type",
    "base type",
    "enum",
    "composite",
    "range",
    "domain",
    "function",
    "cast",
    "transform",
    "operator",
    "aggregate",
    "operator family",
    "operator class",
    "text search parser",
    "text search template",
    "text search dictionary",
    "text search configuration",
    "foreign data wrapper",
    "server",
    "sequence",
    "table",
    "foreign table",
    "constraint",
    "index",
    "statistics",
    "view",
    "materialized view",
    "rule",
    "trigger",
    "policy",
    "default privileges",
    "publication",
    "event trigger",
)
"""All kinds, roughly in the order in which they can be made."""

PARTS = frozenset(("constraint", "index", "statistics", "trigger", "rule", "policy"))
"""Kinds that the server itself drops and makes again when it rewrites their table."""


class Named(msgspec.Struct, frozen=True):
    """An object under its identity, with the identities of its columns by number."""

    object: SchemaObject
    unit: Key
    columns: dict[int, int]


def identify(
    found: Sequence[Found],
    *,
    before: Mapping[Key, Named],
    expected: Iterable[SchemaObject],
    next_id: Callable[[], int],
    parents: Callable[[Key], int | None],
) -> dict[Key, Named]:
    """Return what was found under its identities.

    The same oid is the same object. What is new under a kind and path that is ``expected``,
    or that a part of a table in ``before`` had and lost, takes that identity; all else is
    given a new one.
    """
    old = _reborn(found, before, expected)
    ids: dict[Key, int] = {}
    for one in found:
        known = before[one.key].object if one.key in before else old.get(one.key)
        ids[one.key] = next_id() if known is None else known.id
    named: dict[Key, Named] = {}
    for one in found:
        if one.key in before:
            columns = before[one.key].columns
        else:
            columns = _numbered(one, old.get(one.key))
        parent = None if one.parent is None else ids.get(one.parent) or parents(one.parent)
        named[one.key] = _name(one, ids[one.key], parent, columns, next_id)
    return named


def still(before: Mapping[Key, Named], found: Sequence[Found]) -> dict[Key, Named]:
    """Return what may be the same as what was found: of the same kind, parts with their wholes.

    A part whose table was dropped is not reborn with another table of that name.
    """
    kinds = {one.key: one.kind for one in found}
    standing = {
        named.object.id for key, named in before.items() if kinds.get(key) == named.object.kind
    }
    return {
        key: named
        for key, named in before.items()
        if kinds.get(key, named.object.kind) == named.object.kind
        and (named.object.parent is None or named.object.parent in standing)
    }


def changes_between(
    before: Iterable[SchemaObject], after: Iterable[SchemaObject]
) -> tuple[ObjectChange, ...]:
    """Return what differs, by identity, in a stable order."""
    old = {one.id: one for one in before}
    new = {one.id: one for one in after}
    changed = [identity for identity in old | new if old.get(identity) != new.get(identity)]
    changed.sort(key=lambda identity: order(new.get(identity) or old[identity]))
    return tuple(ObjectChange(before=old.get(i), after=new.get(i)) for i in changed)


def order(one: SchemaObject) -> tuple[int, tuple[str, ...]]:
    """Return the sorting key that makes a schema's order stable."""
    return KINDS.index(one.kind), one.path


def _reborn(
    found: Sequence[Found], before: Mapping[Key, Named], expected: Iterable[SchemaObject]
) -> dict[Key, SchemaObject]:
    still = {one.key for one in found}
    taken = {named.object.id for key, named in before.items() if key in still}
    names = {
        (named.object.kind, named.object.path): named.object
        for key, named in before.items()
        if key not in still and named.object.kind in PARTS
    }
    ids = {key: named.object.id for key, named in before.items()}
    awaited = {(one.kind, one.path): one for one in expected if one.id not in taken}
    reborn = {}
    for one in found:
        place = one.kind, one.path
        if one.key in before:
            continue
        if place in awaited:
            reborn[one.key] = awaited[place]
        elif place in names and (one.parent is None or ids.get(one.parent) == names[place].parent):
            reborn[one.key] = names[place]
    return reborn


def _numbered(one: Found, old: SchemaObject | None) -> dict[int, int]:
    known = {column.name: column.id for column in old.columns} if old else {}
    return {c.number: known[c.name] for c in one.columns if c.name in known}


def _name(
    one: Found,
    identity: int,
    parent: int | None,
    columns: Mapping[int, int],
    next_id: Callable[[], int],
) -> Named:
    numbers = {
        c.number: columns[c.number] if c.number in columns else next_id() for c in one.columns
    }
    made = SchemaObject(
        id=identity,
        kind=one.kind,
        path=one.path,
        parent=parent,
        columns=tuple(
            Column(id=numbers[c.number], name=c.name, definition=c.definition) for c in one.columns
        ),
        definition=one.definition,
    )
    return Named(made, one.unit, numbers)
