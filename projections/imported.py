"""What other tools' bookkeeping said was applied, apart from what was run here."""

from __future__ import annotations

import msgspec

from journal import events as e
from journal.envelope import Entry

Key = tuple[str, str]
"""The tool and its table."""


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """One table of bookkeeping as it was when it was imported, at ``position``.

    ``migrations`` and ``applied_at`` stand side by side; ``unapplied`` are names that do not
    count, each with why. ``upto`` is a version up to which all count, named or not.
    """

    tool: str
    table: str
    position: int
    recorded_at: str
    actor: str
    migrations: tuple[str, ...] = ()
    applied_at: tuple[str, ...] = ()
    unapplied: tuple[tuple[str, str], ...] = ()
    upto: str = ""


class ImportedSet:
    """What each table said when it was last imported.

    A rollback leaves it: nobody looked into the table anew, and what it names as applied must
    not be run a second time.
    """

    def __init__(self) -> None:
        self._tables: dict[Key, Imported] = {}

    def take(self, event: e.HistoryImported, entry: Entry) -> None:
        """A table was imported; later parts add to the first one, which replaces what was."""
        key = (event.tool, event.table)
        found = Imported(
            tool=event.tool,
            table=event.table,
            position=entry.position,
            recorded_at=entry.recorded_at,
            actor=entry.actor,
            migrations=event.migrations,
            applied_at=event.applied_at,
            unapplied=event.unapplied,
            upto=event.upto,
        )
        before = self._tables.get(key)
        if event.part > 1 and before is not None:
            found = msgspec.structs.replace(
                found,
                migrations=before.migrations + found.migrations,
                applied_at=before.applied_at + found.applied_at,
                unapplied=before.unapplied + found.unapplied,
            )
        self._tables[key] = found

    def now(self) -> tuple[Imported, ...]:
        """Return what is imported, in the order in which the tables came."""
        return tuple(self._tables.values())

    def restore(self, tables: tuple[Imported, ...]) -> None:
        """Begin with what was imported."""
        self._tables = {(one.tool, one.table): one for one in tables}
