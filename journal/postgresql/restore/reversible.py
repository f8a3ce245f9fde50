"""Which schema changes are not known to come back, told as soon as they are seen."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from journal.errors import NotKnownExact
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.connection import Session
from journal.postgresql.restore.kin_rules import family_reasons
from journal.postgresql.restore.names import dotted
from journal.values import ObjectChange, SchemaObject

STORED = """
with recursive used(oid) as (
    select t.oid from pg_catalog.pg_type t where t.oid = any(%(types)s::oid[])
    union select t.oid from used join pg_catalog.pg_type t
        on t.typelem = used.oid or t.typbasetype = used.oid
        or t.oid in (select r.rngtypid from pg_catalog.pg_range r where r.rngsubtype = used.oid)
        or t.typrelid in (select a.attrelid from pg_catalog.pg_attribute a
            join pg_catalog.pg_class c on c.oid = a.attrelid and c.relkind = 'c'
            where a.atttypid = used.oid and not a.attisdropped)
)
select exists (select from pg_catalog.pg_attribute a
        join pg_catalog.pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p', 'm')
        where a.atttypid in (select oid from used) and not a.attisdropped),
    exists (select from pg_catalog.pg_type t where t.oid in (select oid from used)
        and t.oid <> all(%(types)s::oid[]) and (t.typtype in ('d', 'r', 'c')))
"""


def refuse_irreversible(
    session: Session,
    catalog: Catalog,
    changes: Iterable[ObjectChange],
    allowed: Container[str],
) -> None:
    """Refuse changes that the undoing could not take back; called when they are just done.

    Raises:
        NotKnownExact: unless the rule is waived.
    """
    changes = tuple(changes)
    renaming = any(_renames(change) for change in changes)
    for change in changes:
        if renaming and _follows(change):
            continue
        for name, message in _reasons(session, catalog, change):
            if name not in allowed:
                raise NotKnownExact(name, message)
    for name, message in family_reasons(session, catalog, changes):
        if name not in allowed:
            raise NotKnownExact(name, message)


def _renames(change: ObjectChange) -> bool:
    before, after = change.before, change.after
    if before is None or after is None:
        return False
    names = {c.id: c.name for c in before.columns}
    return before.path != after.path or any(
        names.get(c.id, c.name) != c.name for c in after.columns
    )


def _follows(change: ObjectChange) -> bool:
    """Tell whether an object may have changed only because another was renamed."""
    before, after = change.before, change.after
    if before is None or after is None:
        return False
    lists = ("inherits", "attributes", "labels", "columns")
    sizes = [[len(one.definition.get(f, ())) for f in lists] for one in (before, after)]
    ids = [[c.id for c in one.columns] for one in (before, after)]
    return (
        sizes[0] == sizes[1]
        and ids[0] == ids[1]
        and (before.definition.get("populated") == after.definition.get("populated"))
    )


def _reasons(session: Session, catalog: Catalog, change: ObjectChange) -> Iterator[tuple[str, str]]:
    one = change.after or change.before
    if one is None:
        return
    name = f"{one.kind} {dotted(one.path)}"
    match one.kind:
        case "extension":
            yield "extension", f"changes to {name}"
        case "materialized view" if _rows_at_stake(change):
            yield "materialized-view", f"the rows of {name} could not be put back"
        case "table" if _typed(change) and _redefined(change):
            yield "of-type", f"{name} is a table of a type"
        case "enum" | "composite" | "domain" | "range" if change.before and change.after:
            yield from _type(session, catalog, change.before, change.after)
        case "range" if "canonical" in one.definition["range"]:
            yield "range-canonical", f"{name} has a canonical function"


def _rows_at_stake(change: ObjectChange) -> bool:
    for one, other in ((change.before, change.after), (change.after, change.before)):
        if one is not None and one.definition.get("populated"):
            if other is None:
                return True
            fields = ("text", "populated", "access_method")
            if any(one.definition.get(f) != other.definition.get(f) for f in fields):
                return True
    return False


def _redefined(change: ObjectChange) -> bool:
    """Tell whether a table is made, dropped or typed, or its columns are others."""
    before, after = change.before, change.after
    if before is None or after is None:
        return True
    types = [one.definition.get("of_type") for one in (before, after)]
    return types[0] != types[1] or [c.id for c in before.columns] != [c.id for c in after.columns]


def _typed(change: ObjectChange) -> bool:
    return any(one and "of_type" in one.definition for one in (change.before, change.after))


def _type(
    session: Session, catalog: Catalog, before: SchemaObject, after: SchemaObject
) -> Iterator[tuple[str, str]]:
    fields = {"enum": ("labels",), "composite": ("attributes",), "domain": ("type",)}
    if all(
        _plain(before.definition.get(f)) == _plain(after.definition.get(f))
        for f in fields.get(after.kind, ())
    ):
        return
    key = catalog.key_of(after.id)
    if key is None:
        return
    ((stored, within),) = session.query(STORED, {"types": [key[1]]})
    name = f"{after.kind} {dotted(after.path)}"
    if after.kind == "composite" and stored:
        yield "composite-attribute", f"{name} is the type of a column, whose values would change"
    if after.kind == "enum" and within and not _renamed(before, after):
        yield "enum-in-type", f"{name} is part of another type, which cannot be turned over"


def _plain(value: object) -> object:
    """Return attributes of a composite type without their names and comments."""
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        return [(one["type"], one.get("collation")) for one in value]
    return value


def _renamed(before: SchemaObject, after: SchemaObject) -> bool:
    return len(before.definition["labels"]) == len(after.definition["labels"])
