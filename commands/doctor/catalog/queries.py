"""Queries of the catalogs that anybody can paste, as evidence for what stands there."""

from __future__ import annotations

from collections.abc import Sequence

from commands.doctor.patient import Patient
from commands.doctor.tables import Path, Table
from commands.quoting import literal, quoted


def indexes_of(patient: Patient, table: Table) -> str:
    """Return the query of a table's indexes with their definitions."""
    if patient.kind == "sqlite":
        return (
            "SELECT name, sql FROM sqlite_master WHERE type = 'index'"
            f" AND tbl_name = {literal(table.path[0])}"
        )
    return (
        "SELECT indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index"
        f" WHERE indrelid = {literal(quoted(*table.path))}::regclass"
    )


def unfinished(path: Path) -> str:
    """Return the query of an index that is invalid, unless somebody is making it right now."""
    return (
        "SELECT i.indexrelid::regclass FROM pg_index i WHERE NOT i.indisvalid AND i.indexrelid ="
        f" {literal(quoted(*path))}::regclass AND NOT EXISTS (SELECT 1 FROM"
        " pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid"
        " AND p.datname = current_database())"
    )


def types_of(patient: Patient, table: Table, column: str) -> str:
    """Return the query of a column's type."""
    if patient.kind == "sqlite":
        return (
            f"SELECT name, type FROM pragma_table_info({literal(table.path[0])})"
            f" WHERE name = {literal(column)}"
        )
    return (
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid ="
        f" {literal(quoted(*table.path))}::regclass AND attname = {literal(column)}"
    )


def named(patient: Patient, kind: str, paths: Sequence[Path]) -> str:
    """Return the query of tables, views or indexes, or of types, by their names."""
    names = ", ".join(literal(path[-1]) for path in paths)
    if patient.kind == "sqlite":
        return f"SELECT type, name FROM sqlite_master WHERE name IN ({names})"
    if kind == "type":
        return (
            "SELECT typname FROM pg_type WHERE typnamespace ="
            f" {literal(quoted(paths[0][0]))}::regnamespace AND typname IN ({names})"
        )
    return (
        "SELECT relname FROM pg_class WHERE relnamespace ="
        f" {literal(quoted(paths[0][0]))}::regnamespace AND relname IN ({names})"
    )
