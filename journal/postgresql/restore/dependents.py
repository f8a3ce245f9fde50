"""What depends on an object, and so must go before it and come again after it."""

from __future__ import annotations

from collections.abc import Collection

from journal.postgresql.catalog.found import Key
from journal.postgresql.catalog.wholes import BY_FAMILY, NAMED, held
from journal.postgresql.connection import Session

MEMBERS = """
select 'pg_class'::regclass::oid as class, c.oid, 0 as sub from unnest(%(classes)s::oid[]) c(oid)
union all select 'pg_class'::regclass, i.indexrelid, 0 from pg_catalog.pg_index i
    where i.indrelid = any(%(classes)s::oid[])
union all select 'pg_type'::regclass, t.oid, 0 from pg_catalog.pg_type t
    where t.typrelid = any(%(classes)s::oid[]) or t.oid = any(%(types)s::oid[])
union all select 'pg_type'::regclass, t.typarray, 0 from pg_catalog.pg_type t
    where (t.typrelid = any(%(classes)s::oid[]) or t.oid = any(%(types)s::oid[]))
    and t.typarray <> 0
union all select 'pg_class'::regclass, t.typrelid, 0 from pg_catalog.pg_type t
    where t.oid = any(%(types)s::oid[]) and t.typrelid <> 0
union all select 'pg_constraint'::regclass, k.oid, 0
    from unnest(%(constraints)s::oid[]) k(oid)
union all select 'pg_class'::regclass, k.conindid, 0 from pg_catalog.pg_constraint k
    where k.oid = any(%(constraints)s::oid[]) and k.contype in ('p', 'u', 'x')
union all select 'pg_proc'::regclass, p.oid, 0 from unnest(%(procs)s::oid[]) p(oid)
"""

MORE = """union all select 'pg_catalog.{catalog}'::regclass, o.oid, 0
    from unnest(%({family})s::oid[]) o(oid)
"""
EXTENDED = """
union all select e.class, e.oid, 0 from (
    with recursive part(class, oid) as (
        select d.classid, d.objid from pg_catalog.pg_depend d where d.deptype = 'e'
            and d.refclassid = 'pg_extension'::regclass and d.refobjid = any(%(extension)s::oid[])
        union select d.classid, d.objid from part join pg_catalog.pg_depend d
            on d.refclassid = part.class and d.refobjid = part.oid and d.deptype in ('i', 'a')
    ) select class, oid from part) e
union all select 'pg_extension'::regclass, e.oid, 0 from unnest(%(extension)s::oid[]) e(oid)
"""
"""An extension stands for all that belongs to it."""

_OF_CLASS = """(select m.refobjid from pg_catalog.pg_depend m
    where x.classid in ('pg_amop'::regclass, 'pg_amproc'::regclass)
    and m.classid = x.classid and m.objid = x.objid
    and m.refclassid = 'pg_opclass'::regclass and m.deptype in ('a', 'i'))"""
"""SQL: the operator class that a member of a family is a part of; none where it is loose."""

DEPENDENTS = f"""
with member as ({MEMBERS}{{more}})
select distinct
    case when {_OF_CLASS} is not null then 'opclass'
    when x.classid = 'pg_extension'::regclass then 'extension' else case x.classid {NAMED}
    when 'pg_class'::regclass then 'class' when 'pg_type'::regclass then 'type'
    when 'pg_proc'::regclass then 'proc' when 'pg_constraint'::regclass then 'constraint'
    when 'pg_trigger'::regclass then 'trigger' when 'pg_policy'::regclass then 'policy'
    when 'pg_statistic_ext'::regclass then 'statistic_ext'
    when 'pg_attrdef'::regclass then 'default'
    when 'pg_rewrite'::regclass then case r.rulename when '_RETURN' then 'class' else 'rewrite' end
    else x.classid::regclass::text end end,
    coalesce({_OF_CLASS}, case x.classid {held("x.objid")}
    when 'pg_rewrite'::regclass then
        case r.rulename when '_RETURN' then r.ev_class else r.oid end
    when 'pg_attrdef'::regclass then d.adrelid else x.objid end)::int8,
    case x.classid when 'pg_attrdef'::regclass then d.adnum else x.objsubid end::int4
from pg_catalog.pg_depend x
join member on x.refclassid = member.class and x.refobjid = member.oid
left join pg_catalog.pg_rewrite r on x.classid = 'pg_rewrite'::regclass and r.oid = x.objid
left join pg_catalog.pg_attrdef d on x.classid = 'pg_attrdef'::regclass and d.oid = x.objid
where x.deptype in ('n', 'a', 'i', 'P', 'S')
and (x.classid, x.objid) not in (select member.class, member.oid from member)
"""


def dependents(session: Session, keys: Collection[Key]) -> set[tuple[Key, int]]:
    """Return what depends directly on any of the objects, with the number of the column.

    Column defaults come as ``("default", relation)`` with their column's number.
    """
    params = {
        parameter: [oid for family, oid in keys if family == name]
        for parameter, name in (
            ("classes", "class"),
            ("types", "type"),
            ("constraints", "constraint"),
            ("procs", "proc"),
        )
    }
    more = ""
    for family in sorted({family for family, _ in keys} & BY_FAMILY.keys()):
        params[family] = [oid for name, oid in keys if name == family]
        more += MORE.format(catalog=BY_FAMILY[family].catalog, family=family)
    extensions = [oid for name, oid in keys if name == "extension"]
    if extensions:
        params["extension"] = extensions
        more += EXTENDED
    found = session.query(DEPENDENTS.format(more=more), params)
    return {((row[0], row[1]), row[2]) for row in found}
