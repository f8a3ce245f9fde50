"""The difference of two schemas, named as one would name it in DDL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from journal.values import Column, ObjectChange, SchemaObject
from projections.schema import Path, dotted

TEXTS = ("sql", "text")
"""Attributes that hold a whole definition as the database words it."""


class Difference(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One difference: what became of an object, a column or one attribute of them.

    ``change`` is "added", "dropped", "renamed", "moved" or "changed"; ``before`` and ``after``
    are the attribute's values, or the names; ``text`` says it all in one line. Where it was
    looked for, ``ddl`` would bring it about, and ``number`` tells which deviation it is of.
    """

    kind: str
    path: Path
    change: str
    text: str
    attribute: str = ""
    before: Any = None
    after: Any = None
    number: int = 0
    ddl: tuple[str, ...] = ()


class Deviation(msgspec.Struct, frozen=True, kw_only=True):
    """One object that differs, with the parts that came or went along with it.

    Numbers begin at 1, in the order in which the differences are told.
    """

    number: int
    change: ObjectChange
    along: tuple[ObjectChange, ...]
    differences: tuple[Difference, ...]


def compare(
    old: Mapping[int, SchemaObject] | Iterable[SchemaObject],
    new: Mapping[int, SchemaObject] | Iterable[SchemaObject],
) -> tuple[Difference, ...]:
    """Return what leads from one schema to another, tables first.

    Objects and columns are the same where their identities are; identity 0 is new.
    """
    before, after = _objects(old), _objects(new)
    known = {object_.id: object_ for object_ in after if object_.id}
    ids = {object_.id for object_ in before}
    changes = [ObjectChange(before=o, after=known.get(o.id)) for o in before]
    changes += [ObjectChange(after=o) for o in after if not o.id or o.id not in ids]
    return differences(changes)


def differences(changes: Iterable[ObjectChange]) -> tuple[Difference, ...]:
    """Return what changes of objects amount to, tables first.

    What a database keeps for itself, and what comes and goes with its table, is left out.
    """
    return tuple(one for found in deviations(changes) for one in found.differences)


def deviations(changes: Iterable[ObjectChange]) -> tuple[Deviation, ...]:
    """Return the objects that changes are about, in the order of ``differences``."""
    changes = tuple(changes)
    owners = {side.id: side.path for c in changes for side in (c.before, c.after) if side}
    gone = {c.before.id for c in changes if c.before and not c.after}
    made = {c.after.id for c in changes if c.after and not c.before}
    along: dict[int, list[ObjectChange]] = defaultdict(list)
    found: list[tuple[tuple[bool, Path], ObjectChange, SchemaObject]] = []
    for change in changes:
        one = change.after or change.before
        if one is None or one.kind == "internal":
            continue
        if one.parent in gone | made:
            along[one.parent or 0].append(change)
            continue
        key = (one.kind != "table", owners.get(one.parent or 0, one.path))
        found.append((key, change, one))
    told = (
        (change, one, tuple(_of_object(change)))
        for _, change, one in sorted(found, key=lambda each: each[0])
    )
    return tuple(
        Deviation(number=number, change=change, along=tuple(along[one.id]), differences=said)
        for number, (change, one, said) in enumerate(((c, o, d) for c, o, d in told if d), start=1)
    )


def _objects(schema: Mapping[int, SchemaObject] | Iterable[SchemaObject]) -> list[SchemaObject]:
    return list(schema.values() if isinstance(schema, Mapping) else schema)


def _of_object(change: ObjectChange) -> Iterator[Difference]:
    before, after = change.before, change.after
    if before is None and after is not None:
        yield _came_or_went(after, "added")
    elif after is None and before is not None:
        yield _came_or_went(before, "dropped")
    elif before is not None and after is not None and before != after:
        found = _telling(tuple(_altered(before, after)))
        if not found and before.path == after.path:
            text = f"{after.kind} {dotted(after.path)} changed"
            found = (Difference(kind=after.kind, path=after.path, change="changed", text=text),)
        yield from found


def _telling(found: tuple[Difference, ...]) -> tuple[Difference, ...]:
    """Leave out that the text of a definition differs where it is said in which way."""
    said = tuple(one for one in found if one.attribute not in TEXTS)
    return said or found


def _came_or_went(one: SchemaObject, how: str) -> Difference:
    text = f"{one.kind} {dotted(one.path)} {how}"
    return Difference(kind=one.kind, path=one.path, change=how, text=text)


def _altered(before: SchemaObject, after: SchemaObject) -> Iterator[Difference]:
    name, kind = dotted(before.path), after.kind
    # A part is named under its table: only the last word of the path is its own name.
    renamed = before.path[-1] != after.path[-1] if after.parent else before.path != after.path
    if renamed:
        now = dotted(after.path)
        yield Difference(
            kind=kind,
            path=after.path,
            change="renamed",
            text=f"{kind} {name} renamed to {now}",
            before=name,
            after=now,
        )
    if before.parent != after.parent:
        yield Difference(
            kind=kind, path=after.path, change="moved", text=f"{kind} {name} moved to another table"
        )
    yield from _columns(before, after)
    yield from _attributes(kind, after.path, before.definition, after.definition)


def _columns(before: SchemaObject, after: SchemaObject) -> Iterator[Difference]:
    old = {column.id: column for column in before.columns}
    new = {column.id: column for column in after.columns if column.id}
    for column in before.columns:
        if column.id not in new:
            yield _column(after.path, column, "dropped")
    for column in after.columns:
        if column.id not in old:
            yield _column(after.path, column, "added")
            continue
        was = old[column.id]
        path = (*after.path, column.name)
        if was.name != column.name:
            yield Difference(
                kind="column",
                path=path,
                change="renamed",
                text=f"column {dotted((*after.path, was.name))} renamed to {column.name}",
                before=was.name,
                after=column.name,
            )
        yield from _attributes("column", path, was.definition, column.definition)
    kept = [column.id for column in before.columns if column.id in new]
    if kept != [column.id for column in after.columns if column.id in old]:
        yield Difference(
            kind=after.kind,
            path=after.path,
            change="changed",
            attribute="column order",
            text=f"{after.kind} {dotted(after.path)}: order of columns changed",
            before=[column.name for column in before.columns],
            after=[column.name for column in after.columns],
        )


def _column(table: Path, column: Column, how: str) -> Difference:
    path = (*table, column.name)
    type_ = column.definition.get("type")
    shown = f" ({type_})" if how == "added" and type_ else ""
    text = f"column {dotted(path)} {how}{shown}"
    return Difference(kind="column", path=path, change=how, text=text)


def _attributes(
    kind: str, path: Path, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Difference]:
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old != new:
            yield Difference(
                kind=kind,
                path=path,
                change="changed",
                attribute=name,
                text=f"{kind} {dotted(path)}: {name.replace('_', ' ')} {_turn(old, new)}",
                before=old,
                after=new,
            )


def _turn(old: Any, new: Any) -> str:
    """Say how a value turned into another, in one short line."""
    short = [_short(old), _short(new)]
    if None in short:
        return "changed"
    return f"was {short[0]}, is {short[1]}"


def _short(value: Any) -> str | None:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int | float):
        text = str(value)
        return text if len(text) <= 60 and "\n" not in text else None
    return None
