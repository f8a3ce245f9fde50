"""Aggregates: plain, ordered-set and hypothetical ones."""

from __future__ import annotations

from journal.postgresql.catalog.whole import Whole

_MODIFY = "case {} when 'r' then 'read_only' when 's' then 'shareable' else 'read_write' end"

_OPTIONS = f"""
    select concat_ws(', ',
        'sfunc = ' || a.aggtransfn,
        'stype = ' || format_type(a.aggtranstype, null),
        'sspace = ' || nullif(a.aggtransspace, 0),
        'initcond = ' || quote_literal(a.agginitval),
        'finalfunc = ' || nullif(a.aggfinalfn, 0)::regproc,
        case when a.aggfinalextra then 'finalfunc_extra' end,
        'finalfunc_modify = ' || {_MODIFY.format("a.aggfinalmodify")},
        'combinefunc = ' || nullif(a.aggcombinefn, 0)::regproc,
        'serialfunc = ' || nullif(a.aggserialfn, 0)::regproc,
        'deserialfunc = ' || nullif(a.aggdeserialfn, 0)::regproc,
        'msfunc = ' || nullif(a.aggmtransfn, 0)::regproc,
        'minvfunc = ' || nullif(a.aggminvtransfn, 0)::regproc,
        'mstype = ' || format_type(nullif(a.aggmtranstype, 0), null),
        'msspace = ' || nullif(a.aggmtransspace, 0),
        'minitcond = ' || quote_literal(a.aggminitval),
        'mfinalfunc = ' || nullif(a.aggmfinalfn, 0)::regproc,
        case when a.aggmfinalextra then 'mfinalfunc_extra' end,
        case when a.aggmtransfn <> 0 then
            'mfinalfunc_modify = ' || {_MODIFY.format("a.aggmfinalmodify")} end,
        'sortop = ' || (select 'operator(' || quote_ident(sn.nspname) || '.' || s.oprname || ')'
            from pg_catalog.pg_operator s
            join pg_catalog.pg_namespace sn on sn.oid = s.oprnamespace
            where s.oid = a.aggsortop),
        case when a.aggkind = 'h' then 'hypothetical' end,
        case o.proparallel when 's' then 'parallel = safe' when 'r' then 'parallel = restricted'
            end)
    from pg_catalog.pg_aggregate a where a.aggfnoid = o.oid
"""

_ARGUMENTS = "coalesce(nullif(pg_get_function_identity_arguments(o.oid), ''), '*')"

AGGREGATE = Whole(
    kind="aggregate",
    family="proc",
    unit="aggregate",
    catalog="pg_proc",
    only="o.prokind = 'a'",
    parts=(("pg_aggregate", "aggfnoid"),),
    name="o.proname",
    schema="o.pronamespace",
    signature="""'(' || coalesce((
        select string_agg(format_type(x.type, null), ', ' order by x.place)
        from unnest(o.proargtypes::oid[]) with ordinality x(type, place)), '') || ')'""",
    owner="o.proowner",
    privileges=("o.proacl", "f"),
    text=f"""'create or replace aggregate ' || quote_ident(n.nspname) || '.'
        || quote_ident(o.proname) || '(' || {_ARGUMENTS} || ') (' || ({_OPTIONS}) || ')'""",
    more=(("arguments", _ARGUMENTS), ("result", "format_type(o.prorettype, null)")),
)
