"""Collations, and conversions between encodings."""

from __future__ import annotations

from journal.postgresql.catalog.whole import Whole

# The name of a locale stands in columns that differ from version to version.
_LOCALE = "coalesce(to_jsonb(o)->>'colllocale', to_jsonb(o)->>'colliculocale')"

COLLATION = Whole(
    kind="collation",
    family="collation",
    catalog="pg_collation",
    name="o.collname",
    schema="o.collnamespace",
    owner="o.collowner",
    text=f"""case
    when o.collprovider = 'c' and o.collencoding = -1
        then pg_catalog.format('create collation %%I.%%I from pg_catalog.%%I', n.nspname,
            o.collname, o.collcollate)
    when o.collprovider = 'b' and o.collencoding <> -1 and {_LOCALE} = 'C'
        then pg_catalog.format('create collation %%I.%%I from pg_catalog.ucs_basic', n.nspname,
            o.collname)
    else pg_catalog.format('create collation %%I.%%I (%%s)', n.nspname,
        o.collname, concat_ws(', ',
        'provider = ' || case o.collprovider when 'i' then 'icu' when 'b' then 'builtin'
            else 'libc' end,
        'locale = ' || quote_literal({_LOCALE}),
        'lc_collate = ' || quote_literal(o.collcollate),
        'lc_ctype = ' || quote_literal(o.collctype),
        'rules = ' || quote_literal(to_jsonb(o)->>'collicurules'),
        case when not o.collisdeterministic then 'deterministic = false' end,
        'version = ' || quote_literal(o.collversion))) end""",
)

CONVERSION = Whole(
    kind="conversion",
    family="conversion",
    catalog="pg_conversion",
    name="o.conname",
    schema="o.connamespace",
    owner="o.conowner",
    text="""
    pg_catalog.format('create %%sconversion %%I.%%I for %%L to %%L from %%s',
        case when o.condefault then 'default ' else '' end,
        n.nspname, o.conname,
        pg_catalog.pg_encoding_to_char(o.conforencoding),
        pg_catalog.pg_encoding_to_char(o.contoencoding), o.conproc::regproc)""",
)
