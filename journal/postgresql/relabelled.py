"""Values whose text changes though nobody writes them.

A label of an enum may be renamed, and so may an object that a ``regclass`` names: images of
before then tell the same value by another text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from journal.effect import Schema
from journal.postgresql.connection import Session
from journal.values import ObjectChange, SchemaObject

NAMING = (
    "regclass",
    "regproc",
    "regprocedure",
    "regtype",
    "regnamespace",
    "regoper",
    "regoperator",
    "regcollation",
    "regconfig",
    "regdictionary",
)
"""Types of values that are written as the name of an object."""

_QUOTED = """
select x.id, pg_catalog.quote_ident(x.schema) || '.' || pg_catalog.quote_ident(x.name)
from unnest(%s::bigint[], %s::text[], %s::text[]) as x(id, schema, name)
"""
_MADE = ("enum", "domain", "composite", "range", "table")


class Relabelled(msgspec.Struct, frozen=True, kw_only=True):
    """Texts that changed: ``labels`` from the later to the earlier one, and in which types.

    ``plain`` are the types of which a value is a label, ``within`` those that hold labels
    among other things. ``known`` is false where it cannot be told which label became which.
    """

    labels: Mapping[str, str]
    plain: frozenset[str]
    within: frozenset[str]
    known: bool = True

    def names(self, kind: str) -> bool:
        """Tell whether a value of a type is a label."""
        return kind in self.plain

    def holds(self, kind: str) -> bool:
        """Tell whether a value of a type is a label or holds one."""
        return kind.removesuffix("[]") in self.plain | self.within


def relabelled(
    session: Session, changes: Iterable[ObjectChange], schema: Schema
) -> Iterator[Relabelled]:
    """Yield what changes did to the texts of values; ``schema`` is the one on either side."""
    changes = tuple(changes)
    enums = [c for c in changes if _labels(c) is not None]
    moved: dict[str, str] = {}
    for change in changes:
        before, after = change.before, change.after
        if before is not None and after is not None and before.path != after.path:
            moved |= {now: then for then, now in zip(before.path, after.path, strict=False)}
    if not enums and not moved:
        return
    made, named = _types(session, schema)
    for change in enums:
        assert change.after is not None
        labels = _labels(change) or {}
        if change.after.id in named:
            plain, within = _made_of({named[change.after.id]}, set(), made, named)
            yield Relabelled(labels=labels, plain=plain, within=within, known=bool(labels))
    if moved:
        plain, within = _made_of(set(), set(NAMING), made, named)
        yield Relabelled(labels=moved, plain=plain, within=within)


def naming(session: Session, schema: Schema) -> frozenset[str]:
    """Return the types of values that are, or hold, the name of an object."""
    return _made_of(set(), set(NAMING), *_types(session, schema))[1]


def _types(session: Session, schema: Schema) -> tuple[list[SchemaObject], dict[int, str]]:
    """Return the objects that are types, and their names as other types have them."""
    made = [one for one in schema.values() if one.kind in _MADE and len(one.path) == 2]
    params = ([o.id for o in made], [o.path[0] for o in made], [o.path[1] for o in made])
    return made, dict(session.query(_QUOTED, params))


def _labels(change: ObjectChange) -> dict[str, str] | None:
    """Return the labels of an enum that were renamed, none where it cannot be told which."""
    before, after = change.before, change.after
    if before is None or after is None or after.kind != "enum":
        return None
    old, new = before.definition["labels"], after.definition["labels"]
    if len(old) != len(new):
        return None if set(old) <= set(new) or set(new) <= set(old) else {}
    return {b: a for a, b in zip(old, new, strict=True) if a != b} or None


def _made_of(
    plain: set[str], within: set[str], made: Sequence[SchemaObject], named: Mapping[int, str]
) -> tuple[frozenset[str], frozenset[str]]:
    """Return the types that are, and that hold, values of the given ones."""
    size = -1
    while size != len(plain) + len(within):
        size = len(plain) + len(within)
        for one in made:
            parts = list(_parts(one))
            if one.kind == "domain" and plain.intersection(parts):
                plain.add(named[one.id])
            elif any(part.removesuffix("[]") in plain | within for part in parts):
                within.add(named[one.id])
    return frozenset(plain), frozenset(within)


def _parts(one: SchemaObject) -> Iterator[str]:
    match one.kind:
        case "domain":
            yield str(one.definition["type"])
        case "composite":
            yield from (str(part["type"]) for part in one.definition["attributes"])
        case "range":
            yield str(one.definition["range"]["subtype"])
        case "table":
            yield from (str(column.definition["type"]) for column in one.columns)
