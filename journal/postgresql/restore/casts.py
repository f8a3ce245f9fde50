"""Casts that a stored expression was read with, and would be read without when made again.

What a cast does is in the expression; that it was a cast is in the text: ``name::mood`` may be a
function's call, or the type's own input, and which of them is known by the casts that there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from journal.postgresql.connection import Session
from journal.values import ObjectChange, SchemaObject

_EXPRESSIONS = """
select r.ev_class::regclass::text, r.ev_action::text || r.ev_qual::text
    from pg_catalog.pg_rewrite r where r.oid >= 16384
union all select adrelid::regclass::text, adbin::text from pg_catalog.pg_attrdef
union all select conname, conbin::text from pg_catalog.pg_constraint where conbin is not null
union all select indexrelid::regclass::text, concat(indexprs, indpred)
    from pg_catalog.pg_index where indexprs is not null or indpred is not null
union all select tgname, tgqual::text from pg_catalog.pg_trigger where tgqual is not null
union all select polname, concat(polqual, polwithcheck) from pg_catalog.pg_policy
union all select oid::regprocedure::text, concat(prosqlbody, proargdefaults)
    from pg_catalog.pg_proc where oid >= 16384
union all select stxname, stxexprs::text from pg_catalog.pg_statistic_ext
    where stxexprs is not null
union all select partrelid::regclass::text, partexprs::text
    from pg_catalog.pg_partitioned_table where partexprs is not null
union all select oid::regtype::text, typdefaultbin::text from pg_catalog.pg_type
    where typdefaultbin is not null
"""

# A function called as a cast says so; input and output, and what only changes the name of a
# type, tell the type that comes out, and somewhere the type that goes in.
_USED = f"""
select e.name from ({_EXPRESSIONS}) e(name, tree), (select
    to_regprocedure(%(function)s)::oid as function,
    to_regtype(%(source)s)::oid as source, to_regtype(%(target)s)::oid as target) k
where %(dropped)s and e.tree ~ format(
    ':funcid %%s :funcresulttype \\d+ :funcretset \\w+ :funcvariadic \\w+ :funcformat [12] ',
    k.function)
or (%(made)s or k.function is null) and e.tree ~ '(COERCEVIAIO|RELABELTYPE|ARRAYCOERCEEXPR)'
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
