"""Differences worded as the DDL that would bring them about: to be read, not to be run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec.structs import replace

from journal.errors import NotKnownExact
from journal.postgresql.restore.alter import Remake, alter
from journal.postgresql.restore.columns import alter_column
from journal.postgresql.restore.grants import FOR_PUBLIC, ITEM, PRIVILEGES
from journal.postgresql.restore.make import column, make, remove
from journal.postgresql.restore.names import dotted, granted, granted_on, ident
from journal.values import Column, Definition, ObjectChange, SchemaObject

Held = dict[str, set[str]]
"""Letters of privileges by who holds them; a star tells that they may be passed on."""


def ddl(change: ObjectChange, *, catalogued: bool) -> tuple[str, ...]:
    """Return the statements; none where the definitions do not give them.

    With ``catalogued``, NOT NULL constraints of tables are objects of their own.
    """
    before, after = change.before, change.after
    try:
        if before is None:
            return tuple(make(after, catalogued=catalogued)) if after else ()
        if after is None:
            return tuple(remove(before))
        if before.kind == "table":
            return tuple(_table(before, after, catalogued=catalogued))
        return tuple(_other(before, after, catalogued=catalogued))
    except NotKnownExact:
        return ()


def _table(before: SchemaObject, after: SchemaObject, *, catalogued: bool) -> Iterator[str]:
    name = dotted(after.path)
    old = {one.id: one for one in before.columns}
    new = {one.id: one for one in after.columns}
    for id_, one in old.items():
        if id_ not in new:
            yield f"alter table {name} drop column {ident(one.name)}"
    for id_, one in new.items():
        if id_ in old:
            yield from _column(after, old[id_], one, catalogued=catalogued)
        else:
            yield f"alter table {name} add column {column(one, catalogued=catalogued)}"
    bare = replace(before, columns=()), replace(after, columns=())
    yield from _other(*bare, catalogued=catalogued)


def _column(
    table: SchemaObject, before: Column, after: Column, *, catalogued: bool
) -> Iterator[str]:
    old, new = before.definition, after.definition
    if [old.get(name) for name in ("type", "collation")] != [
        new.get(name) for name in ("type", "collation")
    ]:
        collation = f" collate {new['collation']}" if "collation" in new else ""
        what = f"alter table {dotted(table.path)} alter column {ident(after.name)}"
        yield f"{what} type {new['type']}{collation}"
    same = replace(after, definition=_same_acl(old, new))
    yield from alter_column(table, before, same, catalogued=catalogued)
    on = f"on table {dotted(table.path)}"
    held = _held(old.get("acl")), _held(new.get("acl"))
    yield from _granted(*held, on=on, part=f" ({ident(after.name)})")


def _other(before: SchemaObject, after: SchemaObject, *, catalogued: bool) -> Iterator[str]:
    same = replace(after, definition=_same_acl(before.definition, after.definition))
    try:
        yield from alter(before, same, catalogued=catalogued)
    except Remake:
        if after.kind == "view":
            yield f"create or replace view {dotted(after.path)} as {after.definition['text']}"
        elif after.kind == "function":
            yield after.definition["text"]
        else:
            yield from remove(before)
            yield from make(after, catalogued=catalogued)
    kind = granted(after)
    old = _by_default(before, after, kind)
    on = f"on {kind} {granted_on(after)}"
    yield from _granted(old, _held(after.definition.get("acl")), on=on)


def _same_acl(old: Definition, new: Definition) -> Definition:
    rest = {name: value for name, value in new.items() if name != "acl"}
    return rest | ({"acl": old["acl"]} if "acl" in old else {})


def _by_default(before: SchemaObject, after: SchemaObject, kind: str) -> Held:
    """Return what is held before; unsaid, the owner holds all, and everybody a little."""
    old, new = before.definition.get("acl"), after.definition.get("acl")
    if old is not None:
        return _held(old)
    if new is None:
        return {}
    owner = ident(after.definition["owner"])
    letters = {name: letter for letter, name in PRIVILEGES.items()}
    everybody = {"public": {letters[FOR_PUBLIC[kind]]}} if kind in FOR_PUBLIC else {}
    return everybody | {owner: _held(new).get(owner, set())}


def _held(acl: list[str] | None) -> Held:
    found: Held = {}
    for item in acl or ():
        match = ITEM.match(item)
        if match:
            who = match[1] if match[1].startswith('"') else ident(match[1])
            held = found.setdefault(who if match[1] else "public", set())
            held |= set(re.findall(r"[A-Za-z]\*?", match[2]))
    return found


def _granted(old: Held, new: Held, *, on: str, part: str = "") -> Iterator[str]:
    for who in sorted(old.keys() | new.keys()):
        before, after = old.get(who, set()), new.get(who, set())
        lost = {letter[0] for letter in before} - {letter[0] for letter in after}
        if lost:
            yield f"revoke {_names(lost, part)} {on} from {who}"
        more = after - before
        for letters, option in (
            ({one for one in more if len(one) == 1}, ""),
            ({one[0] for one in more if len(one) > 1}, " with grant option"),
        ):
            if letters:
                yield f"grant {_names(letters, part)} {on} to {who}{option}"


def _names(letters: set[str], part: str) -> str:
    return ", ".join(name + part for letter, name in PRIVILEGES.items() if letter in letters)
