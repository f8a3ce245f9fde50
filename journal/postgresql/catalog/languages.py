"""Languages and access methods: what the server calls to run a function, or to reach a row."""

from __future__ import annotations

from journal.postgresql.catalog.whole import Whole

LANGUAGE = Whole(
    kind="language",
    family="language",
    catalog="pg_language",
    name="o.lanname",
    owner="o.lanowner",
    privileges=("o.lanacl", "l"),
    text="""concat_ws(' ', 'create or replace', case when o.lanpltrusted then 'trusted' end,
        'language', quote_ident(o.lanname),
        'handler ' || o.lanplcallfoid::regproc,
        'inline ' || nullif(o.laninline, 0)::regproc,
        'validator ' || nullif(o.lanvalidator, 0)::regproc)""",
)

METHOD = Whole(
    kind="access method",
    family="am",
    catalog="pg_am",
    name="o.amname",
    renamed=False,
    text="""'create access method ' || quote_ident(o.amname) || ' type '
        || case o.amtype when 'i' then 'index' else 'table' end || ' handler ' || o.amhandler""",
)
