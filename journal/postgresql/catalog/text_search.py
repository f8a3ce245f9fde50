"""Text search: configurations with their mappings, dictionaries, parsers and templates."""

from __future__ import annotations

from journal.postgresql.catalog.found import name
from journal.postgresql.catalog.whole import Whole

_DICTIONARY = f"""(select {name("dn.nspname", "d.dictname")} from pg_catalog.pg_ts_dict d
            join pg_catalog.pg_namespace dn on dn.oid = d.dictnamespace where d.oid = m.mapdict)"""
_MAPPINGS = f"""
    (select json_agg(json_build_array(t.alias, t.listed) order by t.tokid)
        from (select k.alias, k.tokid, json_agg({_DICTIONARY} order by m.mapseqno) as listed
            from pg_catalog.pg_ts_config_map m
            join lateral pg_catalog.ts_token_type(o.cfgparser) k on k.tokid = m.maptokentype
            where m.mapcfg = o.oid group by k.alias, k.tokid) t)
"""


def _text(kind: str, named: str, rest: str) -> str:
    """Return the SQL of a CREATE whose brackets hold ``rest``."""
    return (
        f"pg_catalog.format('create text search {kind} %%I.%%I (', n.nspname, {named})"
        f" || {rest} || ')'"
    )


def _qualified(catalog: str, column: str, schema: str, oid: str) -> str:
    return (
        f"(select {name('qn.nspname', f'q.{column}')} from pg_catalog.{catalog} q"
        f" join pg_catalog.pg_namespace qn on qn.oid = q.{schema} where q.oid = {oid})"
    )


CONFIGURATION = Whole(
    kind="text search configuration",
    family="ts_config",
    catalog="pg_ts_config",
    name="o.cfgname",
    schema="o.cfgnamespace",
    owner="o.cfgowner",
    text=_text(
        "configuration",
        "o.cfgname",
        f"'parser = ' || {_qualified('pg_ts_parser', 'prsname', 'prsnamespace', 'o.cfgparser')}",
    ),
    more=(("mappings", _MAPPINGS),),
    parts=(("pg_ts_config_map", "mapcfg"),),
)

DICTIONARY = Whole(
    kind="text search dictionary",
    family="ts_dict",
    catalog="pg_ts_dict",
    name="o.dictname",
    schema="o.dictnamespace",
    owner="o.dictowner",
    text=_text(
        "dictionary",
        "o.dictname",
        "'template = '"
        f" || {_qualified('pg_ts_template', 'tmplname', 'tmplnamespace', 'o.dicttemplate')}",
    ),
    more=(("options", "o.dictinitoption"),),
)

PARSER = Whole(
    kind="text search parser",
    family="ts_parser",
    catalog="pg_ts_parser",
    name="o.prsname",
    schema="o.prsnamespace",
    text=_text(
        "parser",
        "o.prsname",
        "concat_ws(', ', 'start = ' || o.prsstart::regproc, 'gettoken = ' || o.prstoken::regproc,"
        " 'end = ' || o.prsend::regproc, 'lextypes = ' || o.prslextype::regproc,"
        " case when o.prsheadline <> 0 then 'headline = ' || o.prsheadline::regproc end)",
    ),
)

TEMPLATE = Whole(
    kind="text search template",
    family="ts_template",
    catalog="pg_ts_template",
    name="o.tmplname",
    schema="o.tmplnamespace",
    text=_text(
        "template",
        "o.tmplname",
        "concat_ws(', ', case when o.tmplinit <> 0 then 'init = ' || o.tmplinit::regproc end,"
        " 'lexize = ' || o.tmpllexize::regproc)",
    ),
)

TEXT_SEARCH = (PARSER, TEMPLATE, DICTIONARY, CONFIGURATION)
