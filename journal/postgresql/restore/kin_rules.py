"""Which changes to partitions and heirs are not known to come back, told as soon as they are seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from journal.postgresql.catalog.live import Catalog
from journal.postgresql.connection import Session
from journal.postgresql.restore.clones import Clones
from journal.postgresql.restore.family import Family, Path, is_partition, own, parents
from journal.postgresql.restore.names import dotted
from journal.values import ObjectChange, SchemaObject

KEYS = ("primary key", "unique", "exclude")

STRANGERS = """
with recursive tree(oid) as (
    select unnest(%s::oid[])
    union select h.inhparent from tree join pg_catalog.pg_inherits h on h.inhrelid = tree.oid
), grown(oid) as (
    select oid from tree
    union select h.inhrelid from grown join pg_catalog.pg_inherits h on h.inhparent = grown.oid
)
select c.oid::regclass::text from grown join pg_catalog.pg_class c using (oid)
where c.relkind = 'f' or c.relpersistence = 't' limit 1
"""


def family_reasons(
    session: Session, catalog: Catalog, changes: Sequence[ObjectChange]
) -> Iterator[tuple[str, str]]:
    """Yield rule and message for what the undoing could not take back, of changes just done."""
    schema = catalog.schema()
    if any(c.before and c.before.kind == "constraint" and not c.after for c in changes):
        for one in _orphans(schema.values()):
            yield "inheritance", f"{one} stays marked as inherited, though no parent has it now"
    for one in _keyed(changes, schema):
        yield "inheritance", f"{one} is of a key, and no longer its parent's"
    for one in _without_identity(changes, schema):
        yield "inheritance", f"{one} lost the identity that its parent has"
    for path in _alike(changes, schema):
        yield "twin-indexes", f"two indexes of {dotted(path)} are alike, and so are its partitions'"
    paths = {c.before.path: c.after.path for c in changes if c.before and c.after}
    reshaped = [c.after.id for c in changes if c.after and _reshaped(c, paths)]
    oids = [oid for oid in map(catalog.relation, reshaped) if oid is not None]
    for (name,) in session.query(STRANGERS, (oids,)) if oids else ():
        yield "unknown-table", f"{name} is one of the partitions or heirs, unknown to the journal"


def _reshaped(change: ObjectChange, paths: Mapping[Path, Path]) -> bool:
    """Tell whether columns or parents of a table are others; ``paths`` are all new names."""
    before, after = change.before, change.after
    if before is None or after is None or after.kind != "table":
        return False
    former = [(c.id, c.definition.get("type")) for c in before.columns]
    above = [paths.get(path, path) for path in parents(before)]
    return above != parents(after) or former != [
        (c.id, c.definition.get("type")) for c in after.columns
    ]


def _alike(changes: Sequence[ObjectChange], schema: Mapping[int, SchemaObject]) -> set[Path]:
    """Return the partitioned tables with twins that the changes touch, or part of which they do."""
    both = [one for c in changes for one in (c.before, c.after) if one is not None]
    every = {one.id: one for one in both} | dict(schema)
    family = Family(every.values())
    touched = {one.path[:2] for one in both if one.kind in ("table", "constraint", "trigger")}
    touched |= {tuple(one.definition["table"]) for one in both if one.kind == "index"}
    above = {p for path in touched if family.related(path) for p in family.above(path)}
    return _twins(every.values()) & above if above else set()


def _orphans(objects: Collection[SchemaObject]) -> Iterator[str]:
    """Yield the constraints whose parent's went with a column, which the server forgets to tell."""
    clones = Clones(objects)
    for one in objects:
        count = one.definition.get("inherited", 0) if one.kind == "constraint" else 0
        if count > len(clones.above(one)):
            yield f"{one.kind} {dotted(one.path)}"


def _keyed(changes: Sequence[ObjectChange], schema: Mapping[int, SchemaObject]) -> Iterator[str]:
    """Yield NOT NULLs of a primary key that became an heir's own: none can be dropped there."""
    moved = {c.after.id for c in changes if c.before and c.after and _moved(c.before, c.after)}
    for change in changes:
        before, after = change.before, change.after
        if before is None or after is None or after.parent in moved:
            continue
        if before.definition.get("type") != "not null" or own(before.definition):
            continue
        column = before.definition["columns"][0]
        if own(after.definition) and any(
            one.parent == after.parent
            and one.definition.get("type") == "primary key"
            and column in one.definition["columns"]
            for one in schema.values()
        ):
            yield f"{after.kind} {dotted(after.path)}"


def _without_identity(
    changes: Sequence[ObjectChange], schema: Mapping[int, SchemaObject]
) -> Iterator[str]:
    """Yield partitions that DETACH and ATTACH of a parent left without its identity."""
    tables = {one.path: one for one in schema.values() if one.kind == "table"}
    for change in changes:
        before, after = change.before, change.after
        if before is None or after is None or not is_partition(after) or _moved(before, after):
            continue
        lost = _identities(before) - _identities(after)
        if any(path in tables and lost & _identities(tables[path]) for path in parents(after)):
            yield f"{after.kind} {dotted(after.path)}"


def _identities(table: SchemaObject) -> set[str]:
    return {c.name for c in table.columns if "identity" in c.definition}


def _moved(before: SchemaObject, after: SchemaObject) -> bool:
    return before.definition.get("inherits") != after.definition.get("inherits")


def _twins(objects: Collection[SchemaObject]) -> set[Path]:
    """Return the partitioned tables of which two indexes say the same."""
    tables = {o.id: o for o in objects if o.kind == "table" and "partition_by" in o.definition}
    said: Counter[tuple[int, bool, str]] = Counter()
    for one in objects:
        text = str(one.definition.get("text", ""))
        if one.parent not in tables:
            continue
        if one.kind == "index" and "partitioned" in one.definition:
            said[one.parent, "unique" in one.definition, text[text.index("(") :]] += 1
        elif one.kind == "constraint" and one.definition["type"] in KEYS:
            said[one.parent, True, text[text.index("(") :]] += 1
    return {tables[table].path for (table, _, _), count in said.items() if count > 1}
