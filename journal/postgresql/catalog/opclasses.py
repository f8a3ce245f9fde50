"""Operator families and operator classes, with what each consists of."""

from __future__ import annotations

from journal.postgresql.catalog.whole import Whole


def _members(owner: str) -> str:
    """Return the SQL expression of the members that hang on a family or a class."""
    joined = (
        f"join pg_catalog.pg_depend d on d.classid = 'pg_catalog.{{}}'::regclass"
        f" and d.objid = m.oid and d.refclassid = 'pg_catalog.{owner}'::regclass"
        " and d.refobjid = o.oid and d.deptype in ('a', 'i')"
    )
    return f"""
    select 'operator ' || m.amopstrategy || ' (' || format_type(m.amoplefttype, null) || ', '
            || format_type(m.amoprighttype, null) || ')' as place,
        'operator ' || m.amopstrategy || ' ' || m.amopopr::regoperator
            || coalesce(' for order by ' || (
                select quote_ident(fn.nspname) || '.' || quote_ident(f.opfname)
                from pg_catalog.pg_opfamily f
                join pg_catalog.pg_namespace fn on fn.oid = f.opfnamespace
                where f.oid = m.amopsortfamily), '') as text
    from pg_catalog.pg_amop m {joined.format("pg_amop")}
    union all
    select x.place, x.place || ' ' || m.amproc::regprocedure
    from pg_catalog.pg_amproc m {joined.format("pg_amproc")},
    lateral (select 'function ' || m.amprocnum || ' (' || format_type(m.amproclefttype, null)
        || ', ' || format_type(m.amprocrighttype, null) || ')' as place) x"""


_METHOD = "(select a.amname from pg_catalog.pg_am a where a.oid = o.{})"
_USING = f"' USING ' || quote_ident({_METHOD})"

FAMILY = Whole(
    kind="operator family",
    family="opfamily",
    catalog="pg_opfamily",
    parts=(("pg_amop", "amopfamily"), ("pg_amproc", "amprocfamily")),
    follows=frozenset(("type", "base_type", "class")),  # members say the types they are for
    members=("pg_amop", "pg_amproc"),
    name="o.opfname",
    schema="o.opfnamespace",
    signature=_USING.format("opfmethod"),
    owner="o.opfowner",
    text=f"""'create operator family ' || quote_ident(n.nspname) || '.' || quote_ident(o.opfname)
        || {_USING.format("opfmethod")}""",
    more=(
        (
            "members",
            "(select json_agg(json_build_array(m.place, m.text) order by m.place)"
            f" from ({_members('pg_opfamily')}) m)",
        ),
    ),
)

CLASS = Whole(
    kind="operator class",
    family="opclass",
    unit="opfamily",
    of="o.opcfamily",
    catalog="pg_opclass",
    name="o.opcname",
    schema="o.opcnamespace",
    signature=_USING.format("opcmethod"),
    owner="o.opcowner",
    text=f"""(select 'create operator class ' || quote_ident(n.nspname) || '.' || quote_ident(o.opcname)
        || case when o.opcdefault then ' default' else '' end
        || ' for type ' || format_type(o.opcintype, null) || {_USING.format("opcmethod")}
        || (select ' family ' || quote_ident(fn.nspname) || '.' || quote_ident(f.opfname)
            from pg_catalog.pg_opfamily f
            join pg_catalog.pg_namespace fn on fn.oid = f.opfnamespace
            where f.oid = o.opcfamily) || ' as '
        || concat_ws(', ', 'storage ' || format_type(coalesce(nullif(o.opckeytype, 0),
                case when x.members is null then o.opcintype end), null), x.members)
    from (select string_agg(m.text, ', ' order by m.place) as members
        from ({_members("pg_opclass")}) m) x)""",
)
