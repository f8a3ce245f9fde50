"""The port's half that tells what happened to one row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from journal.effect import Row
from journal.envelope import StoredEntry
from journal.folded import RowImage
from journal.values import Column, SchemaObject, TableRows

ROWID = 0
"""Stands for the rowid among the columns of a SQLite table; no column has this identity."""


class OneRow(Protocol):
    """What one session can tell of a single row; nothing here writes, and memory stays flat."""

    def row_entries(
        self, tables: Sequence[int], *, after: int = 0, last: int | None = None
    ) -> Iterator[StoredEntry]:
        """Yield the entries of changed rows that may be of these tables, as ``entries`` does.

        The database looks through the bytes; now and then an entry of another table is among
        them, and never one of these missing.
        """

    def row_images(
        self, changes: Sequence[tuple[int, TableRows]], match: Mapping[int, Any]
    ) -> Iterator[RowImage]:
        """Yield the images that bear exactly these values, by column identity, in order.

        ``changes`` are positions with what is named there; those that lack one of the columns
        are left out.
        """

    def live_rows(self, table: SchemaObject, match: Mapping[int, Any]) -> list[dict[int, Any]]:
        """Return live rows, two at most, whose columns equal these values, as images hold them.

        Equal is what the column's type and collation hold to be equal. In no transaction.

        Raises:
            StatementFailed: a value is none that the column can have, or this role may not look.
        """

    def stored_forms(self, columns: Sequence[Column], given: Row) -> list[Row]:
        """Return how images may hold values that somebody wrote, the likeliest first.

        Raises:
            StatementFailed: a value is none that the column can have.
        """

    def row_key(self, table: SchemaObject) -> tuple[int, ...]:
        """Return the columns that tell the rows of a live table apart; empty without any."""

    def fillings(self, columns: Sequence[Column]) -> dict[int, Any]:
        """Return what adding columns gave to each row, of those of which that can be told."""
