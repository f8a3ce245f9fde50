"""What a restore did, or would do."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from journal.replacing import RowDifference
from journal.values import SequenceState


class RestoredTable(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One table: the rows it holds then, and what became of rows for that.

    ``columns`` counts changed rows by column. ``made`` tells that the table was made again,
    ``called`` what it is called now. ``kept`` are columns that the backup has not, ``left_out``
    those that only the backup has, ``retyped`` those of another type now, and ``silent`` the
    triggers that did not fire.
    """

    table: str
    rows: int
    added: int = 0
    removed: int = 0
    changed: int = 0
    columns: dict[str, int] = {}
    made: bool = False
    called: str = ""
    kept: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    retyped: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()


class RestoredSequence(msgspec.Struct, frozen=True, kw_only=True):
    """A sequence, on SQLite a table's counter, that moved."""

    sequence: str
    before: SequenceState
    after: SequenceState


class RowChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A row that differs: of a changed one only the columns that change, live and restored."""

    table: str
    what: Literal["added", "removed", "changed"]
    key: dict[str, Any]
    live: dict[str, Any] | None = None
    restored: dict[str, Any] | None = None


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What a restore did, or would do: ``done`` tells which.

    ``rows`` lists rows that differ, ``more`` counts those beyond the list. ``blocked`` tells why
    it would be refused, with the way out in ``hint`` and the exit code in ``code``; ``notes``
    what else to know. ``made`` names all objects that were made again.
    """

    backup: str
    directory: str
    taken_at: str
    done: bool
    tables: tuple[RestoredTable, ...] = ()
    sequences: tuple[RestoredSequence, ...] = ()
    made: tuple[str, ...] = ()
    rows: tuple[RowChange, ...] = ()
    more: int = 0
    notes: tuple[str, ...] = ()
    blocked: str = ""
    hint: str = ""
    code: int = 0
    run: str = ""
    position: int | None = None

    @property
    def differing(self) -> int:
        """The rows that differ."""
        return sum(one.added + one.removed + one.changed for one in self.tables)

    @property
    def equal(self) -> bool:
        """Tell whether all is as the backup has it."""
        return not (self.differing or self.sequences or self.made or self.blocked)


def row_change(table: str, row: RowDifference) -> RowChange:
    """Return a row as an answer lists it."""
    live, restored = row.live, row.wanted
    if live is not None and restored is not None:
        live = {name: live[name] for name in row.columns}
        restored = {name: restored[name] for name in row.columns}
    return RowChange(table=table, what=row.what, key=row.key, live=live, restored=restored)
