"""Foreign data: wrappers, servers, and foreign tables with their columns.

An option may be a password. Those that look like one are kept by their names only. The server
itself shows the options of user mappings to few, and no reader has those.
"""

from __future__ import annotations

from collections.abc import Iterator

from journal.postgresql.catalog.found import (
    USERS,
    Found,
    Scope,
    acl,
    comment,
    unowned,
    within,
)
from journal.postgresql.catalog.tables import FAMILY, SAID, SHAPE
from journal.postgresql.catalog.whole import Whole
from journal.postgresql.connection import Session
from journal.values import SchemaObject

_LOOKS_HIDDEN = (
    r"(split_part({0}, '=', 1) ~* 'pass|pwd|secret|token|credential|bearer|authorization"
    r"|(api|access|private|account|auth|shared|encryption)[_.-]?key'"
    r" or {0} ~ '://[^/@]*:[^/@]*@' or {0} ~* '=.*(pass\w*|pwd|secret|token)\s*=')"
)


def kept(options: str) -> tuple[tuple[str, str], ...]:
    """Return two fields and their SQL: options as they are, and the names of those not kept."""
    told = f"from unnest({options}) with ordinality w(said, place) where"
    secret = _LOOKS_HIDDEN.format("w.said")
    return (
        ("options", f"(select json_agg(w.said order by w.place) {told} not {secret})"),
        (
            "secret_options",
            f"(select json_agg(split_part(w.said, '=', 1) order by w.place) {told} {secret})",
        ),
    )


def secretive(one: SchemaObject) -> bool:
    """Tell whether an option of an object, or of a column of it, is not kept."""
    if "secret_options" in one.definition:
        return True
    columns = one.definition.get("columns", ()) if one.kind == "foreign table" else ()
    return any("secret_options" in column["foreign"] for column in columns)


def _said(options: str) -> str:
    return ", ".join(f"'{name}', {value}" for name, value in kept(options))


WRAPPER = Whole(
    kind="foreign data wrapper",
    family="foreign_data_wrapper",
    catalog="pg_foreign_data_wrapper",
    name="o.fdwname",
    owner="o.fdwowner",
    privileges=("o.fdwacl", "F"),
    text="pg_catalog.format('create foreign data wrapper %%I', o.fdwname)",
    more=(
        ("handler", "case when o.fdwhandler <> 0 then o.fdwhandler::regproc::text end"),
        ("validator", "case when o.fdwvalidator <> 0 then o.fdwvalidator::regproc::text end"),
        *kept("o.fdwoptions"),
    ),
)

SERVER = Whole(
    kind="server",
    family="foreign_server",
    catalog="pg_foreign_server",
    name="o.srvname",
    owner="o.srvowner",
    privileges=("o.srvacl", "S"),
    text="""
    pg_catalog.format('create server %%I', o.srvname)
        || coalesce(' type ' || quote_literal(o.srvtype), '')""",
    more=(
        (
            "wrapper",
            "(select quote_ident(w.fdwname) from pg_catalog.pg_foreign_data_wrapper w"
            " where w.oid = o.srvfdw)",
        ),
        ("version", "o.srvversion"),
        *kept("o.srvoptions"),
    ),
)

TABLES = f"""
select c.oid::int8, n.nspname, c.relname, json_strip_nulls(json_build_object(
    'owner', pg_get_userbyid(c.relowner),
    'acl', {acl("c.relacl", "'r'", "c.relowner")},
    'comment', {comment("pg_class", "c.oid")},
    'server', s.srvname,
    {_said("f.ftoptions")},
    {FAMILY},
    'columns', (select json_agg(json_strip_nulls(json_build_object(
            'name', a.attname,
            'type', format_type(a.atttypid, a.atttypmod),
            'not_null', nullif(a.attnotnull, false),
            {SHAPE},
            'statistics', nullif(a.attstattarget, -1),
            'options', a.attoptions,
            'foreign', json_build_object({_said("a.attfdwoptions")}),
            {SAID})) order by a.attnum)
        from pg_catalog.pg_attribute a
        join pg_catalog.pg_type t on t.oid = a.atttypid
        left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)))
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_foreign_table f on f.ftrelid = c.oid
join pg_catalog.pg_foreign_server s on s.oid = f.ftserver
where c.relkind = 'f' and {USERS} and {within("c.oid")} and {unowned("pg_class", "c.oid")}
"""


def read_foreign_tables(session: Session, scope: Scope) -> Iterator[Found]:
    """Yield the foreign tables in scope; their columns stand in the definition, as in a view's."""
    for oid, schema, table, definition in session.query(TABLES, scope.params("class")):
        key = ("class", oid)
        yield Found(
            key=key, unit=key, kind="foreign table", path=(schema, table), definition=definition
        )
