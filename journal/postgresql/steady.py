"""Whether the query of a materialised view gives the same rows whenever it sees the same rows.

The query's tree names every function that it calls. Those of the server that the catalog calls
stable, yet depend on nothing but their arguments and the session's settings, are listed here.
What the order of the rows decides (LIMIT without a total order, say) no tree tells: there the
digest of the content decides, when it comes back.
"""

from __future__ import annotations

from journal.postgresql.connection import Session

_STABLE = (
    "array_to_json array_to_string concat concat_ws convert convert_from convert_to date date_add"
    " date_part date_subtract date_trunc extract format generate_series in_range length"
    " interval_pl_timestamptz make_timestamptz overlaps quote_literal quote_nullable row_to_json"
    " textanycat anytextcat time timestamp timestamptz timetz timezone to_char to_date to_number"
    " to_timestamp timestamptz_mi_interval timestamptz_pl_interval to_tsvector to_tsquery"
    " plainto_tsquery phraseto_tsquery websearch_to_tsquery enum_first enum_last enum_range"
)
_FAMILIES = "^(to_)?jsonb?(_|$)|^(date|timestamp|timestamptz)_(cmp|eq|ge|gt|le|lt|ne)_"

_UNSTEADY = """
with recursive read(oid) as (
    select %(oid)s::oid
    union select d.refobjid from read
    join pg_catalog.pg_rewrite r on r.ev_class = read.oid and r.rulename = '_RETURN'
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::regclass
        and d.objid = r.oid and d.refclassid = 'pg_catalog.pg_class'::regclass
    join pg_catalog.pg_class c on c.oid = d.refobjid and c.relkind in ('v', 'f')
), tree as (
    select r.ev_action::text as text from pg_catalog.pg_rewrite r
    join read on r.ev_class = read.oid where r.rulename = '_RETURN'
), named as (
    select distinct x[1]::oid as oid
    from tree, regexp_matches(tree.text, ':(?:op|agg|win)?f(?:uncid|noid) (\\d+)', 'g') x
), called as (
    select oid from named union select f from named
    join pg_catalog.pg_aggregate a on a.aggfnoid = named.oid, unnest(array[a.aggtransfn,
        a.aggfinalfn, a.aggcombinefn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn]::oid[]) f
)
select 'calls ' || p.oid::regproc::text || ', which is '
    || case p.provolatile when 'v' then 'volatile' else 'stable' end
from called join pg_catalog.pg_proc p on p.oid = called.oid
where p.provolatile = 'v' or p.provolatile = 's' and not (
    p.pronamespace = 'pg_catalog'::regnamespace
    and (p.proname = any(%(stable)s) or p.proname ~ %(families)s))
union all select 'asks for the time or the user' from tree where tree.text like '%%{SQLVALUEFUNCTION%%'
union all select 'draws a sample' from tree where tree.text like '%%{TABLESAMPLECLAUSE%%'
union all select 'reads a foreign table' from read
    join pg_catalog.pg_class c on c.oid = read.oid where c.relkind = 'f'
limit 1
"""


def unsteady(session: Session, oid: int) -> str:
    """Return why a materialised view's query may give other rows; empty where it will not."""
    params = {"oid": oid, "stable": _STABLE.split(), "families": _FAMILIES}
    found = session.query(_UNSTEADY, params)
    return str(found[0][0]) if found else ""
