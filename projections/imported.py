"""What other tools' bookkeeping said was applied, apart from what was run here."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping

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
    """What is imported now, and was at each earlier position."""

    def __init__(self) -> None:
        self._positions: list[int] = [0]
        self._states: list[Mapping[Key, Imported]] = [{}]

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
        before = self._states[-1].get(key)
        if event.part > 1 and before is not None:
            found = msgspec.structs.replace(
                found,
                migrations=before.migrations + found.migrations,
                applied_at=before.applied_at + found.applied_at,
                unapplied=before.unapplied + found.unapplied,
            )
        self._move(entry.position, {**self._states[-1], key: found})

    def return_to(self, target: int, *, position: int) -> None:
        """From ``position`` on, the set is what it was at ``target``."""
        self._move(position, self._states[bisect_right(self._positions, target) - 1])

    def now(self) -> tuple[Imported, ...]:
        """Return what is imported, in the order in which the tables came."""
        return tuple(self._states[-1].values())

    def _move(self, position: int, state: Mapping[Key, Imported]) -> None:
        self._positions.append(position)
        self._states.append(state)
