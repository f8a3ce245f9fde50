"""Queries of the catalogs that show what is there of something wanted."""

from __future__ import annotations

from collections.abc import Sequence

from journal.values import DatabaseKind

Path = Sequence[str]


def literal(text: str) -> str:
    """Return text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def tables(path: Path, kind: DatabaseKind) -> str:
    """Return the SELECT of a table by its name."""
    if kind == "sqlite":
        return (
            f"SELECT type, name FROM sqlite_master WHERE lower(name) = lower({literal(path[-1])})"
        )
    return (
        "SELECT n.nspname, c.relname, c.relkind FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE n.nspname = {literal(path[0])} AND c.relname = {literal(path[-1])}"
    )


def columns(path: Path, names: Sequence[str], kind: DatabaseKind) -> str:
    """Return the SELECT of columns of a table, with their types."""
    wanted = ", ".join(map(literal, names))
    if kind == "sqlite":
        return (
            f'SELECT name, type, "notnull" FROM pragma_table_info({literal(path[-1])})'
            f" WHERE name COLLATE NOCASE IN ({wanted})"
        )
    return (
        "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull"
        " FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE n.nspname = {literal(path[0])} AND c.relname = {literal(path[-1])}"
        f" AND a.attname IN ({wanted}) AND a.attnum > 0 AND NOT a.attisdropped"
    )


def constraints(path: Path, kind: DatabaseKind) -> str:
    """Return the SELECT of all constraints and indexes of a table."""
    if kind == "sqlite":
        return (
            "SELECT type, name, sql FROM sqlite_master"
            f" WHERE lower(tbl_name) = lower({literal(path[-1])})"
        )
    own = (
        "(SELECT c.oid FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE n.nspname = {literal(path[0])} AND c.relname = {literal(path[-1])})"
    )
    return (
        "SELECT conname, pg_catalog.pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint"
        f" WHERE conrelid = {own} UNION ALL"
        " SELECT indexrelid::pg_catalog.regclass::text, pg_catalog.pg_get_indexdef(indexrelid)"
        f" FROM pg_catalog.pg_index WHERE indrelid = {own}"
    )


def types(path: Path) -> str:
    """Return the SELECT of a type by its name."""
    return (
        "SELECT n.nspname, t.typname FROM pg_catalog.pg_type t"
        " JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace"
        f" WHERE n.nspname = {literal(path[0])} AND t.typname = {literal(path[-1])}"
    )


def enum_labels(path: Path) -> str:
    """Return the SELECT of the values of an enum."""
    return (
        "SELECT e.enumlabel FROM pg_catalog.pg_enum e JOIN pg_catalog.pg_type t"
        " ON t.oid = e.enumtypid JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace"
        f" WHERE n.nspname = {literal(path[0])} AND t.typname = {literal(path[-1])}"
    )


def schemas(path: Path) -> str:
    """Return the SELECT of a schema by its name."""
    return f"SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname = {literal(path[-1])}"


def functions(path: Path) -> str:
    """Return the SELECT of functions by name, whatever they take."""
    name = path[-1].partition("(")[0]
    return (
        "SELECT p.oid::pg_catalog.regprocedure::text FROM pg_catalog.pg_proc p"
        " JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace"
        f" WHERE n.nspname = {literal(path[0])} AND p.proname = {literal(name)}"
    )
