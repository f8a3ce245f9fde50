"""Which tables were written anew between two moments, told by the database's own files.

PostgreSQL: ``relfilenode``, and whether anything stands in the file. SQLite: the root page, and
whether the table has a row. Nothing of the product is asked.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

Path = tuple[str, ...]
Query = Callable[[str], Sequence[Sequence[Any]]]

_POSTGRESQL = """
select n.nspname, c.relname, c.relfilenode, pg_catalog.pg_relation_size(c.oid) > 0
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm') and c.relpersistence <> 't'
  and n.nspname not in ('pg_catalog', 'information_schema', 'clew')
"""


class File(NamedTuple):
    """Where a table's rows stand, and whether there are any."""

    place: int
    filled: bool


def postgresql_files(query: Query) -> dict[Path, File]:
    """Return the file of each table and materialised view, by schema and name."""
    return {(row[0], row[1]): File(row[2], row[3]) for row in query(_POSTGRESQL)}


def sqlite_files(raw: sqlite3.Connection) -> dict[Path, File]:
    """Return the root page of each table, by name."""
    found = raw.execute(
        "SELECT name, rootpage FROM sqlite_master"
        " WHERE type = 'table' AND rootpage > 0 AND name NOT LIKE 'clew~_%' ESCAPE '~'"
    ).fetchall()
    return {(name,): File(page, _filled(raw, name)) for name, page in found}


def _filled(raw: sqlite3.Connection, table: str) -> bool:
    quoted = table.replace('"', '""')
    return bool(raw.execute(f'SELECT EXISTS (SELECT 1 FROM main."{quoted}")').fetchone()[0])


def written_anew(
    before: Mapping[Path, File], after: Mapping[Path, File], renamed: Mapping[Path, Path]
) -> set[Path]:
    """Return the tables that stood before and stand, and have their rows in another file now.

    ``renamed`` tells the name after by the name before, of all that stood and stands.
    """
    return {
        name
        for former, name in renamed.items()
        if former in before
        and name in after
        and after[name].filled
        and before[former].place != after[name].place
    }
