"""Foreign keys that were switched off for a run, checked at its end as SQLite would have."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from journal.errors import StatementFailed
from journal.sqlite.connection import Session, mapped, quote
from journal.sqlite.images import decoded
from journal.sqlite.schema import Catalog
from journal.values import TableRows

Violation = tuple[str, int | None, str]
"""Table, rowid and parent of a row that refers to nothing."""


def check(
    session: Session, catalog: Catalog, touched: set[int], restored: Sequence[TableRows] = ()
) -> None:
    """Check the touched tables and those that refer to them.

    Rows that a rollback ``restored`` may refer to nothing: they did so when they were journaled.

    Raises:
        StatementFailed: rows refer to nothing that did not do so before.
    """
    tables = [o for o in catalog.objects.values() if "foreign_keys" in o.definition]
    names = {
        catalog.objects[identity].path[0].lower() for identity in touched & catalog.objects.keys()
    }
    checked = [
        table.path[0]
        for table in tables
        if table.id in touched
        or any(key["references"][0].lower() in names for key in table.definition["foreign_keys"])
    ]
    found = _violations(session, checked)
    if not found:
        return
    former_file = f"{Path(session.path).as_uri()}?mode=ro"
    with mapped(), closing(sqlite3.connect(former_file, uri=True)) as former:
        new = found - _violations(Session(former, session.path), checked)
    if restored and new:
        new -= _put_back(session, catalog, restored)
    if new:
        child, _, parent = min(new, key=str)
        raise StatementFailed(
            f"FOREIGN KEY constraint failed: {len(new)} rows, the first of {child}, "
            f"refer to rows of {parent} that are not there",
            sqlstate="SQLITE_CONSTRAINT_FOREIGNKEY",
        )


def _put_back(session: Session, catalog: Catalog, restored: Sequence[TableRows]) -> set[Violation]:
    """Return the violations there would be if every restored row referred to nothing.

    Without a rowid SQLite does not tell which row it is, so none is let pass.
    """
    found: set[Violation] = set()
    for rows in restored:
        table = catalog.objects.get(rows.table)
        keys = table.definition.get("foreign_keys", ()) if table else ()
        for key in keys:
            parent = key["references"][0]
            for batch in decoded(session, rows, 1):
                found |= {
                    (table.path[0], row[0], parent) for row in batch if table and row[0] is not None
                }
    return found


def _violations(session: Session, tables: Sequence[str]) -> set[Violation]:
    found: set[Violation] = set()
    for table in tables:
        if not session.value(
            "SELECT 1 FROM main.sqlite_master WHERE type = 'table' AND name = ?", (table,)
        ):
            continue
        try:
            rows = session.run(f"PRAGMA main.foreign_key_check({quote(table)})")
        except StatementFailed as error:
            if not error.message.startswith("foreign key mismatch"):
                raise
            continue  # it refers to what is no key, so that SQLite cannot tell
        found |= {(child, rowid, parent) for child, rowid, parent, _ in rows}
    return found
