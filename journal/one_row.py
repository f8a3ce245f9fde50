"""The port's half that tells what happened to one row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from journal.effect import Row
from journal.envelope import StoredEntry
from journal.folded import RowImage
from journal.row_index import Block, Keys
from journal.values import Column, SchemaObject, TableRows

ROWID = 0
"""Stands for the rowid among the columns of a SQLite table; no column has this identity."""


class OneRow(Protocol):
    """What one session can tell of a single row; memory stays flat.

    The index of rows is derived: without it the answers are the same.
    """

    def row_entries(
        self, tables: Sequence[int], *, after: int = 0, last: int | None = None
    ) -> Iterator[StoredEntry]:
        """Yield the entries of changed rows that may be of these tables, as ``entries`` does.

        The database looks through the bytes; now and then an entry of another table is among
        them, and never one of these missing.
        """

    def entries_at(self, positions: Sequence[int]) -> Iterator[StoredEntry]:
        """Yield the entries at some positions, in order; what is not there is left out."""

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

    # --- the index of rows --------------------------------------------------------------

    def row_index_end(self) -> int:
        """Return the last position that the index covers; 0 without one."""

    def row_blocks(self, tables: Sequence[int] = ()) -> Iterator[Block]:
        """Yield the blocks of some tables, or all, in the order in which they were made."""

    def row_digest(self, values: Row) -> int:
        """Return what stands for a key in the index; values as images hold them."""

    def row_keys(self, changes: Sequence[tuple[int, TableRows]]) -> Iterator[Keys]:
        """Yield the chunks of entries, in order, with the digests of their rows."""

    def hold_row_index(self) -> None:
        """Let nobody else write the index until the open transaction ends.

        Raises:
            StatementFailed: this role may not write it, or there is none.
        """

    def put_row_blocks(self, blocks: Iterable[Block]) -> None:
        """Add blocks to the index, inside an open transaction."""

    def clear_row_index(self) -> None:
        """Take all blocks away, inside an open transaction."""
