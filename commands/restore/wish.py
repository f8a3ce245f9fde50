"""What is asked of a restore."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from journal.replacing import RowDifference

LISTED = 1000
"""Rows of a table that an answer lists; beyond that they are only counted."""

Sequences = Literal["backup", "keep"]
"""Where sequences are put: where the backup says, or nowhere unless rows need it."""

Telling = Callable[[str, RowDifference], None]
"""Takes the name of a table, and a row of it that differs."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """Which tables (all without a name) are to be restored from which directory, and how.

    ``leave_out`` names columns of the backup, ``COLUMN`` or ``TABLE.COLUMN``, that are not
    restored. ``allow_unknown`` takes a backup of which this journal knows nothing. ``tell`` is
    given ``listed`` rows of each table, all where that is ``None``.
    """

    directory: Path
    tables: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    sequences: Sequences = "backup"
    allow_unknown: bool = False
    listed: int | None = LISTED
    tell: Telling = lambda *_: None
