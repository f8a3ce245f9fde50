"""Casts that a stored expression was read with, and would be read without when made again.

What a cast does is in the expression; that it was a cast is in the text: ``name::mood`` may be a
function's call, or the type's own input, and which of them is known by the casts that there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from journal.postgresql.catalog.found import USERS
from journal.postgresql.connection import Session
from journal.values import ObjectChange, SchemaObject

# The server's own expressions, and the journal's, are read again by nobody.
_EXPRESSIONS = f"""
select c.oid::regclass::text, x.tree from (
    select ev_class, concat(ev_action, ev_qual) from pg_catalog.pg_rewrite
    union all select adrelid, adbin::text from pg_catalog.pg_attrdef
    union all select conrelid, conbin::text from pg_catalog.pg_constraint
    union all select indrelid, concat(indexprs, indpred) from pg_catalog.pg_index
    union all select tgrelid, tgqual::text from pg_catalog.pg_trigger
    union all select polrelid, concat(polqual, polwithcheck) from pg_catalog.pg_policy
    union all select stxrelid, stxexprs::text from pg_catalog.pg_statistic_ext
    union all select partrelid, partexprs::text from pg_catalog.pg_partitioned_table
) x(oid, tree) join pg_catalog.pg_class c on c.oid = x.oid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace where {USERS}
union all select p.oid::regprocedure::text, concat(p.prosqlbody, p.proargdefaults)
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where {USERS}
union all select t.oid::regtype::text, concat(t.typdefaultbin, k.conbin)
    from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
    left join pg_catalog.pg_constraint k on k.contypid = t.oid where {USERS}
"""

# A function called as a cast says so; input and output, and what only changes the name of a
# type, tell the type that comes out, and somewhere the type that goes in.
_USED = f"""
select e.name from ({_EXPRESSIONS}) e(name, tree), (select
    case when t.source is not null and t.target is not null
        then to_regprocedure(%(function)s)::oid end as function, t.source, t.target
    from (select to_regtype(%(source)s)::oid, to_regtype(%(target)s)::oid) t(source, target)) k
where %(dropped)s and e.tree ~ format(
    ':funcid %%s :funcresulttype \\d+ :funcretset \\w+ :funcvariadic \\w+ :funcformat [12] ',
    k.function)
or (%(made)s or %(function)s is null) and e.tree ~ '(COERCEVIAIO|RELABELTYPE|ARRAYCOERCEEXPR)'
    and e.tree ~ format(':resulttype %%s ', k.target)
    and e.tree ~ format(':\\w*type(id)? %%s ', k.source)
order by 1 limit 1
"""


def casts_in_use(session: Session, changes: Iterable[ObjectChange]) -> Iterator[tuple[str, str]]:
    """Yield rule and message for casts made or dropped while an expression leans on them."""
    for change in changes:
        one = change.before or change.after
        if one is None or one.kind != "cast" or (change.before and change.after):
            continue
        name = _user(session, one, dropped=change.after is None)
        if name:
            yield "cast-in-use", f"cast {one.path[0]} decides how {name} would be read again"


def _user(session: Session, one: SchemaObject, *, dropped: bool) -> str | None:
    params = {name: one.definition.get(name) for name in ("function", "source", "target")}
    found = session.value(_USED, {**params, "dropped": dropped, "made": not dropped})
    return None if found is None else str(found)
