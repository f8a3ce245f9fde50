"""What tables hold: rows counted, and digested as a backup digests them."""

from __future__ import annotations

import hashlib

import msgspec

from commands.backup.lines import blocks
from commands.backup.reading import Progress
from journal.database import Database
from journal.values import SchemaObject


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of one table: how many, and the SHA-256 of them as lines of a backup."""

    rows: int
    digest: str


class Contents:
    """Reads tables within the open transaction, each once."""

    def __init__(self, database: Database, progress: Progress) -> None:
        self._database = database
        self._progress = progress
        self._found: dict[int, Content] = {}

    def of(self, table: SchemaObject) -> Content:
        """Return what a table holds. Raises ``StatementFailed``."""
        if table.id not in self._found:
            self._found[table.id] = self._read(table)
        return self._found[table.id]

    def _read(self, table: SchemaObject) -> Content:
        found = self._database.dump(table)
        digest, rows = hashlib.sha256(), 0
        for count, block in blocks(found.columns, found.rows):
            digest.update(block)
            rows += count
            self._progress("rows compared", rows, 0)
        return Content(rows=rows, digest=digest.hexdigest())
