"""Which objects were touched: by the transaction that wrote their catalog rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TypeAlias

from journal.postgresql.catalog.found import USERS, Key, unowned
from journal.postgresql.catalog.wholes import NAMED, WHOLES, held
from journal.postgresql.connection import Session

Row: TypeAlias = tuple[str, str, str]
"""One version of a catalog row: the catalog, its place, and the transaction that wrote it."""

Oddment: TypeAlias = tuple[str, int, int, str]
"""A comment, a check of a domain, a part of an extension: kind, whose, oid, more."""

# Per catalog: the family and oid of what a row belongs to ("class" is still to be resolved).
OWNERS = {
    "pg_namespace": "'namespace', x.oid",
    "pg_class": "'class', x.oid",
    "pg_attribute": "'class', x.attrelid",
    "pg_attrdef": "'class', x.adrelid",
    "pg_type": "'type', x.oid",
    "pg_enum": "'type', x.enumtypid",
    "pg_range": "'type', x.rngtypid",
    "pg_proc": "'proc', x.oid",
    "pg_constraint": "case x.conrelid when 0 then 'type' else 'class' end,"
    " case x.conrelid when 0 then x.contypid else x.conrelid end",
    "pg_index": "'class', x.indrelid",
    "pg_trigger": "'class', x.tgrelid",
    "pg_rewrite": "'class', x.ev_class",
    "pg_policy": "'class', x.polrelid",
    "pg_sequence": "'class', x.seqrelid",
    "pg_statistic_ext": "'class', x.stxrelid",
    "pg_inherits": "'class', x.inhrelid",
    "pg_partitioned_table": "'class', x.partrelid",
    "pg_default_acl": "'default_acl', x.oid",
    "pg_extension": "'extension', x.oid",
    "pg_foreign_table": "'class', x.ftrelid",
}
OWNERS |= {one.catalog: f"'{one.family}', x.oid" for one in WHOLES if not one.shares}
OWNERS |= {
    catalog: f"'{one.family}', x.{column}" for one in WHOLES for catalog, column in one.parts
}

EVERY = (*OWNERS, "pg_depend", "pg_description")
"""All catalogs that ``fresh_rows`` knows."""

FRESH = "age(x.xmin) <= age(pg_current_xact_id()::xid)"
"""Rows written by this transaction, its subtransactions, or one that began after it."""

SUBOBJECT = f"""
    case x.classid
    {NAMED}
    when 'pg_class'::regclass then 'class' when 'pg_type'::regclass then 'type'
    when 'pg_proc'::regclass then 'proc' when 'pg_namespace'::regclass then 'namespace'
    when 'pg_extension'::regclass then 'extension'
    when 'pg_constraint'::regclass then (select case k.conrelid when 0 then 'type' else 'class' end
        from pg_catalog.pg_constraint k where k.oid = x.objid)
    when 'pg_attrdef'::regclass then 'class' when 'pg_trigger'::regclass then 'class'
    when 'pg_rewrite'::regclass then 'class' when 'pg_policy'::regclass then 'class'
    when 'pg_statistic_ext'::regclass then 'class' else x.classid::regclass::text end,
    case x.classid
    {held("x.objid")}
    when 'pg_constraint'::regclass then (
        select case k.conrelid when 0 then k.contypid else k.conrelid end
        from pg_catalog.pg_constraint k where k.oid = x.objid)
    when 'pg_attrdef'::regclass then
        (select k.adrelid from pg_catalog.pg_attrdef k where k.oid = x.objid)
    when 'pg_trigger'::regclass then
        (select k.tgrelid from pg_catalog.pg_trigger k where k.oid = x.objid)
    when 'pg_rewrite'::regclass then
        (select k.ev_class from pg_catalog.pg_rewrite k where k.oid = x.objid)
    when 'pg_policy'::regclass then
        (select k.polrelid from pg_catalog.pg_policy k where k.oid = x.objid)
    when 'pg_statistic_ext'::regclass then
        (select k.stxrelid from pg_catalog.pg_statistic_ext k where k.oid = x.objid)
    else x.objid end::int8
"""

# Ownership of sequences, and membership in extensions, stand in pg_depend alone.
FROM_DEPEND = f"""
select 'pg_depend', x.ctid::text, x.xmin::text,
    case when x.deptype in ('e', 'x') then 'member' else 'class' end,
    case when x.deptype in ('e', 'x') then x.refobjid else x.objid end::int8
from pg_catalog.pg_depend x where {FRESH} and (x.deptype in ('e', 'x')
    or x.classid = 'pg_class'::regclass and x.refclassid = 'pg_class'::regclass
    and x.refobjsubid > 0 and x.deptype in ('a', 'i'))
"""

FROM_DESCRIPTION = f"""
select 'pg_description', x.place, x.writer, {SUBOBJECT}
from (select x.ctid::text as place, x.xmin::text as writer, x.classoid as classid,
    x.objoid as objid from pg_catalog.pg_description x where {FRESH} offset 0) x
"""

FROM_LOST_COMMENTS = f"""
select {SUBOBJECT} from unnest(%s::oid[], %s::oid[]) x(classid, objid)
"""

ODDMENTS = """
select 'comment', x.classoid::int8, x.objoid::int8, x.objsubid::text
from pg_catalog.pg_description x
where x.objoid >= 16384
or x.classoid in ('pg_catalog.pg_namespace'::regclass, 'pg_catalog.pg_largeobject'::regclass)
union all select 'domain check', k.contypid::int8, k.oid::int8, ''
from pg_catalog.pg_constraint k where k.contypid <> 0
union all select case x.deptype when 'e' then 'extension' else 'leaning' end,
    x.classid::int8, x.objid::int8, x.refobjid::text
from pg_catalog.pg_depend x
where x.refclassid = 'pg_catalog.pg_extension'::regclass and x.deptype in ('e', 'x')
union all select 'extension', p.classid::int8, p.objid::int8, x.refobjid::text
from pg_catalog.pg_depend x join pg_catalog.pg_depend p
    on p.refclassid = x.classid and p.refobjid = x.objid and p.deptype in ('i', 'a')
where x.refclassid = 'pg_catalog.pg_extension'::regclass and x.deptype = 'e'
"""

UNITS = {
    "class": f"""
select 'class', c.oid::int8,
    case when c.relpersistence = 't' or not ({USERS}) and c.relkind <> 't' then 'ignored'
        when c.relkind = 'c' then 'type'
        else 'class' end,
    case c.relkind when 'i' then (select i.indrelid from pg_catalog.pg_index i
            where i.indexrelid = c.oid)
        when 'I' then (select i.indrelid from pg_catalog.pg_index i where i.indexrelid = c.oid)
        when 't' then substring(c.relname from '[0-9]+')::oid
        when 'c' then c.reltype else c.oid end::int8
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.oid = any(%(class)s::oid[])
""",
    "type": f"""
select 'type', t.oid::int8, case when not ({USERS}) then 'ignored'
        when b.typrelid <> 0 and c.relkind <> 'c' then 'class'
        when b.typtype in ('e', 'd', 'c', 'r') then 'type'
        when b.typtype = 'm' then 'ignored' else 'base_type' end,
    case when b.typrelid <> 0 and c.relkind <> 'c' then b.typrelid else b.oid end::int8
from pg_catalog.pg_type t
join pg_catalog.pg_type b on b.oid = case when t.typelem <> 0 and t.typlen = -1
    and t.typcategory = 'A' then t.typelem else t.oid end
join pg_catalog.pg_namespace n on n.oid = b.typnamespace
left join pg_catalog.pg_class c on c.oid = b.typrelid
where t.oid = any(%(type)s::oid[])
""",
    "proc": f"""
select 'proc', p.oid::int8, case when not ({USERS}) then 'ignored'
    when exists (select from pg_catalog.pg_depend x where x.classid = 'pg_proc'::regclass
        and x.objid = p.oid and x.deptype = 'i') then 'ignored'
    when p.prokind = 'a' then 'aggregate' else 'proc' end, p.oid::int8
from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where p.oid = any(%(proc)s::oid[])
""",
    "namespace": f"""
select 'namespace', n.oid::int8, case when {USERS} then 'namespace' else 'ignored' end,
    n.oid::int8
from pg_catalog.pg_namespace n where n.oid = any(%(namespace)s::oid[])
""",
    "default_acl": """
select 'default_acl', d.oid::int8, 'default_acl', d.oid::int8
from unnest(%(default_acl)s::oid[]) d(oid)
""",
    "extension": """
select 'extension', e.oid::int8, 'extension', e.oid::int8
from pg_catalog.pg_extension e where e.oid = any(%(extension)s::oid[])
""",
}
UNITS |= {
    one.family: f"""
select '{one.family}', k.oid::int8, case
    when not {unowned(one.catalog, "k.oid")} then 'extension' when u.oid is null then 'ignored'
    else '{one.read_with}' end, u.oid::int8
from unnest(%({one.family})s::oid[]) k(oid)
left join lateral (select {one.of} from {one.source} and o.oid = k.oid) u(oid) on true
where exists (select from pg_catalog.{one.catalog} x where x.oid = k.oid)
"""
    for one in WHOLES
    if not one.shares
}
UNITS["member"] = """
select 'member', e.oid::int8, 'extension', e.oid::int8
from pg_catalog.pg_extension e where e.oid = any(%(member)s::oid[])
"""
"""Per family of keys: the units that they are read with; "member" is told by its extension."""

_CLASSES = {
    "class": "pg_class",
    "type": "pg_type",
    "proc": "pg_proc",
    "namespace": "pg_namespace",
} | {one.read_with: one.catalog for one in WHOLES if one.of == "o.oid"}

OWNED = f"""
with found(family, oid, unit, place) as ({{}})
select f.family, f.oid, case when x.refobjid is null then f.unit else 'extension' end,
    coalesce(x.refobjid::int8, f.place)
from found f left join pg_catalog.pg_depend x on x.deptype = 'e' and x.objid = f.place
and x.classid = case f.unit
    {" ".join(f"when '{unit}' then '{name}'::regclass" for unit, name in _CLASSES.items())} end
"""
"""What belongs to an extension is told as a part of it."""

SEEDS = {
    "class": """
    select 'pg_class'::regclass as class, c.oid from unnest(%(class)s::oid[]) c(oid)
    union all select 'pg_type'::regclass, t.oid from pg_catalog.pg_type t
        where t.typrelid = any(%(class)s::oid[])
    union all select 'pg_type'::regclass, t.typarray from pg_catalog.pg_type t
        where t.typrelid = any(%(class)s::oid[]) and t.typarray <> 0
""",
    "type": """
    select 'pg_type'::regclass as class, t.oid from unnest(%(type)s::oid[]) t(oid)
    union all select 'pg_type'::regclass, t.typarray from pg_catalog.pg_type t
        where t.oid = any(%(type)s::oid[]) and t.typarray <> 0
""",
    "proc": "select 'pg_proc'::regclass as class, p.oid from unnest(%(proc)s::oid[]) p(oid)",
}
SEEDS |= {
    one.read_with: SEEDS[one.family].replace(f"%({one.family})s", f"%({one.read_with})s")
    for one in WHOLES
    if one.shares
}
for _one in WHOLES:
    if not _one.shares:
        _rows = (
            f"select '{_one.catalog}'::regclass as class, o.oid from pg_catalog.{_one.catalog} o"
            f" where {_one.of} = any(%({_one.read_with})s::oid[])"
        )
        _before = SEEDS.get(_one.read_with)
        SEEDS[_one.read_with] = f"{_before} union all {_rows}" if _before else _rows
SEEDS["extension"] = """
    select e.classid as class, e.objid as oid from pg_catalog.pg_depend e where e.deptype = 'e'
        and e.refclassid = 'pg_extension'::regclass and e.refobjid = any(%(extension)s::oid[])
    union all select i.classid, i.objid from pg_catalog.pg_depend e join pg_catalog.pg_depend i
        on i.refclassid = e.classid and i.refobjid = e.objid and i.deptype = 'i'
        where e.deptype = 'e' and e.refclassid = 'pg_extension'::regclass
        and e.refobjid = any(%(extension)s::oid[])
"""
"""Per family of units: what stands for one in pg_depend."""

DEPENDENTS = f"""
select distinct {SUBOBJECT}
from pg_catalog.pg_depend x
join ({{seeds}}) seed on x.refclassid = seed.class and x.refobjid = seed.oid
where x.deptype in ('n', 'a', 'i', 'P', 'S')
"""

HAVE_OIDS = {
    "class": "pg_class",
    "constraint": "pg_constraint",
    "trigger": "pg_trigger",
    "rewrite": "pg_rewrite",
    "policy": "pg_policy",
    "statistic_ext": "pg_statistic_ext",
    "type": "pg_type",
    "proc": "pg_proc",
    "namespace": "pg_namespace",
    "extension": "pg_extension",
    "default_acl": "pg_default_acl",
}
HAVE_OIDS |= {one.family: one.catalog for one in WHOLES}
"""Families of objects with oids of their own, and their catalogs."""


def fresh_rows(session: Session, catalogs: Collection[str]) -> dict[Row, Key]:
    """Return the catalog rows this transaction wrote, with what each belongs to."""
    parts = [
        f"select '{catalog}', x.ctid::text, x.xmin::text, y.family, y.oid::int8"
        f" from pg_catalog.{catalog} x, lateral (select {owner}) y(family, oid) where {FRESH}"
        for catalog, owner in OWNERS.items()
        if catalog in catalogs
    ]
    if "pg_depend" in catalogs:
        parts.append(FROM_DEPEND)
    if "pg_description" in catalogs:
        parts.append(FROM_DESCRIPTION)
    if not parts:
        return {}
    found = session.query("\nunion all\n".join(parts))
    return {(row[0], row[1], row[2]): (row[3], row[4]) for row in found}


def oddments(session: Session) -> frozenset[Oddment]:
    """Return what is no object of its own, to notice when it is taken off."""
    return frozenset(session.query(ODDMENTS))


def bereft(session: Session, lost: Collection[Oddment]) -> set[Key]:
    """Return what lost an oddment and still exists."""
    domains: set[Key] = {("type", one[1]) for one in lost if one[0] == "domain check"}
    commented = [one for one in lost if one[0] == "comment"]
    if not commented:
        return domains
    params = ([one[1] for one in commented], [one[2] for one in commented])
    found = session.query(FROM_LOST_COMMENTS, params)
    return domains | {(row[0], row[1]) for row in found if row[1]}


def gone(session: Session, known: Iterable[Key], catalogs: Collection[str]) -> set[Key]:
    """Return the known objects that are gone from one of these catalogs."""
    by_family: dict[str, list[int]] = {}
    for family, oid in known:
        by_family.setdefault(family, []).append(oid)
    missing: set[Key] = set()
    for family, oids in by_family.items():
        catalog = HAVE_OIDS[family]
        if catalog in catalogs:
            rows = session.query(
                "select x.oid::int8 from unnest(%s::oid[]) x(oid) where not exists"
                f" (select from pg_catalog.{catalog} c where c.oid = x.oid)",
                (oids,),
            )
            missing.update((family, row[0]) for row in rows)
    return missing


def resolve(session: Session, keys: Collection[Key]) -> dict[Key, Key]:
    """Map keys of objects to the units they are read with.

    What exists no more is not in the answer; "ignored" and names of the gate may be.
    """
    by_family = _by_family(keys)
    parts = [sql for family, sql in UNITS.items() if family in by_family]
    if not parts:
        return {}
    found = session.query(OWNED.format("union all".join(parts)), by_family)
    return {(row[0], row[1]): (row[2], row[3]) for row in found}


def dependents(session: Session, units: Collection[Key]) -> set[Key]:
    """Return keys of what depends directly on any of the units."""
    by_family = _by_family(units)
    seeds = [sql for family, sql in SEEDS.items() if family in by_family]
    if not seeds:
        return set()
    found = session.query(DEPENDENTS.format(seeds=" union all ".join(seeds)), by_family)
    return {(row[0], row[1]) for row in found if row[1]}


def _by_family(keys: Iterable[Key]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for family, oid in keys:
        found.setdefault(family, []).append(oid)
    return found
