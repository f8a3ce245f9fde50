"""Base types, and the shells that stand for a type until it is made."""

from __future__ import annotations

from typing import Any

from journal.postgresql.catalog.whole import Whole


def needing(functions: str, row: str) -> str:
    """Return the SQL expression of those functions that take or give the type of a row.

    They need it to be there as a shell, and it needs them to be made.
    """
    return f"""(select json_agg(pg_get_functiondef(p.oid) order by p.oid::regprocedure::text)
        from pg_catalog.pg_proc p where p.oid in ({functions})
        and ({row}.oid = p.prorettype or {row}.oid = any(p.proargtypes)))"""


# What ALTER TYPE ... SET takes is told apart from the rest.
_TEXT = """concat_ws(', ',
    'input = ' || o.typinput, 'output = ' || o.typoutput,
    'internallength = ' || case o.typlen when -1 then 'variable' else o.typlen::text end,
    case when o.typbyval then 'passedbyvalue' end,
    'alignment = ' || case o.typalign when 'c' then 'char' when 's' then 'int2'
        when 'i' then 'int4' else 'double' end,
    'category = ' || quote_literal(o.typcategory::text),
    case when o.typispreferred then 'preferred = true' end,
    'default = ' || quote_literal(o.typdefault),
    'element = ' || format_type(nullif(o.typelem, 0), null),
    'delimiter = ' || quote_literal(o.typdelim::text),
    case when o.typcollation <> 0 then 'collatable = true' end)
"""

_COMMON: dict[str, Any] = {
    "family": "type",
    "unit": "base_type",
    "catalog": "pg_type",
    "name": "o.typname",
    "schema": "o.typnamespace",
    "owner": "o.typowner",
    "privileges": ("o.typacl", "T"),
}

BASE_TYPE = Whole(
    kind="base type",
    only="""o.typtype = 'b' and o.typisdefined
        and not exists (select from pg_catalog.pg_type e where e.typarray = o.oid)""",
    text=_TEXT,
    more=(
        ("functions", needing("o.typinput, o.typoutput, o.typreceive, o.typsend", "o")),
        ("receive", "nullif(o.typreceive, 0)::regproc"),
        ("send", "nullif(o.typsend, 0)::regproc"),
        ("typmod_in", "nullif(o.typmodin, 0)::regproc"),
        ("typmod_out", "nullif(o.typmodout, 0)::regproc"),
        ("analyze", "nullif(o.typanalyze, 0)::regproc"),
        ("subscript", "nullif(o.typsubscript, 0)::regproc"),
        (
            "storage",
            "case o.typstorage when 'p' then 'plain' when 'e' then 'external'"
            " when 'x' then 'extended' else 'main' end",
        ),
    ),
    **_COMMON,
)

SHELL_TYPE = Whole(
    kind="shell type",
    only="o.typtype = 'p' and not o.typisdefined",
    text="'create type ' || quote_ident(n.nspname) || '.' || quote_ident(o.typname)",
    **_COMMON,
)
