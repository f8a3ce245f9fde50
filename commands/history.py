"""What the journal says of migrations: which are applied, which were begun, what is unsettled."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from journal.envelope import Entry
from journal.events import (
    RunCompleted,
    RunFailed,
    RunInterrupted,
    RunStarted,
    Stamped,
    StatementIntended,
    StatementSettled,
)
from journal.values import Statement
from projections.applied import Applied
from projections.runs import Runs

TYPES = (
    "HistoryImported",
    "RunStarted",
    "RunCompleted",
    "RunFailed",
    "RunInterrupted",
    "StatementIntended",
    "StatementSettled",
    "Stamped",
)
"""The types of the events that tell of migrations."""

Attempts = dict[str, dict[int, str]]
"""By migration: statements that stand, by number, with the digest of their text."""


class OpenRun(msgspec.Struct, kw_only=True):
    """A run that has not ended, and its statements that were intended and not settled."""

    run: str
    position: int
    started: RunStarted
    unsettled: list[Statement] = []


class History(msgspec.Struct, frozen=True, kw_only=True):
    """Runs and applied migrations; what was begun outside a transaction and not finished.

    ``unended`` are runs without an end.
    """

    runs: Runs
    applied: dict[str, Applied]
    attempts: Attempts
    unended: tuple[OpenRun, ...]


def history(entries: Iterable[Entry]) -> History:
    """Fold entries in order from the first one on; only those of ``TYPES`` count."""
    runs, begun = Runs.fold(), _Begun()
    for entry in entries:
        runs.take(entry)
        begun.take(entry)
    answer = runs.answer()
    return History(
        runs=answer,
        applied={one.name: one for one in answer.applied},
        attempts={name: settled for name, settled in begun.attempts.items() if settled},
        unended=tuple(begun.open.values()),
    )


class _Begun:
    """Keeps the attempts as they were after each change: a rollback returns to one of them."""

    def __init__(self) -> None:
        self.attempts: Attempts = {}
        self.open: dict[str, OpenRun] = {}
        self._past: list[tuple[int, Attempts]] = [(0, {})]

    def take(self, entry: Entry) -> None:
        match entry.event:
            case RunStarted() as started:
                self.open[entry.run] = OpenRun(
                    run=entry.run, position=entry.position, started=started
                )
            case RunCompleted():
                self._complete(entry)
            case RunFailed() | RunInterrupted():
                self.open.pop(entry.run, None)
            case StatementIntended(statement=statement) if entry.run in self.open:
                self.open[entry.run].unsettled.append(statement)
            case StatementSettled() as settled if entry.run in self.open:
                self._settle(entry, settled)
            case Stamped(migration=migration):
                self._forget(entry.position, migration)
            case _:
                pass

    def _complete(self, entry: Entry) -> None:
        found = self.open.pop(entry.run, None)
        if found is None:
            return
        target = found.started.target
        if found.started.verb == "rollback" and target is not None:
            past = [attempts for position, attempts in self._past if position <= target]
            self._move(entry.position, past[-1])
        else:
            self._forget(entry.position, found.started.migration)

    def _settle(self, entry: Entry, settled: StatementSettled) -> None:
        found = self.open[entry.run]
        number = settled.statement.number
        found.unsettled = [one for one in found.unsettled if one.number != number]
        name = found.started.migration
        if settled.outcome == "done":
            stands = self.attempts.get(name, {}) | {number: settled.statement.digest}
            self._move(entry.position, self.attempts | {name: stands})

    def _forget(self, position: int, migration: str) -> None:
        if migration in self.attempts:
            rest = {name: stands for name, stands in self.attempts.items() if name != migration}
            self._move(position, rest)

    def _move(self, position: int, attempts: Attempts) -> None:
        self.attempts = attempts
        self._past.append((position, attempts))
