"""In which of the steps a change is told, and what has to go and come with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec
from msgspec.structs import replace

from journal.effect import Schema
from journal.observing import REMADE, Phases, phases
from journal.postgresql.catalog.found import Key
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.catalog.wholes import BY_KIND
from journal.postgresql.images import literal
from journal.postgresql.observing.hanging import hanging
from journal.postgresql.observing.keeping import Kept
from journal.postgresql.restore.family import Family
from journal.values import ObjectChange, SchemaObject

LATE = frozenset(
    (
        "schema",
        "extension",
        "enum",
        "composite",
        "range",
        "domain",
        "function",
        "sequence",
        "default privileges",
        *BY_KIND,
    )
)
"""Kinds that go last, for what is altered may have used them; unless a table takes them along."""


_TYPES = ("enum", "composite", "range", "domain")
_FAMILY = ("inherits", "partition_of", "partition_bound", "partition_by")


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Changes on either side of the rows, and tables that turned out to be made anew as well."""

    phases: Phases
    replaced: frozenset[int]


def divided(
    catalog: Catalog, kept: Kept, changes: Iterable[ObjectChange], replaced: Collection[int]
) -> Told:
    """Divide changes into what went before the rows changed and what came after.

    ``replaced`` are tables whose columns and rows changed at once. What hung on them, or on
    something that went, goes and comes with it, tables too.
    """
    changes = tuple(changes)
    keys = {one.identity: one.key for one in kept.objects}
    identities = {key: identity for identity, key in keys.items()}
    moved = _below(catalog, _moved(changes))
    gone = [
        c.before for c in changes if c.before and c.after is None and c.before.parent not in moved
    ]
    roots = {keys[one.id] for one in gone if not _late(one)}
    roots |= {keys[identity] for identity in replaced}
    hung = hanging(kept.hangs, roots)
    with_them = {identities[key] for key in hung | roots if key in identities}
    with_them |= {one.id for one in catalog.schema().values() if one.parent in with_them}
    standing = {i: one for i in with_them if (one := catalog.get(i)) is not None}
    changed = {one.id for c in changes for one in (c.before, c.after) if one is not None}
    along = [one for i, one in standing.items() if i not in changed and i not in replaced]
    forced = frozenset(i for i in standing if i in changed) | frozenset(replaced)
    same = [
        c for c in changes if _same(catalog, keys, c) and c.before and c.before.id not in forced
    ]
    told = phases([c for c in changes if c not in same], replaced=forced, along=along)
    late = [
        c
        for c in told.taken
        if c.before
        and c.before.id not in with_them
        and (_late(c.before) or _cloned(c.before, moved))
    ]
    tables = frozenset(
        i for i, one in standing.items() if one.kind == "table" and i not in replaced
    )
    return Told(
        phases=Phases(
            taken=tuple(c for c in told.taken if c not in late),
            given=(*told.given, *same, *late),
        ),
        replaced=tables,
    )


def _moved(changes: Iterable[ObjectChange]) -> set[int]:
    """Return tables that came into a family or left one; parts come and go with that."""
    return {
        c.before.id
        for c in changes
        if c.before
        and c.after
        and any(c.before.definition.get(n) != c.after.definition.get(n) for n in _FAMILY)
    }


def _late(one: SchemaObject) -> bool:
    return one.kind in LATE or one.definition.get("type") == "not null"


def _below(catalog: Catalog, moved: Iterable[int]) -> set[int]:
    """Return tables that moved in a family, with all that stands below them."""
    schema = catalog.schema()
    family = Family(schema.values())
    tables = [schema[i] for i in moved if i in schema]
    return {one.id for table in tables for one in (table, *family.descendants(table))}


def _cloned(one: SchemaObject, moved: Collection[int]) -> bool:
    """Tell whether a trigger comes and goes by itself with its table's place in a family."""
    return one.kind == "trigger" and one.parent in moved


def _same(catalog: Catalog, keys: dict[int, Key], change: ObjectChange) -> bool:
    """Tell whether a constraint or an index was altered or renamed, and not made anew."""
    before, after = change.before, change.after
    return (
        before is not None
        and after is not None
        and before.kind in REMADE
        and catalog.key_of(after.id) == keys.get(before.id)
    )


def retyped(catalog: Catalog, kept: Kept, schema: Schema) -> set[int]:
    """Return tables with a column whose type went, though another came under its name."""
    keys = {one.identity: one.key for one in kept.objects}
    identities = {key: identity for identity, key in keys.items()}
    found = set()
    for identity, key in keys.items():
        one = schema.get(identity)
        if one is None or one.kind not in _TYPES or catalog.get(identity) is not None:
            continue
        name = ".".join(one.path)
        for hung in hanging(kept.hangs, [key]):
            table = schema.get(identities.get(hung, 0))
            if table is not None and table.kind == "table" and _has(catalog.get(table.id), name):
                found.add(table.id)
    return found


def _has(table: SchemaObject | None, kind: str) -> bool:
    """Tell whether a table has a column of a type, or of an array of it."""
    return table is not None and any(
        str(c.definition.get("type", "")).replace('"', "").removesuffix("[]") == kind
        for c in table.columns
    )


def relabelled(
    changes: Iterable[ObjectChange],
) -> tuple[tuple[ObjectChange, ...], list[ObjectChange]]:
    """Return what becomes of labels of enums, which comes before all else, and the rest.

    Rows of either side are told with the labels of now. Definitions that name a label follow it;
    an enum that is renamed as well is so together with the columns of that type.
    """
    changes = tuple(changes)
    renamed = dict(pair for change in changes for pair in _renamed_labels(change))
    first, rest = [], []
    for change in changes:
        before, after = change.before, change.after
        if before is None or after is None:
            rest.append(change)
            continue
        if before.kind == "enum":
            definition = {**before.definition, "labels": after.definition["labels"]}
            between = replace(before, definition=definition)
        else:
            between = _following(before, renamed) if renamed else before
        if between != before:
            first.append(ObjectChange(before=before, after=between))
        if between != after:
            rest.append(ObjectChange(before=between, after=after))
    return tuple(first), rest


def _renamed_labels(change: ObjectChange) -> list[tuple[str, str]]:
    """Return former and new literals of labels that were renamed, quoted as SQL has them."""
    before, after = change.before, change.after
    if before is None or after is None or before.kind != "enum":
        return []
    old, new = before.definition["labels"], after.definition["labels"]
    gone, come = [x for x in old if x not in new], [x for x in new if x not in old]
    return [(literal(a), literal(b)) for a, b in zip(gone, come, strict=False)]


def _following(one: SchemaObject, renamed: dict[str, str]) -> SchemaObject:
    text = msgspec.json.encode(one).decode()
    for old, new in renamed.items():
        text = text.replace(_in_json(old), _in_json(new))
    return msgspec.json.decode(text, type=SchemaObject)


def _in_json(text: str) -> str:
    return msgspec.json.encode(text).decode()[1:-1]
