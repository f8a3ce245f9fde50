"""Rows that name an object by its oid: values of type ``regclass``, ``regproc`` and their like.

An object that is made again has another oid, and such a value then means nothing, or another
object. Text search needs no look: no change to it is let through.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Iterable, Iterator, Sequence

import msgspec

from journal.errors import NotExact, NotKnownExact
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.connection import Session, quote
from journal.postgresql.hidden import uncovered
from journal.postgresql.images import unfolded
from journal.postgresql.relabelled import naming
from journal.postgresql.restore.alter import KEYS
from journal.postgresql.restore.dependents import MEMBERS
from journal.postgresql.restore.names import dotted
from journal.values import ObjectChange, SchemaObject, TableRows

FAMILIES = {
    "regclass": "class",
    "regproc": "proc",
    "regprocedure": "proc",
    "regtype": "type",
    "regnamespace": "namespace",
    "regoper": "operator",
    "regoperator": "operator",
    "regcollation": "collation",
}
"""Where the server keeps what a value of such a type names."""

WITH_TYPES = (
    "table",
    "view",
    "materialized view",
    "sequence",
    "enum",
    "domain",
    "composite",
    "range",
    "base type",
)
"""Kinds of objects that have types beside them, of which no reader tells the oids."""

NAMED = (*WITH_TYPES, "index", "constraint", "function", "aggregate", "operator", "collation")
"""Kinds of objects that such a value may name, besides schemas, which come back first."""

COLUMNS = """
with recursive edge(part, whole, many, flat) as materialized (
    select t.typelem, t.oid, true, true from pg_catalog.pg_type t
        where t.typelem <> 0 and t.typlen = -1
    union all select t.typbasetype, t.oid, false, true from pg_catalog.pg_type t
        where t.typtype = 'd'
    union all select r.rngsubtype, r.rngtypid, false, false from pg_catalog.pg_range r
    union all select r.rngtypid, r.rngmultitypid, false, false from pg_catalog.pg_range r
    union all select a.atttypid, c.reltype, false, false from pg_catalog.pg_attribute a
        join pg_catalog.pg_class c on c.oid = a.attrelid and c.oid >= 16384
        and c.relkind in ('c', 'r', 'p') where a.attnum > 0 and not a.attisdropped
), made(oid, kind, many, flat) as (
    select t.oid, t.typname::text, false, true from pg_catalog.pg_type t
        where t.typnamespace = 'pg_catalog'::regnamespace and t.typname = any(%(kinds)s)
    union select edge.whole, made.kind, made.many or edge.many,
        made.flat and edge.flat and not (made.many and edge.many)
    from made join edge on edge.part = made.oid
)
select c.oid::int8, n.nspname, c.relname, a.attname, made.kind, made.many,
    made.flat and pg_catalog.has_column_privilege(c.oid, a.attnum, 'select')
    and (pg_catalog.pg_has_role(c.relowner, 'usage')
        or not pg_catalog.row_security_active(c.oid))
from made join pg_catalog.pg_attribute a on a.atttypid = made.oid
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm') and c.relispopulated and c.relpersistence <> 't'
and c.oid >= 16384 and a.attnum > 0 and not a.attisdropped and n.nspname <> 'clew'
order by 1, a.attnum, 5
"""

TAKEN = f"""
with member as ({MEMBERS})
select case class when 'pg_class'::regclass then 'class' when 'pg_type'::regclass then 'type'
    when 'pg_proc'::regclass then 'proc' else '' end, oid::int8 from member
union all select 'type', r.rngmultitypid::int8 from pg_catalog.pg_range r
where r.rngtypid = any(%(types)s::oid[])
"""

_WORD = re.compile(r"\w+")


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """A value that stands in a column: ``oid`` is none where it cannot be told from the rest."""

    column: str
    family: str
    oid: int | None
    dangling: bool = False


def references(session: Session) -> list[Reference]:
    """Return what the values of such columns name; costs one query where there is no column."""
    columns = session.query(COLUMNS, {"kinds": list(FAMILIES)})
    found: list[Reference] = []
    with uncovered(session, {row[0] for row in columns if row[6]}):
        for _, schema, table, column, kind, many, told in columns:
            name, family = f"{schema}.{table}.{column}", FAMILIES[kind]
            if not told:
                found.append(Reference(column=name, family=family, oid=None))
                continue
            own = quote(column)
            oids = f"unnest({own}::oid[])" if many else f"{own}::oid"
            rows = session.query(
                f"select v::int8, not exists (select from pg_catalog.pg_{family} x"
                f" where x.oid = v) from (select distinct {oids} as v"
                f" from only {quote(schema, table)}) as stored where v >= 16384 order by 1"
            )
            found += [
                Reference(column=name, family=family, oid=oid, dangling=dangling)
                for oid, dangling in rows
            ]
    return found


def object_references(
    session: Session,
    catalog: Catalog,
    changes: Sequence[ObjectChange],
    lost: Collection[SchemaObject],
) -> Iterator[tuple[str, str]]:
    """Yield rule and message for rows that name what was dropped, or what undoing makes again."""
    gone = [c.before for c in changes if c.before and c.after is None]
    if not gone and not lost:
        return
    stored = references(session)
    if not stored:
        return
    taken = _taken(session, catalog, lost) | {
        key: one for one in gone if (key := catalog.former_key_of(one.id))
    }
    unknown = _unknown(gone)
    for found in stored:
        named = taken.get((found.family, found.oid or 0))
        if found.oid is None:
            message = f"column {found.column} may name an object that was dropped or changed"
        elif named is not None:
            message = f"column {found.column} names {named.kind} {dotted(named.path)} by its oid"
        elif found.dangling and found.family in unknown:
            message = f"column {found.column} names an object by its oid, and it was dropped"
        else:
            continue
        yield "object-reference", message


def refuse_dropped_along(
    session: Session,
    catalog: Catalog,
    changes: Iterable[ObjectChange],
    destroyed: Iterable[TableRows],
    allowed: Container[str],
) -> None:
    """Refuse rows destroyed that name an object dropped with them: they may come back before it.

    Raises:
        NotKnownExact: unless the rule is waived.
    """
    gone = {c.before.id: c.before for c in changes if c.before and c.after is None}
    if len(gone) < 2:
        return
    kinds: frozenset[str] | None = None
    for rows in destroyed:
        table = gone.get(rows.table)
        if table is None:
            continue
        if kinds is None:
            kinds = naming(session, catalog.schema() | gone)
        others = {o.path[-1] for o in gone.values() if o is not table and o.kind in NAMED}
        for one in table.columns:
            if str(one.definition["type"]).removesuffix("[]") not in kinds:
                continue
            names = _named_in(session, rows, one.id) & others
            if names and "object-reference" not in allowed:
                raise NotKnownExact(
                    "object-reference",
                    f"column {'.'.join(table.path)}.{one.name} names {min(names)},"
                    " which was dropped along with it",
                )


def _named_in(session: Session, rows: TableRows, column: int) -> set[str]:
    """Return the words of the images' values in one column."""
    if column not in rows.columns:
        return set()
    sql = f"select distinct c{column} from ({unfolded(rows, -1)}) x where c{column} is not null"
    return {word for (text,) in session.query(sql) for word in _WORD.findall(text)}


def hold_references(before: Iterable[Reference], after: Iterable[Reference]) -> None:
    """Raise ``NotExact`` where values that named an object before an undoing name none after."""
    stood = {(one.family, one.oid) for one in before if one.oid and not one.dangling}
    for one in after:
        if one.dangling and (one.family, one.oid) in stood:
            raise NotExact(
                f"column {one.column} names an object by its oid, and undoing makes it again",
                hint="Take the oids out of these rows first; write them anew afterwards.",
            )


def _taken(
    session: Session, catalog: Catalog, lost: Iterable[SchemaObject]
) -> dict[tuple[str, int], SchemaObject]:
    taken: dict[tuple[str, int], SchemaObject] = {}
    for one in lost:
        key = catalog.key_of(one.id)
        if key is None:
            continue
        families = {"classes": "class", "types": "type", "constraints": "constraint"}
        families["procs"] = "proc"
        params = {name: [key[1]] if key[0] == family else [] for name, family in families.items()}
        taken |= dict.fromkeys(session.query(TAKEN, params), one)
        taken[key] = one
    return taken


def _unknown(gone: Iterable[SchemaObject]) -> set[str]:
    """Return the families of which something went whose oid nobody knew."""
    found = set()
    for one in gone:
        if one.kind in WITH_TYPES:
            found.add("type")
        if one.kind == "composite" or one.definition.get("type") in KEYS:
            found.add("class")
    return found
