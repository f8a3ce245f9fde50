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

TYPES = (
    "RunStarted",
    "RunCompleted",
    "RunFailed",
    "RunInterrupted",
    "StatementIntended",
    "StatementSettled",
    "Stamped",
)
"""The types of the events that tell of migrations."""

Settled = dict[int, str]
"""Statements that were done, by number: the digest of their text."""


class AppliedMigration(msgspec.Struct, frozen=True, kw_only=True):
    """A migration that stands: its file's digest when it was applied or accepted.

    An empty digest says that its file is known to be gone.
    """

    name: str
    digest: str
    file: str = ""
    run: str = ""
    position: int = 0


class OpenRun(msgspec.Struct, kw_only=True):
    """A run that has not ended, and its statements that were intended and not settled."""

    run: str
    position: int
    started: RunStarted
    unsettled: list[Statement] = []


class _State(msgspec.Struct, kw_only=True):
    applied: dict[str, AppliedMigration] = {}
    attempts: dict[str, Settled] = {}

    def copy(self) -> _State:
        attempts = {name: dict(settled) for name, settled in self.attempts.items()}
        return _State(applied=dict(self.applied), attempts=attempts)


class History(msgspec.Struct, frozen=True, kw_only=True):
    """Migrations that stand, in the order in which they were applied.

    ``attempts`` are migrations that were begun outside a transaction and not finished, with
    their statements that stand; ``unended`` are runs without an end.
    """

    applied: dict[str, AppliedMigration]
    attempts: dict[str, Settled]
    unended: tuple[OpenRun, ...]


def history(entries: Iterable[Entry]) -> History:
    """Fold entries in order from the first one on; only those of ``TYPES`` count."""
    fold = _Fold()
    for entry in entries:
        fold.take(entry)
    return History(
        applied=fold.state.applied,
        attempts={name: settled for name, settled in fold.state.attempts.items() if settled},
        unended=tuple(fold.open.values()),
    )


class _Fold:
    """Keeps the state after each change, because a rollback returns to one of them."""

    def __init__(self) -> None:
        self.state = _State()
        self.open: dict[str, OpenRun] = {}
        self._past: list[tuple[int, _State]] = [(0, _State())]

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
            case StatementIntended(statement=statement):
                self.open[entry.run].unsettled.append(statement)
            case StatementSettled() as settled:
                self._settle(entry, settled)
            case Stamped() as stamped:
                self._stamp(entry, stamped)
            case _:
                pass

    def _complete(self, entry: Entry) -> None:
        found = self.open.pop(entry.run, None)
        if found is None:
            return
        started = found.started
        if started.verb == "rollback" and started.target is not None:
            past = [state for position, state in self._past if position <= started.target]
            self._move(entry.position, past[-1].copy())
        elif started.verb == "apply" and started.migration:
            state = self.state.copy()
            state.attempts.pop(started.migration, None)
            state.applied[started.migration] = AppliedMigration(
                name=started.migration,
                digest=started.digest,
                file=started.file,
                run=entry.run,
                position=entry.position,
            )
            self._move(entry.position, state)

    def _settle(self, entry: Entry, settled: StatementSettled) -> None:
        found = self.open.get(entry.run)
        if found is None:
            return
        number = settled.statement.number
        found.unsettled = [known for known in found.unsettled if known.number != number]
        if settled.outcome == "done" and found.started.migration:
            state = self.state.copy()
            attempt = state.attempts.setdefault(found.started.migration, {})
            attempt[number] = settled.statement.digest
            self._move(entry.position, state)

    def _stamp(self, entry: Entry, stamped: Stamped) -> None:
        state = self.state.copy()
        if stamped.done:
            state.applied[stamped.migration] = AppliedMigration(
                name=stamped.migration, digest=stamped.digest, position=entry.position
            )
        else:
            state.applied.pop(stamped.migration, None)
        state.attempts.pop(stamped.migration, None)
        self._move(entry.position, state)

    def _move(self, position: int, state: _State) -> None:
        self.state = state
        self._past.append((position, state))
