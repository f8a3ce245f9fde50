"""Operators, and the shells that others leave which name them before they are made."""

from __future__ import annotations

from journal.postgresql.catalog.whole import Whole


def _called(row: str) -> str:
    """Return the SQL expression of an operator's name, as definitions say it."""
    return (
        f"'operator(' || quote_ident((select k.nspname from pg_catalog.pg_namespace k"
        f" where k.oid = {row}.oprnamespace)) || '.' || {row}.oprname || ')'"
    )


def _link(oid: str) -> str:
    """Return the SQL expression of a link: name, identity, and whether it is to a shell."""
    return f"""(select case when l.oprcode = 0 then json_build_array(x.name, x.identity, 'shell')
            else json_build_array(x.name, x.identity) end
        from pg_catalog.pg_operator l, lateral (select {_called("l")} as name,
            (pg_identify_object('pg_catalog.pg_operator'::regclass, l.oid, 0)).identity
            as identity) x
        where l.oid = {oid})"""


def _linked(oid: str) -> str:
    return f"(select {_called('l')} from pg_catalog.pg_operator l where l.oid = {oid})"


_TEXT = f"""
    'create operator ' || quote_ident(n.nspname) || '.' || o.oprname || ' (' || concat_ws(', ',
        'function = ' || o.oprcode,
        'leftarg = ' || format_type(nullif(o.oprleft, 0), null),
        'rightarg = ' || format_type(o.oprright, null),
        'commutator = ' || {_linked("o.oprcom")},
        'negator = ' || {_linked("o.oprnegate")},
        'restrict = ' || nullif(o.oprrest, 0)::regproc,
        'join = ' || nullif(o.oprjoin, 0)::regproc,
        case when o.oprcanhash then 'hashes' end, case when o.oprcanmerge then 'merges' end) || ')'
"""

OPERATOR = Whole(
    kind="operator",
    family="operator",
    catalog="pg_operator",
    name="o.oprname",
    schema="o.oprnamespace",
    signature="""'(' || coalesce(format_type(nullif(o.oprleft, 0), null), 'NONE') || ', '
        || format_type(o.oprright, null) || ')'""",
    owner="o.oprowner",
    renamed=False,
    follows=frozenset(("operator",)),  # a link is no dependency
    text=f"case when o.oprcode = 0 then '' else {_TEXT} end",
    more=(
        ("called", _called("o")),
        ("left", "format_type(nullif(o.oprleft, 0), null)"),
        ("right", "format_type(o.oprright, null)"),
        ("shell", "nullif(o.oprcode = 0, false)"),
        ("function", "nullif(o.oprcode, 0)::regproc"),
        ("commutator", _link("o.oprcom")),
        ("negator", _link("o.oprnegate")),
        ("restrict", "nullif(o.oprrest, 0)::regproc"),
        ("join", "nullif(o.oprjoin, 0)::regproc"),
        ("hashes", "nullif(o.oprcanhash, false)"),
        ("merges", "nullif(o.oprcanmerge, false)"),
    ),
)
