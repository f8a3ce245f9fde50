"""What the journal says of migrations: which are applied, which were begun, what is unsettled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import msgspec

from commands.begun import Attempts, Begun, BegunState, OpenRun
from journal.envelope import Entry
from projections.applied import Applied
from projections.fold import Saving
from projections.runs import Runs, RunsFold, RunsState
from projections.stamped import Stamp
from projections.standing import Standing, StandingState

TYPES = (
    "HistoryImported",
    "RunStarted",
    "RunCompleted",
    "RunFailed",
    "RunInterrupted",
    "StatementIntended",
    "StatementSettled",
    "Stamped",
    "RowsTransformed",
    "CheckRun",
)
"""The types of the events that tell of migrations."""


class History(msgspec.Struct, frozen=True, kw_only=True):
    """Runs and applied migrations; what was begun outside a transaction and not finished.

    ``unended`` are runs without an end.
    """

    runs: Runs
    applied: dict[str, Applied]
    attempts: Attempts
    unended: tuple[OpenRun, ...]


class MigrationsState(msgspec.Struct, frozen=True, kw_only=True):
    """What ``MigrationsFold`` has gathered."""

    runs: RunsState
    begun: BegunState
    standing: StandingState


class MigrationsFold:
    """Working state of ``History``."""

    saving: ClassVar[Saving] = Saving(name="history", layout=2, types=TYPES, state=MigrationsState)

    def __init__(self) -> None:
        self._runs = RunsFold()
        self._begun = Begun()
        self.standing = Standing()

    def take(self, entry: Entry) -> None:
        """Go on by one entry; only those of ``TYPES`` count."""
        self._runs.take(entry)
        self._begun.take(entry)
        self.standing.take(entry)

    def answer(self) -> History:
        """Return the history as of the last entry taken."""
        runs = self._runs.answer()
        return History(
            runs=runs,
            applied={one.name: one for one in runs.applied},
            attempts=self._begun.attempts,
            unended=tuple(self._begun.open.values()),
        )

    def state(self) -> MigrationsState:
        """Return what was gathered."""
        return MigrationsState(
            runs=self._runs.state(),
            begun=self._begun.state(),
            standing=self.standing.state(),
        )

    def restore(self, state: MigrationsState) -> None:
        """Begin where a fold of that state stopped."""
        self._runs.restore(state.runs)
        self._begun.restore(state.begun)
        self.standing.restore(state.standing)

    def stamps_at(self, position: int) -> tuple[Stamp, ...]:
        """Return the stamps that held at a position."""
        return self._runs.stamps_at(position)


def history(entries: Iterable[Entry]) -> History:
    """Fold entries in order from the first one on; only those of ``TYPES`` count."""
    fold = MigrationsFold()
    for entry in entries:
        fold.take(entry)
    return fold.answer()
