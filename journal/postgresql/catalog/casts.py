"""Casts, and transforms: how values of a type become another's, or a language's."""

from __future__ import annotations

from journal.postgresql.catalog.whole import Whole

_TYPES = "format_type(o.castsource, null) || ' as ' || format_type(o.casttarget, null)"

CAST = Whole(
    kind="cast",
    family="cast",
    catalog="pg_cast",
    name=_TYPES,
    renamed=False,
    identity=f"'(' || {_TYPES} || ')'",
    # A range brings casts of its own.
    only="""not exists (select from pg_catalog.pg_depend i where i.deptype = 'i'
        and i.classid = 'pg_catalog.pg_cast'::regclass and i.objid = o.oid)""",
    text=f"""'create cast (' || {_TYPES} || case o.castmethod
            when 'f' then ') with function ' || o.castfunc::regprocedure
            when 'i' then ') with inout' else ') without function' end
        || case o.castcontext when 'a' then ' as assignment' when 'i' then ' as implicit'
            else '' end""",
    more=(
        ("source", "format_type(o.castsource, null)"),
        ("target", "format_type(o.casttarget, null)"),
        ("function", "nullif(o.castfunc, 0)::regprocedure"),
    ),
)

_OF = """format_type(o.trftype, null) || ' language ' || quote_ident(
    (select l.lanname from pg_catalog.pg_language l where l.oid = o.trflang))"""

TRANSFORM = Whole(
    kind="transform",
    family="transform",
    catalog="pg_transform",
    name=_OF,
    renamed=False,
    identity=f"'for ' || {_OF}",
    text=f"""'create or replace transform for ' || {_OF} || ' (' || concat_ws(', ',
        'from sql with function ' || nullif(o.trffromsql, 0)::regprocedure,
        'to sql with function ' || nullif(o.trftosql, 0)::regprocedure) || ')'""",
)
