"""What a rehearsal found: each migration in figures, and the list that ends in go or no-go."""

from __future__ import annotations

from typing import Literal

import msgspec

from commands.rebuilt import RebuiltTable
from commands.reset.answer import Emptied
from commands.transform.report import Transformed
from journal.events import CheckRun
from journal.values import Scan

Word = Literal["go", "no-go", "note"]
Return = Literal["exact", "differs", "refused", "not tried"]


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list: what was looked at, the verdict, and what it rests on."""

    what: str
    verdict: Word
    evidence: str
    migration: str = ""


class HeldLock(msgspec.Struct, frozen=True, kw_only=True):
    """A lock, from the beginning of the statement that took it to the end of its transaction.

    ``new`` tells that the table was made by the migration, so that nobody waits for it.
    """

    object: str
    mode: str
    seconds: float
    new: bool = False


class Rewritten(msgspec.Struct, frozen=True, kw_only=True):
    """A table whose rows were all written anew, and the bytes it had before."""

    table: str
    bytes: int


class RehearsedMigration(msgspec.Struct, frozen=True, kw_only=True):
    """One migration: run, taken back, and run again.

    ``returned`` tells how the way back ended, ``repeated`` whether the second time left the
    same as the first; what differs is named. ``error`` tells why it did not run. ``rewritten``
    lists the tables that it writes anew, ``rebuilt`` those that the way back does.
    """

    migration: str
    applied: bool
    error: str = ""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    back_seconds: float = 0.0
    again_seconds: float = 0.0
    statements: int = 0
    rows: int = 0
    journal_bytes: int = 0
    locks: tuple[HeldLock, ...] = ()
    rewritten: tuple[Rewritten, ...] = ()
    rebuilt: tuple[RebuiltTable, ...] = ()
    scanned: tuple[Scan, ...] = ()
    transformed: tuple[Transformed, ...] = ()
    checks: tuple[CheckRun, ...] = ()
    resets: tuple[Emptied, ...] = ()
    rejected: int = 0
    returned: Return = "not tried"
    return_error: str = ""
    differences: tuple[str, ...] = ()
    repeated: Return = "not tried"
    not_repeated: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class ScratchCopy(msgspec.Struct, frozen=True, kw_only=True):
    """The copy that all was tried on; ``url`` never shows a password."""

    url: str
    how: str
    sample: int | None
    bytes: int
    seconds: float
    kept: bool


class Rehearsal(msgspec.Struct, frozen=True, kw_only=True):
    """The answer: go, or no-go, and why. ``position`` is the journal's head that was copied.

    ``compared_by`` names what definitions were read with. ``leftovers`` are copies of
    rehearsals that were killed, or that were kept.
    """

    go: bool
    position: int
    copy: ScratchCopy
    compared_by: str
    migrations: tuple[RehearsedMigration, ...]
    items: tuple[Item, ...]
    leftovers: tuple[str, ...] = ()
