"""Which schema changes are not known to come back, told as soon as they are seen."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence

from journal.errors import NotKnownExact
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.connection import Session
from journal.postgresql.generated import stored_generated
from journal.postgresql.restore.built_on import built_on
from journal.postgresql.restore.casts import casts_in_use
from journal.postgresql.restore.dependents import dependents
from journal.postgresql.restore.enums import MADE_OF, RANGED
from journal.postgresql.restore.grants import grantors
from journal.postgresql.restore.kin_rules import family_reasons
from journal.postgresql.restore.names import dotted
from journal.postgresql.restore.operators import one_sided
from journal.postgresql.restore.privileged import privileged
from journal.postgresql.restore.references import object_references
from journal.postgresql.restore.remade import follows, losing_oids, remade, renames
from journal.postgresql.restore.strangers import strangers
from journal.values import ObjectChange, SchemaObject

STORED = f"""
{MADE_OF}{RANGED}, stored as (
    select a.attrelid, a.attnum, a.attinhcount, a.atttypid in (select oid from ranged) as ranged,
        c.reloftype <> 0 as typed
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p', 'm')
    where a.atttypid in (select oid from used) and not a.attisdropped
)
select exists (select from stored),
    exists (select from stored s join pg_catalog.pg_attribute g
        on g.attrelid = s.attrelid and g.attgenerated <> ''
        join pg_catalog.pg_attrdef f on f.adrelid = g.attrelid and f.adnum = g.attnum
        join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_attrdef'::regclass
            and d.objid = f.oid and d.refclassid = 'pg_catalog.pg_class'::regclass
            and d.refobjid = s.attrelid and d.refobjsubid = s.attnum)
    or exists (select from stored s where s.attinhcount > 1 or s.typed)
    or exists (select from stored s join pg_catalog.pg_index i on i.indrelid = s.attrelid
        where s.ranged and s.attnum = any(i.indkey))
    or exists (select from stored s join pg_catalog.pg_partitioned_table p
        on p.partrelid = s.attrelid and s.attnum = any(p.partattrs))
"""


OTHERS = """
select rolname from pg_catalog.pg_roles where rolname = any(%(roles)s) and rolname <> current_user
and not pg_has_role(oid, case
    when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end)
"""


MEMBER = """
select rolname = current_user or pg_has_role(oid, case
    when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end)
from pg_catalog.pg_roles where rolname = %(role)s
"""


SUPERUSER = "select current_setting('is_superuser') = 'on'"


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
    renaming = any(renames(change) for change in changes)
    for change in changes:
        if renaming and follows(change):
            continue
        for name, message in _reasons(session, catalog, change):
            if name not in allowed:
                raise NotKnownExact(name, message)
    again = remade(session, catalog, changes)
    lost = losing_oids(changes, again)
    for name, message in (
        *family_reasons(session, catalog, changes),
        *_unmakable(session, changes, again),
        *object_references(session, catalog, changes, lost),
        *strangers(session, catalog, lost),
        *built_on(session, catalog, changes, again),
        *casts_in_use(session, changes),
        *one_sided(catalog, changes),
    ):
        if name not in allowed:
            raise NotKnownExact(name, message)


def _unmakable(
    session: Session, changes: Sequence[ObjectChange], again: Sequence[SchemaObject]
) -> Iterator[tuple[str, str]]:
    """Yield what undoing would have to make again, or grant again, and could not."""
    gone = [c.before for c in changes if c.before and c.after is None]
    for one in again if any(o.kind == "extension" for o in again) else ():
        if one.kind == "table":
            # Its columns are of a type that would have to go, and their values with it.
            yield "extension", f"{dotted(one.path)} has a column of an extension's type"
    for one in (*gone, *again):
        # CREATE INDEX CONCURRENTLY left it when it was aborted: no other statement makes one.
        if one.kind == "index" and one.definition.get("invalid"):
            yield "invalid-index", f"index {dotted(one.path)} is invalid, and would be valid again"
    rare = {one.kind for one in (*gone, *again) if privileged(one)}
    if rare and not session.value(SUPERUSER):
        yield "superuser", f"only a superuser can make a {min(rare)} again"
    granted = [c.before for c in changes if c.before and c.after and _grants_differ(c)]
    owners = {one.definition["owner"] for one in (*gone, *again) if "owner" in one.definition}
    granting = {role for one in (*gone, *again, *granted) for role in grantors(one)}
    granting |= {one.definition["owner"] for one in granted if "owner" in one.definition}
    others = _others(session, owners | granting)
    for role in sorted(others & owners):
        yield "owned-by-other", f"what is role {role}'s could not be made that role's again"
    for role in sorted(others & granting):
        yield "granted-by-other", f"role {role} granted privileges, and only that role can again"


def _others(session: Session, roles: set[str]) -> set[str]:
    """Return the roles that the session cannot become."""
    strange = sorted(roles - {session.raw.info.user})
    found = session.query(OTHERS, {"roles": strange}) if strange else ()
    return {role for (role,) in found}


def _grants_differ(change: ObjectChange) -> bool:
    before, after = change.before, change.after
    assert before is not None
    assert after is not None
    old, new = ([one.definition.get("acl"), *_column_grants(one)] for one in (before, after))
    return old != new


def _column_grants(one: SchemaObject) -> list[object]:
    return [c.definition.get("acl") for c in one.columns] + [
        c.get("acl") for c in one.definition.get("columns", ()) if isinstance(c, dict)
    ]


def _reasons(session: Session, catalog: Catalog, change: ObjectChange) -> Iterator[tuple[str, str]]:
    one = change.after or change.before
    if one is None:
        return
    name = f"{one.kind} {dotted(one.path)}"
    match one.kind:
        case "table" if _reshaped(change):
            yield "of-type", f"{name} has the columns of its type, which are others now"
        case "enum" | "composite" | "domain" | "range" if change.before and change.after:
            yield from _type(session, catalog, change.before, change.after)
        case "text search configuration" | "text search dictionary" | "function":
            yield from _storing(session, catalog, change)
        case "publication" if change.before and change.after:
            yield from _members(session, change.before, change.after)


def _storing(session: Session, catalog: Catalog, change: ObjectChange) -> Iterator[tuple[str, str]]:
    """Tell whether values are stored that were made with what an object was before."""
    before, after = change.before, change.after
    if before is None or after is None or _makes(before) == _makes(after):
        return
    keys = {key} if (key := catalog.key_of(after.id)) else set()
    seen = set(keys)
    while keys:
        found = dependents(session, keys)
        for (family, oid), number in found:
            table = catalog.at(("class", oid)) if family == "default" else None
            column = catalog.column_at(oid, number)
            if table and column and stored_generated(column):
                name = f"{after.kind} {dotted(after.path)}"
                yield "generated-values", f"{dotted(table.path)} stores values that {name} made"
                return
        keys = {key for key, _ in found} - seen
        seen |= keys


def _makes(one: SchemaObject) -> object:
    """Return what decides over the values that an object makes: of a function not its first line."""
    if one.kind == "function":
        return one.definition["text"].partition("\n")[2]
    return [one.definition.get(field) for field in ("mappings", "options")]


def _members(
    session: Session, before: SchemaObject, after: SchemaObject
) -> Iterator[tuple[str, str]]:
    """Tell whether another's publication gave up a table or schema that went."""
    lists = [[one.definition.get(f, []) for f in ("tables", "schemas")] for one in (before, after)]
    schemas = [one for one in lists[0][1] if one not in lists[1][1]]
    if lists[0] == lists[1]:
        return
    if schemas and not session.value(SUPERUSER):
        yield "publication", f"only a superuser can give publication {after.path[0]} schemas back"
    if not session.value(MEMBER, {"role": after.definition["owner"]}):
        owner = after.definition["owner"]
        yield "publication", f"publication {after.path[0]} is changed, which belongs to {owner}"


def _reshaped(change: ObjectChange) -> bool:
    """Tell whether the columns of a table changed with those of its type."""
    before, after = change.before, change.after
    if before is None or after is None:
        return False
    typed = all("of_type" in one.definition for one in (before, after))
    return typed and [(c.id, c.definition["type"]) for c in before.columns] != [
        (c.id, c.definition["type"]) for c in after.columns
    ]


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
    ((stored, fixed),) = session.query(STORED, {"types": [key[1]]})
    name = f"{after.kind} {dotted(after.path)}"
    if after.kind == "composite" and stored:
        yield "composite-attribute", f"{name} is the type of a column, whose values would change"
    if after.kind == "enum" and fixed and not _renamed(before, after):
        yield (
            "enum-in-column",
            f"{name} is in a column that is generated, partitioning, an indexed range or of two"
            " parents, or in a table of a type",
        )


def _plain(value: object) -> object:
    """Return attributes of a composite type without their names and comments."""
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        return [(one["type"], one.get("collation")) for one in value]
    return value


def _renamed(before: SchemaObject, after: SchemaObject) -> bool:
    return len(before.definition["labels"]) == len(after.definition["labels"])
