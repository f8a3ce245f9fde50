"""What a reset did, or would do: told before anything goes, and proved afterwards."""

from __future__ import annotations

from typing import Literal

import msgspec

from journal.verified import TableState

Action = Literal["no action", "restrict", "cascade", "set null", "set default"]


class EmptiedTable(msgspec.Struct, frozen=True, kw_only=True):
    """A table that holds no row any more, and how many it held."""

    table: str
    rows: int


class Referring(msgspec.Struct, frozen=True, kw_only=True):
    """A foreign key into an emptied table: ``rows`` of ``table`` refer to rows that go.

    ``emptied`` tells that ``table`` is emptied itself, ``enforced`` that the database looks
    after the key at all.
    """

    table: str
    columns: tuple[str, ...]
    refers_to: str
    on_delete: Action
    rows: int
    emptied: bool = False
    enforced: bool = True


class PlacedSequence(msgspec.Struct, frozen=True, kw_only=True):
    """A sequence, on SQLite a table's counter: the last number given, before and after.

    ``None`` where it never gave one.
    """

    name: str
    before: int | None
    after: int | None


class Covering(msgspec.Struct, frozen=True, kw_only=True):
    """The backup that holds exactly the rows that went."""

    backup: str
    location: str
    position: int | None = None


class Emptied(msgspec.Struct, frozen=True, kw_only=True):
    """One reset. ``tables`` stand in the order in which they were emptied.

    ``kept`` are the tables that hold what they held before, with the digests that prove it.
    ``backup`` is ``None`` where no row went, or where ``without_backup`` says why none was
    asked for. ``detached`` counts rows whose foreign keys were set to null or default,
    ``beside`` those that triggers wrote to tables that were not named; ``triggers`` fired.
    """

    tables: tuple[EmptiedTable, ...]
    references: tuple[Referring, ...] = ()
    kept: tuple[TableState, ...] = ()
    sequences: tuple[PlacedSequence, ...] = ()
    backup: Covering | None = None
    without_backup: str = ""
    triggers: tuple[str, ...] = ()
    detached: dict[str, int] = {}
    beside: dict[str, int] = {}

    @property
    def rows(self) -> int:
        """The rows that went."""
        return sum(table.rows for table in self.tables)
