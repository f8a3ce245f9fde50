"""Whether something that a migration makes is there, asked in one query that anybody can run."""

from __future__ import annotations

from commands.doctor.finding import Evidence
from commands.doctor.ledger.effect import Effect
from commands.doctor.ledger.row import literal
from journal.database import Database
from journal.values import DatabaseKind

LONGEST = 63
"""Bytes of a name that PostgreSQL keeps."""
_RELATIONS = {"table": "'r', 'p', 'v', 'm', 'f'", "column": "'r', 'p', 'v', 'm', 'f'", "index": "'i', 'I'"}  # fmt: skip


def look(database: Database, one: Effect, file: str) -> Evidence:
    """Count what bears the name, whatever its case, within the open transaction.

    The query says which file makes it, and how that was read.
    """
    said = f"{file}: {one.read}".replace("*/", "* /").replace("/*", "/ *")
    query = f"/* {said} */ {_query(one, database.kind)}"
    with database.select(query) as found:
        rows = [tuple(row) for row in found.rows]
    return Evidence(query=query, count=len(rows), sample=tuple(rows[:3]))


def can_be(one: Effect, kind: DatabaseKind) -> bool:
    """Whether a database has such things at all."""
    return kind == "postgresql" or one.kind != "type"


def _query(one: Effect, kind: DatabaseKind) -> str:
    return _postgresql(one) if kind == "postgresql" else _sqlite(one)


def _postgresql(one: Effect) -> str:
    schema = f" AND n.nspname = {literal(one.schema)}" if one.schema else ""
    if one.kind == "type":
        return (
            "SELECT n.nspname, t.typname FROM pg_catalog.pg_type t"
            " JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace"
            f" WHERE {_same('t.typname', one.name)}{schema}"
        )
    relation = one.table if one.kind == "column" else one.name
    column = (
        " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
        f" AND NOT a.attisdropped AND {_same('a.attname', one.name)}"
        if one.kind == "column"
        else ""
    )
    return (
        "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c"
        f" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace{column}"
        f" WHERE c.relkind IN ({_RELATIONS[one.kind]}) AND n.nspname <> 'clew'"
        f" AND {_same('c.relname', relation)}{schema}"
    )


def _sqlite(one: Effect) -> str:
    if one.kind == "column":
        return (
            "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_xinfo(m.name) AS c"
            f" WHERE {_same('m.name', one.table)} AND {_same('c.name', one.name)}"
        )
    types = "'index'" if one.kind == "index" else "'table', 'view'"
    same = _same("name", one.name)
    return f"SELECT type, name FROM sqlite_master WHERE type IN ({types}) AND {same}"


def _same(column: str, name: str) -> str:
    kept = name.encode()[:LONGEST].decode(errors="ignore")
    return f"lower({column}) = lower({literal(kept)})"
