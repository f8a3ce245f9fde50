"""A fingerprint of a SQLite database that shares nothing with Clew: plain sqlite3 and SHA-256."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path


def fingerprint(file: Path) -> str:
    """Return a digest over every definition and every row, the journal's own tables left out."""
    whole = hashlib.sha256()
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        objects = connection.execute(
            "select type, name, tbl_name, sql from sqlite_master"
            " where tbl_name not like 'clew\\_%' escape '\\' and name not like 'clew\\_%' escape '\\'"
            " order by type, name"
        ).fetchall()
        for object_ in objects:
            whole.update(repr(object_).encode())
        for kind, name, _, _ in objects:
            if kind == "table":
                whole.update(_rows(connection, name).encode())
    return whole.hexdigest()


def _rows(connection: sqlite3.Connection, table: str) -> str:
    quoted = '"' + table.replace('"', '""') + '"'
    digest = hashlib.sha256(table.encode())
    for row in connection.execute(f"select rowid, * from {quoted} order by rowid"):
        if table != "sqlite_sequence" or not str(row[1]).startswith("clew_"):
            digest.update(repr(row).encode())
    return digest.hexdigest()
