"""What is to be seen of a database and of a session, cheaply, between two statements."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

_TABLES = """
select pg_catalog.format('select %L, count(*), pg_catalog.md5(pg_catalog.string_agg(x::text, chr(10)'
    ' order by x::text collate "C")) from only %I.%I x', c.relname, n.nspname, c.relname)
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm') and c.relispopulated and n.nspname not in ('clew', 'information_schema')
and n.nspname !~ '^pg_' order by 1
"""
_PLACES = "select schemaname, sequencename, last_value from pg_catalog.pg_sequences where schemaname !~ '^(clew$|pg_)' order by 1, 2"
_SESSION = """
select 'setting', name, setting from pg_catalog.pg_settings where name in ('search_path', 'work_mem',
    'datestyle', 'timezone', 'statement_timeout', 'check_function_bodies', 'row_security', 'role',
    'client_min_messages', 'bytea_output', 'enable_seqscan', 'extra_float_digits', 'constraint_exclusion')
union all select 'user', current_user::text, session_user::text
union all select 'own', 'app.who', pg_catalog.current_setting('app.who', true)
union all select 'temporary', relname::text, relkind::text from pg_catalog.pg_class
    where relnamespace = pg_catalog.pg_my_temp_schema() and relname !~ '^clew_'
union all select 'prepared', name, statement from pg_catalog.pg_prepared_statements
    where name !~ '^_pg'
union all select 'cursor', name, statement from pg_catalog.pg_cursors where name ~ '^[a-z]' and name !~ '^clew'
union all select 'lock', objid::text, mode from pg_catalog.pg_locks
    where locktype = 'advisory' and pid = pg_catalog.pg_backend_pid() and objid between 2 and 1000
order by 1, 2, 3
"""


def session(connection: Connection) -> Any:
    """Return settings, temporary objects, prepared statements, cursors and locks of a session."""
    raw: Any = connection.connection.driver_connection
    return raw.execute(_SESSION).fetchall()


def digests(connection: Connection) -> Any:
    """Return a digest of each table's rows, and where sequences stand."""
    raw: Any = connection.connection.driver_connection
    tables = " union all ".join(one for (one,) in raw.execute(_TABLES))
    rows = sorted(raw.execute(tables)) if tables else []
    return rows, raw.execute(_PLACES).fetchall()


def everything(connection: Connection) -> Any:
    """Return what is seen of a session, and of a PostgreSQL database."""
    return session(connection), digests(connection)


def file(connection: Connection) -> Any:
    """Return the rows of each table of a SQLite file, the temporary ones too, and its settings."""
    raw: Any = connection.connection.driver_connection
    former, raw.text_factory = raw.text_factory, _text
    try:
        return _file(raw)
    finally:
        raw.text_factory = former


def _text(content: bytes) -> str:
    """Read text that is not UTF-8 as well."""
    return content.decode(errors="backslashreplace")


def _file(raw: Any) -> list[Any]:
    found: list[Any] = []
    for schema in ("main", "temp"):
        master = "sqlite_master" if schema == "main" else "sqlite_temp_master"
        objects = raw.execute(
            f"select type, name, tbl_name, sql from {master} order by 2"
        ).fetchall()
        for kind, name, table, sql in objects:
            if table.startswith("clew_") or name.startswith(("clew_", "sqlite_stat")):
                continue
            found.append((schema, kind, name, sql))
            if kind == "table" and sql and not sql.lower().startswith("create virtual"):
                quoted = name.replace('"', '""')
                rows = raw.execute(f'select * from {schema}."{quoted}"').fetchall()
                found.append(sorted(map(repr, rows)))
    asked = ("foreign_keys", "user_version", "application_id", "case_sensitive_like")
    found += [(name, raw.execute(f"pragma {name}").fetchall()) for name in asked]
    return found
